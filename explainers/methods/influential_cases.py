"""The training cases that pull the output of a case up or down most."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from explainers.core.attribution import Explanation
from explainers.core.errors import ExplanationRefused
from explainers.core.examples.exhibits import examples_exhibit, known_cases, vector_of
from explainers.core.examples.influence import last_layer_influence
from explainers.core.limits import Limit, Number, Whole
from explainers.core.method import Batch, Method
from explainers.core.predictor import alone
from explainers.core.target import class_index
from explainers.methods import METHODS


@METHODS.register
class InfluentialCases(Method):
    """
    Explanation by training cases.

    Definition: the `count` cases of the set `cases` with the most positive and the most negative influence on the score
    of the class, by the closed form of the last layer (see `explainers.core.examples.influence`): how much the score
    would fall if the training case were left out and the last layer learned anew.

    Notes
    -----
    Only the last layer counts. `ridge` is the penalty that the last layer was trained with, if it was.

    References
    ----------
    .. [1] Koh, Liang (2017). Understanding black-box predictions via influence functions. arXiv:1703.04730
    """

    name = "influential_cases"
    version = "1"
    label = "Influential training cases"
    modality = "tabular image text"
    scope = "example"
    parameters: ClassVar[Mapping[str, Any]] = {"cases": "", "layer": "penultimate", "count": 3, "ridge": 1e-3}
    limits: ClassVar[Mapping[str, Limit]] = {"count": Whole(1, 50), "ridge": Number(0, 1e6, open_low=True)}
    refers_to = ("cases",)
    promises = frozenset({"determinism", "seedless", "batch_independence"})
    reference = "https://arxiv.org/abs/1703.04730"

    def explain(self, batch: Batch) -> list[Explanation]:
        """
        Find the influential cases of every case.

        Parameters
        ----------
        batch : Batch
            The cases; `references` holds the training cases with their outcomes.

        Returns
        -------
        list of Explanation
            Exhibits of the kind `examples`; `content["for"]` and `content["against"]` have `case`, `outcome`,
            `influence`, the strongest first.

        Raises
        ------
        ExplanationRefused
            If an outcome is no class of the predictor, or the predictor is a regression.
        """
        predictor, classes = batch.predictor, list(batch.predictor.spec.classes)
        if predictor.outcome != "classification":
            raise ExplanationRefused("Influential cases are found for classifications only.")
        results: list[Explanation] = []
        said: dict[str, np.ndarray[Any, np.dtype[np.float64]]] = {}
        for place, known in known_cases(batch):
            parameters, cases = batch.parameters[place], known.cases
            labels = np.array([class_index(label, classes=classes) for label in cases.labels])
            if cases.name not in said:
                scores = alone(predictor.module, predictor.tensor(cases.rows)).double()
                said[cases.name] = scores.softmax(dim=1).numpy()  # as in training: without a temperature
            influence = last_layer_influence(
                known.vectors,
                probabilities=said[cases.name],
                labels=labels,
                case=vector_of(predictor, rows=[batch.rows[place]], layer=known.layer)[0],
                direction=np.eye(len(classes))[class_index(batch.targets[place], classes=classes)],
                ridge=float(parameters["ridge"]),
            )
            order, count = np.argsort(-influence, kind="stable").tolist(), int(parameters["count"])
            content = {
                word: [
                    known.card(n, influence=float(influence[n])) for n in places if sign * influence[n] > 0
                ]
                for word, sign, places in (("for", 1, order[:count]), ("against", -1, order[::-1][:count]))
            }
            results.append(examples_exhibit(batch, place=place, known=known, content=content))
        return results
