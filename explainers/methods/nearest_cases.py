"""The nearest known cases of every class, in what the predictor sees."""

from collections.abc import Mapping
from typing import Any, ClassVar

from explainers.core.attribution import Explanation
from explainers.core.examples.exhibits import SHOWN, classes_shown, examples_exhibit, known_cases, vector_of
from explainers.core.examples.neighbours import cosine_distances, nearest_per_class
from explainers.core.limits import Limit, Whole
from explainers.core.method import Batch, Method
from explainers.methods import METHODS


@METHODS.register
class NearestCases(Method):
    """
    Explanation by similar cases whose outcome is known.

    Definition: of every class the `count` cases of the set `cases` with the smallest cosine distance to the case in the
    penultimate layer, with outcome and distance.

    Notes
    -----
    A case of the set that is the case itself (the same inputs) is left out. `shown` says whether cases of every class
    are shown, or of the class alone that is explained.

    References
    ----------
    .. [1] Nguyen, Kim, Nguyen (2021). The effectiveness of feature attribution methods and its correlation with
           automatic evaluation scores. arXiv:2105.14944
    """

    name = "nearest_cases"
    version = "1"
    label = "Nearest cases"
    modality = "tabular image text"
    scope = "example"
    parameters: ClassVar[Mapping[str, Any]] = {
        "cases": "",
        "layer": "penultimate",
        "count": 3,
        "shown": "every_class",
    }
    limits: ClassVar[Mapping[str, Limit]] = {"count": Whole(1, 50), "shown": SHOWN}
    refers_to = ("cases",)
    promises = frozenset({"determinism", "seedless", "batch_independence"})
    reference = "https://arxiv.org/abs/2105.14944"

    def explain(self, batch: Batch) -> list[Explanation]:
        """
        Find the neighbours of every case.

        Parameters
        ----------
        batch : Batch
            The cases; `references` holds the known ones.

        Returns
        -------
        list of Explanation
            Exhibits of the kind `examples`; `content["classes"]` has for each class a list of `case`, `outcome`,
            `distance`, the nearest first; only the class explained if `shown` is `target`.
        """
        results: list[Explanation] = []
        for place, known in known_cases(batch):
            row = batch.rows[place]
            own = vector_of(batch.predictor, rows=[row], layer=known.layer)[0]
            distances = cosine_distances(own, known.vectors)
            for number, other in enumerate(known.cases.rows):
                if other is row or repr(other) == repr(row):
                    distances[number] = float("inf")
            count = int(batch.parameters[place]["count"])
            found = nearest_per_class(distances, labels=known.cases.labels, count=count)
            classes = {
                name: [
                    known.card(number, distance=float(distances[number]))
                    for number in places
                    if distances[number] != float("inf")
                ]
                for name, places in found.items()
            }
            content = {"classes": classes_shown(classes, batch=batch, place=place)}
            results.append(examples_exhibit(batch, place=place, known=known, content=content))
        return results
