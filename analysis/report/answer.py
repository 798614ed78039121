"""The answer: two sentences of plain language, made from the numbers and from nothing else."""

from __future__ import annotations

from typing import Any

from analysis.report.wording import coverage, effect_text, inside, interval, listed, p_value

_LOG_WORDS = {True: "longer", False: "shorter"}


def answer_sentences(primary: dict[str, Any], *, alpha: float) -> list[str]:
    """Say what the primary question has come to.

    Parameters
    ----------
    primary : dict
        As of `analysis.report.verdict.answer_family`.
    alpha : float
        Of the plan.

    Returns
    -------
    list of str
        Two sentences. "No difference" is said only where the equivalence test shows it.
    """
    verdict = primary["verdict"]
    if verdict == "undefined":
        why = next(found for one in primary["contrasts"] if (found := _why(one)))
        return [f"The primary question on {_name(primary)} cannot be answered from these data.", why]
    return [_first(primary, verdict=verdict, alpha=alpha), _second(primary, verdict=verdict, alpha=alpha)]


def _first(primary: dict[str, Any], *, verdict: str, alpha: float) -> str:
    contrasts = primary["contrasts"]
    treatments = {one["treatment"] for one in contrasts}
    if len(contrasts) > 1 and (len(treatments) > 1 or not primary["conjunction"]):
        return _each(primary, alpha=alpha)
    treatment, control = treatments.pop(), listed([one["control"] for one in contrasts])
    sizes = listed([_size(one, primary=primary, alpha=alpha) for one in contrasts])
    if verdict == "equivalent":
        smallest = effect_text(_bound(contrasts[0]), unit=primary["unit"], scale=primary["scale"])
        return (
            f"{primary['label']} was practically the same with {treatment} as with {control}: {sizes}, "
            f"which is less than the smallest effect that was to matter ({smallest})."
        )
    if verdict == "non_inferior":
        margin = effect_text(_bound(contrasts[0]), unit=primary["unit"], scale=primary["scale"])
        return (
            f"{primary['label']} with {treatment} was not worse than with {control} by as much as the margin "
            f"({margin}): {sizes}."
        )
    if verdict == "undecided":
        goal = "higher or lower" if primary["higher_is_better"] is None else "better or worse"
        start = f"The data cannot tell whether {_name(primary)} is {goal}"
        return f"{start} with {treatment} than with {control}: {sizes}."
    return f"{primary['label']} was {verdict} with {treatment} than with {control}: {sizes}."


def _each(primary: dict[str, Any], *, alpha: float) -> str:
    words = {
        "equivalent": "practically the same",
        "undecided": "the data cannot tell",
        "non_inferior": "not worse by as much as the margin",
    }
    clauses = [
        f"{one['treatment']} against {one['control']}: {words.get(one['verdict'], one['verdict'])}, "
        f"{_size(one, primary=primary, alpha=alpha)}"
        for one in primary["contrasts"]
    ]
    return f"{primary['label']} by comparison: {'; '.join(clauses)}."


def _second(primary: dict[str, Any], *, verdict: str, alpha: float) -> str:
    if primary["claim"] == "non_inferiority":
        return _against_margin(primary, verdict=verdict, alpha=alpha)
    contrasts, tests = primary["contrasts"], _tests(primary)
    joint = len(contrasts) > 1 and primary["conjunction"]
    if verdict == "undecided":
        # What is settled by itself leaves no effect open: only the others do.
        still_open = [one for one in contrasts if joint or one["verdict"] == "undecided"]
        if not still_open:
            return (
                f"Each comparison is settled by the test of its verdict, at a level of {alpha:.2g} ({tests})."
            )
        widest = max(abs(one["shown"][side]) for one in still_open for side in ("low", "high"))
        size = effect_text(widest, unit=primary["unit"], scale=primary["scale"])
        lead = _lead(primary, still_open=len(still_open))
        where = "" if len(still_open) == len(contrasts) else " there"
        fit = f"effects of up to {size} fit the data{where} as well"
        return f"{lead} ({tests}); this is not evidence of no effect: {fit}."
    if verdict == "equivalent":
        p = p_value(max(one["p_equivalence_adjusted"] for one in contrasts))
        return f"The equivalence test supports this ({p} at a level of {alpha:.2g}; difference: {tests})."
    return f"This is statistically significant at the planned level of {alpha:.2g} ({tests}){_relevance(primary)}."


def _lead(primary: dict[str, Any], *, still_open: int) -> str:
    number = len(primary["contrasts"])
    if number == 1:
        return "The difference is not statistically significant"
    if primary["conjunction"]:
        return "All comparisons had to hold, and not all of them do"
    return (
        "None of this is settled"
        if still_open == number
        else f"{still_open} of {number} comparisons are not settled"
    )


def _why(one: dict[str, Any]) -> str:
    joint = one.get("joint") or {}
    return str(one["undefined"] or one["decisive"]["undefined"] or joint.get("undefined") or "")


def _against_margin(primary: dict[str, Any], *, verdict: str, alpha: float) -> str:
    p = f"{p_value(primary['p_adjusted'])} at a level of {alpha / 2:.2g}"
    if verdict == "non_inferior":
        return f"The one-sided test against the margin shows this ({p}); it does not show that both are the same."
    if verdict == "undecided":
        return f"That it is not worse by as much as the margin is not shown ({p}); this is no evidence of harm either."
    if verdict in ("better", "higher", "lower") and primary["p_adjusted"] < alpha / 2:
        return (
            f"It is not worse by as much as the margin ({p}), and the whole interval lies on the better side."
        )
    return f"The whole interval lies on the worse side; that it stays within the margin is not shown ({p})."


def _tests(primary: dict[str, Any]) -> str:
    joint = len(primary["contrasts"]) > 1 and primary["conjunction"]
    p = primary["p_adjusted"]
    if primary["claim"] == "equivalence":  # what is told here is the difference; sameness has its own p
        p = max(one["t_test"]["p"] for one in primary["contrasts"])
    p = f"{'largest ' if joint else ''}{p_value(p)}"
    if joint_method := (primary["contrasts"][0].get("joint") or {}).get("method"):
        p += {"dunnett": " after Dunnett", "max_t": " after max-T"}[joint_method]
    if primary["contrasts"][0].get("monitoring"):
        p += ", valid whenever one looks"
    if primary["estimator"] == "permutation":
        return f"{p} by permutation"
    how = "" if primary["estimator"] == "participant_contrast" else f" in the {_decider(primary)}"
    known = [
        one["permutation"]["p"] for one in primary["contrasts"] if one["permutation"]["undefined"] is None
    ]
    if len(known) < len(primary["contrasts"]):
        return f"{p}{how}; permutation test not possible"
    return f"{p}{how}, by permutation {p_value(max(known))}"


def _decider(primary: dict[str, Any]) -> str:
    return str(primary["contrasts"][0]["decisive"]["label"])


def _relevance(primary: dict[str, Any]) -> str:
    if primary["smallest_effect"] is None:
        return ""
    bound = _bound(primary["contrasts"][0])
    smallest = effect_text(bound, unit=primary["unit"], scale=primary["scale"])
    limits = [(one["shown"]["low"], one["shown"]["high"]) for one in primary["contrasts"]]
    if all(min(abs(low), abs(high)) >= bound for low, high in limits):
        return f", and the whole interval lies beyond the smallest effect that was to matter ({smallest})"
    if all(max(abs(low), abs(high)) < bound for low, high in limits):
        return f", but the difference is smaller than the smallest effect that was to matter ({smallest})"
    return f"; whether it reaches the smallest effect that was to matter ({smallest}) is open"


def _size(one: dict[str, Any], *, primary: dict[str, Any], alpha: float) -> str:
    unit, scale = primary["unit"], primary["scale"]
    value = one["shown"]["value"]
    word = _LOG_WORDS[value > 0] if unit == "ms" else ("higher" if value > 0 else "lower")
    level = f"{coverage(alpha)} interval"
    than = f" than with {one['control']}" if len(primary["contrasts"]) > 1 else ""
    limits = interval(one["shown"], unit=unit, scale=scale)
    return f"{effect_text(value, unit=unit, scale=scale)} {word}{than} ({level} {limits})"


def _bound(one: dict[str, Any]) -> float:
    margin = one.get("non_inferiority") or {}
    return float(margin["details"]["margin"] if margin else one["equivalence"]["details"]["bounds"][1])


def _name(primary: dict[str, Any]) -> str:
    return inside(str(primary["label"]))
