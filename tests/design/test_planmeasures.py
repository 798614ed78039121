"""A plan names only measures that the trials and questionnaires of its flow can give."""

import pytest

from studies.design.studyfile import study_read
from studies.errors import FileInvalid
from tests.design.scene import SIDE_FILES, STUDY

ONLY_SIMULATION = STUDY.replace(
    "protocol: judge_advisor, breaks_every: 4", "protocol: forward_simulation"
).replace(
    "  - trials: {protocol: forward_simulation, cases: {per_participant: 4, strata: {ai_correct: balanced}}}\n",
    "",
)
PHASES = ("pre", "learn", "test")
ONE_STAGE = STUDY.replace("protocol: judge_advisor", "protocol: decision")


def sentences(study: str, measure: str) -> list[str]:
    with pytest.raises(FileInvalid) as refused:
        study_read(study.replace("measure: accuracy", f"measure: {measure}"), files=SIDE_FILES)
    return [fault.message for fault in refused.value.faults]


@pytest.mark.parametrize(
    "measure",
    ["accuracy", "rair", "rt_ms", "brier", "forward_simulation_accuracy", "agreement", "sensitivity"],
)
def test_a_measure_of_a_protocol_of_the_flow_is_planned(measure: str) -> None:
    assert study_read(STUDY.replace("measure: accuracy", f"measure: {measure}"), files=SIDE_FILES)


@pytest.mark.parametrize(
    ("study", "measure", "protocol"),
    [
        (ONE_STAGE, "rair", "judge_advisor or own_stages"),
        (ONLY_SIMULATION, "accuracy", "decision or judge_advisor or own_stages"),
        (STUDY, "deferral_rate", "deferral"),
        (STUDY, "agreement_accuracy", "agreement"),
        (STUDY, "counterfactual_simulation_accuracy", "counterfactual_simulation"),
    ],
)
def test_a_measure_without_trials_of_its_protocol_is_refused(study: str, measure: str, protocol: str) -> None:
    assert sentences(study, measure) == [
        f"'{measure}' needs trials with the protocol {protocol}: the flow has none."
    ]


@pytest.mark.parametrize(("measure", "column"), [("simulation_gain", "phase")])
def test_a_measure_that_needs_a_column_nobody_records_is_refused(measure: str, column: str) -> None:
    assert sentences(STUDY, measure) == [
        f"'{measure}' needs {column}, which no protocol of the flow records."
    ]


def test_the_score_of_a_questionnaire_that_is_asked_is_planned() -> None:
    assert study_read(
        STUDY.replace("measure: accuracy", 'measure: "scale_score:s_tias/trust"'), files=SIDE_FILES
    )


def test_the_score_of_a_questionnaire_that_is_not_asked_is_refused() -> None:
    assert sentences(STUDY, '"scale_score:nasa_tlx"')[0] == (
        "The questionnaire 'nasa_tlx' is not asked in the condition 'ai'."
    )


def test_a_curve_is_no_outcome() -> None:
    assert sentences(STUDY, "calibration_curve")[0].startswith("There is no measure 'calibration_curve'.")


def test_a_gain_between_phases_is_planned_where_blocks_have_phases() -> None:
    few = "cases: {per_participant: 4, strata: {ai_correct: balanced}}"
    before = f"  - trials: {{protocol: forward_simulation, {few}}}\n"
    assert before in STUDY
    blocks = [
        f"  - trials: {{protocol: {protocol}, phase: {phase}, {few}}}\n"
        for protocol, phase in zip(
            ("forward_simulation", "learning_transfer", "forward_simulation"), PHASES, strict=True
        )
    ]
    study = STUDY.replace(before, "".join(blocks)).replace(
        "conditions:", "phases: [pre, learn, test]\nconditions:", 1
    )
    assert study_read(study.replace("measure: accuracy", "measure: simulation_gain"), files=SIDE_FILES)
