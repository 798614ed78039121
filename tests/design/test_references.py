"""Reference columns: brought in with source and adjudication, and held against the fields that need them."""

from __future__ import annotations

import pytest

from studies.design.models import GroundTruth, StudyVersion
from studies.design.services import case_file_import, version_problems
from studies.design.truth import reference_standards
from studies.errors import FileInvalid
from tests.design.scene import prepared
from tests.design.test_own_stages import with_stages

pytestmark = pytest.mark.django_db

SCHEMA = b"""\
features:
  - {name: size, label: Size, decimals: 1}
truth: {column: ground_truth, options: [a, b], source: Biopsy, adjudication: Two pathologists and a third}
truths:
  drugs: {source: Three physicians, adjudication: Majority}
"""
CSV = b"case_id,size,ground_truth,drugs\nc1,1,a,x|y\nc2,2,b,none\n"


@pytest.fixture
def version() -> StudyVersion:
    return prepared(with_stages())


def with_drugs(value: str) -> None:
    for truth in list(GroundTruth.objects.filter(field="decision")):
        GroundTruth.objects.create(case_id=truth.case_id, field="drugs", value=value)


def told(version: StudyVersion) -> list[str]:
    return [problem for problem in version_problems(version=version) if "drugs" in problem]


def test_a_reference_column_that_no_case_has_stops_the_launch(version: StudyVersion) -> None:
    (problem,) = told(version)
    assert "compared with the reference column 'drugs', which no case has" in problem


def test_a_reference_that_the_field_does_not_offer_stops_the_launch(version: StudyVersion) -> None:
    with_drugs("a|z")
    (problem,) = told(version)
    assert "does not offer 'z'" in problem


def test_references_that_fit_are_no_problem(version: StudyVersion) -> None:
    with_drugs("a")
    assert told(version) == []


def test_each_reference_column_keeps_where_it_comes_from() -> None:
    cases = case_file_import(name="wards", csv=CSV, schema=SCHEMA)
    found = reference_standards(case_ids=list(cases.cases.values_list("pk", flat=True)))
    assert found == [
        {
            "field": "decision",
            "source": "Biopsy",
            "adjudication": "Two pathologists and a third",
            "cases": 2,
        },
        {"field": "drugs", "source": "Three physicians", "adjudication": "Majority", "cases": 2},
    ]


def test_an_unknown_word_beside_a_reference_column_is_refused() -> None:
    with pytest.raises(FileInvalid, match="Did you mean 'adjudication'"):
        case_file_import(
            name="wards", csv=CSV, schema=SCHEMA.replace(b"adjudication: Maj", b"adjudicated: Maj")
        )
