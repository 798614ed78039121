"""Starts our own programs in the background, with the environment of an installation."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.servers.assay import ROOT
from tests.servers.processes import free_port


def start_program(*arguments: str, env: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start Python with these arguments in a process group of its own; its words go into the log."""
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
            cwd=ROOT,
            env=env,
        )


def start_worker(*, queues: str, env: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a Celery worker of one child."""
    worker = ("-m", "celery", "--app", "deploy.celery", "worker", "--queues", queues, "--concurrency", "1")
    return start_program(*worker, "--hostname", f"worker-{free_port()}@test", env=env, log=log)
