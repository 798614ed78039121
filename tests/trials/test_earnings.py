"""What participants earn: the rules by hand, and whole sessions counted a second time from the rows of the database."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from studies.design.models import GroundTruth, StudyVersion
from studies.design.pay import Counted, PayRules
from studies.enrolment.models import Completion, Participant
from studies.trials.earnings import earned_by
from studies.trials.models import PresentedItem, TrialResponse
from tests.factories import CONDITIONS, SHORT_FLOW, WHOLE_FLOW, step, trials_step
from tests.trials.person import Person

Arrive = Callable[..., Person]
Study = Callable[..., StudyVersion]
PENCE = {"currency": "GBP", "per_correct": 0.05}


def bonus(rules: dict[str, Any], right: int, scored: int, **counted: Any) -> str:
    found = PayRules.of({"bonus": {"currency": "GBP", **rules}})
    assert found is not None
    return str(found.bonus(Counted(right, scored, **counted)))


TIERS = {"tiers": [{"accuracy": 0.5, "pay": 1}, {"accuracy": 0.7, "pay": 2.5}]}


@pytest.mark.parametrize(
    ("rules", "right", "scored", "amount"),
    [
        ({"per_correct": 0.05}, 27, 32, "1.35"),
        ({"per_correct": 0.1}, 3, 32, "0.30"),
        ({"per_correct": 0.005}, 1, 32, "0.01"),
        (TIERS, 15, 32, "0.00"),
        (TIERS, 16, 32, "1.00"),
        (TIERS, 7, 10, "2.50"),
        (TIERS, 0, 0, "0.00"),
        ({"per_correct": 0.05, "maximum": 1}, 27, 32, "1.00"),
        ({"per_correct": 0.05, "minimum": 0.5}, 1, 32, "0.50"),
        ({"currency": "JPY", "per_correct": 2.5}, 3, 4, "8"),
    ],
)
def test_the_bonus_is_that_of_the_rules(rules: dict[str, Any], right: int, scored: int, amount: str) -> None:
    assert bonus(rules, right, scored) == amount


def test_tiers_and_the_minimum_are_for_those_who_complete() -> None:
    rules = {"per_correct": 0.05, "minimum": 2, **TIERS}
    assert bonus(rules, 10, 10, has_completed=False) == "0.50"
    assert bonus(rules, 10, 10) == "3.00"


def test_prizes_of_paid_confidence_are_added() -> None:
    assert bonus({"per_prize": 0.2}, 0, 10, prizes=4) == "0.80"


def test_a_right_answer_pays_what_its_condition_says() -> None:
    incentives = [
        {"name": "low", "incentive": {"per_correct": 0.1, "shown": True}},
        {"name": "high", "incentive": {"per_correct": 1.0, "shown": False}},
        {"name": "usual", "incentive": None},
    ]
    rules = PayRules.of({"bonus": {"currency": "GBP", "per_correct": 0.05}, "conditions": incentives})
    assert rules is not None
    counted = Counted(right=9, scored=12, right_in={"low": 4, "high": 2})
    assert rules.bonus(counted) == Decimal("2.55")  # 4 x 0.10 + 2 x 1.00 + the other 3 x 0.05
    assert [rules.stake(name) for name in ("low", "high", "usual")] == ["GBP 0.10", None, None]


def test_a_part_of_a_coin_is_told_exactly() -> None:
    rules = PayRules("USD")
    assert [rules.written(Decimal(text)) for text in ("0.5", "0.125", "2")] == [
        "USD 0.50",
        "USD 0.125",
        "USD 2.00",
    ]


def counted_by_hand(person: Participant, *, stages: dict[str, str]) -> int:
    """Count right final answers from the rows: ``stages`` says for a protocol where its last answer stands."""
    truth = dict(GroundTruth.objects.values_list("case_id", "value"))
    from explainers.models import Prediction

    said = dict(Prediction.objects.values_list("case_id", "label"))
    right = 0
    for response in TrialResponse.objects.filter(trial__participant=person, trial__is_practice=False):
        trial = response.trial
        key = said if trial.protocol == "forward_simulation" else truth
        if response.field in ("decision", "guess") and response.stage == stages[trial.protocol]:
            right += response.value == key[trial.case_id]
    return right


STAGES = {"judge_advisor": "final", "forward_simulation": "guess"}


@pytest.mark.django_db
def test_a_whole_session_earns_what_its_rows_say(study: Study, person: Arrive) -> None:
    version = study(
        flow=WHOLE_FLOW, strata=["expertise"], stratum_keys=("expertise=novice", "expertise=expert"),
        bonus={**PENCE, "base": 3, "tiers": [{"accuracy": 0.3, "pay": 1}]},
    )  # fmt: skip
    for choice in ("benign", "malignant"):
        somebody = person(version).go_to("done", decision=choice, guess="malignant")
        found = Participant.objects.order_by("-pk")[0]
        stage_names = {
            r.trial.protocol: r.stage for r in TrialResponse.objects.filter(trial__participant=found)
        }
        right = counted_by_hand(found, stages={**STAGES, **stage_names, "judge_advisor": "final"})
        completion = Completion.objects.get(participant=found)
        assert (completion.right, completion.scored) == (right, 6)
        expected = Decimal("0.05") * right + (1 if right / 6 >= 0.3 else 0)
        assert completion.bonus == expected
        assert f"Your bonus is GBP {expected:.2f}." in somebody.text
        assert f"{right} of your 6 answers were right." in somebody.text


@pytest.mark.django_db
def test_a_hidden_bonus_is_counted_and_not_told(study: Study, person: Arrive) -> None:
    somebody = person(study(bonus={**PENCE, "shown": False})).go_to("done")
    assert Completion.objects.get().bonus is not None
    assert "bonus" not in somebody.text.lower()


@pytest.mark.django_db
def test_a_study_that_pays_nothing_stores_no_bonus(study: Study, person: Arrive) -> None:
    person(study()).go_to("done")
    assert Completion.objects.get().bonus is None


@pytest.mark.django_db
def test_before_the_end_no_page_tells_what_was_earned(study: Study, person: Arrive) -> None:
    somebody = person(study(bonus=PENCE)).go_to("done")
    assert not any(
        b"GBP" in reply.content or b"were right" in reply.content for reply in somebody.replies[:-1]
    )


@pytest.mark.django_db
def test_who_takes_consent_back_after_the_debrief_keeps_the_bonus_of_the_work_done(
    study: Study, person: Arrive
) -> None:
    flow = [*SHORT_FLOW, step("debrief", text="debrief", consent=True)]
    somebody = person(study(flow=flow, bonus=PENCE, conditions={"ai": CONDITIONS["ai"]})).go_to("debrief")
    somebody.send(consent="declined")
    found = Participant.objects.get()
    assert (found.state, TrialResponse.objects.count()) == ("erased", 0)
    assert found.completion.scored == 3
    assert found.completion.bonus == Decimal("0.05") * (found.completion.right or 0)


@pytest.mark.django_db
def test_trials_that_were_not_reached_count_as_not_right(study: Study, person: Arrive) -> None:
    version = study(flow=[SHORT_FLOW[0], SHORT_FLOW[1], trials_step(3, protocol="decision")], bonus=PENCE)
    somebody = person(version).go_to("trial")
    somebody.answer()
    found = Participant.objects.get()
    ((_pk, earned),) = earned_by(version, participants={found.pk: False})
    assert earned.counted.scored == 3
    assert earned.counted.right <= 1
    assert earned.base == 0


@pytest.mark.django_db
def test_a_paid_confidence_wins_as_often_as_the_rule_says(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over many trials of one confidence the share of prizes is 1 - (right - confidence)^2."""
    from types import SimpleNamespace

    from scipy import stats

    from studies.protocols.fields import Field
    from studies.protocols.stages import Stage
    from studies.trials.earnings import _Counter

    counter = _Counter(study(), {}, cases=[])
    field = Field("confidence", "percent", "How sure?", is_paid=True)
    stage = Stage(name="final", items=(), fields=(field,))
    for confidence, is_right, chance in ((0.8, True, 0.96), (0.8, False, 0.36), (0.5, True, 0.75)):
        wins = sum(
            counter._wins(
                SimpleNamespace(participant_id=number, step_index=2, trial_index=0),  # type: ignore[arg-type]
                stage=stage, answers={("final", "confidence"): confidence}, is_right=is_right,
            )
            for number in range(2000)
        )  # fmt: skip
        assert stats.binomtest(wins, 2000, chance).pvalue > 0.001


@pytest.mark.django_db
def test_each_condition_pays_and_tells_its_own_incentive(study: Study, person: Arrive) -> None:
    """Three conditions: told, hidden, and paid as the study pays. The pages and the pay are those of each."""
    conditions = {
        "told": {**CONDITIONS["ai"], "incentive": {"per_correct": 1.25, "shown": True}},
        "hidden": {**CONDITIONS["ai"], "incentive": {"per_correct": 0.4, "shown": False}},
        "plain": {**CONDITIONS["ai"], "incentive": None},
    }
    flow = [*SHORT_FLOW[:2], step("practice", cases=1, feedback=False, protocol="decision"), SHORT_FLOW[2]]
    version = study(conditions=conditions, flow=flow, bonus=PENCE, slots=12)
    paid, told = {}, {}
    while set(paid) != set(conditions):  # twelve slots hold each condition four times
        somebody = person(version).go_to("done", decision="malignant")
        found = Participant.objects.order_by("-pk")[0]
        arm = found.assignment.condition
        right = counted_by_hand(found, stages={"judge_advisor": "final"})
        assert right
        paid[arm] = (Completion.objects.get(participant=found).bonus, right)
        told[arm] = [reply.content.count(b"pays GBP 1.25") for reply in somebody.replies]
    each = {"told": Decimal("1.25"), "hidden": Decimal("0.4"), "plain": Decimal("0.05")}
    assert paid == {arm: (each[arm] * right, right) for arm, (_, right) in paid.items()}
    # Three trials of two pages; the practice before them is not paid and says nothing.
    assert {arm: sum(counts) for arm, counts in told.items()} == {"told": 6, "hidden": 0, "plain": 0}
    shown = PresentedItem.objects.filter(item="incentive")
    arms = set(shown.values_list("presentation__trial__participant__assignment__condition", flat=True))
    assert (arms, shown.count() % 6) == ({"told"}, 0)
