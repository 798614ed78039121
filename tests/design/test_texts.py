"""Texts of experimenters cannot run anything and cannot call another host, whatever is written into them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from studies.design.texts import ATTRIBUTES, TAGS, cleaned_html, text_html, text_read
from studies.errors import FileInvalid

PAYLOADS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    '<img src="https://evil.example/pixel.gif">',
    "![pixel](https://evil.example/pixel.gif)",
    "![pixel](data:image/svg+xml;base64,PHN2Zz4=)",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt:alert(1))",
    "[click](java&#x0A;script:alert(1))",
    "[click](&#106;avascript:alert(1))",
    "[click](vbscript:msgbox(1))",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    "[click](http://evil.example/)",
    "[click](//evil.example/)",
    "[click](/admin/)",
    "[a]: javascript:alert(1)\n\n[a]",
    "<javascript:alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    '<svg onload="alert(1)"><circle r="9"/></svg>',
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<iframe src='https://evil.example'></iframe>",
    "<object data='evil.swf'></object><embed src='evil.swf'>",
    "<form action='https://evil.example'><input name=q><button>go</button></form>",
    "<style>@import url(https://evil.example/x.css);</style>",
    "<p style='background:url(https://evil.example/x.png)'>x</p>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<base href='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<video poster='https://evil.example/x.png'><source onerror=alert(1)></video>",
    "<details open ontoggle=alert(1)>x</details>",
    "<p id=page class=bars onclick=alert(1)>x</p>",
    "<!--><script>alert(1)</script-->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "`<img src=x onerror=alert(1)>`",
    "```\n</code></pre><script>alert(1)</script>\n```",
    '[x](https://ok.example "onmouseover=alert(1)")',
    '[x](https://ok.example "\\"><script>alert(1)</script>")',
    "| a |\n|---|\n| <script>alert(1)</script> |",
    "{{ 7*7 }}{% debug %}{0.__class__}%s",
    "<template><script>alert(1)</script></template>",
]


def elements(html: str) -> list[lxml_html.HtmlElement]:
    # Parsed by another program than the one that wrote it.
    return [e for e in lxml_html.fragment_fromstring(html, create_parent="main").iter() if e.tag != "main"]


def assert_harmless(html: str) -> None:
    for element in elements(html):
        assert element.tag in TAGS
        for name, value in element.attrib.items():
            assert name == "rel" or name in ATTRIBUTES.get(element.tag, set())
            if name == "href":
                assert value.startswith(("https://", "mailto:"))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markdown_comes_out_harmless(payload: str) -> None:
    assert_harmless(text_html(payload))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_html_that_went_around_the_import_comes_out_harmless(payload: str) -> None:
    assert_harmless(cleaned_html(payload))


@given(st.text(alphabet="<>[]()!`*\"'=/:#&;-| \nabijavscriptonerlgsh", max_size=120))
def test_any_text_comes_out_harmless_and_is_not_changed_by_a_second_pass(text: str) -> None:
    html = text_html(text)
    assert_harmless(html)
    assert cleaned_html(html) == html


def test_template_language_is_shown_as_it_is() -> None:
    assert text_html("{{ 7*7 }} {% debug %}") == "<p>{{ 7*7 }} {% debug %}</p>\n"


def test_html_in_markdown_is_shown_and_not_obeyed() -> None:
    assert text_html("a <b>c</b>") == "<p>a &lt;b&gt;c&lt;/b&gt;</p>\n"


def test_headings_begin_below_the_heading_of_the_page() -> None:
    assert text_html("# One\n\n###### Six") == "<h2>One</h2>\n<h6>Six</h6>\n"


def test_a_link_out_cannot_reach_back_and_tells_nothing() -> None:
    assert 'rel="noopener noreferrer"' in text_html("[x](https://ok.example)")


BAD_TEXTS = {
    "a picture": (b"fine\n\n![x](https://evil.example/x.png)", 3, "not supported yet"),
    "nothing": (b" \n ", 0, "empty"),
    "Latin-1": ("a\né".encode("latin-1"), 2, "UTF-8"),
    "a NUL": (b"a\nb\x00", 2, "control character"),
    "too much": (b"x" * 200_001, 0, "larger"),
}


@pytest.mark.parametrize("name", BAD_TEXTS)
def test_it_refuses_a_text_with(name: str) -> None:
    data, line, words = BAD_TEXTS[name]
    with pytest.raises(FileInvalid) as refused:
        text_read(data, name="x.md")
    assert refused.value.faults[0].line == line
    assert words in refused.value.faults[0].message
