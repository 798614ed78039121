"""Protocols in the study file: what fits is carried out, what does not is refused at its line, before anything runs."""

from __future__ import annotations

import pytest

from studies.design.models import PlannedTrial
from studies.design.selectors import columns_of
from studies.design.services import case_file_import, study_import, version_launch, version_prepare
from studies.design.services.problems import version_problems
from studies.design.studyfile import study_read
from studies.errors import FileInvalid
from tests.design.scene import CASES, SIDE_FILES, STUDY, case_csv, finish_jobs, make_predictor

TRIALS = "  - trials: {protocol: judge_advisor, breaks_every: 4}\n"
SIMULATION = "  - trials: {protocol: forward_simulation, cases: {per_participant: 4, strata: {ai_correct: balanced}}}\n"
LINE = STUDY[: STUDY.index(TRIALS)].count("\n") + 1


def with_trials(*blocks: str) -> str:
    """The study of the scene with other trials after its own."""
    return STUDY.replace(SIMULATION, "".join(f"  - trials: {{{block}}}\n" for block in blocks))


def refusal(*blocks: str) -> str:
    with pytest.raises(FileInvalid) as refused:
        study_read(with_trials(*blocks), files=SIDE_FILES)
    faults = refused.value.faults
    assert all(LINE < fault.line <= LINE + len(blocks) for fault in faults), faults
    return " ".join(fault.message for fault in faults)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("protocol: deferal", "Did you mean 'deferral'"),
        ("protocol: deferral, parameters: {acts: [decide]}", "There is no 'acts' here. Did you mean 'actions'"),
        ("protocol: deferral, parameters: {actions: [decide]}", "too short"),
        ("protocol: deferral, parameters: {actions: [decide, ask]}", '"ask" cannot stand here'),
        ("protocol: deferral, parameters: {costs: {decide: -1}}", "too small"),
        ("protocol: deferral, parameters: {routing: {to: ai}}", "'ai_confidence' is missing"),
        (
            "protocol: deferral, parameters: {routing: {ai_confidence: {above: 0.9, below: 0.5}}}",
            "No confidence is above and below",
        ),
        ("protocol: distinction", "which tells what the AI says"),
        ("protocol: preference", "are compared"),
        ("protocol: preference, only: [ig]", "has 1 explanations"),
        ("protocol: learning_transfer", "needs a phase"),
        ("protocol: decision, phase: pre", "'decision' has no phase 'pre'"),
        ("protocol: learning_transfer, phase: later", '"later" cannot stand here'),
        ("protocol: learning_transfer, phase: test, parameters: {reference_panel: true}", "No examples are studied"),
        ("protocol: learning_transfer, phase: test, per_page: 3", "can share a page"),
        ("protocol: learning_transfer, phase: learn, feedback: true", "has a right answer"),
        ("protocol: diagnose", "needs the slices"),
        ("protocol: audit, parameters: {defects: [none, leak]}", "'none' is offered anyway"),
        ("protocol: preference, feedback: true, only: [ig]", "has a right answer"),
    ],
)  # fmt: skip
def test_what_a_protocol_cannot_carry_out_is_refused_at_its_line(block: str, message: str) -> None:
    assert message in refusal(block)


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ("[pre, test]", "'learn' is not among the phases"),
        ("[pre, learn, test, retention]", "No block of trials has the phase 'retention'"),
        ("[learn, pre, test]", "in another order"),
    ],
)
def test_phases_that_the_blocks_do_not_keep_to_are_refused(phases: str, message: str) -> None:
    blocks = [f"protocol: learning_transfer, phase: {phase}" for phase in ("pre", "learn", "test")]
    source = with_trials(*blocks).replace("conditions:", f"phases: {phases}\nconditions:", 1)
    with pytest.raises(FileInvalid, match=message):
        study_read(source, files=SIDE_FILES)


@pytest.mark.parametrize("place", ["nowhere", "before the test", "before the retention"])
def test_retention_is_held_to_a_later_session(place: str) -> None:
    few = "cases: {per_participant: 4}"
    blocks = [
        f"protocol: learning_transfer, phase: {phase}, {few}" for phase in ("learn", "test", "retention")
    ]
    source = with_trials(*blocks)
    session = "  - session: {name: later, opens_after_days: 7}\n"
    for phase in ("test", "retention"):
        if place == f"before the {phase}":
            at = source.index(f"  - trials: {{protocol: learning_transfer, phase: {phase}")
            source = source[:at] + session + source[at:]
    if place == "before the retention":
        spec = study_read(source, files=SIDE_FILES).spec
        assert [step.kind for step in spec.steps if step.kind in ("trials", "session")][-2:] == [
            "session",
            "trials",
        ]
        return
    with pytest.raises(FileInvalid, match="Retention is what is left in a later session"):
        study_read(source, files=SIDE_FILES)


def test_phases_in_their_order_are_carried_out() -> None:
    few = "cases: {per_participant: 2}"
    blocks = [f"protocol: learning_transfer, phase: {phase}, {few}" for phase in ("pre", "learn", "test")]
    source = with_trials(*blocks).replace("conditions:", "phases: [pre, learn, test]\nconditions:", 1)
    spec = study_read(source, files=SIDE_FILES).spec
    found = [spec.parameters(step)["phase"] for step in spec.steps if step.kind == "trials"]
    assert found == ["", "pre", "learn", "test"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  positive: malignant\n", "", "'positive' is missing"),
        ("  options: [benign, malignant]\n", "  kind: numeric\n", "numeric has no 'positive'"),
        ("  positive: malignant\n", "  positive: malignant\n  unit: mm\n", "choice has no 'unit'"),
        (
            "  options: [benign, malignant]\n  positive: malignant\n",
            "  kind: numeric\n  minimum: 5\n  maximum: 5\n",
            "minimum must be less",
        ),
    ],
)
def test_a_decision_is_a_choice_or_a_number_and_not_both(old: str, new: str, message: str) -> None:
    with pytest.raises(FileInvalid, match=message):
        study_read(STUDY.replace(old, new), files=SIDE_FILES)


# Case files

CHANGED = b"""\
features:
  - {name: size, label: Size, unit: mm, low: 1, high: 4, decimals: 1}
  - {name: shape, label: Shape}
truth: {options: [benign, malignant], source: histology}
truths: {defect: {options: [none, leak]}, gain: {amounts: true}}
columns: [original, interventions]
"""


def changed_csv(**cells: tuple[int, str]) -> bytes:
    """The cases of the scene; from the second half on each is made from one of the first; some cells replaced."""
    lines = case_csv().decode().splitlines()
    found = [lines[0] + ",defect,gain,original,interventions"]
    for number, line in enumerate(lines[1:]):
        values = {
            "defect": "none", "gain": "drop=0.5|keep=0", "interventions": "drop=Drop it|keep",
            "original": f"c{number - CASES // 2}" if number >= CASES // 2 else "",
        }  # fmt: skip
        values |= {name: value for name, (row, value) in cells.items() if row == number}
        found.append(",".join([line, *(values[k] for k in ("defect", "gain", "original", "interventions"))]))
    return "\n".join([*found, ""]).encode()


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"original": (20, "c20")}, "cannot be made from itself"),
        ({"original": (20, "c99")}, "There is no case 'c99'"),
        ({"original": (20, "c21")}, "is a changed one itself"),
        ({"gain": (3, "drop=much")}, "needs a finite number"),
        ({"gain": (3, "drop=1|drop=2")}, "stands there twice"),
        ({"defect": (3, "leek")}, "Did you mean 'leak'"),
    ],
)
@pytest.mark.django_db
def test_a_further_column_that_cannot_be_is_refused_with_row_and_column(
    cells: dict[str, tuple[int, str]], message: str
) -> None:
    with pytest.raises(FileInvalid, match=message):
        case_file_import(name="small-cases", csv=changed_csv(**cells), schema=CHANGED)


@pytest.mark.django_db
def test_only_changed_cases_are_planned_for_counterfactual_simulation() -> None:
    case_file_import(name="small-cases", csv=changed_csv(), schema=CHANGED)
    make_predictor()
    cases = "{per_participant: 4, strata: {ai_flips: balanced}, disjoint: false}"
    block = f"protocol: counterfactual_simulation, cases: {cases}"
    version = study_import(source=with_trials(block), files=SIDE_FILES)
    for _ in range(2):
        version_prepare(version=version)
        finish_jobs()
    version_prepare(version=version)
    assert "ai_flips" in " ".join(version_problems(version=version))  # the toy predictor flips with no change
    version = study_import(
        source=with_trials(block.replace("strata: {ai_flips: balanced}, ", "")), files=SIDE_FILES
    )
    for _ in range(3):
        version_prepare(version=version)
        finish_jobs()
    version_launch(version=version, seed="a seed")
    step = next(s for s in range(20) if _protocol(version, s) == "counterfactual_simulation")
    planned = set(
        PlannedTrial.objects.filter(version=version, step_index=step).values_list("case_id", flat=True)
    )
    changed = {case for (case, name) in columns_of(case_ids=planned) if name == "original"}
    assert planned == changed != set()


def _protocol(version: object, index: int) -> str:
    return str(version.spec["flow"][index]["params"].get("protocol"))  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_a_study_whose_cases_lack_what_its_protocol_needs_is_not_launched() -> None:
    from tests.design.scene import imported, make_cases

    make_cases()
    make_predictor()
    version = imported(with_trials("protocol: intervene, cases: {per_participant: 4}"))
    for _ in range(2):
        version_prepare(version=version)
        finish_jobs()
    version_prepare(version=version)
    told = " ".join(version_problems(version=version))
    assert "the reference column 'gain', which no case has" in told
