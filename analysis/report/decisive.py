"""The decisive p: that of the estimator which the plan named; every other one stands beside it as sensitivity."""

from __future__ import annotations

from typing import Any

from analysis.core.monitoring import always_valid
from analysis.core.plan import Contrast, Hypothesis
from analysis.estimators.non_inferiority import NonInferiority
from analysis.measures import registry
from analysis.report.contrasts import attempt, effect_bound
from analysis.report.mixed import Fits
from analysis.report.readers import reader_answer, reader_study
from analysis.report.sample import Sample

MODELS = ("glmm", "lmm")
LABELS = {
    "participant_contrast": "Welch's t test on participant values",
    "permutation": "permutation test that replays the allocation",
    "sign_flip": "sign-flip test on participant differences",
    "glmm": "logistic mixed model",
    "lmm": "linear mixed model",
    "mrmc": "multi-reader multi-case analysis",
}
WITHIN = {
    "participant_contrast": "paired t test on participant differences",
    "permutation": "sign-flip test on participant differences",
}
ABLE = tuple(f"{prefix}estimator: {name}" for prefix in ("", "sensitivity ") for name in LABELS)


def add_decisive(
    sample: Sample,
    answer: dict[str, Any],
    *,
    hypothesis: Hypothesis,
    alpha: float,
    fits: Fits | None,
    monitored: bool = False,
) -> None:
    """Add the mixed model and the decisive estimate to every answered contrast, in place.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    answer : dict
        As of `analysis.report.verdict.answer_hypothesis`.
    hypothesis : Hypothesis
        With the estimator that decides.
    alpha : float
        Of the plan.
    fits : Fits or None
        None: no model is fitted unless it decides.
    monitored : bool
        The decisive p is to be valid whenever one looks.

    Notes
    -----
    A contrast gets ``model`` (None when none was asked for), ``decisive`` (``estimator, label, value, p,
    undefined``), ``p_disagree`` (a model and the allocation on different sides of alpha), and, where the plan asks for
    it, ``non_inferiority`` (the test against the margin) or ``monitoring`` (``p, low, high, e_value``, always valid) or
    ``readers`` (as of `analysis.report.readers.reader_answer`).
    """
    measure = registry.get(hypothesis.measure)
    wanted = fits is not None or hypothesis.estimator in MODELS
    used = fits or Fits()
    study = None
    if hypothesis.estimator == "mrmc":
        study = reader_study(sample, measure=measure, hypothesis=hypothesis, alpha=alpha)
    for one in answer["contrasts"]:
        one.update(dict.fromkeys(("model", "readers", "non_inferiority", "monitoring", "joint")))
        if one["undefined"]:
            one["decisive"] = {"estimator": hypothesis.estimator, "undefined": one["undefined"]}
            continue
        contrast = Contrast(one["treatment"], one["control"])
        if wanted:
            one["model"] = used.answer(
                sample,
                measure=measure,
                hypothesis=hypothesis,
                contrast=contrast,
                direction=hypothesis.direction,
                alpha=alpha,
            )
        if study is not None:
            one["readers"] = reader_answer(study, contrast=contrast, direction=hypothesis.direction)
        bound = effect_bound(hypothesis.smallest_effect, scale=measure.scale)
        if hypothesis.claim == "non_inferiority":
            one["non_inferiority"] = _not_worse(one, bound=bound, hypothesis=hypothesis, alpha=alpha)
        if monitored:
            one["monitoring"] = _monitored(one, tau=bound, alpha=alpha)
        one["decisive"] = _decided(one, hypothesis=hypothesis)
        one["p_disagree"] = bool(_disagreeing(one, alpha=alpha))
        one["disagreeing"] = _disagreeing(one, alpha=alpha)


def label_of(estimator: str, *, placed: str = "between") -> str:
    """
    Say what a test is called.

    Parameters
    ----------
    estimator : str
        Name in the plan.
    placed : {"between", "within"}
        Whether the same participants met both conditions.

    Returns
    -------
    str
        For a sentence.

    Examples
    --------
    >>> label_of("participant_contrast", placed="within")
    'paired t test on participant differences'
    """
    found = WITHIN.get(estimator) if placed == "within" else None
    return found or LABELS.get(estimator, estimator)


def interval_shown(one: dict[str, Any]) -> dict[str, Any]:
    """Return difference and interval that belong to the p that decides, where it has one on the scale of the measure.

    Parameters
    ----------
    one : dict
        A contrast with everything that was added to it.

    Returns
    -------
    dict
        ``value, low, high`` and ``of``: whose they are.
    """
    joint, readers = one.get("joint") or {}, one.get("readers") or {}
    found, of = one["t_test"], "t_test"
    if one.get("monitoring"):
        found, of = {"value": found["value"], **one["monitoring"]}, "monitoring"
    elif readers and not readers["undefined"]:
        found, of = readers, "mrmc"
    elif joint and joint["low"] is not None:
        found, of = {"value": found["value"], **joint}, "dunnett"
    return {side: found[side] for side in ("value", "low", "high")} | {"of": of}


def _decided(one: dict[str, Any], *, hypothesis: Hypothesis) -> dict[str, Any]:
    if hypothesis.claim == "equivalence":
        return _equivalence(one, estimator=hypothesis.estimator)
    if one["non_inferiority"] is not None:
        return _against_margin(one, estimator=hypothesis.estimator)
    if one["monitoring"] is not None:
        found = one["monitoring"]
        label = "always-valid p value (mixture sequential probability ratio test)"
        kept = {"value": one["t_test"]["value"], "p": found["p"], "undefined": None}
        return {"estimator": hypothesis.estimator, "label": label} | kept
    return _decisive(one, estimator=hypothesis.estimator)


def _not_worse(
    one: dict[str, Any], *, bound: float | None, hypothesis: Hypothesis, alpha: float
) -> dict[str, Any]:
    """Test against the margin at half of alpha: the convention of one-sided 0.025 for a two-sided 0.05."""
    test = one["t_test"]
    margin = float("nan") if bound is None else bound
    return attempt(
        lambda: NonInferiority.estimate(
            test["value"],
            test["std_error"],
            test["df"],
            margin=margin,
            direction="less" if hypothesis.direction == "less" else "greater",
            alpha=alpha / 2,
        )
    )


def _against_margin(one: dict[str, Any], *, estimator: str) -> dict[str, Any]:
    told: dict[str, Any] = {"estimator": estimator, "label": "one-sided test against the margin"}
    found = one["non_inferiority"]
    if found["undefined"]:
        return told | {"value": float("nan"), "p": float("nan"), "undefined": found["undefined"]}
    return told | {"value": found["value"], "p": found["p"], "undefined": None}


def _monitored(one: dict[str, Any], *, tau: float | None, alpha: float) -> dict[str, Any]:
    """Take this moment alone: moments before it are not in the table, and leaving them out is only cautious."""
    test = one["t_test"]
    found = always_valid([test["value"]], [test["std_error"]], tau=tau or 1.0, alpha=alpha)[0]
    return {"p": found.p, "low": found.low, "high": found.high, "e_value": found.e_value, "tau": tau}


def _decisive(one: dict[str, Any], *, estimator: str) -> dict[str, Any]:
    told: dict[str, Any] = {"estimator": estimator, "label": label_of(estimator, placed=one["placed"])}
    design = one["permutation"]
    found = {
        "participant_contrast": one["t_test"],
        "permutation": design,
        "sign_flip": design,
        "mrmc": one["readers"],
    }.get(estimator, one["model"])
    nothing = {"value": float("nan"), "p": float("nan")}
    if found is None:
        return told | nothing | {"undefined": f"The estimator {estimator} is not carried out here."}
    why = found.get("undefined")
    if not why and estimator in MODELS and found["estimator"] != estimator:
        why = f"The plan names {estimator}; {found['estimator']} is the model of this measure."
    if why:
        return told | nothing | {"undefined": f"{told['label']}: {why}"}
    return told | {"value": found["value"], "p": found["p"], "undefined": None}


def _equivalence(one: dict[str, Any], *, estimator: str) -> dict[str, Any]:
    """Return the larger p of the two one-sided tests, where sameness is what is claimed."""
    told: dict[str, Any] = {
        "estimator": estimator,
        "label": "two one-sided tests against the smallest effect",
    }
    found = one["equivalence"]
    why = found["undefined"] if found else "There is no smallest effect."
    if estimator != "participant_contrast":
        why = f"A claim of equivalence is tested on participant values, not by {estimator}."
    if why:
        return told | {"value": float("nan"), "p": float("nan"), "undefined": why}
    return told | {"value": one["t_test"]["value"], "p": found["p"], "undefined": None}


def _disagreeing(one: dict[str, Any], *, alpha: float) -> list[dict[str, Any]]:
    """Return the models whose p lies on the other side of alpha than that of the allocation."""
    design = one["permutation"]
    if design["undefined"] is not None:
        return []
    models = [("participant_contrast", one["t_test"])]
    models += [
        (found["estimator"], found)
        for found in (one["model"], one.get("readers"))
        if found and not found.get("undefined")
    ]
    return [
        {"estimator": name, "label": label_of(name, placed=one["placed"]), "p": found["p"]}
        for name, found in models
        if (found["p"] < alpha) != (design["p"] < alpha)
    ]
