"""Container files, checked without a container engine by the tools that know their formats."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent
CHECKS = {
    "Dockerfile": ["hadolint", "deploy/Dockerfile"],
    "compose schema": ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "deploy/compose.yaml"],
    "compose style": ["yamllint", "--strict", "-c", "deploy/yamllint.yaml", "deploy/compose.yaml"],
    "scripts": ["shellcheck", "deploy/setup.sh", ".ci/run"],
}


@pytest.mark.parametrize("name", CHECKS)
def test_the_tool_that_knows_the_format_finds_no_fault(name) -> None:
    program, *arguments = CHECKS[name]
    done = subprocess.run([TOOLS / program, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def stage(name: str) -> str:
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    return next(
        part for part in re.split(r"(?m)^FROM ", text) if part.split("\n", 1)[0].endswith(f" AS {name}")
    )


def test_only_the_gpu_worker_carries_cuda_and_the_web_no_torch() -> None:
    assert "--extra" not in stage("dependencies")
    assert "/dependencies" not in stage("dependencies")
    assert "COPY --from=dependencies /opt" in stage("web")
    assert "download.pytorch.org/whl/cpu" in stage("dependencies-cpu")
    assert "COPY --from=dependencies-cpu /opt" in stage("worker-cpu")
    assert "COPY --from=dependencies-gpu /opt" in stage("worker-gpu")


@pytest.mark.parametrize("name", ["web", "worker-cpu", "worker-gpu"])
def test_nothing_runs_as_root_and_everything_can_be_asked_for_its_health(name) -> None:
    assert "USER 10001" in stage(name)
    assert "HEALTHCHECK" in stage(name)


def test_the_dockerfile_copies_only_what_there_is() -> None:
    for line in re.findall(r"(?m)^COPY (?!--from)(.+)$", (ROOT / "deploy" / "Dockerfile").read_text()):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name
