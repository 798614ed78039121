"""Study files with factors, for tests: every placement and every order, small enough to count by hand."""

from __future__ import annotations

HEAD = """\
study: {slug}
title: A study of several factors
predictors: {{net: small-net}}
cases: {{from: small-cases, per_participant: {size}, strata: {strata}{more}}}
decision:
  question: Which is it?
  options: [benign, malignant]
  positive: malignant
"""
TAIL = """\
allocation: {{slots: {slots}{allocation}}}
flow:
  - consent: consent.md
  - allocate
{trials}
  - debrief: debrief.md
plan:
  primary: {{measure: accuracy, contrasts: [{contrast}]}}
  n: {slots}
"""
ADVICE = "{advice: {show: [label]}}"
IG = "{advice: {show: [label]}, explanations: [{method: integrated_gradients}]}"
THREE = f"""\
factors:
  help:
    levels: {{none: {{}}, ai: {ADVICE}, ig: {IG}}}
    placed: PLACED
    order: ORDER
"""
MIXED = f"""\
factors:
  explanation:
    levels: {{plain: {ADVICE}, ig: {IG}}}
    placed: between
  confidence:
    levels: {{hidden: {{}}, shown: {{advice: {{show: [label, confidence]}}}}}}
    placed: case
"""


def study(
    factors: str,
    *,
    slug: str = "factors",
    size: int = 12,
    strata: str = "{ai_correct: {true: 9, false: 3}}",
    slots: int = 12,
    trials: str = "  - trials: {protocol: decision}",
    contrast: str = "ai - none",
    more: str = "",
    allocation: str = "",
) -> str:
    """Write a study file with these factors."""
    head = HEAD.format(slug=slug, size=size, strata=strata, more=more)
    return head + factors + TAIL.format(slots=slots, trials=trials, contrast=contrast, allocation=allocation)


def within(order: str = "drawn", placed: str = "within") -> str:
    """Three levels of help within every participant."""
    text = THREE.replace("PLACED", placed)
    return text.replace("ORDER", order) if placed == "within" else text.replace("    order: ORDER\n", "")
