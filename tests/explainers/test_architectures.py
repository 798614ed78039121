"""Every architecture on the allow-list: its shapes are what it builds, its taps are there, its intake passes."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explainers.core.architectures import ARCHITECTURES, architecture_get
from explainers.core.errors import PredictorRefused
from explainers.core.intake import predictor_probe, probe
from explainers.core.predictor import LoadedPredictor, PredictorSpec

pytestmark = pytest.mark.heavy
WORDS = ["[PAD]", "[UNK]", "no", "bleed", "##ing", "seen", ".", "fresh"]
IMAGE = {"kind": "image", "height": 32, "width": 32, "mean": [0.5] * 3, "scale": [0.25] * 3}
RGB = ["red", "green", "blue"]
TEXT = {"vocabulary": 8, "length": 12, "width": 8, "heads": 2, "layers": 2, "outputs": 2}
CNN = {"channels": 3, "widths": [4, 6], "outputs": 2}
SPECS = {
    "mlp": PredictorSpec(
        "mlp",
        {"inputs": 2, "hidden": [3], "outputs": 1, "activation": "tanh"},
        ["age", "pulse"],
        ["systolic pressure"],
        {"kind": "standardise", "mean": [40, 70], "scale": [10, 8]},
        {"kind": "regression", "unit": "mmHg", "decimals": 0},
    ),
    "cnn": PredictorSpec("cnn", CNN, RGB, ["well", "ill"], IMAGE),
    "resnet18": PredictorSpec("resnet18", {"outputs": 2, "size": 32}, RGB, ["well", "ill"], IMAGE),
    "text_transformer": PredictorSpec(
        "text_transformer", TEXT, ["text"], ["well", "ill"], {"kind": "tokens", "vocabulary": WORDS}
    ),
    "concept_bottleneck": PredictorSpec(
        "concept_bottleneck",
        {"backbone": {"architecture": "cnn", "parameters": CNN}, "concepts": ["spot", "halo"], "outputs": 2},
        RGB,
        ["well", "ill"],
        IMAGE,
    ),
}
ROWS: dict[str, list[dict[str, Any]]] = {
    "tabular": [{"age": 50.0, "pulse": 80.0}, {"age": 20.0, "pulse": 60.0}],
    "image": [
        {"image": np.random.default_rng(seed).integers(0, 256, (32, 32, 3), dtype=np.uint8)}
        for seed in (1, 2)
    ],
    "text": [{"text": "No bleeding seen."}, {"text": "Fresh bleeding."}],
}


def weights_of(spec: PredictorSpec, *, seed: int = 0) -> bytes:
    import torch
    from safetensors.torch import save

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = spec.family.build(spec.parameters)
    return save({name: value.contiguous() for name, value in network.state_dict().items()})


def load(name: str) -> LoadedPredictor:
    return LoadedPredictor(SPECS[name], weights=weights_of(SPECS[name]))


def test_every_architecture_of_the_shelf_is_tested_here() -> None:
    assert set(ARCHITECTURES.names()) == set(SPECS)


@pytest.mark.parametrize("name", SPECS)
def test_the_shapes_are_those_of_the_network_built(name: str) -> None:
    spec = SPECS[name]
    built = {
        key: tuple(value.shape) for key, value in spec.family.build(spec.parameters).state_dict().items()
    }
    assert spec.family.shapes(spec.parameters) == built


@pytest.mark.parametrize("name", SPECS)
def test_the_taps_are_modules_and_the_penultimate_has_a_row_per_case(name: str) -> None:
    predictor = load(name)
    seen: dict[str, Any] = {}
    for tap, module in predictor.taps.items():
        predictor.module.get_submodule(module).register_forward_hook(
            lambda _m, _i, output, tap=tap: seen.update({tap: output})
        )
    predictor.module(predictor.tensor(ROWS[predictor.modality]))
    assert set(seen) == set(predictor.taps)
    assert seen["penultimate"].flatten(1).ndim == 2
    assert all(len(value) == 2 for value in seen.values())
    assert "cam" not in seen or seen["cam"].ndim == 4


@pytest.mark.parametrize("name", SPECS)
def test_no_module_is_used_twice(name: str) -> None:
    # DeepLift and guided methods are silently wrong on a module that is called again.
    predictor, calls = load(name), []
    for key, module in predictor.module.named_modules():
        if not list(module.children()):
            module.register_forward_hook(lambda _m, _i, _o, key=key: calls.append(key))
    predictor.module(predictor.tensor(ROWS[predictor.modality]))
    assert len(calls) == len(set(calls))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] * (name == "resnet18")) for name in SPECS]
)
def test_a_sound_predictor_of_every_architecture_passes_its_probes(name: str) -> None:
    answer = probe(load(name))
    assert answer["row_difference"] <= 1e-5
    assert answer["minimum"] < answer["maximum"]


@pytest.mark.parametrize("name", ["cnn", "text_transformer", "mlp"])
def test_what_a_case_gets_does_not_depend_on_its_company(name: str) -> None:
    predictor = load(name)
    rows = ROWS[predictor.modality]
    assert predictor.probabilities(rows)[1] == predictor.probabilities(rows[1:])[0]


def test_a_network_for_texts_is_probed_in_a_process_of_its_own() -> None:
    spec = SPECS["text_transformer"]
    answer = predictor_probe(spec, weights=weights_of(spec))
    assert answer["no_deeplift_rule"] == ["LayerNorm"]


def test_resnet18_has_the_tensor_names_and_the_size_of_the_published_network() -> None:
    spec = SPECS["resnet18"]
    shapes = spec.family.shapes({"outputs": 1000})
    trained = {
        name: shape
        for name, shape in shapes.items()
        if not name.endswith(("running_mean", "running_var", "num_batches_tracked"))
    }
    assert sum(int(np.prod(shape)) for shape in trained.values()) == 11_689_512  # as torchvision states
    assert {"conv1.weight", "bn1.running_var", "layer2.0.downsample.1.bias", "fc.bias"} <= set(shapes)


def test_a_block_of_resnet18_is_what_its_paper_says() -> None:
    import torch
    from torch.nn import functional

    block = load("resnet18").module.get_submodule("layer2.0")
    state, rows = block.state_dict(), torch.randn(2, 64, 8, 8, generator=torch.Generator().manual_seed(1))

    def norm(values: Any, name: str) -> Any:
        keys = (f"{name}.{word}" for word in ("running_mean", "running_var", "weight", "bias"))
        return functional.batch_norm(values, *(state[key] for key in keys))

    first = norm(functional.conv2d(rows, state["conv1.weight"], stride=2, padding=1), "bn1").clamp(min=0)
    second = norm(functional.conv2d(first, state["conv2.weight"], padding=1), "bn2")
    shortcut = norm(functional.conv2d(rows, state["downsample.0.weight"], stride=2), "downsample.1")
    torch.testing.assert_close(block(rows), (second + shortcut).clamp(min=0))


def test_the_attention_of_the_text_transformer_is_that_of_torch() -> None:
    import torch
    from torch.nn import functional

    predictor = load("text_transformer")
    ids = predictor.tensor(ROWS["text"])
    layer = predictor.module.get_submodule("layer1")
    rows = layer.norm1(predictor.module.embed(ids))
    parts = [
        getattr(layer, word)(rows).view(2, 12, 2, 4).transpose(1, 2) for word in ("query", "key", "value")
    ]
    mask = (ids != 0)[:, None, None, :]
    mixed = functional.scaled_dot_product_attention(*parts, attn_mask=mask).transpose(1, 2).reshape(2, 12, 8)
    torch.testing.assert_close(layer._attend(rows, ids != 0), layer.merge(mixed))


def test_padding_takes_no_part_in_a_text() -> None:
    import torch

    predictor = load("text_transformer")
    ids = predictor.tensor(ROWS["text"])
    torch.testing.assert_close(predictor.module(ids[1:, :4]), predictor.module(ids[1:]))
    torch.testing.assert_close(
        predictor.module.from_embedded(predictor.module.embed(ids), ids), predictor.module(ids)
    )


def test_a_bottleneck_decides_by_its_concepts_alone() -> None:
    predictor = load("concept_bottleneck")
    rows = predictor.tensor(ROWS["image"])
    state = predictor.module.state_dict()
    concepts = predictor.module.backbone(rows).sigmoid()
    expected = concepts @ state["out.weight"].T + state["out.bias"]
    assert predictor.concept_names == ["spot", "halo"]
    np.testing.assert_allclose(predictor.module(rows).numpy(), expected.numpy(), rtol=1e-6)


def test_a_regression_gives_its_value_and_no_probability() -> None:
    predictor = load("mlp")
    state = {name: value.double().numpy() for name, value in predictor.module.state_dict().items()}
    z = np.array([[(50 - 40) / 10, (80 - 70) / 8]])
    hidden = np.tanh(z @ state["hidden1.weight"].T + state["hidden1.bias"])
    expected = float((hidden @ state["out.weight"].T + state["out.bias"])[0, 0])
    (found,) = predictor.probabilities(ROWS["tabular"][:1])
    assert found == {"systolic pressure": pytest.approx(expected, rel=1e-6)}


def test_a_temperature_divides_the_scores() -> None:
    spec = SPECS["cnn"]
    warm = PredictorSpec(
        spec.architecture,
        spec.parameters,
        spec.features,
        spec.classes,
        spec.preprocessing,
        {"temperature": 2.5},
    )
    predictor = LoadedPredictor(warm, weights=weights_of(spec))
    scores = predictor.module(predictor.tensor(ROWS["image"])).double().numpy() / 2.5
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    found = [list(row.values()) for row in predictor.probabilities(ROWS["image"])]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_picture_is_normalised_as_declared() -> None:
    predictor = load("cnn")
    pixels = ROWS["image"][0]["image"]
    expected = ((pixels / 255 - 0.5) / 0.25).transpose(2, 0, 1)
    np.testing.assert_allclose(predictor.tensor(ROWS["image"][:1])[0].numpy(), expected, atol=1e-6)
    assert predictor.baseline_tensor().shape == (3, 32, 32)


def test_a_picture_of_another_size_is_refused_and_not_stretched() -> None:
    with pytest.raises(PredictorRefused, match=r"31 x 32 x 3.*takes 32 x 32 x 3"):
        load("cnn").tensor([{"image": np.zeros((31, 32, 3), dtype=np.uint8)}])


def test_words_know_their_tokens_and_nothing_is_cut_off_in_silence() -> None:
    predictor = load("text_transformer")
    assert predictor.words({"text": "No bleeding"}) == [("No", [0]), ("bleeding", [1, 2])]
    with pytest.raises(
        PredictorRefused, match=r"Case 1: The text has 13 tokens; the predictor takes 1 to 12"
    ):
        predictor.tensor([{"text": "no " * 13}])


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("resnet18", {"parameters": {"outputs": 2, "size": 16}}, "size is a whole number from 32"),
        ("resnet18", {"features": ["grey"]}, "3 different features"),
        ("cnn", {"parameters": {**CNN, "widths": []}}, "at least one width"),
        ("cnn", {"preprocessing": {**IMAGE, "height": 0}}, "whole number from 1 to 1024"),
        ("cnn", {"preprocessing": {**IMAGE, "each": True}}, "preprocessing of pictures"),
        ("cnn", {"preprocessing": {"kind": "standardise"}}, "has the kind image"),
        ("text_transformer", {"parameters": {**TEXT, "heads": 3}}, "multiple of its heads"),
        (
            "text_transformer",
            {"preprocessing": {"kind": "tokens", "vocabulary": WORDS[:7]}},
            "list of 8 tokens",
        ),
        (
            "text_transformer",
            {"preprocessing": {"kind": "tokens", "vocabulary": [*WORDS[:7], "no"]}},
            "occurs twice",
        ),
        ("mlp", {"output": {}}, "two classes or more"),
        ("mlp", {"output": {"kind": "ranking"}}, "one of classification, regression"),
        ("cnn", {"output": {"kind": "regression"}}, "one output"),
        ("cnn", {"output": {"temperature": 0}}, "above 0"),
        ("concept_bottleneck", {"parameters": {}}, "backbone, concepts and outputs"),
    ],
)
def test_a_wrong_declaration_is_refused(name: str, changes: dict[str, Any], message: str) -> None:
    from dataclasses import replace

    with pytest.raises(PredictorRefused, match=message):
        replace(SPECS[name], **changes).check()


def test_a_declaration_comes_back_from_its_file() -> None:
    for spec in SPECS.values():
        assert PredictorSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"architecture": "mlp"}'])
def test_what_is_no_declaration_is_refused(data: bytes) -> None:
    with pytest.raises(PredictorRefused, match="declaration"):
        PredictorSpec.from_json(data)


PLUGIN = """
from explainers.core.architectures import ARCHITECTURES, Architecture

def build(parameters):
    from torch import nn
    return nn.Sequential(nn.Linear(2, 2))

ARCHITECTURES.register(Architecture(
    name="lab_line", version="1", label="A line", reference="ours", modality=lambda p: "tabular",
    inputs=lambda p: (2,), outputs=lambda p: 2, shapes=lambda p: {"0.weight": (2, 2), "0.bias": (2,)},
    build=build, taps=lambda p: {"penultimate": "0"},
))
"""


def test_a_lab_adds_an_architecture_by_one_file(tmp_path: Path) -> None:
    (tmp_path / "lab_line.py").write_text(PLUGIN)
    program = (
        f"import sys; sys.path.append({str(tmp_path)!r}); import numpy as np\n"
        "from safetensors.numpy import save\n"
        "from explainers.core.intake import predictor_probe\n"
        "from explainers.core.predictor import PredictorSpec\n"
        "prep = {'kind': 'standardise', 'mean': [0, 0], 'scale': [1, 1]}\n"
        "spec = PredictorSpec('lab_line', {}, ['a', 'b'], ['no', 'yes'], prep)\n"
        "weights = save({'0.weight': np.eye(2, dtype='float32'), '0.bias': np.zeros(2, dtype='float32')})\n"
        "assert predictor_probe(spec, weights=weights)['batches'] == [1, 2, 37]\n"
        "assert 'torch' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"ASSAY_PLUGIN_MODULES": "lab_line", "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_an_unknown_architecture_names_those_there_are() -> None:
    with pytest.raises(
        PredictorRefused, match="no architecture 'vit'; registered are: cnn, concept_bottleneck"
    ):
        architecture_get("vit")
