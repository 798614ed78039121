"""Mixed models beside the participant means: every trial a row, participants and cases both random."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analysis.core.estimate import CannotEstimateError, Direction
from analysis.core.measure import Measure, MissingColumnsError, TrialRate
from analysis.core.plan import Contrast, Hypothesis
from analysis.core.selection import DECISION_PROTOCOLS, counted
from analysis.report.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

LABELS = {"glmm": "logistic mixed model (Laplace)", "lmm": "linear mixed model (REML) of log time"}


@dataclass
class Fits:
    """The mixed models of one report; each is fitted once, however many contrasts read it."""

    found: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def answer(self, sample: Sample, *, measure: type[Measure], hypothesis: Hypothesis, contrast: Contrast,
               direction: Direction, alpha: float) -> dict[str, Any]:  # fmt: skip
        """Answer one contrast by the mixed model that fits the measure.

        Returns
        -------
        dict
            ``estimator, label, formula, value, std_error, df, p, low, high, n_observations, notes`` on the scale of
            the model (log odds, or log time), ``singular``, ``converged``; ``marginal`` (of a logistic model:
            ``value, std_error, low, high`` as a difference of proportions); and ``undefined``: None or a sentence.
        """
        within = _is_within(sample, contrast)
        reference = contrast.control if within else _reference(hypothesis, contrast)
        fit = self._fit(
            sample,
            measure=measure,
            reference=reference,
            given=hypothesis.model,
            pair=contrast if within else None,
        )
        if isinstance(fit, str):
            return {"estimator": "", "label": "mixed model", "notes": [], "undefined": fit}
        return _contrast(fit, contrast=contrast, direction=direction, alpha=alpha)

    def combination(
        self,
        sample: Sample,
        *,
        measure: type[Measure],
        hypothesis: Hypothesis,
        weights: Mapping[str, float],
        alpha: float,
    ) -> dict[str, Any]:
        """Answer a weighted sum of conditions by the logistic mixed model of all conditions; nobody met several.

        Parameters
        ----------
        sample : Sample
            Who is analysed.
        measure : type of Measure
            A share of trials.
        hypothesis : Hypothesis
            The primary one: its settings of the model, and the reference that its own fit has.
        weights : mapping
            By condition, adding up to 0.
        alpha : float
            Of the intervals.

        Returns
        -------
        dict
            As of `answer`.
        """
        reference = _reference(hypothesis, hypothesis.contrasts[0])
        fit = self._fit(sample, measure=measure, reference=reference, given=hypothesis.model, pair=None)
        if isinstance(fit, str):
            return {"label": "mixed model", "undefined": fit}
        return _combined(fit, weights=weights, alpha=alpha)

    def _fit(
        self, sample: Sample, *, measure: type[Measure], reference: str, given: Any, pair: Contrast | None
    ) -> _Fit | str:
        """Return the fit of these people, measure and settings, made when it is first asked for."""
        people = sample.people["participant_id"]
        key = (len(people), hash(tuple(people)), measure.name, reference, pair, given)
        if key not in self.found:
            self.found[key] = _fitted(sample, measure=measure, reference=reference, given=given, pair=pair)
        found: _Fit | str = self.found[key]
        return found


@dataclass(frozen=True)
class _Fit:
    result: Any
    kind: str
    formula: str
    random: dict[str, str]
    arms: dict[str, str]
    reference: str


def trial_outcomes(sample: Sample, measure: type[Measure]) -> tuple[pd.DataFrame, str]:
    """Return one row for each trial that counts for a measure.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    measure : type of Measure
        A share of trials, or response time.

    Returns
    -------
    pandas.DataFrame, str
        Columns of the trials plus ``outcome`` (0 or 1; logarithm of ms) and ``arm``; "glmm" or "lmm".

    Raises
    ------
    CannotEstimateError
        When the measure has no value for a single trial.
    """
    import numpy as np

    trials = sample.with_conditions(sample.trials)
    if issubclass(measure, TrialRate):
        rows = counted(trials, protocols=measure.protocols)
        rows = rows[measure.opportunity(rows).to_numpy(dtype=bool)]
        outcome = measure.event(rows).to_numpy(dtype=float)
        kind = "glmm"
    elif measure.name == "rt_ms":
        rows = counted(trials, protocols=DECISION_PROTOCOLS)
        hidden = rows["hidden_ms"].astype(float).fillna(0.0) if "hidden_ms" in rows.columns else 0.0
        seen = rows["rt_ms"].astype(float) - hidden
        rows, outcome = rows[(seen > 0).to_numpy(dtype=bool)], np.log(seen[seen > 0].to_numpy())
        kind = "lmm"
    else:
        raise CannotEstimateError(
            f"{measure.label} has no value for a single trial: there is no mixed model of it."
        )
    return rows.assign(outcome=outcome, arm=rows["condition"].to_numpy()), kind


def _reference(hypothesis: Hypothesis, contrast: Contrast) -> str:
    # The condition that most contrasts of the hypothesis share: one fit then answers all of them.
    sides = [name for one in hypothesis.contrasts for name in (one.treatment, one.control)]
    both = (contrast.control, contrast.treatment)
    return max(both, key=lambda name: (sides.count(name), name == contrast.control))


def _is_within(sample: Sample, contrast: Contrast) -> bool:
    people = sample.people
    met = [
        set(people["participant_id"][people["condition"] == name])
        for name in (contrast.treatment, contrast.control)
    ]
    return bool(met[0] & met[1])


def _fitted(
    sample: Sample, *, measure: type[Measure], reference: str, given: Any, pair: Contrast | None
) -> _Fit | str:
    try:
        table, kind = trial_outcomes(sample, measure)
        names = [reference, *[name for name in sample.conditions if name != reference]]
        if pair is not None:  # the slope of each participant is that of this one difference
            names = [pair.control, pair.treatment]
            table = table[table["arm"].isin(names).to_numpy(dtype=bool)]
        arms = {name: f"a{at:02d}" for at, name in enumerate(names)}
        table = table.assign(arm=table["arm"].map(arms))
        random = dict(given.random) or _random(table, slope="1 + C(arm)" if pair is not None else "1")
        formula = " + ".join(["outcome ~ C(arm)", *given.covariates])
        wanted = ["outcome", "arm", *_columns(random, given.covariates, table)]
        table = table[wanted].astype({"outcome": float}).sort_values(wanted).reset_index(drop=True)
        result = (
            _logistic(formula, table, random, given) if kind == "glmm" else _linear(formula, table, random)
        )
    except ImportError:
        return "The estimator is not installed."
    except (CannotEstimateError, MissingColumnsError, ValueError, ArithmeticError) as error:
        return str(error)
    return _Fit(result, kind, formula, random, arms, reference)


def _logistic(formula: str, table: pd.DataFrame, random: dict[str, str], given: Any) -> Any:
    from analysis.estimators.glmm import fit_glmm

    # As many degrees of freedom as participants leave: a normal test is too sure with few of them.
    n, one_each = (
        table["participant_id"].nunique(),
        table.groupby("participant_id")["arm"].nunique().max() == 1,
    )
    df = max(1.0, float(n - table["arm"].nunique() if one_each else n - 1))
    return fit_glmm(formula, table, random=random, family="binomial", link=given.link or "logit", df=df)


def _linear(formula: str, table: pd.DataFrame, random: dict[str, str]) -> Any:
    from analysis.estimators.lmm import fit_lmm

    return fit_lmm(formula, table, random=random, reml=True)


def _random(table: pd.DataFrame, *, slope: str) -> dict[str, str]:
    found = {"participant_id": slope}
    if "case_id" in table.columns and table["case_id"].nunique() > 1:
        found["case_id"] = "1"
    return found


def _columns(random: dict[str, str], covariates: tuple[str, ...], table: pd.DataFrame) -> list[str]:
    absent = [name for name in (*random, *covariates) if name not in table.columns]
    if absent:
        raise CannotEstimateError(f"The model needs the column(s) {', '.join(absent)}, which are not there.")
    return list(dict.fromkeys([*random, *covariates]))


def _combined(fit: _Fit, *, weights: Mapping[str, float], alpha: float) -> dict[str, Any]:
    import numpy as np

    from analysis.estimators._glmm_marginal import marginal_combination

    told = _told(fit)
    if told["undefined"]:
        return told
    covariance = fit.result.covariance
    terms = [str(term) for term in covariance.columns]
    by_term = {f"[T.{fit.arms[name]}]": weight for name, weight in weights.items()}
    weight = np.array([next((w for end, w in by_term.items() if term.endswith(end)), 0.0) for term in terms])
    frame = fit.result.coefficients
    estimates = (frame.set_index("term") if "term" in frame.columns else frame)["estimate"].reindex(
        covariance.columns
    )
    value = float(weight @ estimates.to_numpy(dtype=float))
    std_error = math.sqrt(float(weight @ covariance.to_numpy(dtype=float) @ weight))
    df = float(frame["df"].iloc[0])
    row = marginal_combination(fit.result, "arm", {fit.arms[name]: w for name, w in weights.items()})
    limits = _test(float(row["estimate"]), float(row["std_error"]), df, direction="two_sided", alpha=alpha)
    marginal = {"value": float(row["estimate"]), "std_error": float(row["std_error"])}
    return told | {
        "value": value, "std_error": std_error, "df": df,
        "marginal": marginal | {"low": limits["low"], "high": limits["high"]},
    } | _test(value, std_error, df, direction="two_sided", alpha=alpha)  # fmt: skip


def _contrast(fit: _Fit, *, contrast: Contrast, direction: Direction, alpha: float) -> dict[str, Any]:
    told = _told(fit)
    if told["undefined"]:
        return told
    row, sign = _row(fit, contrast)
    value, std_error = sign * float(row["estimate"]), float(row["std_error"])
    told["marginal"] = _marginal(fit, contrast, alpha=alpha) if fit.kind == "glmm" else None
    df = float(row["df"]) if "df" in row.index and row["df"] == row["df"] else math.inf
    return told | {"value": value, "std_error": std_error, "df": df} | _test(
        value, std_error, df, direction=direction, alpha=alpha)  # fmt: skip


def _told(fit: _Fit) -> dict[str, Any]:
    """Describe a fit; ``undefined`` says why it gives no number, if it gives none."""
    result = fit.result
    told: dict[str, Any] = {
        "estimator": fit.kind,
        "label": LABELS[fit.kind],
        "formula": fit.formula.replace("C(arm)", "condition"),
        "random": {group: terms.replace("C(arm)", "condition") for group, terms in fit.random.items()},
        "n_observations": int(result.n_observations),
        "converged": bool(result.converged),
        "singular": bool(result.singular),
        "log_likelihood": float(result.log_likelihood),
        "spread": [
            {"group": str(row["group"]), "term": str(row["term"]), "sd": float(row["sd"])}
            for _, row in result.random_effects.iterrows()
        ],
        "marginal": None,
        "notes": [re.sub(r"\barm\b", "condition", str(note)) for note in result.notes],
    }
    if not result.converged:
        return told | {"undefined": "The mixed model did not converge: it gives no p value."}
    if getattr(result, "separated", False):
        why = "The mixed model has no finite estimate (a condition or a case is all right or all wrong)."
        return told | {"undefined": why}
    return told | {"undefined": None}


def _marginal(fit: _Fit, contrast: Contrast, *, alpha: float) -> dict[str, float]:
    """Return the difference of proportions that the model implies over people and cases like these (g-computation)."""
    from analysis.estimators._glmm_marginal import marginal_differences

    pair = f"{fit.arms[contrast.treatment]} - {fit.arms[contrast.control]}"
    row = marginal_differences(fit.result, "arm", pair).iloc[0]
    value, std_error = float(row["estimate"]), float(row["std_error"])
    limits = _test(value, std_error, float(row["df"]), direction="two_sided", alpha=alpha)
    return {"value": value, "std_error": std_error, "low": limits["low"], "high": limits["high"]}


def _row(fit: _Fit, contrast: Contrast) -> tuple[pd.Series[Any], float]:
    other, sign = (contrast.treatment, 1.0) if contrast.control == fit.reference else (contrast.control, -1.0)
    frame = fit.result.coefficients
    if "term" in frame.columns:
        frame = frame.set_index("term")
    term = next((name for name in frame.index if f"[T.{fit.arms[other]}]" in str(name)), None)
    if term is None:
        raise CannotEstimateError(f"The mixed model has no coefficient of {other}.")
    return frame.loc[term], sign


def _test(
    value: float, std_error: float, df: float, *, direction: Direction, alpha: float
) -> dict[str, float]:
    from scipy import stats

    if not std_error > 0:
        return {"statistic": math.nan, "p": math.nan, "low": math.nan, "high": math.nan}
    spread = stats.norm if math.isinf(df) else stats.t(df)
    statistic = value / std_error
    tails = {
        "two_sided": 2 * spread.sf(abs(statistic)),
        "greater": spread.sf(statistic),
        "less": spread.cdf(statistic),
    }
    reach = float(spread.ppf(1 - alpha / 2)) * std_error
    return {"statistic": statistic, "p": float(tails[direction]), "low": value - reach, "high": value + reach}
