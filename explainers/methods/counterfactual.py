"""What would have to be different in a case for the predictor to say something else."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from explainers.core.attribution import Explanation
from explainers.core.counterfactual import Change, Room, counterfactual
from explainers.core.errors import ExplanationRefused
from explainers.core.exhibit import Exhibit
from explainers.core.limits import Limit, Number, Whole
from explainers.core.method import Batch, Method
from explainers.core.reference import reference_of
from explainers.core.target import class_index
from explainers.methods import METHODS

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CHANGES = 3


@METHODS.register
class Counterfactual(Method):
    """
    Explanation by the least that would have to be different.

    Definition: see `explainers.core.counterfactual`: at most three features change, those of `locked` never,
    each within its plausible range. That range holds the middle 98 % of the set `cases`; without a set it is the
    training mean and `range` standard deviations to either side. If the class to be explained is what the predictor
    says, the search is for the second most probable class, else for the class to be explained.

    Notes
    -----
    What is shown was tried: the predictor says the other class of exactly these values. That no change was found says
    only that the search found none.

    References
    ----------
    .. [1] Wachter, Mittelstadt, Russell (2017). Counterfactual explanations without opening the black box.
           arXiv:1711.00399
    """

    name = "counterfactual"
    version = "1"
    label = "What would have to be different"
    modality = "tabular"
    scope = "counterfactual"
    parameters: ClassVar[Mapping[str, Any]] = {
        "changes": 3, "locked": [], "cases": "", "range": 2.5, "grid": 24, "beam": 12,
    }  # fmt: skip
    limits: ClassVar[Mapping[str, Limit]] = {
        "changes": Whole(1, MOST_CHANGES),
        "range": Number(0, 10, open_low=True),
        "grid": Whole(2, 200),
        "beam": Whole(1, 100),
    }
    refers_to = ("cases",)
    promises = frozenset({"determinism", "seedless", "batch_independence"})
    reference = "https://arxiv.org/abs/1711.00399"

    @classmethod
    def faults(cls, parameters: Mapping[str, Any]) -> Iterator[str]:
        """
        Yield a clause for every fault of the parameters.

        Parameters
        ----------
        parameters : Mapping
            All of them.

        Yields
        ------
        str
            Also if `locked` is no list of names.
        """
        yield from super().faults(parameters)
        locked = parameters["locked"]
        if not isinstance(locked, list | tuple) or not all(isinstance(name, str) for name in locked):
            yield f"locked is a list of names of features, not {locked!r:.80}"

    def explain(self, batch: Batch) -> list[Explanation]:
        """
        Search for every case by itself.

        Parameters
        ----------
        batch : Batch
            The cases; `references` may hold the set that ranges come from.

        Returns
        -------
        list of Explanation
            Exhibits of the kind `counterfactual`; `content` has `now`, `instead`, `changes` (`feature`, `was`,
            `becomes`, `decimals`; none if none was found) and `locked`.

        Raises
        ------
        ExplanationRefused
            If the predictor is a regression or a locked feature is none of its features.
        """
        if batch.predictor.outcome != "classification":
            raise ExplanationRefused("A counterfactual is of another class; a regression has no classes.")
        return [_searched(batch, place=place) for place in range(len(batch.rows))]


def _searched(batch: Batch, *, place: int) -> Explanation:
    import torch

    predictor, parameters = batch.predictor, batch.parameters[place]
    classes, features = list(predictor.spec.classes), list(predictor.spec.features)
    scores = predictor.probabilities([batch.rows[place]])[0]
    now, second = sorted(classes, key=lambda name: -scores[name])[:2]
    wanted = second if batch.targets[place] == now else batch.targets[place]
    column, room = class_index(wanted, classes=classes), _room(batch, place=place)
    mean, scale = _mean_scale(batch)

    def margin(rows: "NDArray[np.float64]") -> "NDArray[np.float64]":
        inputs = torch.from_numpy(((rows - mean) / scale).astype(np.float32))
        with torch.no_grad():
            out = predictor.module(inputs).double()
        others = out.clone()
        others[:, column] = -torch.inf
        return (out[:, column] - others.max(dim=1).values).numpy()  # type: ignore[no-any-return]

    row = np.array([float(batch.rows[place][name]) for name in features])
    found = counterfactual(
        row,
        margin=margin,
        room=room,
        most=int(parameters["changes"]),
        grid=int(parameters["grid"]),
        beam=int(parameters["beam"]),
    )
    target = batch.targets[place]
    return Exhibit(
        features=(),
        values=(),
        target_class=target,
        target_space="probability",
        baseline=(),
        output=scores[target],
        output_at_baseline=0.0,
        completeness_error=0.0,
        recipe=_references(batch, place=place),
        modality="tabular",
        kind="counterfactual",
        content={
            "now": now,
            "instead": wanted,
            "changes": [_told(change, row=row, features=features, room=room) for change in found],
            "locked": list(parameters["locked"]),
        },
    )


def _told(change: Change, *, row: "NDArray[np.float64]", features: list[str], room: Room) -> dict[str, Any]:
    feature, value = change
    return {
        "feature": features[feature],
        "was": float(row[feature]),
        "becomes": value,
        "decimals": room.step(feature)[1],
    }


def _mean_scale(batch: Batch) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    preprocessing = batch.predictor.spec.preprocessing
    return np.array(preprocessing["mean"], dtype=float), np.array(preprocessing["scale"], dtype=float)


def _room(batch: Batch, *, place: int) -> Room:
    parameters, features = batch.parameters[place], list(batch.predictor.spec.features)
    mean, scale = _mean_scale(batch)
    unknown = sorted(set(parameters["locked"]) - set(features))
    if unknown:
        raise ExplanationRefused(f"{unknown[0]!r:.80} is locked, but it is no feature of the predictor.")
    low, high = mean - parameters["range"] * scale, mean + parameters["range"] * scale
    if parameters["cases"]:
        known = reference_of(
            batch.references, str(parameters["cases"]), what="cases that say what is plausible"
        )
        table = np.array([[float(each[name]) for name in features] for each in known.rows])
        low, high = np.quantile(table, [0.01, 0.99], axis=0)
    locked = frozenset(features.index(name) for name in parameters["locked"])
    return Room(low, high, scale, locked)


def _references(batch: Batch, *, place: int) -> dict[str, Any]:
    name = str(batch.parameters[place]["cases"])
    return {"references": {name: batch.references[name].digest}} if name else {}
