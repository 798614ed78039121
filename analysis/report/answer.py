"""The answer: two sentences of plain language, made from the numbers and from nothing else."""

from __future__ import annotations

from typing import Any

from analysis.report.wording import effect_text, interval, listed, p_value

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
        why = next(
            one["undefined"] or one["decisive"]["undefined"]
            for one in primary["contrasts"]
            if one["undefined"] or one["decisive"]["undefined"]
        )
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
    if verdict == "undecided":
        goal = "higher or lower" if primary["higher_is_better"] is None else "better or worse"
        start = f"The data cannot tell whether {_name(primary)} is {goal}"
        return f"{start} with {treatment} than with {control}: {sizes}."
    return f"{primary['label']} was {verdict} with {treatment} than with {control}: {sizes}."


def _each(primary: dict[str, Any], *, alpha: float) -> str:
    words = {"equivalent": "practically the same", "undecided": "the data cannot tell"}
    clauses = [
        f"{one['treatment']} against {one['control']}: {words.get(one['verdict'], one['verdict'])}, "
        f"{_size(one, primary=primary, alpha=alpha)}"
        for one in primary["contrasts"]
    ]
    return f"{primary['label']} by comparison: {'; '.join(clauses)}."


def _second(primary: dict[str, Any], *, verdict: str, alpha: float) -> str:
    contrasts, tests = primary["contrasts"], _tests(primary)
    joint = len(contrasts) > 1 and primary["conjunction"]
    if verdict == "undecided":
        widest = max(abs(one["t_test"][side]) for one in contrasts for side in ("low", "high"))
        size = effect_text(widest, unit=primary["unit"], scale=primary["scale"])
        lead = (
            "All comparisons had to hold, and not all of them do" if joint else "Not all of this is settled"
        )
        lead = lead if len(contrasts) > 1 else "The difference is not statistically significant"
        return f"{lead} ({tests}); this is not evidence of no effect: effects of up to {size} fit the data as well."
    if verdict == "equivalent":
        p = p_value(max(one["p_equivalence_adjusted"] for one in contrasts))
        return f"The equivalence test supports this ({p} at a level of {alpha:g}; difference: {tests})."
    return (
        f"This is statistically significant at the planned level of {alpha:g} ({tests}){_relevance(primary)}."
    )


def _tests(primary: dict[str, Any]) -> str:
    joint = len(primary["contrasts"]) > 1 and primary["conjunction"]
    p = primary["p_adjusted"]
    if primary["claim"] == "equivalence":  # what is told here is the difference; sameness has its own p
        p = max(one["t_test"]["p"] for one in primary["contrasts"])
    p = f"{'largest ' if joint else ''}{p_value(p)}"
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
    limits = [(one["t_test"]["low"], one["t_test"]["high"]) for one in primary["contrasts"]]
    if all(min(abs(low), abs(high)) >= bound for low, high in limits):
        return f", and the whole interval lies beyond the smallest effect that was to matter ({smallest})"
    if all(max(abs(low), abs(high)) < bound for low, high in limits):
        return f", but the difference is smaller than the smallest effect that was to matter ({smallest})"
    return f"; whether it reaches the smallest effect that was to matter ({smallest}) is open"


def _size(one: dict[str, Any], *, primary: dict[str, Any], alpha: float) -> str:
    unit, scale = primary["unit"], primary["scale"]
    value = one["t_test"]["value"]
    word = _LOG_WORDS[value > 0] if unit == "ms" else ("higher" if value > 0 else "lower")
    level = f"{100 * (1 - alpha):g} % interval"
    than = f" than with {one['control']}" if len(primary["contrasts"]) > 1 else ""
    limits = interval(one["t_test"], unit=unit, scale=scale)
    return f"{effect_text(value, unit=unit, scale=scale)} {word}{than} ({level} {limits})"


def _bound(one: dict[str, Any]) -> float:
    return float(one["equivalence"]["details"]["bounds"][1])


def _name(primary: dict[str, Any]) -> str:
    label = str(primary["label"])
    return label if label[1:2].isupper() else label[0].lower() + label[1:]
