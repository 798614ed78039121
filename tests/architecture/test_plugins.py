"""Every plug-in of every shelf is held to its own declaration, the built-in ones and whatever else is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from analysis.core.registry import Registry as AnalysisRegistry
from analysis.core.schema import TABLES
from analysis.estimators import registry as estimators
from analysis.measures import registry as measures
from explainers.core.registry import Registry as ExplainerRegistry
from explainers.methods import METHODS
from studies.design.schemafaults import study_schema
from studies.protocols import get_protocol, shelf
from studies.protocols.facts import TrialFacts
from studies.protocols.stages import Decision, Option, Treatment
from studies.questionnaires import get_questionnaire, questionnaire_names

ROOT = Path(__file__).resolve().parents[2]
SHELVES: dict[str, Any] = {
    "explainer": METHODS,
    "protocol": shelf,
    "measure": measures,
    "estimator": estimators,
}
DECLARED = {
    "explainer": ("version", "label", "modality", "scope", "reference"),
    "protocol": ("version", "label", "reference", "data", "wide"),
    "measure": ("version", "label", "level", "unit", "bounds", "requires", "reference"),
    "estimator": ("version", "label", "assumptions", "returns", "referee", "reference"),
}
DECISION = Decision("Malignant?", (Option("b", "Benign"), Option("m", "Malignant")), "m", "percent")


def plugins() -> list[Any]:
    return [
        pytest.param(kind, registry.get(name), id=f"{kind}:{name}")
        for kind, registry in SHELVES.items()
        for name in registry.names()
    ]


@pytest.mark.parametrize(("kind", "plugin"), plugins())
def test_a_plugin_declares_what_its_shelf_asks_for(kind: str, plugin: Any) -> None:
    missing = [field for field in DECLARED[kind] if getattr(plugin, field, None) in (None, "")]
    assert not missing


@pytest.mark.parametrize(("kind", "plugin"), plugins())
def test_a_plugin_says_what_it_is_and_where_it_comes_from(kind: str, plugin: Any) -> None:
    assert len((plugin.__doc__ or "").strip()) > 40
    assert "References" in plugin.__doc__ or plugin.reference


def presets(name: str) -> list[dict[str, Any]]:
    """Return the parameters of a protocol in every phase: the defaults, and each other value that can be listed."""
    protocol = get_protocol(name)
    varied: list[dict[str, Any]] = [{}]
    for key, entry in protocol.parameters.items():
        values = entry.get("enum", [True, False] if entry.get("type") == "boolean" else [])
        varied += [{key: value} for value in values if value != entry["default"]]
    return [protocol.completed(given, phase=phase) for given in varied for phase in protocol.phases or ("",)]


def places(name: str, treatment: Treatment, parameters: dict[str, Any]) -> set[tuple[str, str]]:
    found = get_protocol(name).stages(DECISION, treatment, parameters)
    return {(stage.name, field.name) for stage in found for field in stage.fields}


@pytest.mark.parametrize("name", shelf.names())
def test_every_column_of_a_protocol_is_read_from_a_field_that_some_preset_asks(name: str) -> None:
    asked = {place for given in presets(name) for place in places(name, Treatment(True, 2), given)}
    assert set(get_protocol(name).wide.values()) <= asked


@pytest.mark.parametrize("name", shelf.names())
def test_a_protocol_declares_exactly_the_columns_that_it_fills(name: str) -> None:
    protocol = get_protocol(name)
    assert {column.name for column in protocol.data} == {*protocol.wide, *protocol.computed}
    assert all(TABLES["trials"].column(column.name) is not None for column in protocol.data)


@pytest.mark.parametrize("name", shelf.names())
def test_the_outcome_of_a_trial_nobody_answered_fills_declared_columns_only(name: str) -> None:
    protocol = get_protocol(name)
    for parameters in presets(name):
        assert set(protocol.outcome({}, TrialFacts(), parameters)) <= set(protocol.computed)


@pytest.mark.parametrize("name", shelf.names())
def test_the_defaults_of_a_protocol_fit_its_own_declaration(name: str) -> None:
    declared = get_protocol(name).parameters
    definitions = {"$defs": study_schema()["$defs"]}
    for key, entry in declared.items():
        assert entry["description"]
        Draft202012Validator({**definitions, **entry}).validate(entry["default"])
        assert json.loads(json.dumps(entry)) == entry, key


@pytest.mark.parametrize("name", shelf.names())
def test_the_treatment_of_a_condition_without_advice_shows_none(name: str) -> None:
    for parameters in presets(name):
        stages = get_protocol(name).stages(DECISION, Treatment(advice=False, explanations=0), parameters)
        items = {item for stage in stages for item in stage.items}
        assert not {"advice", "explanations", "original_explanations"} & items


@pytest.mark.parametrize("name", shelf.names())
def test_no_two_stages_or_fields_of_a_trial_share_a_name(name: str) -> None:
    for parameters in presets(name):
        stages = get_protocol(name).stages(DECISION, Treatment(True, 2), parameters)
        assert len({stage.name for stage in stages}) == len(stages)
        assert all(len({f.name for f in stage.fields}) == len(stage.fields) for stage in stages)


@pytest.mark.parametrize("name", METHODS.names())
def test_parameters_of_an_explainer_can_be_written_to_its_recipe(name: str) -> None:
    assert json.loads(json.dumps(dict(METHODS.get(name).parameters))) == dict(METHODS.get(name).parameters)


@pytest.mark.parametrize("name", questionnaire_names())
def test_a_questionnaire_names_its_source_and_its_licence(name: str) -> None:
    instrument = get_questionnaire(name)
    assert instrument.items
    assert instrument.licence
    assert instrument.reference


@pytest.mark.parametrize("registry_class", [AnalysisRegistry, ExplainerRegistry])
def test_two_plugins_of_one_name_are_an_error_that_names_both(registry_class: Any) -> None:
    registry = registry_class(kind="toy", shelf="", group="assay.none")
    first = type("First", (), {"name": "ball"})
    second = type("Second", (), {"name": "ball"})
    registry.register(first)
    with pytest.raises(ValueError, match=r"First.*Second"):
        registry.register(second)


@pytest.mark.parametrize("registry_class", [AnalysisRegistry, ExplainerRegistry])
def test_a_plugin_put_on_the_shelf_for_a_moment_leaves_it(registry_class: Any) -> None:
    registry = registry_class(kind="toy", shelf="", group="assay.none")
    with registry.temporarily(type("Toy", (), {"name": "toy"})):
        assert registry.names() == ["toy"]
    assert registry.names() == []


@pytest.mark.parametrize("registry_class", [AnalysisRegistry, ExplainerRegistry])
def test_threads_that_ask_at_once_all_see_the_whole_shelf(
    registry_class: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"slow_{registry_class.__module__.partition('.')[0]}"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / name / "ball.py").write_text(f"import time, {name}\ntime.sleep(0.2)\n{name}.found()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = registry_class(kind="toy", shelf=name, group="assay.none")
    import_module(name).found = lambda: registry.register(type("Ball", (), {"name": "ball"}))  # type: ignore[attr-defined]
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda _: registry.names(), range(4)))
    assert seen == [["ball"]] * 4


def test_listing_every_shelf_imports_nothing_heavy() -> None:
    probe = (
        "import sys; from analysis.measures import registry as m; from analysis.estimators import registry as e;"
        "from explainers.methods import METHODS; from studies.protocols import shelf;"
        "[r.names() for r in (m, e, METHODS, shelf)];"
        "assert not {'torch', 'captum', 'statsmodels', 'scipy', 'pandas', 'django'} & set(sys.modules), 'heavy'"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_plugin_of_a_stranger_is_found_by_its_module_name(tmp_path: Path) -> None:
    (tmp_path / "my_measure.py").write_text(
        "from analysis.measures import registry\n"
        "@registry.register\nclass Mine:\n    '''A measure of mine.'''\n    name = 'mine'\n"
    )
    probe = "from analysis.measures import registry; assert 'mine' in registry.names()"
    env = {"PYTHONPATH": f"{tmp_path}:{ROOT}", "ASSAY_PLUGIN_MODULES": "my_measure", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", probe], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
