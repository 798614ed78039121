"""The demo study made small, set up as an operator does: predictor, cases, real worker, launch, open door.

``python -m tests.deploy.small_study`` does it in the installation of the environment and prints a password for its
administrator.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import django
from django.conf import settings

django.setup()

from deploy.demo.content import (  # noqa: E402 - models need the set-up
    CASES,
    STUDY_FILE,
    STUDY_FOLDER,
    explanations_ensure,
    launch_ensure,
    predictor_ensure,
)
from deploy.demo.outcome import password_renew  # noqa: E402
from deploy.demo.progress import Progress  # noqa: E402
from explainers.models import Predictor  # noqa: E402
from studies.design.services import case_file_import, study_import  # noqa: E402

RIGHT_OF_EACH_CLASS = 10
# The one place that knows how the demo's study file is made small: (what it says, what is said here).
SMALLER = (
    ("per_participant: 24", "per_participant: 6"),
    ("{true: 18, false: 6}", "{true: 4, false: 2}"),
    ("per_participant: 8", "per_participant: 2"),
    ("cases: 4, feedback", "cases: 2, feedback"),
    ("breaks_every: 12", "breaks_every: 3"),
    ("slots: 280", "slots: 16"),
    ("n: 240", "n: 12"),
)


def small_source(source: str) -> str:
    """Return the study file with small numbers; a number that is no longer there is a fault."""
    for old, new in SMALLER:
        if source.count(old) != 1:
            raise ValueError(
                f"The demo's study file says {old!r} {source.count(old)} times; correct SMALLER."
            )
        source = source.replace(old, new)
    return source


def chosen(predictor: Predictor) -> set[str]:
    """Return the keys of all cases on which the predictor errs, and of a few of each class on which it does not."""
    from explainers.core.demo_data import demo_rows, demo_split
    from explainers.services.compute import predictor_load

    rows, truth = demo_rows(demo_split())
    said = predictor_load(predictor.digest).probabilities([row["inputs"] for row in rows])
    keys, right = set(), Counter[str]()
    for row, scores in zip(rows, said, strict=True):
        key = row["key"]
        is_right = max(scores, key=lambda name: scores[name]) == truth[key]
        right[truth[key]] += is_right
        if not is_right or right[truth[key]] <= RIGHT_OF_EACH_CLASS:
            keys.add(key)
    return keys


def few_cases(folder: Path, *, keys: set[str]) -> tuple[Path, Path]:
    """Write the demo's case file with these cases only, and its schema."""
    from explainers.core.demo_data import write_case_files

    file, schema = write_case_files(folder)
    with file.open(newline="", encoding="utf-8") as handle:
        heading, *rows = csv.reader(handle)
    with file.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([heading, *(row for row in rows if row[0] in keys)])
    return file, schema


def set_up(progress: Progress) -> None:
    predictor = predictor_ensure(progress)
    file, schema = few_cases(settings.ASSAY_VAR / "cases", keys=chosen(predictor))
    case_file_import(name=CASES, csv=file, schema=schema)
    files = {file.name: file.read_bytes() for file in STUDY_FOLDER.iterdir() if file.name != STUDY_FILE}
    source = small_source((STUDY_FOLDER / STUDY_FILE).read_text(encoding="utf-8"))
    version = study_import(source=source, files=files)
    explanations_ensure(version, progress=progress)
    launch_ensure(version, progress=progress)


if __name__ == "__main__":
    set_up(Progress(steps=5, say=lambda line: print(line, flush=True)))
    print(password_renew())
