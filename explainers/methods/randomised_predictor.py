"""The control that a real method makes of a predictor which has learnt nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from explainers.core.attribution import Explanation
from explainers.core.controls import Control, control_of, randomised, same_strength, sources_of
from explainers.core.digest import canonical_json
from explainers.core.errors import ExplanationRefused
from explainers.core.method import Batch
from explainers.methods import METHODS

ATTEMPTS = 5


@METHODS.register
class RandomisedPredictor(Control):
    """
    A control that is a real method's explanation of a predictor with random weights.

    Definition: the numbers of every weight tensor are put into random order (drawn from the study's seed, the same for
    all cases); the method of the real explanation, with its parameters, explains the declared class of that copy;
    its values are scaled so that their magnitudes add up to those of the real explanation.

    Notes
    -----
    A method whose control looks like its real explanation does not depend on what the predictor has learnt. If a copy
    gives a case nothing but zeros (as Grad-CAM may), the next copy is taken, five at most.

    References
    ----------
    .. [1] Adebayo et al. (2018). Sanity checks for saliency maps. arXiv:1810.03292
    """

    name = "randomised_predictor"
    version = "1"
    label = "Control: explanation of a predictor with random weights"
    promises = frozenset({"determinism", "batch_independence"})
    reference = "https://arxiv.org/abs/1810.03292"
    control = "random"

    def explain(self, batch: Batch) -> list[Explanation]:
        """
        Explain a randomised copy of the predictor, case by case as the source was made.

        Parameters
        ----------
        batch : Batch
            `sources` holds the real explanation of each case.

        Returns
        -------
        list of Explanation
            The recipe holds the seed of the copy.

        Raises
        ------
        ExplanationRefused
            If a source is missing, or no copy gives a case anything.
        """
        sources = sources_of(batch)
        made: dict[int, Explanation] = {}
        for places in _alike(batch, sources=sources):
            waiting = list(places)
            for attempt in range(ATTEMPTS):
                seed = f"{batch.designs[places[0]] if batch.designs else ''}:{attempt}"
                for place, values in self._values(batch, places=waiting, sources=sources, seed=seed):
                    made[place] = control_of(
                        sources[place],
                        values=values,
                        target=batch.targets[place],
                        control="random",
                        seed=seed,
                    )
                waiting = [place for place in waiting if place not in made]
                if not waiting:
                    break
            else:
                raise ExplanationRefused(
                    f"{len(waiting)} cases have no explanation but zeros under {ATTEMPTS} randomised predictors."
                )
        return [made[place] for place in range(len(batch.rows))]

    def _values(
        self, batch: Batch, *, places: Sequence[int], sources: Sequence[Explanation], seed: str
    ) -> Iterator[tuple[int, Any]]:
        plugin = METHODS.get(str(batch.parameters[places[0]]["of"]))
        parameters = plugin.complete(sources[places[0]].recipe.get("parameters"))
        inner = replace(
            batch,
            predictor=randomised(batch.predictor, seed=seed),
            rows=[batch.rows[place] for place in places],
            targets=[batch.targets[place] for place in places],
            parameters=[parameters] * len(places),
            seeds=[batch.seeds[place] for place in places],
            designs=[seed] * len(places),
            sources=(),
        )
        for place, found in zip(places, plugin().explain(inner), strict=True):
            values = same_strength(found.values, source=sources[place])
            if values is not None:
                yield place, values


def _alike(batch: Batch, *, sources: Sequence[Explanation]) -> Iterator[list[int]]:
    groups: dict[tuple[Any, ...], list[int]] = {}
    for place, source in enumerate(sources):
        name = canonical_json([dict(batch.parameters[place]), dict(source.recipe.get("parameters") or {})])
        groups.setdefault((name, batch.designs[place] if batch.designs else ""), []).append(place)
    yield from groups.values()
