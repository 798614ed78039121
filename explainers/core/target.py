"""What of a predictor's output is explained: the score, the log-odds or the probability of one class per case."""

from typing import TYPE_CHECKING

from explainers.core.errors import ExplanationRefused

if TYPE_CHECKING:
    import torch

TARGET_SPACES = ("log_odds", "score", "probability")


def class_index(name: str, *, classes: "list[str] | tuple[str, ...]") -> int:
    """
    Return the column of a class.

    Parameters
    ----------
    name : str
        The class.
    classes : list or tuple of str
        All classes, in the order of the predictor's columns.

    Returns
    -------
    int
        From 0.

    Raises
    ------
    ExplanationRefused
        If the predictor has no such class.

    Examples
    --------
    >>> class_index("ill", classes=["well", "ill"])
    1
    """
    if name not in classes:
        raise ExplanationRefused(f"The predictor has no class {name!r}; it has {', '.join(classes)}.")
    return list(classes).index(name)


def target_output(scores: "torch.Tensor", *, targets: "torch.Tensor", space: str) -> "torch.Tensor":
    """
    Return, of each row, the number that is explained.

    Definition: `score` is z_k, `probability` is softmax(z)_k, `log_odds` is z_k - log sum over j != k of exp(z_j),
    which is log(p_k / (1 - p_k)).

    Parameters
    ----------
    scores : torch.Tensor
        z, float, (rows, outputs).
    targets : torch.Tensor
        k, int64, (rows,).
    space : str
        One of `TARGET_SPACES`.

    Returns
    -------
    torch.Tensor
        Float, (rows,).

    Raises
    ------
    ExplanationRefused
        If the space is unknown, or a predictor with one output (a regression) is asked for more than its score.

    Examples
    --------
    >>> import torch
    >>> target_output(torch.tensor([[1.0, 3.0]]), targets=torch.tensor([1]), space="log_odds")
    tensor([2.])
    """
    import torch

    check_space(space, outputs=scores.shape[1])
    column = targets[:, None]
    own = scores.gather(1, column)[:, 0]
    if space == "score":
        return own
    if space == "probability":
        return torch.softmax(scores, dim=1).gather(1, column)[:, 0]
    if scores.shape[1] == 2:
        return own - scores.gather(1, 1 - column)[:, 0]
    return own - torch.logsumexp(scores.scatter(1, column, float("-inf")), dim=1)


def check_space(space: str, *, outputs: int) -> None:
    """
    Refuse a target space that is unknown or that the predictor does not have.

    Parameters
    ----------
    space : str
        The declared space.
    outputs : int
        Columns of the predictor's scores; 1 is a regression.

    Raises
    ------
    ExplanationRefused
        With a sentence that says what to write.
    """
    if space not in TARGET_SPACES:
        raise ExplanationRefused(f"The target space is one of {', '.join(TARGET_SPACES)}, not {space!r}.")
    if outputs == 1 and space != "score":
        raise ExplanationRefused(
            f"A predictor with one output has no {space}; declare target_space: score for a regression."
        )
