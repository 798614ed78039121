"""Factors become arms and conditions as a reader of the file would expect, and what does not fit is named."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from studies.design.factors import Crossing, Factor, crossing_of
from studies.design.squares import latin_square, order_rows, williams_square
from studies.design.studyfile import study_read
from studies.errors import Fault, FileInvalid
from tests.design.designs import MIXED, study
from tests.design.scene import SIDE_FILES, STUDY

# Jabbour et al. 2023: two unaided vignettes, six with AI (half of it biased), a consult; explanations between people.
JABBOUR: dict[str, Any] = {
    "factors": {
        "help": {
            "levels": {"unaided": {}, "ai": {"advice": {"show": ["label"]}}, "consult": {}},
            "placed": "within", "order": "fixed", "counts": {"unaided": 2, "ai": 6, "consult": 1},
        },
        "model": {"levels": {"standard": {"predictor": "net"}, "biased": {"predictor": "bent"}}, "placed": "case"},
        "heatmap": {
            "levels": {"off": {}, "on": {"explanations": [{"method": "saliency"}], "only_with": {"help": "ai"}}},
        },
    },
    "omit": [{"help": ["unaided", "consult"], "model": "biased"}],
}  # fmt: skip


def jabbour() -> Crossing:
    return crossing_of(JABBOUR)


def test_what_lies_between_makes_the_arms() -> None:
    assert [(arm.name, arm.levels) for arm in jabbour().arms] == [
        ("off", {"heatmap": "off"}),
        ("on", {"heatmap": "on"}),
    ]


def test_cells_of_several_arms_that_show_the_same_are_one_condition() -> None:
    assert list(jabbour().conditions) == [
        "unaided", "ai_standard_off", "ai_standard_on", "ai_biased_off", "ai_biased_on", "consult",
    ]  # fmt: skip


def test_a_level_takes_effect_only_in_the_company_it_names() -> None:
    explained = [name for name, shown in jabbour().conditions.items() if shown.get("explanations")]
    assert explained == ["ai_standard_on", "ai_biased_on"]


def test_trials_divide_by_counts_factor_after_factor() -> None:
    shares = {share.within: int(share.size) for share in jabbour().shares(jabbour().arms[0], 9)}
    assert shares == {
        "help=unaided,model=standard": 2, "help=ai,model=standard": 3, "help=ai,model=biased": 3,
        "help=consult,model=standard": 1,
    }  # fmt: skip


def test_a_factor_that_changes_nothing_on_the_page_still_makes_conditions_of_its_own() -> None:
    two = {"factors": {"shown": {"levels": {"no": {}, "yes": {"advice": {"show": ["label"]}}}},
                       "told": {"levels": {"plain": {}, "warned": {}}}}}  # fmt: skip
    assert list(crossing_of(two).conditions) == ["no_plain", "no_warned", "yes_plain", "yes_warned"]


def test_later_levels_add_to_what_earlier_ones_show() -> None:
    crossing = Crossing((
        Factor("a", {"x": {"advice": {"show": ["label"]}, "label": "AI"}}),
        Factor("b", {"y": {"advice": {"source": "ai"}, "explanations": [{"method": "lime"}], "label": "why"}, "z": {}}),
    ))  # fmt: skip
    assert crossing.conditions["x_y"] == {
        "advice": {"show": ["label"], "source": "ai"}, "label": "AI, why", "explanations": [{"method": "lime"}],
        "levels": {"a": "x", "b": "y"},
    }  # fmt: skip


@pytest.mark.parametrize("n", range(2, 9))
def test_a_latin_square_has_every_level_once_at_every_place(n: int) -> None:
    assert all(len(set(column)) == n for column in zip(*latin_square(n), strict=True))


@pytest.mark.parametrize("n", range(2, 9))
def test_in_a_williams_square_every_level_follows_every_other_equally_often(n: int) -> None:
    rows = williams_square(n)
    follows = Counter(pair for row in rows for pair in pairwise(row))
    assert len(follows) == n * (n - 1)
    assert len(set(follows.values())) == 1
    assert all(set(Counter(column).values()) == {len(rows) // n} for column in zip(*rows, strict=True))


def test_few_levels_have_all_their_orders_dealt_and_many_have_none_listed() -> None:
    assert len(order_rows("drawn", 3)) == 6
    assert order_rows("drawn", 5) == []


def faults(old: str, new: str, study: str = STUDY) -> list[Fault]:
    assert old in study
    with pytest.raises(FileInvalid) as refused:
        study_read(study.replace(old, new), files=SIDE_FILES)
    return refused.value.faults


def rewritten(**changes: str) -> str:
    """The small study with lines replaced whole: the word at their beginning to the new text, empty to drop them."""
    lines = []
    for line in STUDY.splitlines():
        word = line.strip(" -").split(":")[0]
        lines.append(changes.get(word, line))
    return "\n".join(line for line in lines if line) + "\n"


WITHIN = rewritten(
    placebo="",
    allocation="allocation: {within: [ai, ig], strata: [expertise], slots: 24}",
    questionnaire="  - questionnaire: expertise",
    primary="  primary: {measure: accuracy, contrast: ig - ai, placed: within}",
).replace("  - questionnaire: expertise\n  - debrief", "  - debrief")
FACTORS = """\
factors:
  why:
    levels: {none: {}, ig: {explanations: [{method: integrated_gradients}]}}
  aid:
    levels: {low: {advice: {show: [label]}}, high: {advice: {show: [label, confidence]}}}"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("within: [ai, ig],", "within: {conditions: [ai, ig], counts: {ai: 1}},", "'ig' has no count"),
        ("within: [ai, ig],", "within: {conditions: [ai, ig], counts: {ai: 2, ig: 1}},", "do not divide"),
        ("within: [ai, ig],", "within: {conditions: [ai, ig], washout_days: 7},", "per: step"),
        (
            "within: [ai, ig],",
            "within: {conditions: [ai, ig], per: step, washout_days: 7},",
            "At least 7 days",
        ),
        ("within: [ai, ig],", "within: [ai],", "at least 2 entries"),
    ],
)
def test_what_lies_within_is_refused_when_it_cannot_be(old: str, new: str, words: str) -> None:
    found = faults(old, new, WITHIN)
    assert any(words in f.message for f in found), found


def test_a_plan_that_says_nothing_of_placement_gets_that_of_the_design() -> None:
    said = study_read(WITHIN.replace(", placed: within", ""), files=SIDE_FILES).document["plan"]["primary"]
    assert said == study_read(WITHIN, files=SIDE_FILES).document["plan"]["primary"]
    assert said["placed"] == "within"


def test_a_plan_that_places_conditions_otherwise_than_the_design_is_refused() -> None:
    assert any("say placed: within" in f.message for f in faults("placed: within", "placed: between", WITHIN))
    said = faults("all: true}", "all: true, placed: within}", STUDY)
    assert any("say placed: between" in f.message for f in said)


def test_everything_that_a_plan_says_is_locked_with_it() -> None:
    further = {
        "exclude": "[{without: {comprehension_attempts: 2}}]",
        "cases": "fixed",
        "subgroups": "[stratum]",
    }
    plan = STUDY + "".join(f"  {key}: {value}\n" for key, value in further.items())
    locked = study_read(plan, files=SIDE_FILES).document["plan"]
    assert (locked["cases"], locked["subgroups"]) == ("fixed", ["stratum"])
    assert locked["exclude"] == [{"without": {"comprehension_attempts": 2}}]


def test_only_can_name_a_level_that_lies_between() -> None:
    study = rewritten(
        conditions=FACTORS,
        ai="",
        ig="",
        placebo="",
        allocation="allocation: {strata: [expertise], slots: 24}",
        primary="  primary: {measure: accuracy, contrast: ig_low - none_low}",
    ).replace("only: [ai, ig, placebo]", "only: [why=ig]")
    spec = study_read(study, files=SIDE_FILES).spec
    (step,) = (step for step in spec.steps if step.kind == "questionnaire" and step.only)
    assert step.only == ("ig_low", "ig_high")
    assert spec.condition("ig_low").levels == {"why": "ig", "aid": "low"}


EFFECTS = """\
  effects:
    - {measure: accuracy, effect: ig - plain}
    - {measure: accuracy, effect: ig - plain, by: shown - hidden}
    - {measure: accuracy, effect: shown - hidden, at: {explanation: ig}}
"""


def test_a_plan_may_name_effects_of_the_factors() -> None:
    source = study(MIXED, contrast="ig_shown - plain_shown")
    spec = study_read(source + EFFECTS, files=SIDE_FILES).spec
    assert [each["effect"] for each in spec.plan["effects"]] == ["ig - plain", "ig - plain", "shown - hidden"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "effect: ig - plain}",
            "effect: ig - plan}",
            "There is no level 'plan'. Levels are: confidence=hidden",
        ),
        ("effect: ig - plain}", "effect: ig - hidden}", "take one factor"),
        ("by: shown - hidden", "by: plain - ig", "levels of one factor, explanation"),
        ("at: {explanation: ig}", "at: {confidence: shown}", "cannot be held at one level as well"),
        ("accuracy, effect: ig - plain}", "acuracy, effect: ig - plain}", "acuracy"),
        (
            "accuracy, effect: ig - plain}",
            "learning_retention, effect: ig - plain}",
            "needs trials with the protocol",
        ),
        ("effect: ig - plain}", "effect: ig against plain}", "two levels of one factor"),
    ],
)
def test_an_effect_that_the_factors_do_not_have_is_refused_at_its_line(old: str, new: str, told: str) -> None:
    source = study(MIXED, contrast="ig_shown - plain_shown") + EFFECTS.replace(old, new, 1)
    with pytest.raises(FileInvalid) as refused:
        study_read(source, files=SIDE_FILES)
    (fault,) = refused.value.faults
    assert told in fault.message
    assert new in source.splitlines()[fault.line - 1]
