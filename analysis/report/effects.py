"""Planned effects of factors: main effects, simple effects and interactions, each with its own tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.core.effects import Cells, EffectError, cells_left_out, effect_weights
from analysis.core.measure import Measure, TrialRate
from analysis.core.plan import Plan
from analysis.core.plan.sentences import effect_words
from analysis.core.plan.values import Effect
from analysis.core.replay import exchange_jointly
from analysis.core.schema import FACTOR_PREFIX
from analysis.estimators.factor_effect import FactorEffect
from analysis.measures import registry
from analysis.report.contrasts import UNDEFINED, Settings, attempt
from analysis.report.mixed import Fits
from analysis.report.sample import Sample
from analysis.report.verdict import corrected

MINIMISED = "Minimisation allocated: its arrangements cannot be shuffled, so that the allocation is not replayed here."
SEVERAL = (
    "Participants met several of these conditions: the mixed model of this report is of one condition each."
)
NO_TRIALS = "{label} has no value of 0 or 1 for a single trial: there is no logistic mixed model of it."


def factor_effects(sample: Sample, *, plan: Plan, settings: Settings, fits: Fits) -> list[dict[str, Any]]:
    """Answer the planned effects of factors; they are a family of their own.

    Parameters
    ----------
    sample : Sample
        Who is analysed; its trials have a column ``factor_NAME`` for each factor.
    plan : Plan
        Its ``effects`` and its correction.
    settings : Settings
        Arrangements and seed.
    fits : Fits
        Mixed models of the report.

    Returns
    -------
    list of dict
        ``effect`` and ``words``, ``measure, label, unit, scale``, ``weights`` (by condition), ``left_out`` (cells that
        the design omits, so that their combination has no part in the mean), ``test`` (as of
        `analysis.estimators.factor_effect.FactorEffect`), ``p_adjusted``, ``model`` (None, or as of
        `analysis.report.mixed.Fits.combination`), ``no_model`` (why there is none) and ``undefined``.

    Notes
    -----
    Max-T and Dunnett compare conditions; effects of a plan that names them are corrected after Holm.
    """
    cells = levels_of(sample)
    found = [
        _answer(sample, one, cells=cells, plan=plan, settings=settings, fits=fits) for one in plan.effects
    ]
    raw = [float("nan") if one["undefined"] else one["test"]["p"] for one in found]
    method = plan.multiplicity if plan.multiplicity in ("bh", "none") else "holm"
    for one, p in zip(found, corrected(raw, multiplicity=method), strict=True):
        one["p_adjusted"] = p
    return found


def levels_of(sample: Sample) -> dict[str, dict[str, str]]:
    """Return the levels of the factors of each condition, as the trials say.

    Parameters
    ----------
    sample : Sample
        With its trials.

    Returns
    -------
    dict
        By condition; a factor without a level there is absent.
    """
    factors = [name for name in sample.trials.columns if str(name).startswith(FACTOR_PREFIX)]
    rows = sample.trials[["condition", *factors]].drop_duplicates().dropna(subset=["condition"])
    return {
        str(row["condition"]): {
            name.removeprefix(FACTOR_PREFIX): str(row[name])
            for name in factors
            if isinstance(row[name], str) and row[name]
        }
        for _, row in rows.iterrows()
    }


def _answer(
    sample: Sample,
    effect: Effect,
    *,
    cells: Cells,
    plan: Plan,
    settings: Settings,
    fits: Fits,
) -> dict[str, Any]:
    measure = registry.get(effect.measure)
    told: dict[str, Any] = {
        "effect": str(effect), "words": effect_words(effect), "measure": measure.name, "label": measure.label,
        "unit": measure.unit,
        "scale": measure.scale, "weights": {}, "left_out": [], "test": None, "model": None, "no_model": None,
        "undefined": None,
    }  # fmt: skip
    try:
        weights = effect_weights(cells, effect)
        told["left_out"] = list(cells_left_out(cells, effect))
        test = _tested(sample, measure, weights=weights, settings=settings, alpha=plan.alpha)
    except (EffectError, *UNDEFINED) as error:
        return told | {"undefined": str(error)}
    if test["undefined"]:
        return told | {"weights": weights, "undefined": test["undefined"]}
    model, why = _modelled(sample, measure, weights=weights, plan=plan, fits=fits)
    return told | {"weights": weights, "test": test, "model": model, "no_model": why}


def _tested(
    sample: Sample, measure: type[Measure], *, weights: Mapping[str, float], settings: Settings, alpha: float
) -> dict[str, Any]:
    arms = _arms(sample, weights=weights)
    labels = sorted({label for met in arms.values() for label in met})
    columns = [f"met: {label}" for label in labels]
    cells = sample.cells(measure)
    known = dict(zip(zip(cells.index, cells["condition"], strict=True), cells["scaled"], strict=True))
    people = sample.seats.set_index("participant_id")
    people = people[people["condition"].isin(list(arms))]
    for column, label in zip(columns, labels, strict=True):
        shown = [(who, arms[arm].get(label)) for who, arm in people["condition"].items()]
        people[column] = [float(known.get(place, float("nan"))) for place in shown]
    found = exchange_jointly(people, conditions=list(arms), columns=columns, allocation=sample.allocation)
    test = attempt(
        lambda: FactorEffect.estimate(
            found.values,
            found.conditions,
            found.groups,
            weights=[[weights.get(met.get(label, ""), 0.0) for label in labels] for met in arms.values()],
            n=0 if found.redraw is not None else settings.permutations,
            seed=settings.seed,
            level=1 - alpha,
        )
    )
    if found.redraw is not None:
        test["notes"] = [*test.get("notes", []), MINIMISED]
    return test


def _arms(sample: Sample, *, weights: Mapping[str, float]) -> dict[str, dict[str, str]]:
    """Return for each arm that shows a condition of the effect its conditions, by what lies within it."""
    placed = (sample.allocation or {}).get("placement") or {}
    arms = {str(arm["name"]): dict(arm["conditions"]) for arm in placed.get("arms") or []}
    if not sample.is_within:
        arms = {name: {"": name} for name in sample.conditions}
    elif not arms and len(sample.arms) == 1:
        arms = {sample.arms[0]: {name: name for name in sample.conditions}}
    found = {name: met for name, met in arms.items() if set(met.values()) & set(weights)}
    if not found:
        raise EffectError(
            "The allocation does not say which conditions an arm shows: the effect cannot be replayed."
        )
    return found


def _modelled(
    sample: Sample, measure: type[Measure], *, weights: Mapping[str, float], plan: Plan, fits: Fits
) -> tuple[dict[str, Any] | None, str | None]:
    if not issubclass(measure, TrialRate):
        return None, NO_TRIALS.format(label=measure.label)
    if sample.is_within:
        return None, SEVERAL
    found = fits.combination(
        sample, measure=measure, hypothesis=plan.primary, weights=weights, alpha=plan.alpha
    )
    return (None, str(found["undefined"])) if found["undefined"] else (found, None)
