"""Drawn trials of a dataset: foreign HTML goes through a narrow allow-list before it comes into the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

PARTS = ("prompt", "case", "shown", "asked")
PREFIX = "t-"  # of every class that comes in: the page's own styles cannot be meant by mistake
MOST_CHARACTERS = 3_000_000
_TAGS = frozenset({
    "section", "div", "p", "span", "strong", "em", "b", "i", "s", "h2", "h3", "h4", "h5", "ul", "ol", "li", "dl",
    "dt", "dd", "figure", "figcaption", "table", "caption", "thead", "tbody", "tr", "th", "td", "mark", "label",
    "kbd", "code", "blockquote", "br", "hr", "svg", "g", "rect", "line", "circle", "path", "polyline", "image",
    "text", "img", "title",
})  # fmt: skip
_GONE = frozenset(
    {"script", "style", "noscript", "button", "nav", "details", "select", "textarea", "template"}
)
_ANYWHERE = frozenset({"class", "role", "aria-hidden", "aria-label"})
_DRAWN = frozenset({
    "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "d", "points", "width", "height", "fill",
    "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray", "stroke-linecap",
    "stroke-linejoin", "transform", "opacity", "vector-effect",
})  # fmt: skip
_OWN = {
    "svg": frozenset({"viewBox", "width", "height", "preserveAspectRatio", "focusable"}),
    "image": _DRAWN | {"href", "preserveAspectRatio"},
    "img": frozenset({"src", "alt", "width", "height"}),
    "th": frozenset({"scope", "colspan", "rowspan"}),
    "td": frozenset({"colspan", "rowspan"}),
    **dict.fromkeys(("g", "rect", "line", "circle", "path", "polyline", "text"), _DRAWN),
}
_PICTURE = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=\s]+")
_CLASS = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def cleaned(html: str) -> Markup:
    """Return what is allowed of a fragment of HTML.

    Parameters
    ----------
    html : str
        From a dataset: not trusted.

    Returns
    -------
    markupsafe.Markup
        Without scripts, styles, links, controls, identifiers and addresses; pictures only as data (PNG, JPEG), every
        class with a prefix.

    Examples
    --------
    >>> str(cleaned('<p class="asked" onclick="x()">Is it <b>ill</b>?<script>y()</script></p>'))
    '<p class="t-asked">Is it <b>ill</b>?</p>'
    >>> str(cleaned('<img src="https://example.org/x.png" alt="A scan">'))
    '<img alt="A scan">'
    """
    import nh3

    found = nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_GONE),
        attributes={"*": set(_ANYWHERE), **{name: set(own) for name, own in _OWN.items()}},
        attribute_filter=_kept,
        url_schemes={"data"},
        link_rel=None,
    )
    return Markup(found)  # noqa: S704 - cleaned in the line above


def _kept(_tag: str, name: str, value: str) -> str | None:
    if name in ("src", "href"):
        return value if _PICTURE.fullmatch(value) else None
    if name == "class":
        return " ".join(f"{PREFIX}{word}" for word in value.split() if _CLASS.fullmatch(word)) or None
    return None if "url(" in value.lower() else value


def drawn_trial(told: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the drawn trial that a dataset has of a condition, as it came.

    Parameters
    ----------
    told : mapping
        What is known of the condition; ``trial`` holds HTML of ``prompt, case, shown, asked``, and ``stage``.

    Returns
    -------
    dict or None
        Those five as text, empty where there is none; None where there is none or it is larger than a page should be.
    """
    found = told.get("trial")
    if not isinstance(found, Mapping):
        return None
    parts = {name: str(found.get(name) or "") for name in (*PARTS, "stage")}
    size = sum(map(len, parts.values()))
    return parts if 0 < size <= MOST_CHARACTERS and (parts["case"] or parts["shown"]) else None


def instructions_html(text: str) -> Markup:
    r"""Return instructions, written in Markdown, as HTML; headings become smaller than those of the page.

    Parameters
    ----------
    text : str
        Markdown; raw HTML in it is shown as text.

    Returns
    -------
    markupsafe.Markup
        Cleaned.

    Examples
    --------
    >>> str(instructions_html("## The task\n\nDecide **twice**.")).split("\n")
    ['<h5>The task</h5>', '<p>Decide <strong>twice</strong>.</p>', '']
    """
    from markdown_it import MarkdownIt

    html = str(MarkdownIt("commonmark", {"html": False}).render(text))
    smaller = re.sub(r"<(/?)h[1-6]>", r"<\1h5>", html)
    return cleaned(smaller)
