"""What the demo brings in: a predictor trained on real data, its cases, and the study; what is there is not redone."""

from __future__ import annotations

import time
from pathlib import Path

from django.conf import settings

import studies.design
from deploy.demo.progress import Progress
from explainers.models import CaseSet, Predictor
from studies.design.models import Recruitment, StudyVersion
from studies.design.selectors import version_latest
from studies.design.services import (
    case_file_import,
    recruitment_set,
    study_import,
    version_launch,
    version_prepare,
)
from studies.design.services.cases import CaseSet as _CaseSet  # noqa: F401

STUDY_FOLDER = Path(studies.design.__file__).parent / "demo"
STUDY, PREDICTOR, CASES = "fna-explanations", "fna-mlp", "fna-test"
