"""One explanation: how much each part of a case pushed the predictor towards a class."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explainers.core.digest import canonical_json
from explainers.core.errors import ArtefactCorrupt, ExplanationRefused, ExplanationTargetMismatch
from explainers.core.target import TARGET_SPACES

COMPLETENESS_GATE = 0.01
COMPLETENESS_FLOOR = 0.05
FORMAT = "assay.attribution/1"
FORMAT_PARTS = "assay.attribution/2"
"""Tables have the first format; pictures and texts the second, in which a map is little-endian float32 in base64."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """
    The attribution of one case.

    Parameters
    ----------
    features : tuple of str
        Names of the features in the predictor's order, or the words of a text; empty for a picture.
    values : Sequence of float
        Attribution per feature, word or pixel (row by row), in the unit of the target space; positive pushes
        towards the target class. A tuple, for a picture a read-only float32 array of one dimension.
    target_class : str
        The class explained.
    target_space : str
        What was attributed: `log_odds` of the class, its raw `score`, or its `probability`.
    baseline : tuple of float
        Tables: what the case was compared with, in the units of the features. Else empty.
    output : float
        f at the case, in the target space.
    output_at_baseline : float
        f at the baseline.
    completeness_error : float
        As `completeness_error` gives it. It says something of methods that promise completeness; of others it
        says only that their values need not add up.
    recipe : dict
        Everything needed to make it again; contains no ground truth.
    modality : str
        `tabular`, `image` or `text`.
    shape : tuple of int
        Of a picture: (height, width). Else empty.

    Raises
    ------
    ExplanationRefused
        If a value is not finite or the numbers of names and values do not agree.
    """

    features: tuple[str, ...]
    values: Sequence[float]
    target_class: str
    target_space: str
    baseline: tuple[float, ...]
    output: float
    output_at_baseline: float
    completeness_error: float
    recipe: Mapping[str, Any] = field(default_factory=dict)
    modality: str = "tabular"
    shape: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        numbers = [*self.baseline, self.output, self.output_at_baseline, self.completeness_error]
        if not np.isfinite(numbers).all() or not np.isfinite(np.asarray(self.values)).all():
            raise ExplanationRefused("The explanation has values that are not finite numbers.")
        if self.shape:
            map_ = np.ascontiguousarray(self.values, dtype="<f4")
            map_.flags.writeable = False
            object.__setattr__(self, "values", map_)
        wanted = math.prod(self.shape) if self.shape else len(self.features)
        if len(self.values) != wanted or (self.modality == "tabular" and len(self.baseline) != wanted):
            raise ExplanationRefused("The explanation needs one value and one baseline per feature.")
        if self.target_space not in TARGET_SPACES:
            raise ExplanationRefused(
                f"The target space is one of {', '.join(TARGET_SPACES)}, not {self.target_space!r}."
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Explanation) and self.to_bytes() == other.to_bytes()

    __hash__ = None  # type: ignore[assignment]

    def to_bytes(self) -> bytes:
        """
        Freeze the explanation.

        Returns
        -------
        bytes
            Canonical JSON; equal explanations give equal bytes.
        """
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        if self.modality == "tabular":
            del content["modality"], content["shape"]
            return canonical_json({"format": FORMAT, **content})
        if self.shape:
            content["values"] = base64.b64encode(np.asarray(self.values, dtype="<f4").tobytes()).decode()
        return canonical_json({"format": FORMAT_PARTS, **content})

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
            If the bytes are not a frozen explanation of a format that is known.
        """
        try:
            content = json.loads(data)
            if content.pop("format") != (FORMAT_PARTS if "modality" in content else FORMAT):
                raise ValueError("another format")
            content["shape"] = tuple(content.get("shape", ()))
            if content["shape"]:
                content["values"] = np.frombuffer(base64.b64decode(content["values"]), dtype="<f4")
            for name in ("features", "values", "baseline"):
                if not (name == "values" and content["shape"]):
                    content[name] = tuple(content[name])
            return cls(**content)
        except (ValueError, KeyError, TypeError, AttributeError, ExplanationRefused) as error:
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
    if declared == "advised":
        return ranked[0]
    if declared == "rank_2" and len(ranked) > 1:
        return ranked[1]
    name = declared.removeprefix("class:").strip()
    if declared.startswith("class:") and name in classes:
        return name
    raise ExplanationRefused(
        f"The target {declared!r} is not known; use advised, rank_2 or one of "
        f"{', '.join(f'class: {each}' for each in classes)}."
    )


def expand_target(declared: str, *, classes: Sequence[str]) -> list[str]:
    """
    Return the targets that a declaration means, one explanation each.

    Parameters
    ----------
    declared : str
        As for `resolve_target`, or `each_option`: one explanation per class, side by side.
    classes : Sequence of str
        The classes in the predictor's order.

    Returns
    -------
    list of str
        Declarations that `resolve_target` takes.

    Examples
    --------
    >>> expand_target("each_option", classes=["a", "b"]), expand_target("advised", classes=["a", "b"])
    (['class: a', 'class: b'], ['advised'])
    """
    return [f"class: {name}" for name in classes] if declared == "each_option" else [declared]


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
