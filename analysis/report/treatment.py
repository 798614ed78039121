"""The treatment shown: what participants of each condition saw, were told and were paid; how good the AI was."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from analysis.core.digest import sha256_hex
from analysis.report.bundle import Bundle
from analysis.report.drawn import PARTS, cleaned, drawn_trial
from analysis.report.treatmentwords import shown_words

MOST_BYTES = 2_000_000
_MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def treatment_shown(
    bundle: Bundle, *, conditions: tuple[str, ...], ai_accuracy: list[dict[str, Any]]
) -> dict[str, Any]:
    """Collect everything that the dataset tells of the treatment.

    Parameters
    ----------
    bundle : Bundle
        Words and pictures beside the tables.
    conditions : tuple of str
        In their order.
    ai_accuracy : list of dict
        As of `analysis.report.validity.ai_accuracy`.

    Returns
    -------
    dict
        ``question, options, conditions`` (``condition, shows, text``; ``picture``: digest and alternative text, or
        None; ``drawn``: digest and stage of a drawn trial, or None), ``instructions, recruited, pay, ethics, audience,
        action`` (empty where nobody said), ``ai``: accuracy ``claimed`` to all participants (or None), ``claims`` by
        condition, ``real`` in their trials by condition, and on whole ``sets`` of cases.
    """
    decision = _mapping(bundle.codebook.get("decision"))
    given = bundle.treatment
    return {
        "question": str(decision.get("question") or ""),
        "options": [str(one.get("label") or one.get("value")) for one in decision.get("options") or []],
        "conditions": [_condition(bundle, name) for name in conditions],
        "instructions": str(given.get("instructions") or ""),
        "recruited": {key: str(value) for key, value in _mapping(given.get("recruited")).items()},
        "pay": given.get("pay") or {},
        "ethics": {key: str(value) for key, value in _mapping(given.get("ethics")).items()},
        "audience": str(given.get("audience") or ""),
        "action": str(given.get("action") or ""),
        "ai": {
            "claimed": _mapping(given.get("ai")).get("accuracy_claimed"),
            "claims": {name: _share(bundle.condition(name).get("claimed_accuracy")) for name in conditions},
            "real": [{"condition": row["condition"], "value": row["value"]} for row in ai_accuracy],
            "sets": [one for one in _mapping(given.get("ai")).get("on_the_case_sets") or [] if _is_set(one)],
        },
    }


def reference_sentences(bundle: Bundle) -> list[str]:
    """Say where the reference answers come from and how disagreement about them was settled.

    Parameters
    ----------
    bundle : Bundle
        Its treatment may hold ``reference_standards``: a list of ``field, source, adjudication, cases``.

    Returns
    -------
    list of str
        One sentence for each standard; empty where the dataset says nothing of it.

    Examples
    --------
    >>> from pathlib import Path
    >>> said = {"field": "decision", "source": "Biopsy", "adjudication": "a third reader", "cases": 24}
    >>> reference_sentences(Bundle(treatment={"reference_standards": [said]}))
    ['Reference answers for decision (24 cases): Biopsy; disagreement was settled by: a third reader.']
    """
    given = bundle.treatment.get("reference_standards")
    return [
        f"Reference answers for {one.get('field')} ({one.get('cases')} cases): {one.get('source') or 'no source named'}"
        + (f"; disagreement was settled by: {one['adjudication']}." if one.get("adjudication") else ".")
        for one in (given if isinstance(given, list) else [])
        if isinstance(one, Mapping)
    ]


def licence_sentences(bundle: Bundle) -> list[str]:
    """Say under which licence the cases are, what they may be used for, and what of them may leave.

    Parameters
    ----------
    bundle : Bundle
        Its treatment may hold ``case_sets``: a list of ``name, licence, permitted_use, export_rule``.

    Returns
    -------
    list of str
        One sentence for each set that says any of it.

    Examples
    --------
    >>> told = {"name": "scans", "licence": "CC BY 4.0", "export_rule": "results_only"}
    >>> licence_sentences(Bundle(treatment={"case_sets": [told]}))
    ['Cases scans: licence CC BY 4.0; no picture or text of a case leaves with the data.']
    """
    given = bundle.treatment.get("case_sets")
    found = []
    for one in given if isinstance(given, list) else []:
        if isinstance(one, Mapping):
            parts = [
                f"licence {one['licence']}" if one.get("licence") else "",
                f"permitted use: {one['permitted_use']}" if one.get("permitted_use") else "",
                "no picture or text of a case leaves with the data" if one.get("export_rule") else "",
            ]
            told = "; ".join(part for part in parts if part).rstrip(".")
            found += [f"Cases {one.get('name')}: {told}."] if told else []
    return found


def pictures(bundle: Bundle, *, conditions: tuple[str, ...]) -> dict[str, str]:
    """Return the picture of a trial of each condition as a data address, where there is a fit one.

    Parameters
    ----------
    bundle : Bundle
        With the folder in which pictures lie.
    conditions : tuple of str
        Names.

    Returns
    -------
    dict of str to str
        Only PNG and JPEG of at most 2 MB whose bytes are what they say; the name may not leave the folder.
    """
    found = {}
    for name in conditions:
        content, kind = _picture(bundle, name)
        if kind:
            found[name] = f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
    return found


def _condition(bundle: Bundle, name: str) -> dict[str, Any]:
    told = bundle.condition(name)
    content, kind = _picture(bundle, name)
    alternative = str(told.get("alt") or f"A trial as participants of this condition saw it ({name}).")
    return {
        "condition": name,
        "shows": shown_words(told),
        "text": str(told.get("text") or ""),
        "picture": {"sha256": sha256_hex(content), "alt": alternative} if kind else None,
        "drawn": _drawn_fact(told),
    }


def _drawn_fact(told: Mapping[str, Any]) -> dict[str, str] | None:
    found = drawn_trial(told)
    if found is None:
        return None
    whole = "\0".join(found[name] for name in PARTS)
    return {"sha256": sha256_hex(whole.encode()), "stage": found["stage"]}


def drawings(bundle: Bundle, *, conditions: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Return the drawn trial of each condition, cleaned, where the dataset has one.

    Parameters
    ----------
    bundle : Bundle
        Words and pictures beside the tables.
    conditions : tuple of str
        Names.

    Returns
    -------
    dict of str to dict
        ``prompt, case, shown, asked``: markup that is safe in a page.
    """
    found = {name: drawn_trial(bundle.condition(name)) for name in conditions}
    return {name: {part: cleaned(told[part]) for part in PARTS} for name, told in found.items() if told}


def _share(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _is_set(one: Any) -> bool:
    """Say whether a count of right predictions is one."""
    if not isinstance(one, Mapping) or not {"predictor", "case_set", "cases", "right"} <= one.keys():
        return False
    counts = (one["cases"], one["right"])
    return all(isinstance(each, int) and not isinstance(each, bool) for each in counts) and (
        0 <= one["right"] <= one["cases"] and one["cases"] > 0
    )


def _picture(bundle: Bundle, name: str) -> tuple[bytes, str]:
    file = str(bundle.condition(name).get("picture") or "")
    if not file or bundle.folder is None or "/" in file or "\\" in file or file.startswith("."):
        return b"", ""
    path = bundle.folder / file
    if not path.is_file() or path.is_symlink() or path.stat().st_size > MOST_BYTES:
        return b"", ""
    content = path.read_bytes()
    kind = next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), "")
    return content, kind


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
