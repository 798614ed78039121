"""Toy predictors of each modality, some with a known answer, and one call that explains their cases."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explainers.core.attribution import Explanation, resolve_target
from explainers.core.engine import ExplainRequest, explain
from explainers.core.predictor import LoadedPredictor, PredictorSpec
from explainers.methods import METHODS

CLASSES = ["well", "ill"]
WORDS = ["[PAD]", "[UNK]", "no", "bleed", "##ing", "seen", ".", "fresh", "old", "scar"]
SIDE = 16
TABLE = PredictorSpec(
    "mlp",
    {"inputs": 6, "hidden": [16, 16], "outputs": 2},
    [f"f{number}" for number in range(6)],
    CLASSES,
    {"kind": "standardise", "mean": [0.5] * 6, "scale": [2.0] * 6},
)
LINE = PredictorSpec(
    "mlp", {"inputs": 6, "hidden": [], "outputs": 2}, TABLE.features, CLASSES, TABLE.preprocessing
)
PICTURE = PredictorSpec(
    "cnn",
    {"channels": 3, "widths": [6, 8], "outputs": 3, "pool": "average"},
    ["red", "green", "blue"],
    ["well", "ill", "unclear"],
    {"kind": "image", "height": SIDE, "width": SIDE, "mean": [0.5] * 3, "scale": [0.25] * 3},
)
TEXT = PredictorSpec(
    "text_transformer",
    {"vocabulary": len(WORDS), "length": 12, "width": 8, "heads": 2, "layers": 2, "outputs": 2},
    ["text"],
    CLASSES,
    {"kind": "tokens", "vocabulary": WORDS},
)
SPECS = {"tabular": TABLE, "image": PICTURE, "text": TEXT}
QUICK: dict[str, dict[str, Any]] = {
    "kernel_shap": {"samples": 40, "patch": 4},
    "shapley_sampling": {"permutations": 16},
    "lime": {"samples": 100},
    "gradient_shap": {"samples": 32},
    "smooth_grad": {"samples": 32},
}
"""Parameters that make the tests quick; the others keep their defaults."""
LINEAR_ONLY = ("deep_lift",)


def toy(spec: PredictorSpec, *, seed: int = 3, factor: float = 1.0) -> LoadedPredictor:
    """An untrained predictor with weights of its own, or with `factor=0` a constant one."""
    import torch
    from safetensors.torch import save

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = spec.family.build(spec.parameters)
    state = {
        name: tensor * (factor if tensor.is_floating_point() else 1)
        for name, tensor in network.state_dict().items()
    }
    return LoadedPredictor(spec, weights=save({name: tensor.contiguous() for name, tensor in state.items()}))


def rows_of(modality: str, count: int) -> list[dict[str, Any]]:
    """Cases of a modality."""
    random = np.random.default_rng(8)
    if modality == "image":
        return [{"image": random.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)} for _ in range(count)]
    if modality == "text":
        words = ["No", "bleeding", "seen", "fresh", "old", "scar", "unheard"]
        return [{"text": " ".join(random.choice(words, size=4 + number % 2))} for number in range(count)]
    values = random.normal(0.5, 2.0, size=(count, 6)).tolist()
    return [dict(zip(TABLE.features, row, strict=True)) for row in values]


def explained(
    method: str,
    predictor: LoadedPredictor,
    rows: Sequence[Mapping[str, Any]],
    *,
    target: str = "advised",
    seed: int = 0,
    sources: Sequence[Explanation] = (),
    **parameters: Any,
) -> list[Explanation]:
    """Explain cases; the digest of a case is its text, so that equal cases are equal in any company."""
    plugin = METHODS.get(method)
    scores = predictor.probabilities(rows)
    requests = [
        ExplainRequest(
            case_key=str(place),
            case_digest=repr(row if "image" not in row else row["image"].tobytes()),
            inputs=row,
            target_declared=target,
            target_class=resolve_target(target, scores=score, classes=predictor.spec.classes),
            parameters=plugin.complete({**QUICK.get(method, {}), **parameters}),
            seed=seed,
            source=sources[place] if sources else None,
        )
        for place, (row, score) in enumerate(zip(rows, scores, strict=True))
    ]
    return explain(plugin(), predictor=predictor, predictor_digest="toy", requests=requests)


def real_methods() -> list[tuple[str, str]]:
    """Every method that attributes, with each modality that it declares; controls apart."""
    return [
        (name, modality)
        for name in METHODS.names()
        for modality in METHODS.get(name).modality.split()
        if METHODS.get(name).scope == "attribution" and not METHODS.get(name).control
    ]


def parameters_for(method: str, spec: PredictorSpec) -> dict[str, Any]:
    """What a method needs on a predictor beyond its defaults."""
    return {"target_space": "score"} if method in LINEAR_ONLY and len(spec.classes) > 2 else {}
