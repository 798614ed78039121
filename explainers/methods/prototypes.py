"""Typical known cases of every class, in what the predictor sees."""

from collections.abc import Mapping
from typing import Any, ClassVar

from explainers.core.attribution import Explanation
from explainers.core.examples.exhibits import SHOWN, classes_shown, examples_exhibit, known_cases, vector_of
from explainers.core.examples.neighbours import cosine_distances, prototypes
from explainers.core.limits import Limit, Whole
from explainers.core.method import Batch, Method
from explainers.methods import METHODS


@METHODS.register
class Prototypes(Method):
    """
    Explanation by cases that stand for a class.

    Definition: of every class the `count` cases of the set `cases` that stand best for all of that class in the
    penultimate layer (MMD-critic); the same for every case, with their cosine distance to it. `shown` says whether
    every class is shown, or the class alone that is explained.

    References
    ----------
    .. [1] Kim, Khanna, Koyejo (2016). Examples are not enough, learn to criticize. NeurIPS 29.
    """

    name = "prototypes"
    version = "1"
    label = "Typical cases"
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
    reference = "https://papers.nips.cc/paper/6300-examples-are-not-enough-learn-to-criticize-criticism-for-interpretability"

    def explain(self, batch: Batch) -> list[Explanation]:
        """
        Choose prototypes once, and hold every case against them.

        Parameters
        ----------
        batch : Batch
            The cases; `references` holds the known ones.

        Returns
        -------
        list of Explanation
            Exhibits of the kind `examples`; `content["classes"]` as of nearest cases, the most typical first.
        """
        chosen: dict[tuple[int, int], dict[str, list[int]]] = {}
        results: list[Explanation] = []
        for place, known in known_cases(batch):
            count, labels = int(batch.parameters[place]["count"]), list(known.cases.labels)
            if (id(known), count) not in chosen:
                members = {
                    name: [n for n, each in enumerate(labels) if each == name] for name in sorted(set(labels))
                }
                chosen[id(known), count] = {
                    name: [places[n] for n in prototypes(known.vectors[places], count=count)]
                    for name, places in members.items()
                }
            own = vector_of(batch.predictor, rows=[batch.rows[place]], layer=known.layer)[0]
            distances = cosine_distances(own, known.vectors)
            classes = {
                name: [known.card(number, distance=float(distances[number])) for number in places]
                for name, places in chosen[id(known), count].items()
            }
            content = {"classes": classes_shown(classes, batch=batch, place=place)}
            results.append(examples_exhibit(batch, place=place, known=known, content=content))
        return results
