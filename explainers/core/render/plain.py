"""Drawings that take plain data: concept bars, example cards, counterfactual tables, rationales in words."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.cases import format_value, is_number
from explainers.core.directions import NEGATIVE, POSITIVE, directions, key_svg, scale_limit
from explainers.core.errors import ExplanationRefused
from explainers.core.png import png_encode

VERSION = "1"
MOST_CONCEPTS, MOST_CARDS, MOST_CHANGES = 32, 60, 3
Pictures = Mapping[str, NDArray[np.uint8]]


def concepts_spec(values: Sequence[float], *, outcome: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """
    Return the render specification of concept bars: one scale for all explanations of a study.

    Parameters
    ----------
    values : Sequence of float
        Values and ends of null bands of all bars; not empty.
    outcome : Mapping or None
        Unit and decimals of a regression.

    Returns
    -------
    dict
        The specification.

    Raises
    ------
    ExplanationRefused
        If there are no values.
    """
    if not len(values):
        raise ExplanationRefused("A scale needs at least one explanation.")
    scale = {"renderer": "concepts", "version": VERSION, "limit": scale_limit(values)}
    return scale if outcome is None else {**scale, "outcome": dict(outcome)}


def concepts_html(
    data: Mapping[str, Any], *, spec: Mapping[str, Any], pictures: Pictures | None = None
) -> str:
    """
    Draw concepts as bars beside the band that chance would give.

    Parameters
    ----------
    data : Mapping
        `{"target": str, "bars": [{"label": str, "value": float, "null": [low, high] or None, "significant": bool or
        None, "present": float from 0 to 1 or None, "patches": [{"image", "top", "left", "height", "width"}]}]}`;
        bars are drawn in their order, the last three may be left out.
    spec : Mapping
        What `concepts_spec` gave.
    pictures : Mapping or None
        Digest to pixels of the pictures that patches are cut from.

    Returns
    -------
    str
        An HTML fragment; classes of the bars are those of static/explainers/bars.css.

    Raises
    ------
    ExplanationRefused
        If the data or the specification are of another form.
    """
    _check_spec(spec, renderer="concepts")
    bars = data.get("bars", [])
    if not isinstance(data.get("target"), str) or not 0 < len(bars) <= MOST_CONCEPTS:
        raise ExplanationRefused(f"Concept bars need a target and 1 to {MOST_CONCEPTS} bars.")
    words = directions(data["target"], outcome=spec.get("outcome"))
    rows, said = [], []
    with_null = any(bar.get("null") is not None for bar in bars)
    for bar in bars:
        if not isinstance(bar.get("label"), str) or not is_number(bar.get("value")):
            raise ExplanationRefused("A concept bar has a label and a finite value.")
        direction = words.of(bar["value"])
        if bar.get("significant") is False:
            direction += " (no more than chance)"
        beyond = " (beyond the scale)" if abs(bar["value"]) > spec["limit"] else ""
        present = _present(bar.get("present"))
        rows.append(
            f'<tr role="row"><th scope="row" role="rowheader">{escape(bar["label"])}'
            f"{_patches(bar, pictures=pictures or {})}</th>"
            f'<td class="bars-value" role="cell">{present}</td><td class="bars-cell" role="cell">'
            f"{_bar(bar['value'], null=bar.get('null'), limit=spec['limit'], faint=bar.get('significant') is False)}"
            f'<span class="bars-words">{escape(direction)}{beyond}</span></td></tr>'
        )
        strength = min(abs(bar["value"]) / spec["limit"], 1.0) * 100
        said.append(f"{bar['label']} {direction}, {strength:.0f} of 100{beyond}")
    null = f"{key_svg('#9aa3ab', 'bar-null')} grey band: what chance alone would give. " if with_null else ""
    present_head = "In this case" if any(bar.get("present") is not None for bar in bars) else ""
    return (
        '<div class="bars-box"><table class="bars" role="table">'
        f'<caption>{words.title_html("bars-target")} <span class="bars-baseline">by concepts</span></caption>'
        '<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Concept</th>'
        f'<th scope="col" role="columnheader">{present_head}</th>'
        f'<th scope="col" role="columnheader">Push</th></tr></thead><tbody role="rowgroup">{"".join(rows)}</tbody>'
        f'</table><p class="bars-legend">{key_svg(NEGATIVE, "bar-neg")} left: {escape(words.away)}. '
        f"{key_svg(POSITIVE, 'bar-pos')} right: {escape(words.towards)}. {null}"
        "A longer bar is a stronger push; all cases are drawn on one scale.</p>"
        f'<p class="bars-text">{escape(words.title)}, by concepts: {escape("; ".join(said))}.</p></div>'
    )


def _patches(bar: Mapping[str, Any], *, pictures: Pictures) -> str:
    """Show the parts of known pictures that have most of a concept that was found."""
    drawn = []
    for number, patch in enumerate(bar.get("patches") or (), start=1):
        if patch["image"] not in pictures:
            raise ExplanationRefused(f"The picture {str(patch['image'])[:12]}… of a concept is not there.")
        top, left = int(patch["top"]), int(patch["left"])
        part = pictures[patch["image"]][top : top + int(patch["height"]), left : left + int(patch["width"])]
        data = b64encode(png_encode(np.ascontiguousarray(part))).decode()
        drawn.append(
            f'<img class="concept-patch" src="data:image/png;base64,{data}" width="48" height="48" '
            f'alt="{escape(bar["label"])}, example {number}"/>'
        )
    return f'<span class="concept-patches">{"".join(drawn)}</span>' if drawn else ""


def _present(value: Any) -> str:
    if value is None:
        return ""
    if not is_number(value) or not 0 <= value <= 1:
        raise ExplanationRefused("How far a concept is present is a number from 0 to 1.")
    return f"{100 * value:.0f} %"


def _bar(value: float, *, null: Any, limit: float, faint: bool) -> str:
    length = min(abs(value) / limit, 1.0) * 100
    name, fill, begin = ("bar-pos", POSITIVE, 0.0) if value > 0 else ("bar-neg", NEGATIVE, -length)
    band = ""
    if null is not None:
        low, high = (float(np.clip(each / limit, -1, 1)) * 100 for each in null)
        band = (
            f'<rect class="bar-null" fill="#9aa3ab" fill-opacity="0.5" x="{low:.2f}" y="0" '
            f'width="{max(high - low, 0):.2f}" height="16"/>'
        )
    opacity = ' fill-opacity="0.45"' if faint else ""
    return (
        '<svg class="bars-svg" viewBox="-100 0 200 16" width="100%" height="16" preserveAspectRatio="none" '
        'aria-hidden="true" focusable="false"><rect class="bar-track" fill="#8884" x="-100" y="7" width="200" '
        f'height="2"/>{band}<rect class="{name}" fill="{fill}"{opacity} x="{begin:.2f}" y="3" width="{length:.2f}" '
        'height="10"/><rect class="bar-zero" fill="#444" x="-0.5" y="0" width="1" height="16"/></svg>'
    )


def examples_html(data: Mapping[str, Any], *, pictures: Pictures | None = None) -> str:
    """
    Draw cases like this one as cards.

    Parameters
    ----------
    data : Mapping
        `{"title": str, "cards": [{"heading": str, "outcome": str, "note": str, "image": digest or None, "text": str or
        None, "rows": [{"label": str, "value": str}]}]}`; of image, text and rows one is wanted.
    pictures : Mapping or None
        Digest to pixels (height, width, 1 or 3) of the cards' pictures.

    Returns
    -------
    str
        An HTML fragment.

    Raises
    ------
    ExplanationRefused
        If the data are of another form or a picture is missing.
    """
    cards = data.get("cards", [])
    if not isinstance(data.get("title"), str) or not 0 < len(cards) <= MOST_CARDS:
        raise ExplanationRefused(f"Example cards need a title and 1 to {MOST_CARDS} cards.")
    drawn = "".join(_card(card, pictures=pictures or {}) for card in cards)
    title = escape(data["title"])
    return f'<div class="card-box"><p class="card-title">{title}</p><ul class="cards">{drawn}</ul></div>'


def _card(card: Mapping[str, Any], *, pictures: Pictures) -> str:
    heading, outcome = (escape(str(card.get(word) or "")) for word in ("heading", "outcome"))
    if not heading or not outcome:
        raise ExplanationRefused("An example card has a heading and an outcome.")
    note = f'<p class="card-note">{escape(card["note"])}</p>' if card.get("note") else ""
    if card.get("image"):
        if card["image"] not in pictures:
            raise ExplanationRefused(f"The picture {str(card['image'])[:12]}… of a card is not there.")
        pixels = pictures[card["image"]]
        data = b64encode(png_encode(pixels)).decode()
        body = (
            f'<img class="card-picture" src="data:image/png;base64,{data}" width="{pixels.shape[1]}" '
            f'height="{pixels.shape[0]}" alt="{heading}: {outcome}"/>'
        )
    elif card.get("text"):
        body = f'<p class="card-words">{escape(card["text"])}</p>'
    else:
        pairs = "".join(
            f"<div><dt>{escape(row['label'])}</dt><dd>{escape(row['value'])}</dd></div>"
            for row in card.get("rows", [])
        )
        body = f'<dl class="card-rows">{pairs}</dl>'
    return (
        f'<li class="card"><p class="card-heading">{heading}</p>{body}'
        f'<p class="card-outcome">Outcome: <strong>{outcome}</strong></p>{note}</li>'
    )


def counterfactual_html(data: Mapping[str, Any]) -> str:
    """
    Draw what would have to be different for the AI to say something else.

    Parameters
    ----------
    data : Mapping
        `{"now": str, "instead": str, "changes": [{"label": str, "unit": str, "decimals": int, "was": float,
        "becomes": float}], "locked": [labels that were not allowed to change]}`; at most three changes, none
        if no plausible change was found.

    Returns
    -------
    str
        An HTML fragment.

    Raises
    ------
    ExplanationRefused
        If the data are of another form.
    """
    changes, locked = data.get("changes", []), data.get("locked", [])
    if not all(isinstance(data.get(word), str) for word in ("now", "instead")) or len(changes) > MOST_CHANGES:
        raise ExplanationRefused(
            f"A counterfactual says what the AI says now and instead, and has at most {MOST_CHANGES} changes."
        )
    now, instead = escape(data["now"]), escape(data["instead"])
    fixed = (
        f'<p class="bars-legend">Not allowed to change: {escape(", ".join(locked))}.</p>' if locked else ""
    )
    if not changes:
        return (
            '<div class="bars-box"><p class="flip-none">No plausible change of up to '
            f"{MOST_CHANGES} features was found that would "
            f"make the AI say <strong>{instead}</strong> instead of {now}.</p>{fixed}</div>"
        )
    rows = "".join(_change(change) for change in changes)
    return (
        '<div class="bars-box"><table class="bars flip" role="table">'
        f'<caption>With these values the AI would say <strong class="bars-target">{instead}</strong> '
        f'<span class="bars-baseline">instead of {now}; everything else stays as it is</span></caption>'
        '<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Feature</th>'
        '<th scope="col" role="columnheader">This case</th><th scope="col" role="columnheader">Would have to be</th>'
        f'</tr></thead><tbody role="rowgroup">{rows}</tbody></table>{fixed}</div>'
    )


def _change(change: Mapping[str, Any]) -> str:
    if not all(is_number(change.get(word)) for word in ("was", "becomes")) or not change.get("label"):
        raise ExplanationRefused("A change has a label and two finite values.")
    was, becomes = (
        f"{format_value(change[word], decimals=change.get('decimals', 2))} {change.get('unit', '')}".strip()
        for word in ("was", "becomes")
    )
    word = "higher" if change["becomes"] > change["was"] else "lower"
    return (
        f'<tr role="row"><th scope="row" role="rowheader">{escape(change["label"])}</th>'
        f'<td class="flip-was" role="cell">{escape(was)}</td>'
        f'<td class="flip-becomes" role="cell">{escape(becomes)} <span class="bars-range">{word}</span></td></tr>'
    )


def rationale_html(data: Mapping[str, Any]) -> str:
    """
    Draw an explanation that is written in words.

    Parameters
    ----------
    data : Mapping
        `{"text": str}`; a blank line begins a paragraph.

    Returns
    -------
    str
        An HTML fragment; the text is shown as it is, no mark-up in it is read.

    Raises
    ------
    ExplanationRefused
        If there is no text.
    """
    text = data.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ExplanationRefused("A rationale has a text.")
    paragraphs = [part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]
    body = "".join(f"<p>{escape(part)}</p>" for part in paragraphs)
    return f'<div class="rationale-box">{body}</div>'


def _check_spec(spec: Mapping[str, Any], *, renderer: str) -> None:
    given = {key for key in spec if key != "outcome"}
    wanted = {"renderer", "version", "limit"}
    if given != wanted or (spec["renderer"], spec["version"]) != (renderer, VERSION) or not spec["limit"] > 0:
        raise ExplanationRefused(
            f"This is not a specification of the renderer {renderer} {VERSION}: {dict(spec)!r:.200}."
        )
