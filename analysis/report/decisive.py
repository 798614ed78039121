"""The decisive p: that of the estimator which the plan named; every other one stands beside it as sensitivity."""

from __future__ import annotations

from typing import Any

from analysis.core.plan import Contrast, Hypothesis
from analysis.measures import registry
from analysis.report.mixed import Fits
from analysis.report.sample import Sample

MODELS = ("glmm", "lmm")
LABELS = {
    "participant_contrast": "Welch's t test on participant values",
    "permutation": "permutation test that replays the allocation",
    "sign_flip": "sign-flip test on participant differences",
    "glmm": "logistic mixed model",
    "lmm": "linear mixed model",
}
WITHIN = {
    "participant_contrast": "paired t test on participant differences",
    "permutation": "sign-flip test on participant differences",
}
ABLE = tuple(f"{prefix}estimator: {name}" for prefix in ("", "sensitivity ") for name in LABELS)


def add_decisive(
    sample: Sample, answer: dict[str, Any], *, hypothesis: Hypothesis, alpha: float, fits: Fits | None
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

    Notes
    -----
    A contrast gets ``model`` (None when none was asked for), ``decisive`` (``estimator, label, value, p,
    undefined``), ``design_p`` and ``p_disagree``: a model and the allocation on different sides of alpha.
    """
    measure = registry.get(hypothesis.measure)
    wanted = fits is not None or hypothesis.estimator in MODELS
    used = fits or Fits()
    for one in answer["contrasts"]:
        one["model"] = None
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
        one["decisive"] = (
            _equivalence(one, estimator=hypothesis.estimator)
            if hypothesis.claim == "equivalence"
            else _decisive(one, estimator=hypothesis.estimator)
        )
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


def _decisive(one: dict[str, Any], *, estimator: str) -> dict[str, Any]:
    told: dict[str, Any] = {"estimator": estimator, "label": label_of(estimator, placed=one["placed"])}
    design = one["permutation"]
    found = {"participant_contrast": one["t_test"], "permutation": design, "sign_flip": design}.get(
        estimator, one["model"]
    )
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
    if one["model"] and not one["model"].get("undefined"):
        models.append((one["model"]["estimator"], one["model"]))
    return [
        {"estimator": name, "label": label_of(name, placed=one["placed"]), "p": found["p"]}
        for name, found in models
        if (found["p"] < alpha) != (design["p"] < alpha)
    ]
