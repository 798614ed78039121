"""What a case plan is said to come to, counted a second time from the rows of the database."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from fractions import Fraction
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from studies.design.balance import Balance, Dealt, DealtTrial, Spread, balance_of
from studies.design.balancepictures import balance_pictures
from studies.design.balancetables import balance_claims
from studies.design.models import AllocationSlot, StudyVersion
from studies.design.planblocks import Block, Group, PoolCase, Portion
from studies.design.planpreview import NoPlanYet, PlanPreview, plan_preview
from studies.design.services import version_launch
from studies.design.spec import CaseQuota
from tests.design.designs import MIXED, study, within
from tests.design.scene import SIDE_FILES, imported, make_cases, make_predictor, prepared

pytestmark = pytest.mark.django_db
STUDIES = {
    "williams": study(within("williams"), slots=30),
    "latin": study(within("latin"), slots=15),
    "by case": study(within(placed="case"), slots=16),
    "mixed": study(MIXED, contrast="ig_shown - plain_shown"),
}


@pytest.fixture(params=STUDIES)
def drawn(request: pytest.FixtureRequest) -> tuple[StudyVersion, PlanPreview]:
    version = prepared(STUDIES[request.param])
    version_launch(version=version, seed="balance")
    return version, plan_preview(version)


def rows_of(version: StudyVersion) -> list[tuple[str, int, str, int, bool]]:
    """Every trial of everybody by SQL alone: arm, plan, within, case, and whether the AI is right."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.condition, s.plan, t.within, t.case_id, p.label = g.value
            FROM design_allocationslot s
            JOIN design_plannedtrial t ON t.version_id = s.version_id AND t.plan = s.plan
            JOIN design_groundtruth g ON g.case_id = t.case_id
            JOIN explainers_prediction p ON p.case_id = t.case_id
            WHERE s.version_id = %s AND s.purpose = 'real'
            ORDER BY s.seq, t.step_index, t.trial_index
            """,
            [version.pk],
        )
        return [(arm, plan, word, case, bool(right)) for arm, plan, word, case, right in cursor.fetchall()]


def test_accuracy_of_the_ai_agrees_with_a_count_by_sql(drawn: tuple[StudyVersion, PlanPreview]) -> None:
    version, preview = drawn
    right: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for arm, plan, word, _case, is_right in rows_of(version):
        right[arm, word][plan] += is_right
    spec = version.spec
    conditions = {arm["name"]: arm["conditions"] for arm in spec["arms"]}
    counted = {conditions[arm][word]: sorted(counts.values()) for (arm, word), counts in right.items()}
    found = {row.condition: row.right for row in preview.balance.accuracy}
    assert found == {name: Spread.of(counts) for name, counts in counted.items()}


def test_exposure_agrees_with_a_count_by_sql(drawn: tuple[StudyVersion, PlanPreview]) -> None:
    version, preview = drawn
    conditions = {arm["name"]: arm["conditions"] for arm in version.spec["arms"]}
    times: dict[str, Counter[int]] = defaultdict(Counter)
    for arm, _plan, word, case, _right in rows_of(version):
        times[conditions[arm][word]][case] += 1
    for name, counts in times.items():
        rows = [row for row in preview.balance.exposure if row.condition == name]
        histogram: Counter[int] = Counter()
        for row in rows:
            histogram.update(row.histogram)
        assert {n: cases for n, cases in histogram.items() if n} == dict(Counter(counts.values()))
        assert sum(histogram.values()) == 32


def test_orders_agree_with_a_count_by_sql(drawn: tuple[StudyVersion, PlanPreview]) -> None:
    version, preview = drawn
    words: dict[int, list[str]] = defaultdict(list)
    for _arm, plan, word, _case, _right in rows_of(version):
        if "help=" in word and (not words[plan] or words[plan][-1] != word):
            words[plan].append(word)
    if not preview.balance.orders:
        assert version.spec["within"]["factors"][-1]["placed"] == "case"
        return
    (orders,) = preview.balance.orders
    assert {s: sum(arms.values()) for s, arms in orders.sequences.items()} == Counter(
        map(tuple, words.values())
    )


def test_before_launch_the_same_promises_are_kept_as_after_it() -> None:
    version = prepared(STUDIES["williams"])
    before = plan_preview(version)
    version_launch(version=version, seed="balance")
    after = plan_preview(version)
    assert (before.is_drawn, after.is_drawn) == (False, True)
    assert before.claims == after.claims
    assert {claim.verdict for claim in before.claims} == {"exact"}


def test_before_launch_nothing_is_written_and_the_launch_draws_otherwise() -> None:
    version = prepared(STUDIES["by case"])
    plan_preview(version)
    assert not version.planned_trials.exists()
    version_launch(version=version, seed="balance")
    assert AllocationSlot.objects.filter(version=version).exists()


@pytest.mark.parametrize("method", ["simple", "minimisation"])
def test_the_plans_of_every_method_of_allocation_can_be_looked_at(method: str) -> None:
    allocation = f", method: {method}, strata: [expertise]"
    source = study(MIXED, contrast="ig_shown - plain_shown", allocation=allocation, slots=24)
    version = prepared(source.replace("  - allocate", "  - questionnaire: expertise\n  - allocate"))
    before = plan_preview(version)
    version_launch(version=version, seed="balance")
    after = plan_preview(version)
    for found in (before.balance, after.balance):
        assert set(found.people) == {"plain", "ig"}
        whole = {(row.cell, row.found) for row in found.cells if not row.condition}
        assert whole == {("AI right", Spread(9, 9, 9.0)), ("AI wrong", Spread(3, 3, 3.0))}


def person(arm: str, *trials: tuple[int, str]) -> Dealt:
    return Dealt(arm, tuple(DealtTrial(0, at, case, name) for at, (case, name) in enumerate(trials)))


POOL = [PoolCase(n, {"m": n % 2 == 0}, "yes") for n in range(4)]
RIGHT = (CaseQuota({"ai_correct": "true"}, 1), CaseQuota({"ai_correct": "false"}, 1))
PORTIONS = (Portion("x=a", "", 1, "m"), Portion("x=b", "", 1, "m"))


def counted(*people: Dealt) -> Balance:
    return balance_of(
        people,
        groups=[Group(("all",), (Block(0, 0, RIGHT, portions=PORTIONS),))],
        pool=POOL,
        condition_of=lambda _arm, word: word[2:],
    )


def test_a_plan_that_breaks_its_promise_is_said_to() -> None:
    balance = counted(person("all", (0, "a"), (1, "b")), person("all", (0, "a"), (2, "b")))
    broken = [claim.text for claim in balance_claims(balance, lists=1) if claim.verdict == "broken"]
    assert broken == [
        "Block 1, all conditions together, AI right: 1 cases for each participant are promised, 1 to 2 are given.",
        "Block 1, all conditions together, AI wrong: 1 cases for each participant are promised, 0 to 1 are given.",
    ]


def test_a_condition_that_somebody_does_not_meet_counts_as_nothing_and_not_as_absent() -> None:
    balance = counted(person("all", (0, "a"), (1, "b")), person("all", (0, "a"), (1, "a")))
    found = {row.condition: row.trials for row in balance.accuracy}
    assert found == {"a": Spread(1, 2, 1.5), "b": Spread(0, 1, 0.5)}


def test_a_fraction_that_is_promised_is_kept_by_the_whole_numbers_beside_it() -> None:
    balance = counted(person("all", (0, "a"), (1, "b")), person("all", (1, "a"), (0, "b")))
    assert {row.promised for row in balance.cells if row.condition} == {Fraction(1, 2)}
    assert all(row.is_kept for row in balance.cells)


def test_a_study_without_its_cases_has_no_plan_and_says_what_to_bring() -> None:
    with pytest.raises(NoPlanYet, match="There is no case set 'small-cases': bring the cases first"):
        plan_preview(imported(STUDIES["latin"]))


def test_the_pictures_say_their_numbers_in_words_and_hold_no_script_and_no_style() -> None:
    pictures = balance_pictures(plan_preview(prepared(STUDIES["williams"])).balance)
    assert len(pictures) == 3
    assert "place 1 10" in pictures[1]
    for picture in pictures:
        assert re.search(r'<svg class="figure" role="img".*<title id=.*<desc id=', picture)
        assert "style=" not in picture
        assert "<script" not in picture


def test_the_command_counts_a_file_that_is_not_stored_and_writes_a_page(tmp_path: Path) -> None:
    make_cases()
    prepared_elsewhere = make_predictor()
    for name, data in {**SIDE_FILES, "study.yaml": STUDIES["latin"].encode()}.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(CommandError, match="needs 9 cases with AI right"):
        call_command("study", "plan", str(tmp_path / "study.yaml"), stdout=StringIO())
    assert prepared_elsewhere.pk
    assert not StudyVersion.objects.exists()


def test_the_command_prints_every_table_of_a_stored_study(tmp_path: Path) -> None:
    prepared(STUDIES["latin"])
    out = StringIO()
    call_command("study", "plan", "factors", "--html", str(tmp_path / "plan.html"), stdout=out)
    text, page = out.getvalue(), (tmp_path / "plan.html").read_text()
    assert "the plans of 15 participants (all 15), dealt for this look" in text
    assert "each of 3 orders of the levels is met by 5 participants" in text
    assert len(re.findall(r"<svg", page)) == 3
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
