"""Preregistration: the plan and the study written into the fields of a registry; what nobody said is marked as open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from analysis.core.plan.sentences import (
    effect_words,
    exclusion_sentences,
    hypothesis_sentence,
    multiplicity_sentence,
    sensitivity_sentences,
    stopping_sentence,
    testing_sentence,
)
from analysis.core.plan.values import Plan

Form = Literal["aspredicted", "osf"]
FORMS: tuple[Form, ...] = ("aspredicted", "osf")
OPEN = "[to be written by the authors]"


def preregistration(plan: Plan, *, form: Form = "aspredicted", study: Mapping[str, Any] | None = None) -> str:
    """Write a plan as the text of a preregistration.

    Parameters
    ----------
    plan : Plan
        Checked; its digest is quoted.
    form : {"aspredicted", "osf"}
        Fields of AsPredicted (nine questions) or of the OSF Preregistration.
    study : mapping, optional
        Study file: ``title``, ``conditions``, ``cases``, ``allocation``, ``decision``, ``flow`` are quoted.

    Returns
    -------
    str
        Markdown with one heading for each field. What neither plan nor study says stands as "[to be written by the
        authors]".

    Raises
    ------
    ValueError
        When there is no such form.

    References
    ----------
    .. [1] AsPredicted, https://aspredicted.org
    .. [2] Bowman et al. (2020). OSF Prereg Template. https://doi.org/10.31222/osf.io/epgjd

    Examples
    --------
    >>> from analysis.core.plan import plan_from
    >>> plan = plan_from({"primary": {"measure": "accuracy", "contrast": "ig - ai"}, "n": 80})
    >>> preregistration(plan).splitlines()[2]
    '## 1) Have any data been collected for this study already?'
    """
    if form not in FORMS:
        raise ValueError(f"form must be one of {', '.join(FORMS)}, got {form!r}.")
    fields = (_aspredicted if form == "aspredicted" else _osf)(plan, study or {})
    title = str((study or {}).get("title") or plan.title or OPEN)
    body = "\n".join(f"## {heading}\n\n{text}\n" for heading, text in fields.items())
    return f"# {title}\n\n{body}\nDigest of the plan (sha-256): {plan.digest}\n"


def _aspredicted(plan: Plan, study: Mapping[str, Any]) -> dict[str, str]:
    return {
        "1) Have any data been collected for this study already?": _collected(plan),
        "2) What's the main question being asked or hypothesis being tested in this study?": hypothesis_sentence(
            plan.primary
        ),
        "3) Describe the key dependent variable(s) specifying how they will be measured.": _outcomes(plan),
        "4) How many and which conditions will participants be assigned to?": _conditions(plan, study),
        "5) Specify exactly which analyses you will conduct to examine the main question/hypothesis.": _paragraphs(
            testing_sentence(plan.primary, alpha=plan.alpha), multiplicity_sentence(plan)
        ),
        "6) Describe exactly how outliers will be defined and handled, and your precise rule(s) for excluding "
        "observations.": _paragraphs(*exclusion_sentences(plan)),
        "7) How many observations will be collected or what will determine sample size?": stopping_sentence(
            plan
        ),
        "8) Anything else you would like to pre-register?": _other(plan),
        "9) Type of study": "Experiment",
    }


def _osf(plan: Plan, study: Mapping[str, Any]) -> dict[str, str]:
    return {
        "Study information: description": OPEN,
        "Study information: hypotheses": _listed(
            hypothesis_sentence(one) for one in (plan.primary, *plan.secondary)
        ),
        "Design plan: study type": "Experiment: a researcher randomly assigns treatments to participants.",
        "Design plan: blinding": "Participants do not know which other conditions exist. Conditions are assigned by "
        "program from a concealed list; outcomes by condition are hidden until a planned look.",
        "Design plan: study design": _conditions(plan, study),
        "Design plan: randomization": _allocation(study),
        "Sampling plan: existing data": _collected(plan),
        "Sampling plan: data collection procedures": OPEN,
        "Sampling plan: sample size": f"{plan.n} participants." if plan.n else OPEN,
        "Sampling plan: sample size rationale": OPEN,
        "Sampling plan: stopping rule": stopping_sentence(plan),
        "Variables: manipulated variables": _conditions(plan, study),
        "Variables: measured variables": _outcomes(plan),
        "Variables: indices": "One value for each participant, as the measure of that name is defined in Assay.",
        "Analysis plan: statistical models": _listed(
            testing_sentence(one, alpha=plan.alpha) for one in (plan.primary, *plan.secondary)
        ),
        "Analysis plan: transformations": "Response times are compared on the logarithm.",
        "Analysis plan: inference criteria": _paragraphs(
            f"alpha {plan.alpha}.", multiplicity_sentence(plan), _cases(plan)
        ),
        "Analysis plan: data exclusion": _paragraphs(*exclusion_sentences(plan)),
        "Analysis plan: missing data": "Missing answers are counted by condition and not imputed; participants without "
        "a defined value are reported.",
        "Analysis plan: exploratory analysis": "Everything that is not named here is labelled exploratory.",
        "Other": _other(plan),
    }


def _collected(plan: Plan) -> str:
    locked = f" The plan was locked at {plan.locked_at}, before the first response." if plan.locked_at else ""
    return f"No, no data have been collected for this study yet.{locked}"


def _outcomes(plan: Plan) -> str:
    rows = [f"Primary: {plan.primary.measure}."]
    rows += [f"Secondary: {one.measure}. {hypothesis_sentence(one)}" for one in plan.secondary]
    return _listed(rows)


def _conditions(plan: Plan, study: Mapping[str, Any]) -> str:
    named = {
        name: None
        for one in (plan.primary, *plan.secondary)
        for contrast in one.contrasts
        for name in (contrast.control, contrast.treatment)
    }
    conditions = study.get("conditions") or named
    rows = [f"{name}: {_shows(conditions[name])}" for name in conditions]
    return f"{len(rows)} conditions, {plan.primary.placed} participants.\n\n{_listed(rows)}"


def _shows(condition: Any) -> str:
    if not isinstance(condition, Mapping):
        return OPEN
    parts = []
    if condition.get("advice"):
        shown = condition["advice"].get("show", []) if isinstance(condition["advice"], Mapping) else []
        parts.append(
            f"the AI's advice ({', '.join(str(one) for one in shown)})" if shown else "the AI's advice"
        )
    for one in condition.get("explanations") or []:
        control = one.get("control")
        parts.append(
            f"a control explanation ({control.get('kind')} of {control.get('of')})"
            if isinstance(control, Mapping)
            else f"an explanation ({one.get('method')})"
        )
    return f"{' and '.join(parts)}." if parts else "no advice and no explanation."


def _allocation(study: Mapping[str, Any]) -> str:
    allocation = study.get("allocation")
    if not isinstance(allocation, Mapping):
        return OPEN
    ratio = " : ".join(
        str(one) for one in allocation.get("ratio") or [1] * len(allocation.get("between") or [])
    )
    strata = ", ".join(str(one) for one in allocation.get("strata") or [])
    return (
        f"Permuted blocks of random size, drawn before anyone enrols from a recorded seed; ratio {ratio}"
        f"{f'; strata: {strata}' if strata else ''}."
    )


def _cases(plan: Plan) -> str:
    return (
        "The claim reaches cases like these."
        if plan.cases == "random"
        else "The claim is about these cases only."
    )


def _other(plan: Plan) -> str:
    rows = [f"Sensitivity: {one}" for one in sensitivity_sentences(plan)]
    if plan.secondary:
        rows += [f"Secondary: {testing_sentence(one, alpha=plan.alpha)}" for one in plan.secondary]
    rows += [f"Effect of a factor on {one.measure}: {effect_words(one)}." for one in plan.effects]
    rows += [f"Subgroups by {name}: effects with intervals, interaction tested." for name in plan.subgroups]
    rows += [f"Moderator {name}: interaction with the condition." for name in plan.moderators]
    return _listed(rows) if rows else "Nothing."


def _listed(rows: Any) -> str:
    return "\n".join(f"- {row}" for row in rows)


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(parts)
