"""One explanation: how much each feature of a case pushed the predictor towards a class."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from explainers.core.digest import canonical_json
from explainers.core.errors import ArtefactCorrupt, ExplanationRefused, ExplanationTargetMismatch

COMPLETENESS_GATE = 0.01
COMPLETENESS_FLOOR = 0.05
FORMAT = "assay.attribution/1"
TARGET_SPACES = ("log_odds", "score", "probability")


@dataclass(frozen=True)
class Explanation:
    """
    The attribution of one case.

    Parameters
    ----------
    features : tuple of str
        Names, in the predictor's order.
    values : tuple of float
        Attribution per feature, in the unit of the target space; positive pushes towards the target class.
    target_class : str
        The class explained.
    target_space : str
        What was attributed: `log_odds` of the class, its raw `score`, or its `probability`.
    baseline : tuple of float
        What the case was compared with, in the units of the features.
    output : float
        f at the case, in the target space.
    output_at_baseline : float
        f at the baseline.
    completeness_error : float
        As `completeness_error` gives it.
    recipe : dict
        Everything needed to make it again; contains no ground truth.
    """

    features: tuple[str, ...]
    values: tuple[float, ...]
    target_class: str
    target_space: str
    baseline: tuple[float, ...]
    output: float
    output_at_baseline: float
    completeness_error: float
    recipe: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        numbers = [
            *self.values,
            *self.baseline,
            self.output,
            self.output_at_baseline,
            self.completeness_error,
        ]
        if not np.isfinite(numbers).all():
            raise ExplanationRefused("The explanation has values that are not finite numbers.")
        if not len(self.features) == len(self.values) == len(self.baseline):
            raise ExplanationRefused("The explanation needs one value and one baseline per feature.")
        if self.target_space not in TARGET_SPACES:
            raise ExplanationRefused(
                f"The target space is one of {', '.join(TARGET_SPACES)}, not {self.target_space!r}."
            )

    def to_bytes(self) -> bytes:
        """
        Freeze the explanation.

        Returns
        -------
        bytes
            Canonical JSON; equal explanations give equal bytes.
        """
        return canonical_json({"format": FORMAT, **asdict(self)})

    @classmethod
    def from_bytes(cls, data: bytes) -> "Explanation":
        """
        Read a frozen explanation.

        Parameters
        ----------
        data : bytes
            What `to_bytes` gave.

        Returns
        -------
        Explanation
            An equal explanation.

        Raises
        ------
        ArtefactCorrupt
            If the bytes are not a frozen explanation of this format.
        """
        try:
            content = json.loads(data)
            if content.pop("format") != FORMAT:
                raise ValueError("another format")
            for name in ("features", "values", "baseline"):
                content[name] = tuple(content[name])
            return cls(**content)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArtefactCorrupt(
                f"This artefact is not an explanation of the format {FORMAT}: {error}."
            ) from error


def completeness_error(values: Sequence[float], *, output: float, output_at_baseline: float) -> float:
    """
    Return how far the attributions are from adding up to what they explain.

    Formula: |sum(a) - (f(x) - f(x0))| / max(|f(x) - f(x0)|, 0.05).

    Parameters
    ----------
    values : Sequence of float
        Attributions, in the unit of f.
    output : float
        f at the case.
    output_at_baseline : float
        f at the baseline.

    Returns
    -------
    float
        0 is perfect; the gate is 0.01.

    Notes
    -----
    The floor keeps a case that the predictor hardly tells from the baseline from dividing by nothing: an
    absolute error of 0.0005 always passes, which in log-odds moves a probability by 0.000125 at most. A
    constant predictor has the error 0. A small error does not mean a true explanation.

    References
    ----------
    .. [1] Sundararajan, Taly, Yan (2017). Axiomatic attribution for deep networks. arXiv:1703.01365

    Examples
    --------
    >>> completeness_error([0.5, 0.25], output=1.0, output_at_baseline=0.0)
    0.25
    """
    change = output - output_at_baseline
    return abs(float(np.sum(np.asarray(values, dtype=np.float64))) - change) / max(
        abs(change), COMPLETENESS_FLOOR
    )


def resolve_target(declared: str, *, scores: Mapping[str, float], classes: Sequence[str]) -> str:
    """
    Return the class that a declared target means for one case.

    Parameters
    ----------
    declared : str
        `advised` (the most probable class), `rank_2` (the next) or `class: NAME`.
    scores : Mapping[str, float]
        The prediction that is shown: class to probability.
    classes : Sequence of str
        The classes in the predictor's order (the first wins a tie).

    Returns
    -------
    str
        The class.

    Raises
    ------
    ExplanationRefused
        If the declaration is not one of these, or names no class of the predictor.

    Examples
    --------
    >>> resolve_target("rank_2", scores={"a": 0.1, "b": 0.9}, classes=["a", "b"])
    'a'
    """
    ranked = sorted(classes, key=lambda name: -scores[name])
    if declared in ("advised", "rank_2"):
        return ranked[0 if declared == "advised" else 1]
    name = declared.removeprefix("class:").strip()
    if declared.startswith("class:") and name in classes:
        return name
    raise ExplanationRefused(
        f"The target {declared!r} is not known; use advised, rank_2 or one of "
        f"{', '.join(f'class: {each}' for each in classes)}."
    )


def check_target(explanation: Explanation, *, declared: str, expected: str, case: str) -> None:
    """
    Refuse an explanation of another class than the declared one.

    Parameters
    ----------
    explanation : Explanation
        What was computed.
    declared : str
        The declared target, for the message.
    expected : str
        The class that the declaration means for this case, from the prediction that is shown.
    case : str
        Key of the case, for the message.

    Raises
    ------
    ExplanationTargetMismatch
        If `target_class` differs from `expected`.
    """
    if explanation.target_class != expected:
        raise ExplanationTargetMismatch(
            f"Case {case}: the target {declared} means {expected!r}, but the explanation is of "
            f"{explanation.target_class!r}; it is not stored."
        )
