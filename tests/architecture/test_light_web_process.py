"""The process that serves participants stays light: no torch, captum or statsmodels, however its pages are reached."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "torch",
    "captum",
    "statsmodels",
    "sklearn",
    "scipy",
    "pandas",
    "pyarrow",
    "matplotlib",
    "vl_convert",
    "lxml",
)

PROBE = """
import json, sys
from deploy.wsgi import application
from django.urls import get_resolver
from django.test import Client
get_resolver().reverse_dict
from django.contrib import admin
admin.site.get_urls()
import django.template.loader, studies.trials.views, studies.trials.services, studies.trials.scoring
answer = Client(SERVER_NAME="localhost").get("/no-such-page", secure=True)
assert answer.status_code == 404, answer.status_code
print(json.dumps(sorted(name for name in sys.modules if "." not in name)))
"""


def loaded_modules(tmp_path: Path, probe: str) -> set[str]:
    env = {
        **os.environ,
        "ASSAY_LAPTOP": "1",
        "ASSAY_VAR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "deploy.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_web_process_loads_nothing_heavy(tmp_path: Path) -> None:
    assert not loaded_modules(tmp_path, PROBE) & set(HEAVY)


def test_the_probe_would_notice_a_heavy_module(tmp_path: Path) -> None:
    assert "scipy" in loaded_modules(tmp_path, PROBE.replace("import json, sys", "import json, sys, scipy"))


def test_importing_the_public_analysis_package_costs_nothing(tmp_path: Path) -> None:
    probe = "import analysis, json, sys; print(json.dumps(sorted(n for n in sys.modules if '.' not in n)))"
    assert not loaded_modules(tmp_path, probe) & {*HEAVY, "django", "numpy"}
