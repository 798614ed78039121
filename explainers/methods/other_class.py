"""The control that explains the class which was not predicted, and is shown as if it explained the advised one."""

from explainers.core.attribution import Explanation
from explainers.core.controls import Control, control_of, sources_of
from explainers.core.errors import ExplanationRefused
from explainers.core.method import Batch
from explainers.methods import METHODS


@METHODS.register
class OtherClass(Control):
    """
    A control that is about the case and against the advice.

    Definition: the values of the real explanation of the same case for the second-ranked class, with the advised class
    as target. Of two classes and log-odds this is the real explanation with every sign turned round.

    Notes
    -----
    It misleads systematically, which the placebo does not: consent and debriefing have to say so.

    References
    ----------
    .. [1] Nguyen, Kim, Nguyen (2021). The effectiveness of feature attribution methods and its correlation with
           automatic evaluation scores. arXiv:2105.14944
    """

    name = "other_class"
    version = "1"
    label = "Control: explanation of the class that is not advised"
    promises = frozenset({"determinism", "batch_independence", "seedless"})
    reference = "https://arxiv.org/abs/2105.14944"
    control = "other_class"
    made_of = "rank_2"

    def explain(self, batch: Batch) -> list[Explanation]:
        """
        Give each source the target of the case.

        Parameters
        ----------
        batch : Batch
            `sources` holds the real explanation of the same case for the other class.

        Returns
        -------
        list of Explanation
            The recipe says which class the values are of.

        Raises
        ------
        ExplanationRefused
            If a source is missing or is of the class itself.
        """
        made = []
        for source, target in zip(sources_of(batch, of_target=False), batch.targets, strict=True):
            if source.target_class == target:
                raise ExplanationRefused(f"The source explains {target!r} itself, not another class.")
            made.append(
                control_of(
                    source,
                    values=source.values,
                    target=target,
                    control="other_class",
                    explained_class=source.target_class,
                )
            )
        return made
