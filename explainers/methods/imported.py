"""Explanations that were computed or written elsewhere and brought as a file."""

from collections.abc import Mapping
from typing import Any, ClassVar

from explainers.core.attribution import Explanation
from explainers.core.errors import ExplanationRefused
from explainers.core.method import Batch, Method
from explainers.methods import METHODS


@METHODS.register
class Imported(Method):
    """
    Explanations under the name that they were brought in by: maps, tables, words or texts.

    Notes
    -----
    Nothing is computed: the engine shows what is there. What the quality gate would need the predictor for is reported
    as not computed, never as passed.

    References
    ----------
    .. [1] Whatever the manifest of the file names as its source; it is kept in the recipe of every explanation.
    """

    name = "imported"
    version = "1"
    label = "Brought as a file"
    modality = "tabular image text"
    scope = "imported"
    parameters: ClassVar[Mapping[str, Any]] = {"name": ""}
    promises = frozenset({"determinism", "seedless", "batch_independence"})
    reference = "the file's own manifest"

    def explain(self, batch: Batch) -> list[Explanation]:
        """
        Refuse: there is nothing to compute.

        Parameters
        ----------
        batch : Batch
            The cases.

        Raises
        ------
        ExplanationRefused
            Always.
        """
        raise ExplanationRefused("Imported explanations are brought as a file; they cannot be computed.")
