"""What every method of attribution is held to, on every modality that it declares."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from explainers.core.attribution import COMPLETENESS_GATE, Explanation
from explainers.core.errors import ExplanationRefused
from explainers.methods import METHODS
from tests.explainers.toys import LINE, SPECS, explained, parameters_for, real_methods, rows_of, toy

pytestmark = pytest.mark.heavy
CASES = 9


def run(
    method: str, modality: str, *, factor: float = 1.0, some: Any = None, **asked: Any
) -> list[Explanation]:
    spec = SPECS[modality]
    rows = rows_of(modality, CASES)
    rows = rows if some is None else [rows[place] for place in some]
    return explained(method, toy(spec, factor=factor), rows, **parameters_for(method, spec), **asked)


@cache
def found_by(method: str, modality: str) -> list[Explanation]:
    return run(method, modality)


@pytest.mark.parametrize(("method", "modality"), real_methods())
def test_two_runs_under_one_seed_give_the_same_bytes(method: str, modality: str) -> None:
    assert [e.to_bytes() for e in run(method, modality)] == [e.to_bytes() for e in found_by(method, modality)]


@pytest.mark.parametrize(("method", "modality"), real_methods())
def test_every_part_that_people_see_has_a_finite_value(method: str, modality: str) -> None:
    predictor = toy(SPECS[modality])
    for row, found in zip(rows_of(modality, CASES), found_by(method, modality), strict=True):
        parts = {
            "tabular": lambda row: predictor.spec.features,
            "image": lambda row: range(16 * 16),
            "text": lambda row: [word for word, _ in predictor.words(row)],
        }[modality](row)
        assert (found.modality, len(found.values)) == (modality, len(parts))
        assert np.isfinite(np.asarray(found.values)).all()
        assert Explanation.from_bytes(found.to_bytes()) == found


@pytest.mark.parametrize(("method", "modality"), real_methods())
def test_a_constant_predictor_gives_a_null_map(method: str, modality: str) -> None:
    for found in run(method, modality, factor=0.0):
        assert not np.asarray(found.values).any()


@pytest.mark.parametrize(("method", "modality"), real_methods())
def test_a_predictor_that_is_not_constant_gives_none(method: str, modality: str) -> None:
    assert all(np.asarray(found.values).any() for found in found_by(method, modality))


@pytest.mark.parametrize(("method", "modality"), real_methods())
def test_what_a_case_gets_does_not_depend_on_its_company(method: str, modality: str) -> None:
    whole = [found.to_bytes() for found in found_by(method, modality)]
    for some in ([4], [7, 6, 5, 4, 3, 2, 1, 0]):
        assert [found.to_bytes() for found in run(method, modality, some=some)] == [whole[n] for n in some]


@pytest.mark.parametrize(("method", "modality"), real_methods())
def test_another_seed_changes_what_is_drawn_and_nothing_else(method: str, modality: str) -> None:
    one, other = found_by(method, modality), run(method, modality, seed=2)
    same = [list(a.values) == list(b.values) for a, b in zip(one, other, strict=True)]
    draws_nothing = "seedless" in METHODS.get(method).promises
    # Few words have few coalitions: those are all asked for, and there is nothing to draw.
    assert all(same) if draws_nothing else not all(same) or modality == "text"
    assert [a.recipe["family"] for a in one] == [b.recipe["family"] for b in other]


@pytest.mark.parametrize(("method", "modality"), real_methods())
def test_a_method_that_promises_completeness_keeps_it(method: str, modality: str) -> None:
    if "completeness" in METHODS.get(method).promises:
        errors = [found.completeness_error for found in found_by(method, modality)]
        assert max(errors) <= COMPLETENESS_GATE


@pytest.mark.parametrize(("method", "modality"), real_methods())
def test_the_declared_class_is_explained(method: str, modality: str) -> None:
    advised, other = found_by(method, modality), run(method, modality, target="rank_2")
    scores = toy(SPECS[modality]).probabilities(rows_of(modality, CASES))
    for score, first, second in zip(scores, advised, other, strict=True):
        ranked = sorted(score, key=lambda name: -score[name])
        assert [first.target_class, second.target_class] == ranked[:2]
        assert list(first.values) != list(second.values) or METHODS.get(method).name in UNSIGNED


UNSIGNED = ("saliency", "smooth_grad")
"""Of two classes the log-odds of one are minus those of the other: unsigned maps are the same."""
EXACT_ON_A_LINE = {
    "deep_lift": {},
    "feature_ablation": {},
    "gradient_shap": {"baseline": "training_mean"},
    "input_x_gradient": {},
    "integrated_gradients": {},
    "kernel_shap": {},
    "lime": {"ridge": 1e-9},
    "shapley_sampling": {},
}


@pytest.mark.parametrize("method", [name for name, modality in real_methods() if modality == "tabular"])
def test_a_linear_network_has_a_known_answer(method: str) -> None:
    """f = W z + b: a_i = (W_k,i - W_other,i) z_i, and the gradient is that difference."""
    predictor, rows = toy(LINE), rows_of("tabular", 4)
    matrix = predictor.module.state_dict()["out.weight"].double().numpy()
    for row, found in zip(
        rows, explained(method, predictor, rows, **EXACT_ON_A_LINE.get(method, {})), strict=True
    ):
        own = ["well", "ill"].index(found.target_class)
        slope = matrix[own] - matrix[1 - own]
        z = predictor.standardised([row])[0]
        known = slope * z if method in EXACT_ON_A_LINE else np.abs(slope)
        np.testing.assert_allclose(found.values, known, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("method", [name for name, modality in real_methods() if modality == "text"])
def test_a_text_without_attention_has_a_known_answer(method: str) -> None:
    """With nothing but the residual path f = mean of w (e + p): a word adds w (e - e_padding) / tokens."""
    predictor = residual_only(toy(SPECS["text"]))
    rows = rows_of("text", 6)
    parameters = {"lime": {"ridge": 1e-9}}.get(method, {})
    table, out = (predictor.module.state_dict()[name].double() for name in ("embedding.weight", "out.weight"))
    for row, found in zip(rows, explained(method, predictor, rows, **parameters), strict=True):
        own = ["well", "ill"].index(found.target_class)
        slope, ids = out[own] - out[1 - own], predictor.tensor([row])[0]
        count = int((ids != 0).sum())
        difference = {"input_x_gradient": table[ids]}.get(method, table[ids] - table[0])
        tokens = difference @ slope / count
        if method in ("saliency", "smooth_grad"):
            tokens = slope.norm().expand(len(ids)) / count
        known = [float(sum(tokens[place] for place in places)) for _, places in predictor.words(row)]
        np.testing.assert_allclose(found.values, known, rtol=1e-3, atol=1e-5)


def residual_only(predictor: Any) -> Any:
    """Take away what attention and the wide layers add."""
    import torch

    with torch.no_grad():
        for name, tensor in predictor.module.named_parameters():
            if ".merge." in name or ".narrow." in name:
                tensor.zero_()
    return predictor


@pytest.mark.parametrize("method", [name for name, modality in real_methods() if modality == "image"])
def test_the_one_bright_spot_is_found(method: str) -> None:
    """A network that looks for the brightest place; the spot is in the patch of rows 8 to 11 and columns 4 to 7."""
    predictor = brightness_seeker()
    pixels = np.full((16, 16, 3), 127, dtype=np.uint8)
    pixels[9:11, 5:7] = 250
    parameters = {"patch": 4} if "patch" in METHODS.get(method).parameters else {}
    if method == "occlusion":
        parameters = {"window": 4, "stride": 4}
    (found,) = explained(method, predictor, [{"image": pixels}], target="class: ill", **parameters)
    row, column = divmod(int(np.argmax(np.asarray(found.values))), 16)
    assert 8 <= row < 12
    assert 4 <= column < 8


def brightness_seeker() -> Any:
    """One convolution whose centre is 1, then the maximum over the picture: the score is the brightest place."""
    import torch

    from explainers.core.predictor import PredictorSpec

    spec = SPECS["image"]
    parameters = {"channels": 3, "widths": [2], "outputs": 2, "pool": "maximum"}
    predictor = toy(PredictorSpec("cnn", parameters, spec.features, ["well", "ill"], spec.preprocessing))
    state = predictor.module.state_dict()
    with torch.no_grad():
        for name, tensor in state.items():
            if tensor.dim() == 4:
                tensor.zero_()
                tensor[0, :, 1, 1] = 1.0
            elif name.startswith("out") and tensor.dim() == 2:
                tensor.copy_(torch.tensor([[0.0, 0.0], [1.0, 0.0]]))
    return predictor


@pytest.mark.parametrize("method", METHODS.names())
def test_every_limit_belongs_to_a_parameter_whose_default_it_allows(method: str) -> None:
    plugin = METHODS.get(method)
    assert set(plugin.limits) <= set(plugin.parameters)
    assert all(limit.allows(plugin.parameters[name]) for name, limit in plugin.limits.items())


@pytest.mark.parametrize(("method", "modality"), real_methods())
def test_a_method_refuses_cases_that_it_does_not_declare(method: str, modality: str) -> None:
    for other in sorted(set(SPECS) - set(METHODS.get(method).modality.split())):
        with pytest.raises(ExplanationRefused, match=f"this predictor takes {other} ones"):
            explained(method, toy(SPECS[other]), rows_of(other, 1))


def test_all_faults_of_parameters_are_said_at_once() -> None:
    with pytest.raises(ExplanationRefused, match=r"samples is a whole number.*width is a number above 0"):
        METHODS.get("lime").complete({"samples": 1, "width": 0})


def test_methods_that_fail_randomisation_say_so() -> None:
    warned = {name for name in METHODS.names() if METHODS.get(name).warning}
    assert warned == {"deconvolution", "guided_backprop"}
