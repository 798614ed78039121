"""The control that is a real explanation, of another case of the same class."""

from dataclasses import replace

from explainers.core.attribution import Explanation
from explainers.core.controls import Control, control_of, sources_of
from explainers.core.method import Batch
from explainers.methods import METHODS


@METHODS.register
class OtherCaseSameClass(Control):
    """
    A control that is plausible for the class and not about the case.

    Definition: the values of the real explanation of another case for which the same class is explained, beside the
    features, pixels or words of this one. Words are matched by their place in the text: word i of n gets the
    value of word floor(i m / n) of the other text's m.

    Notes
    -----
    Which case gives to which is decided when the explanations are asked for: the cases of a class stand in a ring
    whose order is drawn from the study's seed, and each takes from the next one, so every explanation is used once.

    References
    ----------
    .. [1] Nguyen, Kim, Nguyen (2021). The effectiveness of feature attribution methods and its correlation with
           automatic evaluation scores. arXiv:2105.14944
    """

    name = "other_case_same_class"
    version = "1"
    label = "Control: explanation of another case of the class"
    promises = frozenset({"determinism", "batch_independence", "seedless"})
    reference = "https://arxiv.org/abs/2105.14944"
    control = "other_case"
    made_of = "other_case"

    def explain(self, batch: Batch) -> list[Explanation]:
        """
        Put the values of each source beside the parts of the case.

        Parameters
        ----------
        batch : Batch
            `sources` holds the real explanation of the other case.

        Returns
        -------
        list of Explanation
            The recipe names the other case by its digest.

        Raises
        ------
        ExplanationRefused
            If a source is missing or explains another class.
        """
        made = []
        for row, source in zip(batch.rows, sources_of(batch), strict=True):
            values = source.values
            if source.modality == "text":
                words = tuple(word for word, _ in batch.predictor.words(row))
                values = [source.values[place * len(values) // len(words)] for place in range(len(words))]
                source = replace(source, features=words, values=tuple(values))  # noqa: PLW2901 - same explanation
            made.append(
                control_of(
                    source,
                    values=values,
                    target=source.target_class,
                    control="other_case",
                    other_case=source.recipe.get("case", ""),
                )
            )
        return made
