"""The placebo without content: the look of a real explanation, in an order that has nothing to do with the case."""

from typing import Any

import numpy as np

from explainers.core.attribution import Explanation
from explainers.core.controls import Control, control_of, noise_like, sources_of
from explainers.core.method import Batch
from explainers.methods import METHODS
from explainers.methods.shuffled import draw_permutation


@METHODS.register
class Placebo(Control):
    """
    A control that says the same nothing about every case.

    Definition: the values of the real explanation, of tables and texts in one order drawn from the study's seed for all
    cases (so a strong bar stands at a place, never at a finding), of pictures as noise with the values and about the
    spatial frequencies of the real map, drawn per case. Histogram, sum and target are those of the original.

    Notes
    -----
    Shuffled differs in that it draws an order for every case. If all values of a case are equal they stay.

    References
    ----------
    .. [1] Eiband et al. (2019). The impact of placebic explanations on trust in intelligent systems.
           doi:10.1145/3290607.3312787
    .. [2] Theiler et al. (1992). Testing for nonlinearity in time series: the method of surrogate data.
           doi:10.1016/0167-2789(92)90102-S
    """

    name = "placebo"
    version = "1"
    label = "Placebo: the look without content"
    promises = frozenset({"determinism", "batch_independence"})
    reference = "https://doi.org/10.1145/3290607.3312787"
    control = "placebo"

    def explain(self, batch: Batch) -> list[Explanation]:
        """
        Make a placebo of each source.

        Parameters
        ----------
        batch : Batch
            `sources` holds the real explanation of each case.

        Returns
        -------
        list of Explanation
            The recipe holds the seed.

        Raises
        ------
        ExplanationRefused
            If a source is missing or explains another class.
        """
        made = []
        designs = batch.designs or [""] * len(batch.rows)
        for source, seed, design in zip(sources_of(batch), batch.seeds, designs, strict=True):
            values, derivation = _without_content(source, seed=seed, design=design)
            made.append(
                control_of(source, values=values, target=source.target_class, control="placebo", **derivation)
            )
        return made


def _without_content(source: Explanation, *, seed: str, design: str) -> tuple[Any, dict[str, Any]]:
    if source.shape:
        map_ = np.asarray(source.values, dtype=np.float64).reshape(source.shape)
        return noise_like(map_, seed=seed).ravel(), {"seed": seed}
    order = draw_permutation(source.values, seed=f"{design}:{len(source.values)}")
    return [source.values[place] for place in order], {"seed": design, "permutation": order}
