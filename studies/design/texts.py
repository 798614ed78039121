"""Texts that experimenters write: Markdown in, HTML out, and nothing in it that could run or call another host."""

from __future__ import annotations

from collections.abc import Iterator

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from studies.errors import Fault, FileInvalid

MAXIMUM_BYTES = 200_000
TAGS = {
    "p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "blockquote", "ul", "ol", "li", "a", "code",
    "pre", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"https", "mailto"}
_DEEPEST = 6
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


def text_html(markdown: str) -> str:
    """Render Markdown to HTML that is safe to show; HTML inside the Markdown is shown as the text that it is."""
    tokens = _MARKDOWN.parse(markdown)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            # The page has the one h1; what the text calls its first heading stands below that.
            token.tag = f"h{min(int(token.tag[1]) + 1, _DEEPEST)}"
    return cleaned_html(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def cleaned_html(html: str) -> str:
    """Pass HTML through the allow-list of tags, attributes and addresses; what passed it once passes unchanged."""
    return nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, url_relative="deny", strip_comments=True
    )


def text_read(data: bytes, *, name: str) -> str:
    """Read a Markdown file; ``FileInvalid`` says what is wrong with it."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FileInvalid(name, [Fault(line, "", "The file is not UTF-8: save it as UTF-8.")]) from error
    faults = list(_faults(text, size=len(data)))
    if faults:
        raise FileInvalid(name, faults)
    return text


def _faults(text: str, *, size: int) -> Iterator[Fault]:
    if size > MAXIMUM_BYTES:
        yield Fault(0, "", f"The text is larger than {MAXIMUM_BYTES // 1000} kB: nobody will read it.")
        return
    if not text.strip():
        yield Fault(0, "", "The text is empty.")
    for number, row in enumerate(text.split("\n"), 1):
        if any(ord(c) < 32 and c not in "\t\r" for c in row):
            yield Fault(number, "", "There is a control character: remove it.")
    for token in _MARKDOWN.parse(text):
        yield from _image_faults(token)


def _image_faults(token: Token) -> Iterator[Fault]:
    if any(child.type == "image" for child in token.children or ()):
        line = token.map[0] + 1 if token.map else 0
        yield Fault(line, "", "not supported yet: a picture in a text. Leave it out.")
