"""Concepts with words of the experimenter's choosing: what the output of a case gains along each of them."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from explainers.core.attribution import Explanation
from explainers.core.concepts.findings import ConceptStudy
from explainers.core.concepts.layers import layer_named
from explainers.core.concepts.tcav import case_bars, concept_tests, cosines
from explainers.core.digest import canonical_json
from explainers.core.errors import ExplanationRefused
from explainers.core.exhibit import Exhibit
from explainers.core.limits import SPACES, Limit, Whole
from explainers.core.method import Batch, Method
from explainers.core.predictor import advised_class, alone
from explainers.core.reference import reference_of
from explainers.core.target import class_index, target_output
from explainers.methods import METHODS

MOST_CONCEPTS = 32


@METHODS.register
class Tcav(Method):
    """
    Testing with concept activation vectors, and a bar for every concept of a case.

    Definition: see `explainers.core.concepts.tcav`. A bar is the derivative of the output of the case along the concept
    in the first of the layers, in units of that along directions which tell random sets from random sets; the grey
    band holds 95 % of those. Whether the predictor uses a concept at all is tested over the cases of `cases` that it
    gives the class to: by random directions, by shuffled copies of the predictor, with Holm's correction over concepts
    and layers.

    Notes
    -----
    `concepts`, `pool` and `cases` name sets of cases that are brought beside the predictor: examples of each concept,
    random cases of the same domain, cases of all classes. Concepts have to be easier to see than the class.

    References
    ----------
    .. [1] Kim et al. (2018). Interpretability beyond feature attribution: TCAV. arXiv:1711.11279
    .. [2] Ramaswamy et al. (2023). Overlooked factors in concept-based explanations. arXiv:2207.09615
    """

    name = "tcav"
    version = "1"
    label = "Concepts (TCAV)"
    modality = "tabular image"
    scope = "concept"
    parameters: ClassVar[Mapping[str, Any]] = {
        "concepts": [],
        "pool": "",
        "cases": "",
        "layers": ["penultimate"],
        "sets": 20,
        "null": 200,
        "copies": 0,
        "target_space": "log_odds",
    }
    limits: ClassVar[Mapping[str, Limit]] = {
        "sets": Whole(2, 500),
        "null": Whole(19, 5000),
        "copies": Whole(0, 5000),
        "target_space": SPACES,
    }
    refers_to = ("concepts", "pool", "cases")
    promises = frozenset({"determinism", "batch_independence"})
    reference = "https://arxiv.org/abs/1711.11279"

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
            Also if concepts or layers are no list of different names.
        """
        yield from super().faults(parameters)
        for word, most in (("concepts", MOST_CONCEPTS), ("layers", 8)):
            names = parameters[word]
            listed = isinstance(names, list | tuple) and all(isinstance(name, str) and name for name in names)
            if not listed or len(set(names)) != len(names) or len(names) > most:
                yield f"{word} is a list of at most {most} different names, not {names!r:.80}"

    def explain(self, batch: Batch) -> list[Explanation]:
        """
        Test the concepts once for each class that is explained, and give every case its bars.

        Parameters
        ----------
        batch : Batch
            The cases; `references` holds the sets.

        Returns
        -------
        list of Explanation
            Exhibits of the kind `concepts`; `content["bars"]` has `name`, `bar`, `low` and `high` (the band), `found`
            (whether the predictor uses the concept), `accuracy`, `p`; `content["tests"]` every finding,
            `content["cosines"]` how much concepts point the same way.
        """
        groups: dict[tuple[bytes, str, str], list[int]] = {}
        for place, target in enumerate(batch.targets):
            key = (canonical_json(dict(batch.parameters[place])), batch.designs[place], target)
            groups.setdefault(key, []).append(place)
        results: dict[int, Explanation] = {}
        for (_, design, target), places in groups.items():
            results |= _explain(batch, places=places, target=target, design=design)
        return [results[place] for place in range(len(batch.rows))]


def _explain(batch: Batch, *, places: list[int], target: str, design: str) -> dict[int, Explanation]:
    import torch

    predictor, parameters = batch.predictor, batch.parameters[places[0]]
    study, digests = _study(batch, parameters=parameters, target=target, design=design)
    findings, measured = concept_tests(predictor, study)
    layer = layer_named(predictor, study.layers[0])
    by = {finding.concept: finding for finding in findings if finding.layer == layer}
    inputs = predictor.tensor([batch.rows[place] for place in places])
    bars = case_bars(predictor, study, measured=measured, inputs=inputs, layer=layer)
    scores = alone(predictor.module, inputs)
    columns = torch.full((len(inputs),), study.target)
    outputs = target_output(scores, targets=columns, space=study.space).tolist()
    shared = {
        "tests": [finding.plain() for finding in findings],
        "cosines": cosines(measured, layer=layer),
        "layer": layer,
    }
    return {
        place: Exhibit(
            features=tuple(by),
            values=tuple(bars[row, :, 0].tolist()),
            target_class=target,
            target_space=study.space,
            baseline=(),
            output=outputs[row],
            output_at_baseline=0.0,
            completeness_error=0.0,
            recipe={"references": digests, "copies": study.copies_needed},
            modality=predictor.modality,
            kind="concepts",
            content={
                **shared,
                "bars": [_bar(by[name], bars[row, number].tolist()) for number, name in enumerate(by)],
            },
        )
        for row, place in enumerate(places)
    }


def _bar(finding: Any, numbers: list[float]) -> dict[str, Any]:
    return {
        "name": finding.concept,
        **dict(zip(("bar", "low", "high"), numbers, strict=True)),
        "found": finding.found,
        "accuracy": finding.accuracy,
        "p": finding.p_holm,
    }


def _study(
    batch: Batch, *, parameters: Mapping[str, Any], target: str, design: str
) -> tuple[ConceptStudy, dict[str, str]]:
    predictor, classes = batch.predictor, list(batch.predictor.spec.classes)
    concepts = {
        name: reference_of(batch.references, name, what="examples of a concept")
        for name in parameters["concepts"]
    }
    pool = reference_of(batch.references, str(parameters["pool"]), what="random cases")
    cases = reference_of(batch.references, str(parameters["cases"]), what="cases")
    said = [advised_class(scores, classes=classes) for scores in predictor.probabilities(cases.rows)]
    own = [row for row, answer in zip(cases.rows, said, strict=True) if answer == target]
    if not own:
        raise ExplanationRefused(
            f"The predictor gives the class {target!r} to no case of the set {cases.name}."
        )
    study = ConceptStudy(
        concepts={name: predictor.tensor(each.rows) for name, each in concepts.items()},
        pool=predictor.tensor(pool.rows),
        cases=predictor.tensor(own),
        target=class_index(target, classes=classes),
        space=str(parameters["target_space"]),
        layers=list(parameters["layers"]),
        seed=design,
        sets=int(parameters["sets"]),
        null=int(parameters["null"]),
        copies=int(parameters["copies"]),
    )
    return study, {each.name: each.digest for each in (*concepts.values(), pool, cases)}
