"""The shelf finds plug-ins by itself, imports nothing heavy, and refuses two of one name."""

import subprocess
import sys
from pathlib import Path

import pytest

from explainers import methods
from explainers.core.method import Method
from explainers.core.registry import MissingPlugin, PluginClashError, UnknownPluginError
from explainers.methods import METHODS

FOLDER = Path(methods.__file__).parent


def a_method(name: str) -> type[Method]:
    return type("Local", (METHODS.get("shuffled"),), {"name": name})


def test_the_built_in_methods_are_found() -> None:
    files = {path.stem for path in FOLDER.glob("*.py") if not path.name.startswith("_")}
    assert files == set(METHODS.names())


def test_listing_the_shelf_imports_neither_torch_nor_captum() -> None:
    program = (
        "import sys; from explainers.methods import METHODS; METHODS.names(); "
        "sys.exit(bool({'torch', 'captum', 'sklearn', 'django'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_a_name_clash_names_both() -> None:
    with pytest.raises(PluginClashError, match=r"shuffled.*Local"):
        METHODS.register(a_method("shuffled"))


def test_a_plugin_can_be_there_for_a_while() -> None:
    with METHODS.temporarily(a_method("local")):
        assert "local" in METHODS.names()
    assert "local" not in METHODS.names()


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownPluginError, match=r"integrated_gradients.*shuffled"):
        METHODS.get("tarot")


def test_old_data_get_a_stand_in() -> None:
    stand_in = METHODS.get_or_missing("tarot", version="3")
    assert isinstance(stand_in, MissingPlugin)
    assert stand_in.label == "tarot 3 (not installed)"


@pytest.mark.parametrize("name", METHODS.names())
def test_every_method_declares_itself(name: str) -> None:
    method = METHODS.get(name)
    declared = [method.name, method.version, method.label, method.modality, method.scope, method.reference]
    assert all(isinstance(word, str) and word for word in declared)
    assert "References" in (method.__doc__ or "")
    assert method.complete({}) == dict(method.parameters)
