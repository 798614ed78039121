"""A printed report on simulated participants says so on every sheet; seen in a real browser."""

import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import analysis
from tests.analysis.simulate import World, simulate, write_dataset

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MARK = "rgb(1, 2, 3)"  # a colour that nothing else has: it is found again in the drawing orders of each sheet
ORDER = re.compile(rb"\.0039\d* \.0078\d* \.011[78]\d* rg")
PACKED = re.compile(
    rb"(\d+) 0 obj\s*<<[^>]*?/Filter /FlateDecode[^>]*?>>\s*stream\r?\n(.*?)endstream",
    re.DOTALL,
)


def sheets(pdf: bytes) -> list[bytes]:
    """Return the drawing orders of every sheet."""
    streams = dict(PACKED.findall(pdf))
    pages = re.findall(rb"/Type /Page\b.*?/Contents (\d+) 0 R", pdf, re.S)
    return [zlib.decompressobj().decompress(streams[number]) for number in pages]


@pytest.mark.browser
@pytest.mark.parametrize("simulated", [True, False])
def test_every_printed_sheet_is_marked(simulated: bool, tmp_path: Path, chromium: "Browser") -> None:
    world = World(conditions=("ai", "ig"), strata=("all",), per_stratum=40, trials=12, simulated=simulated)
    folder = write_dataset(simulate(world, seed=1), tmp_path / "data")
    plan = {"primary": {"measure": "accuracy", "contrast": "ig - ai"}}
    analysis.report(folder, plan=plan, out=tmp_path / "out", permutations=50)
    page = chromium.new_page()
    page.goto((tmp_path / "out/report.html").as_uri())
    page.add_style_tag(content=f".banner p {{ background: {MARK} !important; }}")
    marked = [bool(ORDER.search(orders)) for orders in sheets(page.pdf(format="A4", print_background=True))]
    page.close()
    assert len(marked) > 2
    assert all(marked) if simulated else not any(marked)


@pytest.mark.browser
def test_the_page_fits_a_phone(tmp_path: Path, chromium: "Browser") -> None:
    folder = write_dataset(simulate(World(), seed=1), tmp_path / "data")
    plan = {"primary": {"measure": "accuracy", "contrast": "ig - ai"}}
    analysis.report(folder, plan=plan, out=tmp_path / "out", permutations=50)
    page = chromium.new_page(viewport={"width": 375, "height": 800})
    page.goto((tmp_path / "out/report.html").as_uri())
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert wide <= 375
