"""B14: what people write in any script is stored and leaves byte for byte, or is refused; it is never cut."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from studies.design.models import StudyVersion
from studies.export.coding import texts_sheet
from studies.trials.models import StepResponse
from tests.factories import CONDITIONS, step
from tests.trials.person import Person

WRITTEN = {
    "right to left": "أظنّ أنّ الخليّة سليمة — כן, אני בטוחה (100%)",
    "emoji of several code points": "👩🏽‍⚕️👨‍👩‍👧‍👦🏳️‍🌈",
    "combining marks, not composed": "e\u0301 a\u0308 o\u0302\u0323 \u1100\u1161\u11a8",
    "four bytes a character": "𠜎𡃁𐍈𝄞",
    "directional marks and joiners": "a\u202eb\u200dc\u2067d\u2069",
    "every line break": "one\r\ntwo\u2028three\u0085four",
    "ten thousand characters": "ß𝄞" * 5_000,
    "markup": "<script>alert('ß')</script>&amp;\"'",
    "blanks around": "\u00a0 words \u3000",
}
QUESTION = {"id": "more", "text": "What else?", "kind": "text", "required": False}


@pytest.fixture
def writer(study: Callable[..., StudyVersion], person: Callable[..., Person]) -> Person:
    flow = [
        step("consent", text="consent"), step("allocate"),
        step("questionnaire", name="words", version="1", title="Words", items=[QUESTION], stratum=None),
        step("debrief", text="debrief", consent=False),
    ]  # fmt: skip
    return person(study(flow=flow, conditions={"ai": CONDITIONS["ai"]})).go_to("questionnaire")


@pytest.mark.parametrize("what", WRITTEN)
def test_it_is_stored_byte_for_byte(what: str, writer: Person) -> None:
    writer.send(more=WRITTEN[what])
    assert writer.kind == "debrief", writer.text
    (stored,) = StepResponse.objects.filter(item="more").values_list("value", flat=True)
    assert stored.encode() == WRITTEN[what].encode()


@pytest.mark.parametrize("what", [name for name in WRITTEN if name != "every line break"])
def test_it_leaves_for_the_coders_byte_for_byte(what: str, writer: Person) -> None:
    writer.send(more=WRITTEN[what])
    version = StudyVersion.objects.get()
    sheet = texts_sheet(version=version, simulated=False, actor=None).encode().decode()
    (row,) = csv.DictReader(io.StringIO(sheet, newline=""))
    assert row["text"].encode() == WRITTEN[what].encode()


@pytest.mark.parametrize(
    ("text", "told"), [("a\x00b", "NUL"), ("ß" * 10_001, "below 10,000 characters; it has 10,001")]
)
def test_what_cannot_be_stored_is_refused_and_comes_back_to_be_mended(
    text: str, told: str, writer: Person
) -> None:
    writer.send(more=text)
    assert writer.reply.status_code == 422
    assert told in writer.text
    assert not StepResponse.objects.filter(item="more").exists()


def test_half_a_character_is_no_answer(writer: Person) -> None:
    """A lone surrogate cannot be sent as UTF-8; bytes that are no UTF-8 are read as the mark of what is unreadable."""
    body = f"nonce={writer.nonce}&more=%ED%A0%80%FFx".encode()
    reply: Any = writer.client.post(
        writer.url, body, content_type="application/x-www-form-urlencoded", headers={"X-Assay-Swap": "1"}
    )
    assert reply.status_code == 200
    (stored,) = StepResponse.objects.filter(item="more").values_list("value", flat=True)
    assert set(stored) <= {"\ufffd", "x"}
    assert stored.endswith("x")
