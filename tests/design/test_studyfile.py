"""A study file is refused at the line of what is wrong, with all its faults; a good one becomes a full document."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from studies.design.schemafaults import study_schema
from studies.design.spec import StudySpec
from studies.design.studyfile import StudyFile, study_read
from studies.errors import Fault, FileInvalid
from tests.design.scene import SIDE_FILES, STUDY, demo_files


def changed(old: str, new: str) -> str:
    assert STUDY.count(old) == 1, f"{old!r} stands {STUDY.count(old)} times in the study"
    return STUDY.replace(old, new)


def faults_of(source: str, **files: bytes) -> list[Fault]:
    with pytest.raises(FileInvalid) as refused:
        study_read(source, files={**SIDE_FILES, **files})
    return refused.value.faults


def read(source: str = STUDY) -> StudyFile:
    return study_read(source, files=SIDE_FILES)


# What is wrong: the change, the line where it stands, a part of the sentence.
WRONG: dict[str, tuple[str, str, int, str]] = {
    "an unknown key": ("title:", "titel:", 2, "There is no 'titel' here. Did you mean 'title'?"),
    "a missing key": ("title: Does a small explanation help?\n", "", 1, "'title' is missing."),
    "a bad address": ("study: small-study", "study: Small Study", 1, "small letters, digits and hyphens"),
    "a word for a number": ("slots: 24", "slots: many", 18, "a whole number"),
    "a fraction of a case": ("per_participant: 8", "per_participant: 8.5", 6, "a whole number"),
    "an unknown measure": ("measure: accuracy", "measure: acuracy", 32, "Did you mean 'accuracy'?"),
    "an unknown condition in a contrast": ("ig - ai,", "ig - ia,", 32, "no condition 'ia'"),
    "a contrast without blanks": ("ig - ai,", "ig-ai,", 32, "such as 'ig - ai'"),
    "a contrast of one thing": ("ig - ai,", "ig - ig,", 32, "two different conditions"),
    "more people than slots": ("n: 18", "n: 25", 33, "24 slots"),
    "an unknown condition in the allocation": ("between: [ai,", "between: [ia,", 18, "no condition 'ia'"),
    "a ratio that does not fit": ("slots: 24}", "slots: 24, ratio: [1, 1]}", 18, "2 numbers for 3 arms"),
    "an unknown stratum": ("strata: [expertise]", "strata: [expertice]", 18, "Did you mean 'expertise'?"),
    "a stratum that is no stratum": ("strata: [expertise]", "strata: [s_tias]", 18, "before 'allocate'"),
    "an unknown condition in only": ("only: [ai, ig, placebo]", "only: [ai, gi]", 29, "no condition 'gi'"),
    "a control without deception": ("deception: true\n", "", 16, "deception: true"),
    "an unknown method": ("method: integrated_gradients", "method: integrated", 15, "no method 'integrated'"),
    "a control as a method": ("method: integrated_gradients", "method: shuffled", 15, "is a control"),
    "a method and a control": ("[{control:", "[{method: integrated_gradients, control:", 16, "either a method"),
    "an unknown parameter of a method": (
        "{method: integrated_gradients}", "{method: integrated_gradients, parameters: {stepz: 5}}", 15, "stepz",
    ),
    "an unknown positive option": ("positive: malignant", "positive: malign", 11, "Did you mean 'malignant'?"),
    "the same option twice": ("options: [benign, malignant]", "options: [malignant, malignant]", 10, "same value"),
    "margins that do not add up": ("{true: 6, false: 2}", "{true: 6, false: 3}", 7, "add up to 9"),
    "an unknown value of a margin": ("{true: 6, false: 2}", "{true: 6, wrong: 2}", 7, "no value of ai_correct"),
    "cells that are not whole": ("{true: 6, false: 2}", "{true: 5, false: 3}", 7, "every cell is whole"),
    "a balance that does not divide": (
        "{per_participant: 4, strata: {ai_correct: balanced}}",
        "{per_participant: 5, strata: {ai_correct: balanced}}", 28, "multiple of 2",
    ),
    "an unknown protocol": ("protocol: judge_advisor", "protocol: judge_adviser", 27, "Did you mean 'judge_advisor'?"),
    "an unknown questionnaire": ("use: s_tias", "use: s_tia", 29, "Did you mean 's_tias'?"),
    "a file that is not there": ("consent: consent.md", "consent: consnet.md", 20, "Did you mean 'consent.md'?"),
    "a file elsewhere": ("consent: consent.md", "consent: ../consent.md", 20, "plain name of a file"),
    "an absolute file": ("consent: consent.md", "consent: /etc/passwd", 20, "plain name of a file"),
    "no consent first": ("  - consent: consent.md\n", "", 19, "must begin with the consent"),
    "no place of allocation": ("  - allocate\n", "", 19, "'- allocate' once"),
    "two places of allocation": ("  - allocate\n", "  - allocate\n  - allocate\n", 26, "only once"),
    "trials before the allocation": ("  - allocate\n", "  - trials: {}\n  - allocate\n", 25, "after 'allocate'"),
    "comprehension after the allocation": (
        "  - comprehension: {items: check.yaml}\n  - allocate\n",
        "  - allocate\n  - comprehension: {items: check.yaml}\n", 25, "before 'allocate'",
    ),
    "deception without a debrief": ("  - debrief: debrief.md\n", "", 17, "Deception needs a debrief"),
    "deception without consent after it": (
        "debrief: debrief.md", "debrief: {text: debrief.md, consent: false}", 30, "consent anew",
    ),
    "a debrief for some": (
        "debrief: debrief.md", "debrief: {text: debrief.md, only: [ai]}", 30, "everybody is debriefed",
    ),
    "an early debrief": (
        "  - allocate\n", "  - debrief: debrief.md\n  - allocate\n", 25, "after all trials",
    ),
    "only before the allocation": (
        "instructions: instructions.md", "instructions: {text: instructions.md, only: [ai]}", 23, "before 'allocate'",
    ),
    "a step with two names": ("  - allocate\n", "  - allocate: {}\n    only: [ai]\n", 25, "one name"),
    "a misspelt step": ("- practice:", "- practise:", 26, "Did you mean 'practice'?"),
    "a condition for nobody": ("deception: true", "  extra: {}\ndeception: true", 17, "Nobody is allocated"),
    "a bad name of a condition": ("  ai: {advice", "  A I: {advice", 14, "small letters"),
    "an explanation of nothing": ("{method: integrated_gradients}", "{}", 15, "either a method or a control"),
    "a number for a text": ("title: Does a small explanation help?", "title: 3", 2, "must stand text"),
    "a list for a mapping": ("predictors: {net: small-net}", "predictors: [net]", 3, "a mapping"),
    "conditions and factors": (
        "conditions:", "factors: {x: {levels: {a: {}, b: {}}}}\nconditions:", 1, "and not both",
    ),
    "conditions between and within": (
        "strata: [expertise]", "within: [ai, ig], strata: [expertise]", 18, "for both at once write factors",
    ),
    "a stratum whose values nobody knows": ("ground_truth: balanced}", "size: balanced}", 7, "are not known here"),
    "trials that show a condition that is not there": (
        "breaks_every: 4", "show: none", 27, "There is no condition 'none'",
    ),
    "a reading again of nothing": (
        "- trials: {protocol: judge_advisor,", "- trials: {cases: {reread: true}, protocol: judge_advisor,", 27,
        "no trials before these",
    ),
    "a claim without its number": ("show: [label]}", "show: [label, claimed_accuracy]}", 16, "A claim needs both"),
    "a claim alone": (
        "show: [label]}", "show: [claimed_accuracy], claimed_accuracy: 0.9}", 16, "alone is no advice",
    ),
    "scores of a person": (
        "ai: {advice: {show: [label", "ai: {advice: {source: person, show: [scores, label", 14, "no scores",
    ),
    "a target that is no option": (
        "{method: integrated_gradients}", "{method: integrated_gradients, target: {class: benin}}", 15,
        "Did you mean 'benign'?",
    ),
    "a delay without its seconds": (
        "{method: integrated_gradients}", "{method: integrated_gradients, reveal: after_delay}", 15, "write delay_s",
    ),
    "seconds of what is there at once": (
        "{method: integrated_gradients}", "{method: integrated_gradients, delay_s: 3}", 15, "only with reveal",
    ),
    "the same explanation twice": (
        "[{method: integrated_gradients}]", "[{method: integrated_gradients}, {method: integrated_gradients}]", 15,
        "stands here twice",
    ),
    "a rule that never holds": (
        "{method: integrated_gradients}",
        "{method: integrated_gradients, when: {ai_confidence: {at_least: 0.9, below: 0.8}}}", 15, "swap them",
    ),
    "an unknown predictor": (
        "ai: {advice: {show: [label, confidence]}}", "ai: {predictor: nett, advice: {show: [label]}}", 14,
        "Did you mean 'net'?",
    ),
}  # fmt: skip

SLOTS = "slots: 24}"
WRONG |= {
    "minimisation over nothing": (
        ", strata: [expertise], slots: 24}", ", slots: 24, method: minimisation}", 18, "name the"),
    "blocks without blocks": (SLOTS, "slots: 24, method: simple, block_multiples: [1]}", 18, "has no blocks"),
    "a rule without its method": (SLOTS, "slots: 24, minimisation: {probability: 0.9}}", 18, "method: minimisation"),
    "a sure rule": (SLOTS, "slots: 24, method: minimisation, minimisation: {probability: 1}}", 18, "at most 0.99"),
    "a lease of no length": (SLOTS, "slots: 24, lease: {returning: closed}}", 18, "minutes, hours or days"),
    "a quota of nothing": (SLOTS, "slots: 24, quotas: {conditions: {igg: 4}}}", 18, "Did you mean 'ig'?"),
    "quotas too small": (SLOTS, "slots: 24, quotas: {conditions: {ai: 4, ig: 4, placebo: 4}}}", 18, "hold 12 people"),
    "a quota of no stratum": (SLOTS, "slots: 24, quotas: {strata: {experts: 4}}}", 18, "no stratum 'experts'"),
    "quotas of minimised conditions": (
        SLOTS, "slots: 24, method: minimisation, quotas: {conditions: {ai: 4}}}", 18, "decides itself"),
}  # fmt: skip
# What the format says and the engine does not do yet: the change, and the line at which it is refused.
NOT_YET: dict[str, tuple[str, str, int]] = {
    "a text without content": ("kind: shuffled", "kind: placebic_text", 16),
    "clusters": ("slots: 24}", "slots: 24, method: cluster}", 18),
    "another scale": ("{scale: percent}", "{scale: ordinal}", 12),
}


SESSION = "- session: {name: later, opens_after_days: 7, closes_after_days: 21}\n  - questionnaire: s_tias\n"
WRONG |= {
    "a session that closes before it opens": (
        "- debrief: debrief.md", ("- session: {name: late, opens_after_days: 9, closes_after_days: 8}\n  "
        "- debrief: debrief.md"), 30, "closes before it opens"),
    "a session before allocation": (
        "- allocate\n", "- session: {name: early, opens_after_days: 1}\n  - allocate\n", 25, "after 'allocate'"),
    "a session of nothing": (
        "- debrief: debrief.md", "- debrief: debrief.md\n  - session: {name: empty, opens_after_days: 1}", 31,
        "Nothing comes after"),
    "tiers that fall": (
        "plan:", "bonus: {currency: GBP, tiers: [{accuracy: 0.9, pay: 2}, {accuracy: 0.7, pay: 1}]}\nplan:", 31,
        "higher accuracy"),
    "a bonus of nothing": ("plan:", "bonus: {currency: GBP, shown: true}\nplan:", 31, "Say what is paid"),
    "a prize that is worth nothing": (
        "{scale: percent}", "{scale: percent, scoring: binarised}", 12, "per_prize",
    ),
    "an incentive in no currency": (
        "ai: {advice: {show: [label, confidence]}}",
        "ai: {advice: {show: [label, confidence]}, incentive: {per_correct: 0.5}}", 14, "in which currency",
    ),
}  # fmt: skip


def test_the_times_of_sessions_and_pauses_are_written_out_in_seconds() -> None:
    text = changed("- debrief: debrief.md", SESSION + "  - debrief: debrief.md")
    document = study_read(
        text.replace("plan:", "pause: {maximum_hours: 1.5}\nplan:"), files=SIDE_FILES
    ).document
    (session,) = [entry["params"] for entry in document["flow"] if entry["kind"] == "session"]
    assert session == {"name": "later", "opens_s": 604_800, "closes_s": 1_814_400, "code": ""}
    assert (document["pause"], document["returning"]) == ({"maximum_s": 5400}, {"link": True, "code": False})


def test_the_length_of_a_lease_is_the_sum_of_its_parts() -> None:
    document = study_read(
        changed(SLOTS, "slots: 24, lease: {hours: 1.5, minutes: 3}}"), files=SIDE_FILES
    ).document
    assert document["allocation"]["lease"] == {"seconds": 5580, "returning": "may_finish"}


@pytest.mark.parametrize("name", WRONG)
def test_it_names_the_line_of(name: str) -> None:
    old, new, line, words = WRONG[name]
    faults = faults_of(changed(old, new))
    assert any(fault.line == line and words in fault.message for fault in faults), [str(f) for f in faults]


@pytest.mark.parametrize("name", NOT_YET)
def test_it_says_not_supported_yet_at_the_line_of(name: str) -> None:
    old, new, line = NOT_YET[name]
    faults = faults_of(changed(old, new))
    assert any(f.line == line and "not supported yet" in f.message for f in faults), [str(f) for f in faults]


def test_a_plan_that_asks_for_more_than_the_report_does_is_refused_at_its_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("analysis.report.abilities.CARRIED_OUT", frozenset())
    (fault,) = faults_of(changed("n: 18", "n: 18\n  looks: [0.5, 1]"))
    assert (fault.line, fault.message) == (34, "not supported yet (spending: obrien_fleming).")


@pytest.mark.parametrize("name", [*WRONG, *NOT_YET])
def test_one_mistake_does_not_bury_its_reader_in_faults(name: str) -> None:
    old, new = {**WRONG, **NOT_YET}[name][:2]
    assert len(faults_of(changed(old, new))) <= 4


def test_a_fault_quotes_a_huge_word_only_in_part() -> None:
    for old, new in (("title:", f"{'t' * 100_000}: x\ntitle:"), ("- allocate\n", f"- {'a' * 100_000}\n")):
        assert all(len(str(fault)) < 1000 for fault in faults_of(changed(old, new)))


def test_it_reports_all_faults_of_a_file_in_the_order_of_lines() -> None:
    source = (
        changed("n: 18", "n: 99")
        .replace("positive: malignant", "positive: x")
        .replace("slots: 24", "slots: 0")
    )
    assert [fault.line for fault in faults_of(source)] == [18]
    faults = faults_of(source.replace("slots: 0", "slots: 24"))
    assert [fault.line for fault in faults] == [11, 33]


MEASURES_WITHOUT_DATA = {
    "switch_fraction": ("protocol: judge_advisor", "protocol: decision", "judge_advisor"),
    "forward_simulation_accuracy": ("protocol: forward_simulation,", "protocol: decision,", "has none"),
    "s_tias": ("only: [ai, ig, placebo]", "only: [ai, ig]", "not asked in the condition 'placebo'"),
}


@pytest.mark.parametrize("measure", MEASURES_WITHOUT_DATA)
def test_it_refuses_a_measure_that_the_flow_gives_no_data_for(measure: str) -> None:
    old, new, words = MEASURES_WITHOUT_DATA[measure]
    source = changed("measure: accuracy", f"measure: {measure}")
    study_read(source, files=SIDE_FILES)  # with its data it is accepted
    faults = faults_of(source.replace(old, new))
    assert any(f.line == 32 and words in f.message for f in faults), [str(f) for f in faults]


def test_a_fault_in_a_side_file_names_the_line_in_both_files() -> None:
    faults = faults_of(
        STUDY, **{"check.yaml": b"- id: a\n  question: Why?\n  options: [x, y]\n  corect: x\n"}
    )
    assert {fault.line for fault in faults} == {24}
    assert any("in check.yaml, line 4: [0].corect" in fault.message for fault in faults)


BAD_ITEMS = {
    "an answer that is not offered": b"- {id: a, question: Why?, options: [x, y], correct: z}",
    "the same id twice": b"- {id: a, question: Q?, options: [x, y], correct: x}\n" * 2,
    "the same option twice": b"- {id: a, question: Q?, options: [x, x], correct: x}",
    "no list": b"a: 1",
    "an alias": b"- &a {id: a, question: Q?, options: [x, y], correct: x}\n- *a",
}


@pytest.mark.parametrize("name", BAD_ITEMS)
def test_it_refuses_items_with(name: str) -> None:
    assert all(fault.line == 24 for fault in faults_of(STUDY, **{"check.yaml": BAD_ITEMS[name]}))


def test_it_refuses_an_eligible_answer_that_is_not_offered() -> None:
    faults = faults_of(STUDY, **{"screen.yaml": b"- {id: a, question: Q?, options: [x, y], eligible: [z]}"})
    assert "'z' is not one of its options" in faults[0].message


def test_a_questionnaire_of_ones_own_is_read_and_checked() -> None:
    toml = (
        b'name = "mine"\nversion = "1"\ntitle = "Mine"\nreference = "own items"\ndoi = ""\nlicence = "CC0"\n'
    )
    toml += b'scoring = "none"\n[[items]]\nid = "a"\ntext = "How?"\nkind = "text"\n'
    source = changed("use: s_tias", "use: mine.toml")
    found = study_read(source, files={**SIDE_FILES, "mine.toml": toml})
    assert found.spec.steps[9].params["items"][0]["text"] == "How?"
    faults = faults_of(source, **{"mine.toml": toml.replace(b'kind = "text"', b'kind = "slider"')})
    assert faults[0].line == 29
    assert "mine.toml" in faults[0].message


def test_the_study_file_that_comes_with_the_product_is_in_order() -> None:
    source, files = demo_files()
    spec = study_read(source, files=files).spec
    assert [condition.name for condition in spec.conditions] == ["unaided", "ai", "ig", "placebo"]
    assert [step.kind for step in spec.steps] == [
        "consent", "screening", "questionnaire", "instructions", "comprehension", "allocate", "practice", "trials",
        "trials", "questionnaire", "debrief",
    ]  # fmt: skip


def test_the_texts_of_the_demonstration_say_that_it_is_no_medical_evidence() -> None:
    source, files = demo_files()
    assert "demonstration" in files["consent.md"].decode()
    assert "no medical evidence" in files["debrief.md"].decode()
    assert "no medical evidence" in source.decode()


def test_the_document_leaves_no_default_open() -> None:
    document = read().document
    assert document["cases"]["strata"] == {
        "ai_correct": {"true": 6, "false": 2},
        "ground_truth": {"benign": 4, "malignant": 4},
    }
    assert document["allocation"]["ratio"] == [1, 1, 1]
    assert document["flow"][4]["params"]["attempts"] == 2
    assert document["flow"][4]["params"]["text"] == "instructions.md"
    assert document["flow"][6]["params"]["protocol"] == "judge_advisor"
    assert document["flow"][8]["params"]["cases"]["strata"] == {"ai_correct": {"true": 2, "false": 2}}
    assert document["flow"][10]["params"] == {"text": "debrief.md", "consent": True}
    assert document["withdrawal"] == {"policy": "erase"}


def test_the_document_holds_its_questionnaires_so_that_the_shelf_may_change() -> None:
    trust = read().document["flow"][9]["params"]
    assert [item["text"] for item in trust["items"]] == [
        "I am confident in the AI assistant.",
        "The AI assistant is reliable.",
        "I can trust the AI assistant.",
    ]


def test_a_control_is_told_apart_by_name_and_nothing_else() -> None:
    spec = read().spec
    true, made_up = spec.condition("ig").explanations[0], spec.condition("placebo").explanations[0]
    assert (true.method, true.target) == (made_up.method, made_up.target)
    assert (true.control, made_up.control) == ("", "shuffled")
    assert true.name != made_up.name


def test_the_document_survives_json_and_the_digest_with_it() -> None:
    found = read()
    document = json.loads(json.dumps(found.document))
    assert document == found.document
    assert StudySpec.of(document) == found.spec


@pytest.mark.parametrize(
    "layout",
    [
        lambda source: "# a comment\n" + source,
        lambda source: source.replace(
            "options: [benign, malignant]", "options:\n    - benign\n    - malignant"
        ),
        lambda source: source.replace("  - allocate\n", "  - allocate: {}\n"),
        lambda source: source.replace("  - consent: consent.md\n", "  - consent: {text: consent.md}\n"),
        lambda source: source.replace("strata: [expertise], slots: 24", "slots: 24, strata: [expertise]"),
    ],
)
def test_another_layout_of_the_same_study_has_the_same_digest(layout: Any) -> None:
    assert layout(STUDY) != STUDY
    assert read(layout(STUDY)).digest == read().digest


def test_a_change_of_one_word_in_a_text_changes_the_digest_and_not_that_of_the_plan() -> None:
    other = study_read(STUDY, files={**SIDE_FILES, "consent.md": b"You agree to take part!"})
    assert other.digest != read().digest
    assert other.plan_digest == read().plan_digest


def test_the_published_schema_is_a_schema_and_describes_itself() -> None:
    Draft202012Validator.check_schema(study_schema())
    assert study_schema()["title"] == "Assay study file"


def test_an_unaided_condition_may_still_see_an_explanation() -> None:
    source = changed(
        "ai: {advice: {show: [label, confidence]}}", "ai: {explanations: [{method: integrated_gradients}]}"
    )
    condition = read(source).spec.condition("ai")
    assert (condition.treatment.advice, condition.treatment.explanations) == (False, 1)


def test_the_incentive_of_a_condition_is_written_out_and_leaves_other_conditions_as_they_were() -> None:
    text = changed(
        "ai: {advice: {show: [label, confidence]}}",
        "ai: {advice: {show: [label, confidence]}, incentive: {per_correct: 0.5}}",
    )
    document = read(text.replace("plan:", "bonus: {currency: GBP}\nplan:")).document
    found = {condition["name"]: condition["incentive"] for condition in document["conditions"]}
    assert found == {"ai": {"shown": True, "per_correct": 0.5}, "ig": None, "placebo": None}


STAKES = """\
factors:
  help: {levels: {alone: {}, ai: {advice: {show: [label]}}}}
  stake:
    levels: {low: {incentive: {per_correct: 0.05}}, high: {incentive: {per_correct: 1, shown: false}}}
    placed: within
bonus: {currency: USD, base: 2}
deception: true
allocation: {strata: [expertise], slots: 24}
"""


def test_incentives_can_be_a_factor() -> None:
    flow = STUDY[STUDY.index("flow:") :].replace("ig - ai, ig - placebo", "ai_high - ai_low")
    text = STUDY[: STUDY.index("conditions:")] + STAKES + flow.replace("[ai, ig, placebo]", "[ai]")
    spec = study_read(text, files=SIDE_FILES).spec
    assert {c.name: c.incentive["per_correct"] for c in spec.conditions} == {
        "alone_low": 0.05, "alone_high": 1, "ai_low": 0.05, "ai_high": 1,
    }  # fmt: skip


def test_a_paid_confidence_is_a_word_of_the_document_only_where_it_is_paid() -> None:
    text = changed("{scale: percent}", "{scale: percent, scoring: binarised}")
    paid = read(text.replace("plan:", "bonus: {currency: GBP, per_prize: 0.2}\nplan:"))
    assert paid.document["decision"]["confidence_paid"] is True
    assert paid.spec.decision.is_confidence_paid
    assert "confidence_paid" not in read().document["decision"]
