"""Drawing an attribution over a text: words tinted and underlined in three steps, by sign, and named in a sentence."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from explainers.core.directions import (
    NEGATIVE,
    POSITIVE,
    Directions,
    directions,
    key_svg,
    scale_limit,
)
from explainers.core.errors import ExplanationRefused

VERSION = "1"
SPEC_KEYS = {"renderer", "version", "limit"}
STEPS = (1 / 6, 1 / 2, 5 / 6)
STRENGTHS = ("", "weak", "medium", "strong")
NAMED = 6


def tints_spec(values: Sequence[float], *, outcome: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """
    Return the render specification of a study of texts: one scale for all of its explanations.

    Formula: limit = 99th percentile of |a| over all words of all explanations.

    Parameters
    ----------
    values : Sequence of float
        Attributions of all words; not empty.
    outcome : Mapping or None
        Unit and decimals of a regression.

    Returns
    -------
    dict
        The specification.

    Raises
    ------
    ExplanationRefused
        If there are no attributions.

    Examples
    --------
    >>> tints_spec([0.5, -1.0])["limit"]
    0.995
    """
    if not len(values):
        raise ExplanationRefused("A scale needs at least one explanation.")
    return {
        "renderer": "tints",
        "version": VERSION,
        "limit": scale_limit(values),
        **({} if outcome is None else {"outcome": dict(outcome)}),
    }


def tint_step(value: float, *, limit: float) -> int:
    """
    Return how strongly a word is tinted.

    Definition: 0 below 1/6 of the scale, 1 below 1/2, 2 below 5/6, else 3.

    Parameters
    ----------
    value : float
        Attribution of the word.
    limit : float
        End of the scale.

    Returns
    -------
    int
        0 to 3, with the sign of the value.

    Examples
    --------
    >>> [tint_step(value, limit=1.0) for value in (0.1, -0.2, 0.6, -2.0)]
    [0, -1, 2, -3]
    """
    step = sum(abs(value) / limit >= each for each in STEPS)
    return step if value > 0 else -step


def tints_html(
    words: Sequence[str],
    values: Sequence[float],
    *,
    text: str,
    target: str,
    label: str,
    spec: Mapping[str, Any],
) -> str:
    """
    Draw one explanation of a text.

    Parameters
    ----------
    words : Sequence of str
        The words in the order of the text.
    values : Sequence of float
        Attribution of each word.
    text : str
        The whole text, which is shown to the character.
    target : str
        The class explained, or what a regression predicts.
    label : str
        What the text is, for people.
    spec : Mapping
        What `tints_spec` gave; one per study.

    Returns
    -------
    str
        An HTML fragment: no script, no style, no id; every text is escaped. Line breaks are kept by the
        style sheet static/explainers/renderings.css.

    Raises
    ------
    ExplanationRefused
        If the specification is another renderer's, or the words are not those of the text.
    """
    given = {key for key in spec if key != "outcome"}
    if (
        given != SPEC_KEYS
        or (spec["renderer"], spec["version"]) != ("tints", VERSION)
        or not spec["limit"] > 0
    ):
        raise ExplanationRefused(
            f"This is not a specification of the renderer tints {VERSION}: {dict(spec)!r:.200}."
        )
    said = directions(target, outcome=spec.get("outcome"))
    steps = [tint_step(value, limit=spec["limit"]) for value in values]
    return (
        f'<div class="tint-box"><p class="tint-title">{said.title_html("tint-target")}</p>'
        f'<p class="tint-label">{escape(label)}</p><p class="tint-body">{_body(words, steps, text=text)}</p>'
        f'<p class="tint-legend">{key_svg(POSITIVE, "bar-pos")} blue, underlined: {escape(said.towards)}. '
        f"{key_svg(NEGATIVE, 'bar-neg')} orange, broken line below: {escape(said.away)}. "
        "A stronger colour and a thicker line are a stronger push; all cases are drawn on one scale.</p>"
        f'<p class="tint-text">{escape(tints_text(words, values, said=said, limit=spec["limit"]))}</p></div>'
    )


def tints_text(words: Sequence[str], values: Sequence[float], *, said: Directions, limit: float) -> str:
    """
    Say in words which words are tinted.

    Parameters
    ----------
    words : Sequence of str
        The words.
    values : Sequence of float
        Their attributions.
    said : Directions
        Words for the target.
    limit : float
        End of the scale.

    Returns
    -------
    str
        At most six words per direction, strongest first, each with its strength.
    """
    ranked = sorted(zip(words, values, strict=True), key=lambda pair: -abs(pair[1]))
    sentences = []
    for sign, direction in ((1, said.towards), (-1, said.away)):
        chosen = [
            (word, abs(tint_step(value, limit=limit)))
            for word, value in ranked
            if sign * tint_step(value, limit=limit) > 0
        ]
        listed = ", ".join(f"{word} ({STRENGTHS[step]})" for word, step in chosen[:NAMED])
        more = f" and {len(chosen) - NAMED} more" if len(chosen) > NAMED else ""
        sentences.append(f"{direction[0].upper()}{direction[1:]}: {listed or 'no word'}{more}.")
    return f"{said.title}. {' '.join(sentences)}"


def _body(words: Sequence[str], steps: Sequence[int], *, text: str) -> str:
    parts, place = [], 0
    for word, step in zip(words, steps, strict=True):
        begin = text.find(word, place)
        if begin < 0:
            raise ExplanationRefused(
                f"The word {word!r:.60} of the explanation is not in the text, in its order."
            )
        parts.append(escape(text[place:begin]))
        place = begin + len(word)
        name = f"tint tint-{'pos' if step > 0 else 'neg'} tint-{abs(step)}"
        parts.append(f'<mark class="{name}">{escape(word)}</mark>' if step else escape(word))
    return "".join(parts) + escape(text[place:])
