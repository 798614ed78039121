"""Everything the report says, computed once, unrounded, as one plain dictionary; tables and figures only read it."""

from __future__ import annotations

import math
import platform
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from analysis.core.dataset import Dataset
from analysis.core.plan import Plan, deviations_of_data
from analysis.estimators import registry as estimators
from analysis.measures import registry as measures
from analysis.report.answer import answer_sentences
from analysis.report.bundle import Bundle
from analysis.report.card import actionability_card
from analysis.report.contrasts import UNDEFINED, Settings, add_permutation_limits, beyond_unaided
from analysis.report.decision import decide, published_table
from analysis.report.described import measures_described, participant_values
from analysis.report.effects import factor_effects
from analysis.report.flags import validity_flags
from analysis.report.flow import attrition, participant_flow, ratio_mismatch
from analysis.report.further import further_results
from analysis.report.kappa import coder_agreement
from analysis.report.labels import relabelled
from analysis.report.looks import look_at, look_sentence
from analysis.report.methods import methods_paragraphs
from analysis.report.mixed import Fits
from analysis.report.sample import Sample, sample_of
from analysis.report.scope import scope
from analysis.report.sensitivity import main_sample, sensitivity_analyses
from analysis.report.sheet import reporting_sheet
from analysis.report.treatment import licence_sentences, reference_sentences, treatment_shown
from analysis.report.validity import ai_accuracy, explanation_seen, trial_status, unaided_condition
from analysis.report.verdict import answer_family

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 2
_LIBRARIES = ("assay", "numpy", "pandas", "scipy")


def compute_results(
    dataset: Dataset,
    *,
    plan: Plan,
    settings: Settings | None = None,
    simulated: bool = False,
    bundle: Bundle | None = None,
) -> dict[str, Any]:
    """Compute a whole report.

    Parameters
    ----------
    dataset : Dataset
        As read.
    plan : Plan
        Checked.
    settings : Settings, optional
        Permutations and seed; alpha is the plan's.
    simulated : bool
        Analyse the simulated participants; see `sample_of`.
    bundle : Bundle, optional
        Words and pictures beside the tables.

    Returns
    -------
    dict
        Plain values; NaN where something is not defined. Conditions are told by name; ``labels`` has their labels.

    Raises
    ------
    DatasetError
        When nobody is left to analyse.
    RuleError
        When the plan's set cannot be formed.
    LookNotDueError
        When the plan has looks and none is due.
    """
    given, beside = settings or Settings(), bundle or Bundle()
    everybody = sample_of(dataset, simulated=simulated)
    sample = main_sample(everybody, plan=plan)
    look = _look(sample, plan=plan, settings=given)
    plan = (
        replace(plan, alpha=look["level"]) if look else plan
    )  # everything is told at the level of this look
    used = replace(given, alpha=plan.alpha)
    fits = Fits()
    primary, secondary = _answers(sample, plan=plan, settings=used, fits=fits)
    unaided = unaided_condition(sample)
    flow = participant_flow(everybody, analysed=_analysed(sample, plan=plan))
    validity = _validity(everybody, sample=sample, arms=flow["arms"])
    flags = validity_flags(sample=everybody, validity=validity, flow=flow, primary=primary, bundle=beside,
                           alpha=plan.alpha, locked=bool(plan.locked_at))  # fmt: skip
    labels = beside.labels(everybody.conditions)
    about = scope(sample, bundle=beside, primary=plan.primary)
    results = {
        "format": FORMAT,
        "title": plan.title or "Does the explanation help?",
        "study": _study(everybody, plan=plan),
        "simulated": sample.simulated,
        "conditions": list(sample.conditions),
        "labels": labels,
        "answer": _answer(primary, flags, labels=labels, plan=plan) | {"scope": about},
        "look": look and look | {"sentence": look_sentence(look, primary=relabelled(primary, labels))},
        "flags": flags,
        "decision_table": published_table(),
        "primary": primary,
        "secondary": secondary,
        "effects": factor_effects(sample, plan=plan, settings=used, fits=fits),
        "measures": measures_described(sample, plan=plan),
        "unaided": unaided,
        "beyond_unaided": beyond_unaided(sample, unaided=unaided, settings=used) if unaided else [],
        "sensitivity": sensitivity_analyses(everybody, plan=plan, settings=used),
        **further_results(sample, plan=plan, settings=used, unaided=unaided, positive=beside.positive),
        "flow": flow,
        "validity": validity,
        "plan": _plan(plan) | {"left_out": _left_out(everybody, sample)},
        "deviations": [str(one) for one in _deviations(plan, flow=flow, look=look, taken=given.looks_taken)],
        "notes": list(everybody.notes),
        "treatment": treatment_shown(
            beside, conditions=sample.conditions, ai_accuracy=validity["ai_accuracy"]
        ),
        "coding": coder_agreement(beside.codings, alpha=plan.alpha, blinded=beside.blinded),
        "methods": _methods(sample, plan=plan, settings=used, labels=labels, about=about, beside=beside),
        "provenance": _provenance(dataset, plan=plan, settings=used, bundle=beside),
    }
    results["participants"] = participant_values(sample, plan=plan)
    return results | _cards(results, beside=beside, plan=plan)


def _answer(
    primary: dict[str, Any], flags: list[dict[str, str]], *, labels: dict[str, str], plan: Plan
) -> dict[str, Any]:
    sentences = answer_sentences(relabelled(primary, labels), alpha=plan.alpha)
    return {"verdict": primary["verdict"], "sentences": sentences, **decide(primary, flags)}


def _cards(results: dict[str, Any], *, beside: Bundle, plan: Plan) -> dict[str, Any]:
    controls = {
        name
        for name in results["conditions"]
        if any(
            isinstance(one, dict) and one.get("control")
            for one in beside.condition(name).get("explanations") or []
        )
    }
    family = measures.get(plan.primary.measure).family
    lowered = beside.treatment.get("actionability") or {}
    card = actionability_card(results, family=family, lowered=lowered, controls=controls)
    return {"sheet": reporting_sheet(relabelled(results, results["labels"])), "card": card}


def _look(sample: Sample, *, plan: Plan, settings: Settings) -> dict[str, Any] | None:
    """Say which look this is; with simulated participants there is nothing to be spoilt by looking."""
    if not plan.spending:
        return None
    people = _analysed(sample, plan=plan)
    n = int(people["value"].notna().groupby(level=0).any().sum())
    drawn = (sample.allocation or {}).get("seed")  # told once recruitment is over
    over = settings.over if settings.over is not None else (True if sample.simulated or drawn else None)
    return look_at(plan, n_analysed=n, over=over, taken=settings.looks_taken)


def _deviations(
    plan: Plan, *, flow: dict[str, Any], look: dict[str, Any] | None, taken: tuple[float, ...]
) -> tuple[Any, ...]:
    analysed = sum(arm["analysed"] for arm in flow["arms"])
    if look is not None and not look["is_last"]:  # fewer than planned is what an interim look has
        return plan.deviations
    return (*plan.deviations, *deviations_of_data(plan, n_analysed=analysed, looks_taken=taken))


def _validity(everybody: Sample, *, sample: Sample, arms: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "ratio_mismatch": ratio_mismatch(arms, allocation=everybody.allocation),
        "attrition": attrition(arms),
        "ai_accuracy": ai_accuracy(sample),
        "explanation_seen": explanation_seen(sample),
        "trial_status": trial_status(everybody),
    }


def _answers(
    sample: Sample, *, plan: Plan, settings: Settings, fits: Fits
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    families = (
        [[plan.primary, *plan.secondary]] if plan.family == "together" else [[plan.primary], plan.secondary]
    )
    answers = [
        answer
        for family in families
        for answer in answer_family(sample, family, plan=plan, settings=settings, fits=fits)
    ]
    measure = measures.get(plan.primary.measure)
    add_permutation_limits(sample, answers[0], measure=measure, settings=settings)
    return answers[0], answers[1:]


def _methods(
    sample: Sample,
    *,
    plan: Plan,
    settings: Settings,
    labels: dict[str, str],
    about: dict[str, Any],
    beside: Bundle,
) -> list[str]:
    n = settings.permutations
    paragraphs = methods_paragraphs(sample, plan=plan, labels=labels, scope=about, permutations=n)
    return [*paragraphs, *reference_sentences(beside), *licence_sentences(beside)]


def _analysed(sample: Sample, *, plan: Plan) -> pd.DataFrame:
    try:
        return sample.cells(measures.get(plan.primary.measure))
    except UNDEFINED:
        return sample.people.set_index("participant_id").assign(value=math.nan)


def _study(sample: Sample, *, plan: Plan) -> dict[str, Any]:
    def only(column: str) -> str:
        if column not in sample.trials.columns:
            return ""
        return ", ".join(sorted({str(value) for value in sample.trials[column].dropna()}))

    return {"name": plan.study or only("study"), "version": only("study_version")}


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "primary": [str(contrast) for contrast in plan.primary.contrasts],
        "multiplicity": plan.multiplicity,
        "family": plan.family,
        "exclude": [[str(rule) for rule in rules] for rules in plan.exclude],
        "cases": plan.cases,
        "n": plan.n,
        "analyse": plan.analyse,
        "alpha": plan.alpha,
        "locked_at": plan.locked_at,
    }


def _left_out(everybody: Sample, sample: Sample) -> list[str]:
    """Return the pseudonyms of those whom the plan leaves out, so that a script can leave them out too."""
    all_of_them, kept = (set(one.people["participant_id"]) for one in (everybody, sample))
    return sorted(map(str, all_of_them - kept))


def _provenance(dataset: Dataset, *, plan: Plan, settings: Settings, bundle: Bundle) -> dict[str, Any]:
    return {
        "dataset_digest": dataset.digest,
        "files": dict(sorted({**dataset.files, **bundle.files}.items())),
        "plan_digest": plan.digest,
        "seed": settings.seed,
        "permutations": settings.permutations,
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in _LIBRARIES},
        "measures": {name: measures.get(name).version for name in measures.names()},
        "estimators": {name: estimators.get(name).version for name in estimators.names()},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
