"""Other cases as explanations: neighbours, prototypes by trying all, influence against learning anew."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from explainers.core.errors import ExplanationRefused
from explainers.core.examples.influence import last_layer_influence
from explainers.core.examples.neighbours import cosine_distances, prototypes
from explainers.core.exhibit import Exhibit, artefact_of
from explainers.core.reference import ReferenceSet
from tests.explainers.test_concept_methods import told
from tests.explainers.toys import LINE, SPECS, rows_of, toy

pytestmark = pytest.mark.heavy
METHODS = ("nearest_cases", "prototypes", "influential_cases")


def known(modality: str = "tabular", count: int = 12) -> dict[str, ReferenceSet]:
    rows = rows_of(modality, count)
    labels = ["well", "ill", "ill"] * (count // 3)
    return {"train": ReferenceSet("train", "digest", [f"k{n}" for n in range(count)], rows, labels)}


def test_distances_are_those_of_scipy() -> None:
    random = np.random.default_rng(6)
    from scipy.spatial.distance import cosine

    one, others = random.normal(size=4), random.normal(size=(9, 4))
    assert cosine_distances(one, others) == pytest.approx([cosine(one, other) for other in others])


def test_the_first_prototype_is_the_best_of_all() -> None:
    random = np.random.default_rng(6)
    points = random.normal(size=(9, 2))
    squared = ((points[:, None] - points) ** 2).sum(axis=2)
    kernel = np.exp(-squared / np.median(squared[squared > 0]))
    (first,) = prototypes(points, count=1)
    assert first == int((2 * kernel.mean(axis=1) - np.diag(kernel)).argmax())


def test_prototypes_are_nearly_as_good_as_the_best_set_of_all() -> None:
    random = np.random.default_rng(6)
    """Greedy choice of a monotone submodular sum reaches 1 - 1/e of the best; here it is nearly the best."""
    points = np.concatenate([random.normal(size=(5, 2)), random.normal(size=(5, 2)) + 8])
    squared = ((points[:, None] - points) ** 2).sum(axis=2)
    kernel = np.exp(-squared / np.median(squared[squared > 0]))

    def worth(places: Any) -> float:
        some = list(places)
        return float(2 * kernel[:, some].mean() - kernel[np.ix_(some, some)].mean())

    best = max(worth(places) for places in combinations(range(10), 2))
    assert worth(prototypes(points, count=2)) >= (1 - 1 / np.e) * best
    assert {place // 5 for place in prototypes(points, count=2)} == {0, 1}


def softmax_fit(z: np.ndarray, labels: np.ndarray, *, n: int, ridge: float) -> np.ndarray:
    """Weights (2, width) that minimise sum of losses / n + ridge / 2 |W|^2."""
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(2, -1)
        scores = z @ weights.T
        p = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
        value = -np.log(p[np.arange(len(z)), labels]).sum() / n + ridge / 2 * (flat**2).sum()
        return value, ((p - np.eye(2)[labels]).T @ z / n).ravel() + ridge * flat

    found = minimize(loss, np.zeros(2 * z.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-10})
    return found.x.reshape(2, -1)


def test_influence_is_what_leaving_out_and_learning_anew_does() -> None:
    random = np.random.default_rng(6)
    n, ridge = 60, 1e-2
    x = random.normal(size=(n, 3))
    labels = (x[:, 0] + 0.7 * random.normal(size=n) > 0).astype(int)
    z, case = np.hstack([x, np.ones((n, 1))]), np.array([0.4, -0.3, 0.2])
    whole = softmax_fit(z, labels, n=n, ridge=ridge)
    scores = z @ whole.T
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    found = last_layer_influence(
        x, probabilities=p, labels=labels, case=case, direction=np.array([-1.0, 1.0]), ridge=ridge
    )
    own = np.append(case, 1.0)
    change = []
    for out in range(n):
        rest = np.arange(n) != out
        without = softmax_fit(z[rest], labels[rest], n=n, ridge=ridge)
        change.append(np.array([-1.0, 1.0]) @ (whole - without) @ own)
    assert np.corrcoef(found, change)[0, 1] > 0.995
    assert np.abs(found - change).max() < 0.15 * np.abs(change).max()


def test_the_influence_of_a_case_on_itself_is_towards_its_outcome() -> None:
    references = known()
    (found,) = told(
        "influential_cases", toy(LINE), [references["train"].rows[1]], references=references, cases="train"
    )
    assert isinstance(found, Exhibit)
    assert "k1" in [card["case"] for card in found.content["for"]]
    assert all(card["influence"] < 0 for card in found.content["against"])


@pytest.mark.parametrize("modality", ["tabular", "image", "text"])
@pytest.mark.parametrize("method", METHODS)
def test_cases_of_every_kind_can_be_examples(method: str, modality: str) -> None:
    predictor, references = toy(SPECS[modality]), known(modality)
    rows = rows_of(modality, 14)[12:]
    found = told(method, predictor, rows, references=references, cases="train")
    assert [artefact_of(each.to_bytes()) for each in found] == found
    (alone,) = told(method, predictor, rows[1:], references=references, cases="train")
    assert alone.to_bytes() == found[1].to_bytes()


def test_the_nearest_of_each_class_come_first_and_never_the_case_itself() -> None:
    references, predictor = known(), toy(SPECS["tabular"])
    (found,) = told(
        "nearest_cases", predictor, [references["train"].rows[4]], references=references, cases="train"
    )
    assert isinstance(found, Exhibit)
    assert set(found.content["classes"]) == {"well", "ill"}
    for name, cards in found.content["classes"].items():
        assert [card["distance"] for card in cards] == sorted(card["distance"] for card in cards)
        assert all(card["outcome"] == name and card["case"] != "k4" for card in cards)


@pytest.mark.parametrize("method", ["nearest_cases", "prototypes"])
def test_examples_of_the_class_explained_alone_are_those_shown_of_it_among_all(method: str) -> None:
    references, predictor = known(), toy(SPECS["tabular"])
    (every,) = told(method, predictor, rows_of("tabular", 1), references=references, cases="train")
    (one,) = told(
        method, predictor, rows_of("tabular", 1), references=references, cases="train", shown="target"
    )
    assert isinstance(every, Exhibit)
    assert isinstance(one, Exhibit)
    assert one.content["classes"] == {one.target_class: every.content["classes"][one.target_class]}


@pytest.mark.parametrize("method", ["nearest_cases", "prototypes"])
def test_examples_of_a_class_of_which_none_is_known_are_refused(method: str) -> None:
    whole, predictor = known()["train"], toy(SPECS["tabular"])
    (every,) = told(method, predictor, rows_of("tabular", 1), references=known(), cases="train")
    kept = [n for n, label in enumerate(whole.labels) if label != every.target_class]
    left = ReferenceSet(
        "train",
        "d",
        [whole.keys[n] for n in kept],
        [whole.rows[n] for n in kept],
        [whole.labels[n] for n in kept],
    )
    with pytest.raises(ExplanationRefused, match="is known: bring some in"):
        told(
            method,
            predictor,
            rows_of("tabular", 1),
            references={"train": left},
            cases="train",
            shown="target",
        )


@pytest.mark.parametrize("method", METHODS)
def test_examples_need_outcomes(method: str) -> None:
    bare = ReferenceSet("train", "d", ["a"], rows_of("tabular", 1))
    with pytest.raises(ExplanationRefused, match="no outcomes"):
        told(method, toy(LINE), rows_of("tabular", 1), references={"train": bare}, cases="train")
