"""The door of the shelves: lazy, one name one plug-in, and old names still load."""

import subprocess
import sys
from pathlib import Path

import pytest

from analysis.core.registry import MissingPlugin, PluginClashError, Registry, UnknownPluginError
from analysis.measures import registry

ROOT = Path(__file__).parents[2]


def shelf() -> Registry[type]:
    return Registry(kind="toy", shelf="", group="assay.none")


class Ball:
    name = "ball"


def test_a_name_clash_names_both() -> None:
    toys = shelf()
    toys.register(Ball)
    other = type("Other", (), {"name": "ball", "__module__": "elsewhere"})
    with pytest.raises(PluginClashError, match=r"test_registry\.Ball and elsewhere\.Other"):
        toys.register(other)


def test_registering_twice_is_no_clash() -> None:
    toys = shelf()
    assert toys.register(Ball) is toys.register(Ball) is Ball


def test_a_plugin_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="declares no name"):
        shelf().register(type("Nameless", (), {}))


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(UnknownPluginError, match=r"no measure 'speed'\. There are: accuracy, agreement"):
        registry.get("speed")


def test_a_missing_plugin_still_loads() -> None:
    found = registry.get_or_missing("retired", version="2")
    assert found == MissingPlugin(name="retired", version="2", kind="measure")
    assert found.label == "retired 2 (not installed)"


def test_a_temporary_plugin_is_gone_afterwards() -> None:
    toys = shelf()
    with toys.temporarily(Ball):
        assert toys.names() == ["ball"]
    assert toys.names() == []


def test_local_modules_are_loaded_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_toy.py").write_text(
        "from tests.analysis.test_registry import LOCAL, Ball\nLOCAL.register(Ball)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("ASSAY_PLUGIN_MODULES", "my_toy")
    assert LOCAL.names() == ["ball"]


LOCAL: Registry[type] = shelf()


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import analysis", "analysis.report"),
        ("from analysis.measures import registry; registry.names()", "pandas"),
        ("from analysis.estimators import registry; registry.names()", "scipy"),
        ("import analysis.core.schema, analysis.core.allocation, analysis.core.digest", "numpy"),
    ],
)
def test_listing_and_importing_load_nothing_heavy(code: str, heavy: str) -> None:
    heavy_ones = {heavy, "pandas", "scipy", "django"}
    ask = f"{code}; import sys; bad = {heavy_ones} & set(sys.modules); sys.exit(str(bad) if bad else 0)"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_the_analysis_works_without_django_celery_and_redis() -> None:
    block = (
        "import sys\n"
        "for name in ('django', 'celery', 'redis', 'kombu', 'rest_framework', 'statsmodels', 'torch'):\n"
        "    sys.modules[name] = None\n"
        "from analysis.__main__ import main\n"
        "import analysis\n"
        "analysis.measure, analysis.permutation_test, analysis.equivalence, analysis.report\n"
        "sys.exit(main(['report', 'nowhere', '--plan', 'p', '--out', 'o']))\n"
    )
    done = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2
    assert done.stderr.startswith("There is no table of trials at nowhere")
