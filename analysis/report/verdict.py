"""The verdict on a planned question: better, worse, equivalent, or the data cannot tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.core.measure import Measure
from analysis.core.plan import Hypothesis, Plan
from analysis.estimators.holm import Holm
from analysis.measures import registry
from analysis.report.contrasts import Settings, answer_contrast
from analysis.report.decisive import add_decisive, interval_shown
from analysis.report.jointly import JOINT, add_joint
from analysis.report.mixed import Fits
from analysis.report.sample import Sample


def answer_hypothesis(
    sample: Sample,
    hypothesis: Hypothesis,
    *,
    settings: Settings,
    fits: Fits | None = None,
    monitored: bool = False,
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
    monitored : bool
        The decisive p is to be valid whenever one looks.

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
    add_decisive(sample, answer, hypothesis=hypothesis, alpha=settings.alpha, fits=fits, monitored=monitored)
    return answer


def conclude(answers: Sequence[dict[str, Any]], *, multiplicity: str, alpha: float) -> None:
    """Add p values and verdicts to a family of answered hypotheses, in place.

    A hypothesis with ``conjunction`` is one question: all its contrasts must hold, its p value is the largest
    (intersection- union test, no correction inside). Every other contrast is a question of its own.

    Parameters
    ----------
    answers : sequence of dict
        As of `answer_hypothesis`.
    multiplicity : {"holm", "bh", "max_t", "dunnett", "none"}
        How the questions of the family are corrected; for max_t and dunnett the contrasts have ``joint`` already
        (as of `analysis.report.jointly.add_joint`), and sameness is corrected after Holm.
    alpha : float
        Of each verdict.

    Notes
    -----
    The contrasts get ``p_adjusted``, ``p_equivalence_adjusted``, ``shown`` (difference and interval) and ``verdict``,
    the hypotheses ``p``, ``p_adjusted`` and ``verdict``. A question that could not be answered counts in the family.

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
    joint = multiplicity in JOINT
    for name, p_of in (("p_adjusted", _p_joint if joint else _p), ("p_equivalence_adjusted", _p_equivalence)):
        raw = [_largest([p_of(one) for one in group]) for group in questions]
        method = "none" if p_of is _p_joint else "holm" if joint else multiplicity
        for group, p in zip(questions, corrected(raw, multiplicity=method), strict=True):
            for one in group:
                one[name] = p
    for answer in answers:
        measure = registry.get(answer["measure"])
        for one in answer["contrasts"]:
            one["shown"] = None if one["undefined"] else interval_shown(one)
            one["verdict"] = (
                _not_worse(one, measure=measure, alpha=alpha, direction=answer["direction"])
                if answer["claim"] == "non_inferiority"
                else _verdict(one, measure=measure, alpha=alpha, claim=answer["claim"])
            )
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
    always = plan.spending == "always_valid"
    answers = [
        answer_hypothesis(sample, one, settings=settings, fits=fits, monitored=always and one == plan.primary)
        for one in hypotheses
    ]
    if plan.multiplicity in JOINT:
        add_joint(sample, hypotheses, answers, multiplicity=plan.multiplicity, settings=settings)
    conclude(answers, multiplicity=plan.multiplicity, alpha=plan.alpha)
    return answers


def _p(one: dict[str, Any]) -> float:
    return float("nan") if one["undefined"] else float(one["decisive"]["p"])


def _p_joint(one: dict[str, Any]) -> float:
    return float(one["joint"]["p"]) if one.get("joint") else float("nan")


def _p_equivalence(one: dict[str, Any]) -> float:
    equal = None if one["undefined"] else one["equivalence"]
    return float("nan") if not equal or equal["undefined"] else float(equal["p"])


def _largest(p_values: Sequence[float]) -> float:
    return float("nan") if any(p != p for p in p_values) else max(p_values)


def _verdict(one: dict[str, Any], *, measure: type[Measure], alpha: float, claim: str) -> str:
    if not _is_answered(one):
        return "undefined"
    value = one["decisive"]["value"]
    if claim == "equivalence" and one["p_adjusted"] < alpha:
        return "equivalent"
    if (one["t_test"]["p"] if claim == "equivalence" else one["p_adjusted"]) < alpha:
        if measure.higher_is_better is None:
            return "higher" if value > 0 else "lower"
        return "better" if (value > 0) == measure.higher_is_better else "worse"
    return "equivalent" if one["p_equivalence_adjusted"] < alpha else "undecided"


def _is_answered(one: dict[str, Any]) -> bool:
    joint = one.get("joint")
    return not (one["undefined"] or one["decisive"]["undefined"] or (joint and joint["undefined"]))


def _not_worse(one: dict[str, Any], *, measure: type[Measure], alpha: float, direction: str) -> str:
    """Judge a claim of non-inferiority: the margin first, then which side of no difference the interval is on."""
    if not _is_answered(one):
        return "undefined"
    low, high = one["t_test"]["low"], one["t_test"]["high"]
    worst, best = (low, high) if direction == "greater" else (-high, -low)
    if one["p_adjusted"] < alpha / 2:
        if worst <= 0:
            return "non_inferior"
        return "better" if measure.higher_is_better is not None else _SIDE[direction]
    if best < 0:
        return "worse" if measure.higher_is_better is not None else _OTHER_SIDE[direction]
    return "undecided"


_SIDE = {"greater": "higher", "less": "lower"}
_OTHER_SIDE = {"greater": "lower", "less": "higher"}


def _together(verdicts: Sequence[str]) -> str:
    if len(set(verdicts)) == 1:
        return verdicts[0]
    return "undefined" if "undefined" in verdicts else "undecided"
