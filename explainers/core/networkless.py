"""A predictor of which only the advice is here: enough for controls that are made of other explanations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explainers.core.tokens import tokenise


@dataclass(frozen=True)
class Networkless:
    """
    What stands for the network of an imported or scripted predictor.

    Parameters
    ----------
    modality : str
        Of the cases that it gives advice on.
    """

    modality: str

    def words(self, row: Mapping[str, Any]) -> list[tuple[str, list[int]]]:
        """
        Return the words of the text of a case.

        Parameters
        ----------
        row : Mapping
            Inputs with `text`.

        Returns
        -------
        list of tuple
            (word as written, its place).

        Examples
        --------
        >>> Networkless("text").words({"text": "No pain."})
        [('No', [0]), ('pain', [1]), ('.', [2])]
        """
        _, words = tokenise(row["text"], vocabulary={})
        return [(word.text, [place]) for place, word in enumerate(words)]
