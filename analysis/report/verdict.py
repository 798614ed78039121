"""The verdict on a planned question: better, worse, equivalent, or the data cannot tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.core.measure import Measure
from analysis.core.plan import Hypothesis, Plan
from analysis.estimators.holm import Holm
from analysis.measures import registry
from analysis.report.contrasts import Settings, answer_contrast
from analysis.report.decisive import add_decisive
from analysis.report.mixed import Fits
from analysis.report.sample import Sample


def answer_hypothesis(
    sample: Sample, hypothesis: Hypothesis, *, settings: Settings, fits: Fits | None = None
) -> dict[str, Any]:
    """Answer every contrast of a hypothesis; verdicts come later, when p values have been corrected.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    hypothesis : Hypothesis
        Measure and contrasts.
    settings : Settings
        As for the report.
    fits : Fits, optional
        Where mixed models are fitted; without it there are none, unless the plan named one as decisive.

    Returns
    -------
    dict
        Declaration of the measure, the plan's words, and ``contrasts``.
    """
    measure = registry.get(hypothesis.measure)
    answer: dict[str, Any] = {
        "measure": measure.name,
        "label": measure.label,
        "unit": measure.unit,
        "scale": measure.scale,
        "higher_is_better": measure.higher_is_better,
        "conjunction": hypothesis.conjunction,
        "direction": hypothesis.direction,
        "estimator": hypothesis.estimator,
        "claim": hypothesis.claim,
        "smallest_effect": hypothesis.smallest_effect,
        "contrasts": [
            answer_contrast(
                sample,
                measure=measure,
                contrast=contrast,
                settings=settings,
                smallest_effect=hypothesis.smallest_effect,
                direction=hypothesis.direction,
                placed=hypothesis.placed,
            )
            for contrast in hypothesis.contrasts
        ],
    }
    add_decisive(sample, answer, hypothesis=hypothesis, alpha=settings.alpha, fits=fits)
    return answer


def conclude(answers: Sequence[dict[str, Any]], *, multiplicity: str, alpha: float) -> None:
    """Add p values and verdicts to a family of answered hypotheses, in place.

    A hypothesis with ``conjunction`` is one question: all its contrasts must hold, its p value is the largest
    (intersection- union test, no correction inside). Every other contrast is a question of its own.

    Parameters
    ----------
    answers : sequence of dict
        As of `answer_hypothesis`.
    multiplicity : {"holm", "bh", "none"}
        How the questions of the family are corrected.
    alpha : float
        Of each verdict.

    Notes
    -----
    The contrasts get ``p_adjusted``, ``p_equivalence_adjusted`` and ``verdict``, the hypotheses ``p``,
    ``p_adjusted`` and ``verdict``. A question that could not be answered counts in the family.

    References
    ----------
    .. [1] Berger (1982). Multiparameter hypothesis testing and acceptance sampling. Technometrics 24, 295-300.
       https://doi.org/10.1080/00401706.1982.10487790
    """
    questions = [
        group
        for answer in answers
        for group in (
            [answer["contrasts"]] if answer["conjunction"] else [[one] for one in answer["contrasts"]]
        )
    ]
    for name, p_of in (("p_adjusted", _p), ("p_equivalence_adjusted", _p_equivalence)):
        raw = [_largest([p_of(one) for one in group]) for group in questions]
        for group, p in zip(questions, corrected(raw, multiplicity=multiplicity), strict=True):
            for one in group:
                one[name] = p
    for answer in answers:
        measure = registry.get(answer["measure"])
        for one in answer["contrasts"]:
            one["verdict"] = _verdict(one, measure=measure, alpha=alpha, claim=answer["claim"])
        answer["p"] = _largest([_p(one) for one in answer["contrasts"]])
        answer["p_adjusted"] = _largest([one["p_adjusted"] for one in answer["contrasts"]])
        answer["verdict"] = _together([one["verdict"] for one in answer["contrasts"]])


def corrected(p_values: Sequence[float], *, multiplicity: str) -> list[float]:
    """Correct the p values of a family; one that is missing counts in the family.

    Parameters
    ----------
    p_values : sequence of float
        NaN where there is none.
    multiplicity : {"holm", "bh", "none"}
        Holm controls the family-wise error, Benjamini-Hochberg (bh) the false discovery rate.

    Returns
    -------
    list of float
        In the given order.

    Examples
    --------
    >>> corrected([0.01, 0.04, 0.03], multiplicity="bh")
    [0.03, 0.04, 0.04]
    >>> corrected([0.01, 0.04], multiplicity="none")
    [0.01, 0.04]
    """
    from scipy import stats

    if multiplicity == "holm":
        return list(Holm.estimate(p_values))
    if multiplicity == "bh":
        filled = [1.0 if p != p else p for p in p_values]
        found = stats.false_discovery_control(filled, method="bh").tolist() if filled else []
        return [p if p != p else done for p, done in zip(p_values, found, strict=True)]
    return list(p_values)


def answer_family(
    sample: Sample,
    hypotheses: Sequence[Hypothesis],
    *,
    plan: Plan,
    settings: Settings,
    fits: Fits | None = None,
) -> list[dict[str, Any]]:
    """Answer a family of hypotheses and conclude, with the multiplicity correction of the plan.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    hypotheses : sequence of Hypothesis
        Primary, or secondaries.
    plan : Plan
        For alpha and multiplicity.
    settings : Settings
        As for the report.
    fits : Fits, optional
        As for `answer_hypothesis`.

    Returns
    -------
    list of dict
        One for each hypothesis.
    """
    answers = [answer_hypothesis(sample, one, settings=settings, fits=fits) for one in hypotheses]
    conclude(answers, multiplicity=plan.multiplicity, alpha=plan.alpha)
    return answers


def _p(one: dict[str, Any]) -> float:
    return float("nan") if one["undefined"] else float(one["decisive"]["p"])


def _p_equivalence(one: dict[str, Any]) -> float:
    equal = None if one["undefined"] else one["equivalence"]
    return float("nan") if not equal or equal["undefined"] else float(equal["p"])


def _largest(p_values: Sequence[float]) -> float:
    return float("nan") if any(p != p for p in p_values) else max(p_values)


def _verdict(one: dict[str, Any], *, measure: type[Measure], alpha: float, claim: str) -> str:
    if one["undefined"] or one["decisive"]["undefined"]:
        return "undefined"
    value = one["decisive"]["value"]
    if claim == "equivalence" and one["p_adjusted"] < alpha:
        return "equivalent"
    if (one["t_test"]["p"] if claim == "equivalence" else one["p_adjusted"]) < alpha:
        if measure.higher_is_better is None:
            return "higher" if value > 0 else "lower"
        return "better" if (value > 0) == measure.higher_is_better else "worse"
    return "equivalent" if one["p_equivalence_adjusted"] < alpha else "undecided"


def _together(verdicts: Sequence[str]) -> str:
    if len(set(verdicts)) == 1:
        return verdicts[0]
    return "undefined" if "undefined" in verdicts else "undecided"
