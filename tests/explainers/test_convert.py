"""An estimator of scikit-learn becomes a declaration and safetensors that say the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from explainers.core.convert import predictor_from_sklearn, predictor_write
from explainers.core.errors import PredictorRefused
from explainers.core.intake import probe
from explainers.core.predictor import LoadedPredictor, PredictorSpec

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("ignore::UserWarning")]
RNG = np.random.default_rng(8)
X = RNG.normal([40, 70, 170], [10, 8, 12], size=(200, 3))
TWO = (X[:, 0] + RNG.normal(0, 5, 200) > 40).astype(int)
THREE = np.digitize(X[:, 1] + RNG.normal(0, 4, 200), [66, 74])
LEVEL = 0.5 * X[:, 0] - 0.1 * X[:, 2] + 30
FEATURES = ["age", "pulse", "height"]
NET = {"hidden_layer_sizes": (6, 4), "max_iter": 30, "random_state": 0}


def scaled(model: Any) -> Any:
    return make_pipeline(StandardScaler(), model)


CLASSIFIERS = [
    (scaled(LogisticRegression()), TWO, ["well", "ill"]),
    (scaled(LogisticRegression()), THREE, ["low", "mid", "high"]),
    (LogisticRegression(max_iter=2000), TWO, ["well", "ill"]),
    (scaled(SGDClassifier(loss="log_loss", random_state=0)), TWO, ["well", "ill"]),
    (scaled(MLPClassifier(**NET)), TWO, ["well", "ill"]),
    (scaled(MLPClassifier(**NET, activation="tanh")), THREE, ["low", "mid", "high"]),
    (scaled(MLPClassifier(**NET, activation="logistic")), THREE, ["low", "mid", "high"]),
]
REGRESSIONS = [LinearRegression(), scaled(Ridge()), scaled(MLPRegressor(**NET, activation="identity"))]


@pytest.mark.parametrize("place", range(len(CLASSIFIERS)))
def test_a_classifier_keeps_its_probabilities(place: int) -> None:
    model, labels, classes = CLASSIFIERS[place]
    spec, weights = predictor_from_sklearn(model.fit(X, labels), features=FEATURES, classes=classes)
    rows = X[:50] + 3
    found = LoadedPredictor(spec, weights=weights).probabilities(
        [dict(zip(FEATURES, row, strict=True)) for row in rows.tolist()]
    )
    assert list(found[0]) == classes
    np.testing.assert_allclose([list(row.values()) for row in found], model.predict_proba(rows), atol=1e-5)


@pytest.mark.parametrize("place", range(len(REGRESSIONS)))
def test_a_regression_keeps_its_values(place: int) -> None:
    model = REGRESSIONS[place].fit(X, LEVEL)
    spec, weights = predictor_from_sklearn(
        model, features=FEATURES, classes=["level"], output={"unit": "mg/l", "decimals": 1}
    )
    named = [dict(zip(FEATURES, row, strict=True)) for row in X[:50].tolist()]
    found = [row["level"] for row in LoadedPredictor(spec, weights=weights).probabilities(named)]
    np.testing.assert_allclose(found, model.predict(X[:50]), rtol=1e-4)
    assert (spec.outcome, spec.output["unit"]) == ("regression", "mg/l")


def test_what_is_handed_in_are_two_files_of_data(tmp_path: Path) -> None:
    spec, weights = predictor_from_sklearn(CLASSIFIERS[0][0].fit(X, TWO), features=FEATURES)
    declaration, file = predictor_write(tmp_path, spec=spec, weights=weights)
    read = PredictorSpec.from_json(declaration.read_bytes())
    assert read == spec
    assert probe(LoadedPredictor(read, weights=file.read_bytes()))["minimum"] >= 0


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (RandomForestClassifier(n_estimators=2), "A RandomForestClassifier is not converted"),
        (SGDClassifier(loss="hinge"), "A SGDClassifier is not converted"),
        (make_pipeline(MinMaxScaler(), LogisticRegression()), "StandardScaler and one model"),
    ],
)
def test_other_models_are_refused_by_name(model: Any, message: str) -> None:
    with pytest.raises(PredictorRefused, match=message):
        predictor_from_sklearn(model.fit(X, TWO), features=FEATURES)


def test_a_model_that_was_not_fitted_or_has_other_features_is_refused() -> None:
    with pytest.raises(PredictorRefused, match="was not fitted"):
        predictor_from_sklearn(LogisticRegression(), features=FEATURES)
    with pytest.raises(PredictorRefused, match="fitted on 3 features; 2 names"):
        predictor_from_sklearn(LinearRegression().fit(X, LEVEL), features=FEATURES[:2])


def test_what_does_not_agree_is_refused() -> None:
    class Liar(LogisticRegression):
        def predict_proba(self, rows: Any) -> Any:
            return super().predict_proba(rows)[:, ::-1]

    Liar.__name__ = "LogisticRegression"
    with pytest.raises(PredictorRefused, match="differs from the original"):
        predictor_from_sklearn(make_pipeline(StandardScaler(), Liar()).fit(X, TWO), features=FEATURES)
