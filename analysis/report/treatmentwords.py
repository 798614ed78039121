"""What a dataset tells of the treatment, put into words for people who did not write the study file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from analysis.report.wording import level_text, listed

_ADVICE = {
    "label": "its answer",
    "confidence": "how sure it is",
    "scores": "its score for every answer",
    "claimed_accuracy": "how often it is said to be right",
}
_SAME = 0.01  # shares of conditions closer than this differ by who left when
_TARGETS = {
    "rank_2": "of its second choice",
    "each_option": "of every answer",
}


def shown_words(told: Mapping[str, Any]) -> list[str]:
    """Say what a condition showed.

    Parameters
    ----------
    told : mapping
        What is known of the condition: ``advice, advice_source, explanations`` (``title`` or ``method``, ``control``,
        ``control_title``, ``target``), ``incentive`` (``per_correct``, ``shown``).

    Returns
    -------
    list of str
        The case first; empty where nothing is known.

    Examples
    --------
    >>> shown_words({"advice": ["label", "confidence"], "explanations": [{"title": "Integrated Gradients"}]})
    ['the case', "the AI's advice (its answer and how sure it is)", 'an explanation (Integrated Gradients)']
    >>> shown_words({"incentive": {"per_correct": 0.2, "shown": False}})
    ['the case', 'pay of 0.20 for each correct decision, not told']
    """
    if not told:
        return []
    found = ["the case"]
    advice = told.get("advice") or []
    if isinstance(advice, list) and advice:
        who = "a colleague's" if told.get("advice_source") == "person" else "the AI's"
        parts = [_ADVICE.get(str(one), str(one).replace("_", " ")) for one in advice]
        found.append(f"{who} advice ({listed(parts)})")
    found += [explanation_words(one) for one in told.get("explanations") or [] if isinstance(one, Mapping)]
    incentive = told.get("incentive")
    if isinstance(incentive, Mapping) and _is_number(incentive.get("per_correct")):
        hidden = "" if incentive.get("shown", True) else ", not told"
        found.append(f"pay of {incentive['per_correct']:.2f} for each correct decision{hidden}")
    return found


def explanation_words(one: Mapping[str, Any]) -> str:
    """Say what an explanation was; a control says so.

    Parameters
    ----------
    one : mapping
        As in `shown_words`.

    Returns
    -------
    str
        With the name of its method as people know it.

    Examples
    --------
    >>> explanation_words({"method": "grad_cam", "control": {"kind": "shuffled", "of": "grad_cam"}})
    'a control explanation (shuffled, of grad cam)'
    """
    name = str(one.get("title") or one.get("method") or one.get("name") or "unnamed")
    name = name if one.get("title") else name.replace("_", " ")
    of = _TARGETS.get(str(one.get("target") or ""), "")
    control = one.get("control")
    if not control:
        return f"an explanation ({name}{f', {of}' if of else ''})"
    kind = one.get("control_title") or (control.get("kind") if isinstance(control, Mapping) else control)
    return f"a control explanation ({str(kind).replace('_', ' ')}, of {name})"


def pay_words(pay: Any) -> str:
    """Say what participants were paid.

    Parameters
    ----------
    pay : mapping or str
        Words, or ``currency`` with ``base, per_correct, per_prize, tiers, minimum, maximum, attention_checks,
        shown``; keys that nobody knows are told as they are.

    Returns
    -------
    str
        One sentence; empty where nothing is known.

    Examples
    --------
    >>> pay_words({"currency": "GBP", "per_correct": 0.05})
    '0.05 GBP for each correct decision.'
    >>> pay_words({"currency": "GBP", "per_correct": 0.05, "attention_checks": True})
    '0.05 GBP for each correct decision; attention checks paid as other trials.'
    >>> pay_words({"currency": "EUR", "base": 4, "tiers": [{"accuracy": 0.8, "pay": 2}], "maximum": 5, "shown": False})
    '4.00 EUR for taking part and 2.00 EUR for whoever reached 80 % correct; at most 5.00 EUR of bonus; not told.'
    """
    if not isinstance(pay, Mapping):
        return str(pay or "")
    currency = str(pay.get("currency") or "")

    def amount(value: Any) -> str:
        return f"{float(value):.2f} {currency}".strip() if _is_number(value) else str(value)

    named = {
        "base": "for taking part",
        "per_correct": "for each correct decision",
        "per_prize": "for each prize won by confidence",
    }
    parts = [f"{amount(pay[key])} {words}" for key, words in named.items() if pay.get(key)]
    parts += [
        f"{amount(tier.get('pay'))} for whoever reached {level_share(tier.get('accuracy'))} correct"
        for tier in pay.get("tiers") or []
        if isinstance(tier, Mapping)
    ]
    limits = [
        f"{words} {amount(pay[key])} of bonus"
        for key, words in {"minimum": "at least", "maximum": "at most"}.items()
        if pay.get(key)
    ]
    known = {*named, "currency", "tiers", "minimum", "maximum", "shown", "attention_checks"}
    rest = [f"{str(key).replace('_', ' ')}: {value}" for key, value in pay.items() if key not in known]
    told = [*([listed(parts)] if parts else []), *limits, *rest]
    if told and pay.get("attention_checks"):
        told.append("attention checks paid as other trials")
    if told and pay.get("shown") is False:
        told.append("not told")
    return f"{'; '.join(told)}." if told else ""


def level_share(value: Any) -> str:
    """Print a share such as 0.8 as whole per cent.

    Parameters
    ----------
    value : float
        0 to 1; anything else is told as it is.

    Returns
    -------
    str
        Such as "80 %".

    Examples
    --------
    >>> level_share(0.8), level_share("most")
    ('80 %', 'most')
    """
    return f"{100 * float(value):g} %" if _is_number(value) else str(value)


def recruited_words(recruited: Mapping[str, Any]) -> str:
    """Say when people took part.

    Parameters
    ----------
    recruited : mapping
        ``first`` and ``last`` day (ISO 8601); other keys are told as they are.

    Returns
    -------
    str
        Words; empty where nothing is known.

    Examples
    --------
    >>> recruited_words({"first": "2026-11-03", "last": "2026-12-01"})
    '3 November 2026 to 1 December 2026'
    >>> recruited_words({"first": "2026-11-03", "last": "2026-11-03"})
    '3 November 2026'
    """
    days = list(dict.fromkeys(_day(recruited[key]) for key in ("first", "last") if recruited.get(key)))
    rest = [
        f"{str(key).replace('_', ' ')}: {value}"
        for key, value in recruited.items()
        if key not in ("first", "last")
    ]
    return "; ".join([*([" to ".join(days)] if days else []), *rest])


def _day(value: Any) -> str:
    try:
        found = date.fromisoformat(str(value)[:10])
    except ValueError:
        return str(value)
    return f"{found.day} {found:%B %Y}"


def ethics_words(ethics: Mapping[str, Any]) -> str:
    """Say who approved the study.

    Parameters
    ----------
    ethics : mapping
        ``approval``, ``contact`` and others.

    Returns
    -------
    str
        Words; empty where nothing is known.

    Examples
    --------
    >>> ethics_words({"approval": "2026-117", "contact": "study@example.org"})
    'Approval 2026-117; contact: study@example.org'
    """
    told = [f"Approval {ethics['approval']}"] if ethics.get("approval") else []
    told += [
        f"{str(key).replace('_', ' ')}: {value}"
        for key, value in ethics.items()
        if key != "approval" and value
    ]
    return "; ".join(told)


def ai_words(ai: Mapping[str, Any], labels: Mapping[str, str]) -> list[str]:
    """Say how good the AI was: in the trials that people saw, on all cases there are, and as people were told.

    Parameters
    ----------
    ai : mapping
        ``real`` (``condition, value`` in the trials), ``claimed`` (of all, or None), ``claims`` (condition to share)
        and ``sets`` (``predictor, case_set, cases, right``).
    labels : mapping of str to str
        Conditions as people call them.

    Returns
    -------
    list of str
        Sentences.

    Examples
    --------
    >>> told = {"real": [{"condition": "ai", "value": 0.75}, {"condition": "ig", "value": 0.75}], "claimed": None,
    ...         "claims": {}, "sets": [{"predictor": "mlp", "case_set": "test", "cases": 200, "right": 190}]}
    >>> for sentence in ai_words(told, {}): print(sentence)
    In the trials that participants saw, the AI was right in 75.0 %, whatever the condition.
    On all 200 cases of the set test the AI (mlp) is right in 95.0 %: the study shows it wrong more often than it is.
    """
    known = [row for row in ai.get("real") or [] if row["value"] is not None and row["value"] == row["value"]]
    found = [_in_trials(known, labels)] if known else []
    shown = sum(row["value"] for row in known) / len(known) if known else None
    for one in ai.get("sets") or []:
        share = one["right"] / one["cases"]
        more = ""
        if shown is not None and abs(share - shown) > 0.02:
            how = "wrong more often" if share > shown else "right more often"
            more = f": the study shows it {how} than it is"
        found.append(
            f"On all {one['cases']} cases of the set {one['case_set']} the AI ({one['predictor']}) is right in "
            f"{level_text(share, unit='proportion')}{more}."
        )
    claims = {
        labels.get(name, name): value for name, value in (ai.get("claims") or {}).items() if value is not None
    }
    if ai.get("claimed") is not None:
        found.append(f"Participants were told {level_text(ai['claimed'], unit='proportion')}.")
    if claims:
        told = [f"{level_text(value, unit='proportion')} with {name}" for name, value in claims.items()]
        found.append(f"Participants were told that it is right in {listed(told)}.")
    return found


def _in_trials(known: list[Any], labels: Mapping[str, str]) -> str:
    low, high = (side(row["value"] for row in known) for side in (min, max))
    if high - low < _SAME:
        texts = list(dict.fromkeys(level_text(share, unit="proportion") for share in (low, high)))
        return f"In the trials that participants saw, the AI was right in {' to '.join(texts)}, whatever the condition."
    told = [
        f"{level_text(row['value'], unit='proportion')} with {labels.get(row['condition'], row['condition'])}"
        for row in known
    ]
    return f"In the trials that participants saw, the AI was right in {listed(told)}."


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
