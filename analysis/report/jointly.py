"""Families that are corrected from the data and not from their p values: Dunnett, and max-T by replaying."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.core.estimate import CannotEstimateError
from analysis.core.plan import Hypothesis
from analysis.core.replay import exchange_jointly
from analysis.estimators.dunnett import Dunnett
from analysis.estimators.max_t import MaxT
from analysis.measures import registry
from analysis.report.contrasts import Settings
from analysis.report.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

JOINT = {
    "dunnett": "Dunnett: all comparisons with the control held together",
    "max_t": "Max-T: the allocation replayed for all comparisons together",
}


def add_joint(
    sample: Sample,
    hypotheses: Sequence[Hypothesis],
    answers: Sequence[dict[str, Any]],
    *,
    multiplicity: str,
    settings: Settings,
) -> None:
    """Add the p values that hold for a whole family to its contrasts, in place.

    A hypothesis whose contrasts must all hold, or which has one contrast, needs no correction inside. Dunnett corrects
    the contrasts of one measure; several hypotheses beside each other share alpha (Bonferroni). Max-T corrects every
    contrast of the family at once.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    hypotheses, answers : sequence
        Of one family, as of `analysis.report.verdict.answer_hypothesis`.
    multiplicity : {"dunnett", "max_t"}
        Method.
    settings : Settings
        As for the report.

    Notes
    -----
    A contrast gets ``joint``: ``method, label, p`` (corrected), ``low, high`` (simultaneous, of Dunnett; else None)
    and ``undefined``: None or a sentence. Contrasts that could not be answered get none.
    """
    if multiplicity == "dunnett":
        for hypothesis, answer in zip(hypotheses, answers, strict=True):
            _dunnett(sample, hypothesis, answer, settings=settings, share=len(answers))
    else:
        _max_t(sample, hypotheses, answers, settings=settings)


def _alone(answer: Mapping[str, Any]) -> bool:
    return bool(answer["conjunction"]) or len(answer["contrasts"]) == 1


def _single(answer: Mapping[str, Any], *, method: str, share: int) -> None:
    for one in answer["contrasts"]:
        if not one["undefined"] and not one["decisive"]["undefined"]:
            p = min(1.0, share * one["decisive"]["p"])
            one["joint"] = _told(method, p=p)


def _told(method: str, *, p: float, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    return {"method": method, "label": JOINT[method], "p": p, "low": low, "high": high, "undefined": None}


def _refused(contrasts: Sequence[dict[str, Any]], *, method: str, why: str) -> None:
    nothing = {"p": float("nan"), "low": None, "high": None}
    for one in contrasts:
        one["joint"] = {"method": method, "label": JOINT[method], **nothing, "undefined": why}


def _dunnett(
    sample: Sample, hypothesis: Hypothesis, answer: dict[str, Any], *, settings: Settings, share: int
) -> None:
    if _alone(answer):
        _single(answer, method="dunnett", share=share)
        return
    known = [one for one in answer["contrasts"] if not one["undefined"]]
    if not known:
        return
    people = sample.cells(registry.get(hypothesis.measure))
    control = known[0]["control"]
    values = {
        name: people["scaled"][people["condition"] == name].to_numpy(dtype=float)
        for name in {control, *(one["treatment"] for one in known)}
    }
    try:
        found = Dunnett.estimate(
            {one["treatment"]: values[one["treatment"]] for one in known},
            values[control],
            control_name=control,
            direction=hypothesis.direction,
            level=1 - settings.alpha / share,
        )
    except CannotEstimateError as error:
        _refused(known, method="dunnett", why=str(error))
        return
    for one in known:
        told = found[one["treatment"]]
        one["joint"] = _told("dunnett", p=min(1.0, share * told.p), low=told.low, high=told.high)


def _max_t(
    sample: Sample,
    hypotheses: Sequence[Hypothesis],
    answers: Sequence[dict[str, Any]],
    *,
    settings: Settings,
) -> None:
    if len(answers) == 1 and _alone(answers[0]):
        _single(answers[0], method="max_t", share=1)
        return
    asked = [
        (hypothesis.measure, one)
        for hypothesis, answer in zip(hypotheses, answers, strict=True)
        for one in answer["contrasts"]
        if not one["undefined"]
    ]
    if not asked:
        return
    try:
        found = _replayed(sample, asked, settings=settings, direction=hypotheses[0].direction)
    except CannotEstimateError as error:
        _refused([one for _measure, one in asked], method="max_t", why=str(error))
        return
    for (_measure, one), estimate in zip(asked, found, strict=True):
        one["joint"] = _told("max_t", p=float(estimate.p))


def _replayed(
    sample: Sample, asked: Sequence[tuple[str, dict[str, Any]]], *, settings: Settings, direction: Any
) -> Any:
    measures = list(dict.fromkeys(measure for measure, _ in asked))
    names = list(dict.fromkeys(one[side] for _, one in asked for side in ("control", "treatment")))
    placed = exchange_jointly(
        _wide(sample, measures), conditions=names, columns=measures, allocation=_of_conditions(sample)
    )
    questions = [
        (measures.index(measure), names.index(one["treatment"]), names.index(one["control"]))
        for measure, one in asked
    ]
    return MaxT.estimate(
        placed.values,
        placed.conditions,
        placed.groups,
        questions=questions,
        n=settings.permutations,
        seed=settings.seed,
        direction=direction,
        redraw=placed.redraw,
    )


def _wide(sample: Sample, measures: Sequence[str]) -> pd.DataFrame:
    first = sample.cells(registry.get(measures[0]))
    if not first.index.is_unique:
        raise CannotEstimateError(
            "Participants met several conditions: max_t replays an allocation between participants. Use holm."
        )
    found = first[["condition", "stratum", "slot"]]
    return found.assign(**{
        name: sample.cells(registry.get(name))["scaled"].reindex(found.index) for name in measures
    })  # fmt: skip


def _of_conditions(sample: Sample) -> Mapping[str, Any] | None:
    """Return the allocation, where what was allocated are the conditions themselves."""
    arms = (sample.allocation or {}).get("placement", {}).get("arms", [])
    if any(set(arm["conditions"].values()) != {arm["name"]} for arm in arms):
        raise CannotEstimateError(
            "Arms were allocated that are not the conditions compared: max_t cannot replay them. Use holm."
        )
    return sample.allocation
