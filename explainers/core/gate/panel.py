"""Everything the gate measures: of each explanation, and of a method on a predictor."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from explainers.core.attribution import Explanation
from explainers.core.engine import ExplainRequest, case_seed, explain
from explainers.core.gate.agreement import Agreement, agreement, chance_jaccard, mean_agreement
from explainers.core.gate.light import artefact_light
from explainers.core.gate.orderings import faithfulness
from explainers.core.gate.perturbed import DRAWS, perturbed_copies, same_answer
from explainers.core.gate.randomised import cascade, layers_of, randomised_copy
from explainers.core.gate.seen import seen_parts, shown_count
from explainers.core.gate.sparseness import effective_parts, gini
from explainers.core.method import Method

if TYPE_CHECKING:
    from explainers.core.predictor import LoadedPredictor

OTHER_SEEDS = 4
LEAST_KEPT = 3
COPIES = 5
STAGES = 6


@dataclass(frozen=True)
class Examined:
    """
    Explanations under examination.

    Parameters
    ----------
    method : Method
        That made them.
    predictor : LoadedPredictor
        That they explain.
    requests : Sequence of ExplainRequest
        How they were asked for.
    explanations : Sequence of Explanation
        What people will see, in the same order.
    """

    method: Method
    predictor: "LoadedPredictor"
    requests: Sequence[ExplainRequest]
    explanations: Sequence[Explanation]

    def again(
        self, requests: Sequence[ExplainRequest], *, predictor: "LoadedPredictor | None" = None
    ) -> list[Explanation]:
        """
        Explain something else by the same method.

        Parameters
        ----------
        requests : Sequence of ExplainRequest
            What.
        predictor : LoadedPredictor or None
            Another one, if wanted.

        Returns
        -------
        list of Explanation
            In order; nothing if nothing was asked.
        """
        if not requests:
            return []
        return explain(
            self.method, predictor=predictor or self.predictor, predictor_digest="gate", requests=requests
        )


def artefact_gates(examined: Examined) -> list[dict[str, Any]]:
    """
    Measure explanations and give each its light.

    Parameters
    ----------
    examined : Examined
        Attributions; one method, one predictor.

    Returns
    -------
    list of dict
        As `light.artefact_light`; `numbers` has `completeness_error` (if promised), `seed` and `noise` (`jaccard`,
        `sign`, `same_top`, how many `draws`), `deletion`, `insertion`, their `_z`, `order_z` (their mean), `gini`,
        `effective_parts`, `parts`, `shown`, `chance` (the Jaccard index of random explanations).
    """
    seeds, noise = _seed_agreement(examined), _noise_agreement(examined)
    gates = []
    for place, (request, found) in enumerate(zip(examined.requests, examined.explanations, strict=True)):
        parts = seen_parts(found)
        shown = shown_count(found, parts=len(parts))
        faithful = faithfulness(
            found,
            predictor=examined.predictor,
            row=request.inputs,
            seed=case_seed(request, method=examined.method.name),
        )
        missing: dict[str, str] = {}
        numbers: dict[str, Any] = {
            **faithful.plain(),
            "order_z": _middle(faithful.deletion_z, faithful.insertion_z),
            "gini": gini(parts),
            "effective_parts": effective_parts(parts),
            "parts": len(parts),
            "shown": shown,
            "chance": chance_jaccard(len(parts), k=shown),
            "seed": seeds[place],
        }
        if "completeness" in examined.method.promises:
            numbers["completeness_error"] = found.completeness_error
        if numbers["order_z"] is None:
            missing["order_z"] = "the order of the parts makes no difference to the output of the predictor"
        if noise[place] is None:
            missing["noise"] = f"fewer than {LEAST_KEPT} small changes of the case left the advice as it was"
        else:
            numbers["noise"] = noise[place]
        gates.append(artefact_light(numbers, not_computed=missing))
    return gates


def randomisation(
    examined: Examined, *, seed: str, copies: int = COPIES, stages: int = STAGES
) -> dict[str, Any]:
    """
    Explain copies of the predictor that have forgotten everything, and see whether the explanations notice.

    Definition: `rank` is Spearman's correlation of |a| over what people see, `signed_rank` that of a, `jaccard` that of
    the strongest parts; means over the cases and over copies with all layers shuffled. `output` is `rank` with only the
    last layer shuffled. `stages` has the rank
    correlation while layers are shuffled one after the other from the output to the inputs (at most six of them).

    Parameters
    ----------
    examined : Examined
        Explanations of the trained predictor.
    seed : str
        For the shuffling.
    copies : int
        How many fully shuffled ones.
    stages : int
        How many stages of the cascade at most.

    Returns
    -------
    dict
        The numbers, `copies` and `cases`.

    References
    ----------
    .. [1] Adebayo et al. (2018). Sanity checks for saliency maps. arXiv:1810.03292
    """
    table = np.array(
        [
            row
            for number in range(copies)
            for row in _against(examined, randomised_copy(examined.predictor, seed=f"{seed}:{number}"))
        ]
    )
    rank, signed, jaccard = table.mean(axis=0).tolist()
    last = layers_of(examined.predictor)[-1:]
    output = [
        row[0]
        for number in range(copies)
        for row in _against(
            examined, randomised_copy(examined.predictor, seed=f"{seed}:{number}", layers=last)
        )
    ]
    whole = cascade(examined.predictor, seed=f"{seed}:0")
    places = sorted({round(place) for place in np.linspace(0, len(whole) - 1, min(stages, len(whole)))})
    steps = [
        {
            "layer": whole[place][0],
            "rank": float(np.mean([row[0] for row in _against(examined, whole[place][1])])),
        }
        for place in places
    ]
    return {
        "rank": rank,
        "signed_rank": signed,
        "jaccard": jaccard,
        "output": float(np.mean(output)),
        "stages": steps,
        "copies": copies,
        "cases": len(examined.requests),
    }


def training_stability(examined: Examined, *, other: "LoadedPredictor") -> dict[str, Any] | None:
    """
    Compare explanations of two trainings of one predictor, on the cases of which both say the same.

    Parameters
    ----------
    examined : Examined
        Explanations of one checkpoint.
    other : LoadedPredictor
        Another checkpoint with the same classes.

    Returns
    -------
    dict or None
        `jaccard`, `sign`, `same_top`, and the number of `cases`; None if the two agree on no case.
    """
    classes = list(examined.predictor.spec.classes)
    rows = [request.inputs for request in examined.requests]
    said = [
        [max(classes, key=lambda name: scores[name]) for scores in predictor.probabilities(rows)]
        for predictor in (examined.predictor, other)
    ]
    places = [place for place, (one, two) in enumerate(zip(*said, strict=True)) if one == two]
    found = examined.again([examined.requests[place] for place in places], predictor=other)
    if not found:
        return None
    pairs = [_compare(examined.explanations[place], each) for place, each in zip(places, found, strict=True)]
    return {**mean_agreement(pairs).plain(), "cases": len(pairs)}


def rank_correlation(one: ArrayLike, other: ArrayLike) -> float:
    """
    Return Spearman's rank correlation, with an answer for maps that say nothing.

    Parameters
    ----------
    one : array_like
        (parts,).
    other : array_like
        (parts,).

    Returns
    -------
    float
        -1 to 1; if all values of one are equal, 1 if those of the other are too, else 0.

    Examples
    --------
    >>> round(rank_correlation([1, 2, 3], [2, 4, 9]), 9), rank_correlation([1, 1], [1, 2])
    (1.0, 0.0)
    """
    from scipy.stats import rankdata

    first, second = (np.asarray(each, dtype=np.float64) for each in (one, other))
    flat = [np.ptp(each) == 0 for each in (first, second)]
    if any(flat):
        return float(all(flat))
    return float(np.corrcoef(rankdata(first), rankdata(second))[0, 1])


def _against(examined: Examined, predictor: "LoadedPredictor") -> list[tuple[float, float, float]]:
    found = examined.again(examined.requests, predictor=predictor)
    rows = []
    for before, after in zip(examined.explanations, found, strict=True):
        one, other = seen_parts(before), seen_parts(after)
        rows.append(
            (
                rank_correlation(np.abs(one), np.abs(other)),
                rank_correlation(one, other),
                _compare(before, after).jaccard,
            )
        )
    return rows


def _seed_agreement(examined: Examined) -> list[dict[str, Any]]:
    if "seedless" in examined.method.promises:
        return [{**Agreement(1.0, 1.0, 1.0).plain(), "draws": 0} for _ in examined.requests]
    pairs: list[list[Agreement]] = [[] for _ in examined.requests]
    for number in range(1, OTHER_SEEDS + 1):
        others = examined.again([replace(each, seed=each.seed + number) for each in examined.requests])
        for place, other in enumerate(others):
            pairs[place].append(_compare(examined.explanations[place], other))
    return [{**mean_agreement(several).plain(), "draws": len(several)} for several in pairs]


def _noise_agreement(examined: Examined) -> list[dict[str, Any] | None]:
    asked, owners = [], []
    for place, request in enumerate(examined.requests):
        seed = case_seed(request, method=examined.method.name)
        copies = perturbed_copies(examined.predictor, row=request.inputs, seed=seed)
        kept = same_answer(examined.predictor, row=request.inputs, copies=copies)
        for copy, same in zip(copies, kept, strict=True):
            if same:
                asked.append(replace(request, inputs=copy.row))
                owners.append((place, copy.parts))
    pairs: list[list[Agreement]] = [[] for _ in examined.requests]
    for (place, parts), found in zip(owners, examined.again(asked), strict=True):
        pairs[place].append(_compare(examined.explanations[place], found, parts=parts))
    return [
        {**mean_agreement(several).plain(), "draws": len(several), "of": DRAWS}
        if len(several) >= LEAST_KEPT
        else None
        for several in pairs
    ]


def _compare(one: Explanation, other: Explanation, *, parts: tuple[int, ...] | None = None) -> Agreement:
    first, second = seen_parts(one), seen_parts(other)
    if parts is not None:
        first = first[list(parts)]
    return agreement(first, second, k=shown_count(one, parts=len(first)))


def _middle(one: float | None, other: float | None) -> float | None:
    known = [each for each in (one, other) if each is not None]
    return sum(known) / len(known) if known else None
