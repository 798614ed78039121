"""From a study file to a launched version: what is refused, what is drawn, and what can never change again."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from analysis.core.allocation import draw_allocation
from explainers.core.store import Store
from explainers.models import Job
from studies.design.models import (
    AllocationCounter,
    PlannedTrial,
    PreparedExplanation,
    Recruitment,
    ShownExplanation,
    StaffAction,
    Study,
    StudyVersion,
)
from studies.design.selectors import text_get, version_current, version_latest, version_spec
from studies.design.services import recruitment_set, version_launch, version_prepare, version_problems
from studies.design.services.recruitment import RecruitmentRefused
from studies.design.strata import stratum_key, stratum_keys
from studies.errors import AlreadyLaunched, LaunchRefused
from tests.design.scene import (
    CASES,
    SIDE_FILES,
    STUDY,
    finish_jobs,
    imported,
    launched,
    make_cases,
    make_predictor,
    prepared,
    said_of,
)

pytestmark = pytest.mark.django_db
STRATA = ["expertise=under_5", "expertise=5_or_more"]


def problems(version: StudyVersion) -> str:
    return "\n".join(version_problems(version=version))


def test_the_same_study_again_is_the_same_version() -> None:
    first = imported()
    assert imported("# another comment\n" + STUDY) == first
    assert StudyVersion.objects.count() == 1


def test_a_changed_study_is_a_new_version_of_the_same_study() -> None:
    first, second = imported(), imported(STUDY.replace("n: 18", "n: 20"))
    assert (first.study, first.number, second.number) == (second.study, 1, 2)
    assert first.plan_digest != second.plan_digest


def test_a_changed_text_is_a_new_version() -> None:
    imported()
    second = imported(files={**SIDE_FILES, "consent.md": b"You really agree."})
    assert (second.number, text_get(second.pk, "consent.md").html) == (2, "<p>You really agree.</p>\n")


def test_a_version_of_a_study_without_content_says_what_to_bring() -> None:
    assert "There is no case set 'small-cases'" in problems(imported())
    assert "There is no predictor 'small-net'" in problems(imported())


def test_preparation_asks_in_the_order_in_which_things_depend() -> None:
    make_cases()
    make_predictor()
    version = imported()
    assert version_prepare(version=version) == 3 * CASES
    assert Counter(Job.objects.values_list("kind", flat=True)) == {"predict": CASES, "explain": 2 * CASES}
    finish_jobs()
    drawings, examinations, checks = 2 * CASES, CASES, 1
    assert version_prepare(version=version) == drawings + examinations + checks
    assert not ShownExplanation.objects.exists()
    finish_jobs()
    assert version_prepare(version=version) == 0
    assert Counter(ShownExplanation.objects.values_list("condition", flat=True)) == {
        "ig": CASES,
        "placebo": CASES,
    }


def test_preparing_again_asks_for_nothing_new() -> None:
    version = prepared()
    before = (Job.objects.count(), PreparedExplanation.objects.count(), ShownExplanation.objects.count())
    assert version_prepare(version=version) == 0
    assert (
        Job.objects.count(),
        PreparedExplanation.objects.count(),
        ShownExplanation.objects.count(),
    ) == before


def test_a_control_shows_another_artefact_than_what_it_is_made_of() -> None:
    prepared()
    true, made_up = (
        ShownExplanation.objects.get(condition=name, case__key="c5") for name in ("ig", "placebo")
    )
    assert made_up.explanation.control_kind == "shuffled"
    assert true.artefact_digest != made_up.artefact_digest


def test_everything_there_means_no_problems() -> None:
    assert problems(prepared()) == ""


def test_launch_is_refused_with_every_reason_and_draws_nothing() -> None:
    make_cases()
    make_predictor()
    version = imported()
    with pytest.raises(LaunchRefused) as refused:
        version_launch(version=version)
    assert f"{CASES} of {CASES} predictions are not there yet" in str(refused.value)
    assert f"{2 * CASES} of {2 * CASES} explanations were not asked for yet" in str(refused.value)
    assert not version.slots.exists()
    assert version.launched_at is None
    assert not version.allocation_seed


def spoiled(what: str) -> StudyVersion:
    """Prepare a version of which one thing is not as it should be."""
    make_cases()
    make_predictor()
    version = imported()
    version_prepare(version=version)
    bad: dict[str, dict[str, Any]] = {
        "bad quality": {"completeness_error": 0.2},
        "another class": {"target_class": "benign"},
    }
    finish_jobs(**bad.get(what, {}))
    version_prepare(version=version)
    if what != "not drawn":
        finish_jobs()
        version_prepare(version=version)
    return version


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("bad quality", "completeness error is 20.00 %"),
        ("another class", "it explains 'benign', but its target advised means 'malignant'"),
        ("not drawn", "are not drawn yet"),
    ],
)
def test_launch_is_refused_for(what: str, words: str) -> None:
    version = spoiled(what)
    with pytest.raises(LaunchRefused) as refused:
        version_launch(version=version)
    assert words in str(refused.value)


def test_a_declared_control_may_fail_the_gate_of_quality() -> None:
    version = spoiled("bad quality")
    assert "integrated_gradients" in problems(version)
    assert "shuffled" not in problems(version)


def test_launch_is_refused_when_a_drawing_is_damaged(settings: Any) -> None:
    version = prepared()
    digest = ShownExplanation.objects.first().rendering_digest  # type: ignore[union-attr]
    (damaged,) = [path for path in settings.ASSAY_STORE.rglob("*") if path.is_file() and path.name in digest]
    damaged.chmod(0o600)
    damaged.write_bytes(b"something else")
    assert "A drawing of an explanation cannot be shown" in problems(version)


def test_launch_is_refused_when_the_cases_cannot_fill_the_plan() -> None:
    version = prepared(
        STUDY.replace("{true: 6, false: 2}", "{true: 2, false: 6}").replace(
            "per_participant: 4", "per_participant: 12"
        )
    )
    assert "AI wrong" in problems(version)


def test_launch_is_refused_when_the_predictor_answers_something_else() -> None:
    version = prepared(STUDY.replace("options: [benign, malignant]", "options: [benign, malignant, unclear]")
                       .replace("ground_truth: balanced}", "ground_truth: {benign: 4, malignant: 4}}"))  # fmt: skip
    assert "The predictor small-net answers benign, malignant, but the decision offers" in problems(version)


def test_launch_is_refused_when_the_database_does_not_protect_it(monkeypatch: pytest.MonkeyPatch) -> None:
    version = prepared()
    monkeypatch.setattr("studies.design.services.problems.missing_triggers", lambda: ["keeps_x"])
    with pytest.raises(LaunchRefused, match="1 triggers are missing"):
        version_launch(version=version)


def test_a_version_is_launched_once() -> None:
    version = launched()
    with pytest.raises(AlreadyLaunched):
        version_launch(version=version)


def test_slots_are_those_that_the_seed_draws() -> None:
    version = launched(seed="ab" * 32)
    expected = draw_allocation(
        bytes.fromhex("ab" * 32),
        conditions=["ai", "ig", "placebo"],
        ratio=[1, 1, 1],
        strata=dict.fromkeys(STRATA, 24),
    )
    for stratum, slots in expected.items():
        found = version.slots.filter(purpose="real", stratum=stratum).order_by("seq")
        assert [(s.seq, s.block, s.condition) for s in found] == [
            (s.seq, s.block, s.condition) for s in slots
        ]


def test_without_a_seed_the_system_draws_one_that_nobody_can_guess() -> None:
    version = prepared()
    version_launch(version=version)
    assert len(bytes.fromhex(version.allocation_seed)) == 32


@pytest.mark.parametrize("stratum", STRATA)
def test_conditions_are_balanced_at_every_prefix(stratum: str) -> None:
    version = launched()
    slots = version.slots.filter(purpose="real", stratum=stratum).order_by("seq")
    given = Counter[str]()
    for condition in slots.values_list("condition", flat=True):
        given[condition] += 1
        assert max(given.values()) - min(given[name] for name in ("ai", "ig", "placebo")) <= 2


def test_the_ratio_is_kept() -> None:
    version = launched(STUDY.replace("slots: 24}", "slots: 24, ratio: [2, 1, 1]}"))
    real = version.slots.filter(purpose="real", stratum=STRATA[0])
    counts = Counter(real.values_list("condition", flat=True))
    assert abs(counts["ai"] - 12) <= 2
    assert abs(counts["ig"] - 6) <= 1


def test_rehearsal_has_slots_of_its_own_in_another_order() -> None:
    version = launched()
    lists = [
        list(version.slots.filter(purpose=p).order_by("stratum", "seq").values_list("condition", flat=True))
        for p in ("real", "rehearsal")
    ]
    assert len(lists[0]) == len(lists[1]) == 48
    assert lists[0] != lists[1]


def test_every_stratum_and_all_together_are_counted() -> None:
    version = launched()
    counters = AllocationCounter.objects.filter(version=version)
    assert sorted(counters.values_list("purpose", "stratum", "next", "capacity")) == sorted(
        (purpose, stratum, 0, 24) for purpose in ("real", "rehearsal") for stratum in ("*", *STRATA)
    )


def test_conditions_are_yoked_to_the_same_plans() -> None:
    version = launched()
    for stratum in STRATA:
        plans = {
            condition: list(
                version.slots.filter(purpose="real", stratum=stratum, condition=condition)
                .order_by("seq")
                .values_list("plan", flat=True)
            )
            for condition in ("ai", "ig", "placebo")
        }
        first = min(plans["ai"])
        assert all(found == list(range(first, first + len(found))) for found in plans.values())


def test_strata_have_plans_of_their_own() -> None:
    version = launched()
    first, second = (set(version.slots.filter(stratum=s).values_list("plan", flat=True)) for s in STRATA)
    assert not first & second


def test_every_slot_has_a_plan_with_every_trial() -> None:
    version = launched()
    sizes = Counter(version.planned_trials.values_list("plan", "step_index"))
    for plan in version.slots.values_list("plan", flat=True).distinct():
        assert [sizes[plan, step] for step in (6, 7, 8)] == [2, 8, 4]
    assert set(version.planned_trials.values_list("step_index", "block_index")) == {(6, 0), (7, 1), (8, 2)}


def test_the_promised_accuracy_of_the_ai_is_what_every_plan_holds() -> None:
    version = launched()
    truth = {number: ("benign", "malignant")[number % 2] for number in range(CASES)}
    for plan in range(3):
        positions = version.planned_trials.filter(plan=plan, step_index=7).values_list(
            "case__position", flat=True
        )
        right = [said_of(position) == truth[position] for position in positions]
        assert (sum(right), len(right)) == (6, 8)


def test_a_study_without_strata_has_one_list() -> None:
    version = launched(STUDY.replace("strata: [expertise], ", ""))
    assert set(version.slots.values_list("stratum", flat=True)) == {""}


def test_strata_keys_are_made_of_the_answers() -> None:
    spec = version_spec(imported().pk)
    assert stratum_keys(spec) == STRATA
    assert stratum_key(spec, {"expertise": "under_5", "other": "x"}) == STRATA[0]


def test_launch_is_in_the_audit_trail_without_the_seed() -> None:
    version = launched(seed="a secret seed")
    action = StaffAction.objects.get(verb="version_launch")
    expected = {"version": 1, "digest": version.digest, "plan_digest": version.plan_digest}
    assert action.detail == {**expected, "gate_overrides": []}
    assert "secret" not in str(list(StaffAction.objects.values()))


def test_preparing_a_launched_version_changes_nothing() -> None:
    version = launched()
    before = list(PlannedTrial.objects.order_by("pk").values())
    assert version_prepare(version=version) == 0
    assert list(PlannedTrial.objects.order_by("pk").values()) == before


def test_the_newest_launched_version_is_the_current_one() -> None:
    first = launched()
    second = imported(STUDY.replace("n: 18", "n: 20"))
    assert version_current("small-study") == first
    assert version_latest("small-study") == second
    assert version_current("nothing") is None


def test_an_unlaunched_version_is_read_anew_and_a_launched_one_is_kept(
    django_assert_num_queries: Any,
) -> None:
    version = launched()
    version_spec(version.pk)
    with django_assert_num_queries(0):
        version_spec(version.pk)
    other = imported(STUDY.replace("n: 18", "n: 20"))
    version_spec(other.pk)
    with django_assert_num_queries(1):
        version_spec(other.pk)


class TestRecruitment:
    def test_a_launched_version_is_closed_until_it_is_opened(self) -> None:
        assert Recruitment.objects.get(version=launched()).state == "closed"

    def test_it_opens_pauses_and_closes_and_every_change_is_on_record(self) -> None:
        version = launched()
        for state in ("open", "open", "paused", "closed"):
            assert recruitment_set(version=version, state=state).state == state
        verbs = StaffAction.objects.filter(verb__startswith="recruitment").order_by("pk")
        assert list(verbs.values_list("verb", flat=True)) == [
            "recruitment_open", "recruitment_paused", "recruitment_closed",
        ]  # fmt: skip

    def test_a_version_that_is_not_launched_cannot_open(self) -> None:
        with pytest.raises(RecruitmentRefused, match="launch it first"):
            recruitment_set(version=imported(), state="open")

    def test_an_unknown_state_is_refused(self) -> None:
        with pytest.raises(RecruitmentRefused, match="no state"):
            recruitment_set(version=launched(), state="ajar")

    def test_only_the_newest_launched_version_can_be_open(self) -> None:
        first = launched()
        second = imported(STUDY.replace("n: 18", "n: 20"))
        version_prepare(version=second)
        version_prepare(version=second)
        version_launch(version=second)
        with pytest.raises(RecruitmentRefused, match="newer"):
            recruitment_set(version=first, state="open")
        assert recruitment_set(version=second, state="open").state == "open"

    def test_it_does_not_open_on_a_database_without_protection(self, monkeypatch: pytest.MonkeyPatch) -> None:
        version = launched()
        monkeypatch.setattr("studies.design.services.recruitment.missing_triggers", lambda: ["keeps_x"])
        with pytest.raises(RecruitmentRefused, match=r"manage\.py migrate"):
            recruitment_set(version=version, state="open")


def test_a_study_has_one_owner_who_brought_it_first(django_user_model: Any) -> None:
    owner = django_user_model.objects.create_user("ada")
    from studies.design.services import study_import

    study_import(source=STUDY, files=SIDE_FILES, owner=owner)
    assert Study.objects.get().owner == owner


def test_the_store_holds_every_drawing_that_a_condition_shows(settings: Any) -> None:
    launched()
    store = Store(settings.ASSAY_STORE)
    for digest in ShownExplanation.objects.values_list("rendering_digest", flat=True):
        assert store.get(digest).startswith(b"<table")
