"""The gallery: every method and control of a modality, drawn; the whole of it in the long suite."""

from pathlib import Path

import pytest

from explainers.management.gallery import gallery_write
from explainers.methods import METHODS

pytestmark = pytest.mark.heavy


def test_the_form_of_a_concept_bottleneck_is_shown(tmp_path: Path) -> None:
    list(gallery_write(tmp_path, only=["bottleneck", "price"]))
    page = (tmp_path / "index.html").read_text()
    assert page.count("<article>") == 1 + 3 * 5
    assert "<script" not in page
    assert "style=" not in page


@pytest.mark.long
def test_every_method_and_every_control_is_shown_and_none_is_refused(tmp_path: Path) -> None:
    list(gallery_write(tmp_path))
    page = (tmp_path / "index.html").read_text()
    for plugin in map(METHODS.get, METHODS.names()):
        if plugin.scope != "imported":
            said = (
                [f"control {plugin.control} of "]
                if plugin.control
                else [f">{plugin.name}<", f">{plugin.name}. "]
            )
            assert any(words in page for words in said), plugin.name
    assert "it cannot be shown here" not in page
