"""For the owner of a scikit-learn predictor, on the owner's machine: what travels is a declaration and safetensors.

Nothing here reads files: the estimator is the object that the owner has just trained or loaded, so that a pickle
never has to leave the house it was made in.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.declaration import PredictorSpec
from explainers.core.errors import PredictorRefused

LOGISTIC = {"LogisticRegression", "LogisticRegressionCV"}
LINEAR = {
    "LinearRegression",
    "Ridge",
    "RidgeCV",
    "Lasso",
    "LassoCV",
    "ElasticNet",
    "ElasticNetCV",
    "HuberRegressor",
}
NETWORKS = {"MLPClassifier", "MLPRegressor"}
TOLERANCE = 1e-4
Layers = list[tuple[NDArray[np.float64], NDArray[np.float64]]]


def predictor_from_sklearn(
    estimator: Any,
    *,
    features: Sequence[str],
    classes: Sequence[str] = (),
    check_rows: Any = None,
    output: Mapping[str, Any] | None = None,
) -> tuple[PredictorSpec, bytes]:
    """
    Convert a fitted linear model or multi-layer perceptron of scikit-learn.

    A `Pipeline` of a `StandardScaler` and such a model is converted with its scaler; without a scaler the features
    go in as they are. Probabilities of two classes by one logistic output become the softmax of (0, z), which
    is the same.

    Parameters
    ----------
    estimator : Any
        LogisticRegression, LinearRegression, Ridge, Lasso, ElasticNet, HuberRegressor (also with CV), SGDClassifier
        with log loss, MLPClassifier or MLPRegressor; or a Pipeline of StandardScaler and one of these.
    features : Sequence of str
        Names of the columns it was fitted on, in their order.
    classes : Sequence of str
        Names of the classes in the order of `classes_`, or the one name of what a regression predicts; the
        estimator's own names if left out.
    check_rows : array or None
        Rows (n, features) on which converted and original have to agree within 1e-4; standard normal
        rows around the scaler's mean if left out.
    output : Mapping or None
        For a regression: unit and decimals.

    Returns
    -------
    tuple
        Declaration and the bytes of a safetensors file.

    Raises
    ------
    PredictorRefused
        If the estimator is of another kind, not fitted, or does not agree with what it became.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> spec, weights = predictor_from_sklearn(
    ...     LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0]), features=["dose"], classes=["level"])
    >>> spec.outcome, spec.parameters["hidden"]
    ('regression', [])
    """
    from safetensors.numpy import save

    mean, scale, model = _scaler_and_model(estimator, count=len(features))
    layers, activation = _layers(model)
    regression = not hasattr(model, "classes_")
    names = list(classes) or [str(name) for name in getattr(model, "classes_", ["outcome"])]
    if not regression and len(names) == 2 and len(layers[-1][1]) == 1:
        layers[-1] = tuple(np.concatenate([np.zeros_like(part), part]) for part in layers[-1])  # type: ignore[assignment]
    spec = PredictorSpec(
        architecture="mlp",
        parameters={
            "inputs": len(features),
            "hidden": [len(bias) for _, bias in layers[:-1]],
            "outputs": len(layers[-1][1]),
            **({} if activation == "relu" else {"activation": activation}),
        },
        features=list(features),
        classes=names,
        preprocessing={"kind": "standardise", "mean": mean.tolist(), "scale": scale.tolist()},
        output={"kind": "regression", **(output or {})} if regression else dict(output or {}),
    )
    spec.check()
    tensor_names = [f"hidden{number}" for number in range(1, len(layers))] + ["out"]
    tensors = {}
    for name, (weight, bias) in zip(tensor_names, layers, strict=True):
        tensors[f"{name}.weight"] = np.ascontiguousarray(weight, dtype=np.float32)
        tensors[f"{name}.bias"] = np.ascontiguousarray(bias, dtype=np.float32)
    weights = save(tensors)
    rows = _rows_near(mean, scale) if check_rows is None else np.asarray(check_rows, dtype=np.float64)
    _check_agreement(estimator, spec=spec, weights=weights, rows=rows)
    return spec, weights


def predictor_write(folder: Path | str, *, spec: PredictorSpec, weights: bytes) -> tuple[Path, Path]:
    """
    Write the two files that a lab hands in.

    Parameters
    ----------
    folder : Path or str
        Made if it is not there.
    spec : PredictorSpec
        The declaration.
    weights : bytes
        A safetensors file.

    Returns
    -------
    tuple of Path
        `predictor.json` and `weights.safetensors`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    declaration, file = folder / "predictor.json", folder / "weights.safetensors"
    declaration.write_bytes(spec.to_json())
    file.write_bytes(weights)
    return declaration, file


def _scaler_and_model(estimator: Any, *, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64], Any]:
    steps = [step for _, step in getattr(estimator, "steps", [("model", estimator)])]
    mean, scale = np.zeros(count), np.ones(count)
    if len(steps) == 2 and type(steps[0]).__name__ == "StandardScaler":
        scaler = steps.pop(0)
        if not hasattr(scaler, "n_features_in_"):
            raise PredictorRefused("The StandardScaler has not been fitted.")
        mean = mean if scaler.mean_ is None else np.asarray(scaler.mean_, dtype=np.float64)
        scale = scale if scaler.scale_ is None else np.asarray(scaler.scale_, dtype=np.float64)
    if len(steps) != 1:
        raise PredictorRefused("A Pipeline is converted if it is a StandardScaler and one model.")
    model = steps[0]
    fitted = getattr(model, "n_features_in_", None)
    if fitted != count:
        raise PredictorRefused(
            f"The {type(model).__name__} was "
            + ("not fitted." if fitted is None else f"fitted on {fitted} features; {count} names are given.")
        )
    return mean, scale, model


def _layers(model: Any) -> tuple[Layers, str]:
    kind = type(model).__name__
    if kind in NETWORKS:
        if kind == "MLPClassifier" and model.out_activation_ == "logistic" and model.n_outputs_ > 1:
            raise PredictorRefused("A classifier with several labels at once is not converted.")
        pairs = zip(model.coefs_, model.intercepts_, strict=True)
        return [(np.asarray(weight).T, np.asarray(bias)) for weight, bias in pairs], str(model.activation)
    is_log_loss = kind == "SGDClassifier" and model.loss == "log_loss" and len(model.classes_) == 2
    if kind not in LOGISTIC | LINEAR and not is_log_loss:
        raise PredictorRefused(
            f"A {kind} is not converted: linear models, logistic regressions and multi-layer perceptrons are."
        )
    if kind in LOGISTIC and len(model.classes_) > 2 and getattr(model, "multi_class", "") == "ovr":
        raise PredictorRefused("A logistic regression of one class against the rest is not converted.")
    weight = np.atleast_2d(np.asarray(model.coef_, dtype=np.float64))
    bias = np.broadcast_to(np.asarray(model.intercept_, dtype=np.float64), (len(weight),))
    return [(weight, bias)], "relu"


def _rows_near(mean: NDArray[np.float64], scale: NDArray[np.float64]) -> NDArray[np.float64]:
    drawn: NDArray[np.float64] = mean + scale * np.random.default_rng(0).normal(size=(64, len(mean)))
    return drawn


def _check_agreement(
    estimator: Any, *, spec: PredictorSpec, weights: bytes, rows: NDArray[np.float64]
) -> None:
    from explainers.core.predictor import LoadedPredictor

    named = [dict(zip(spec.features, row, strict=True)) for row in rows.tolist()]
    found = np.array(
        [list(each.values()) for each in LoadedPredictor(spec, weights=weights).probabilities(named)]
    )
    if spec.outcome == "regression":
        expected = np.asarray(estimator.predict(rows), dtype=np.float64).reshape(-1, 1)
    else:
        expected = np.asarray(estimator.predict_proba(rows), dtype=np.float64)
    if found.shape != expected.shape:
        raise PredictorRefused(
            f"The estimator gives {expected.shape[1]} outputs; {found.shape[1]} are declared."
        )
    worst = float(np.max(np.abs(found - expected) / np.maximum(1.0, np.abs(expected))))
    if not worst <= TOLERANCE:
        raise PredictorRefused(
            f"The converted predictor differs from the original by {worst:.2g} on {len(rows)} rows; "
            f"at most {TOLERANCE:g} is allowed. Scale the features first."
        )
