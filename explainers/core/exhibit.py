"""Explanations that are no attribution: concepts, examples, counterfactuals, rationales; frozen like any other."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explainers.core.attribution import Explanation
from explainers.core.digest import canonical_json
from explainers.core.errors import ArtefactCorrupt, ExplanationRefused
from explainers.core.target import TARGET_SPACES

FORMAT = "assay.exhibit/1"
KINDS = ("concepts", "examples", "counterfactual", "rationale")


@dataclass(frozen=True, eq=False)
class Exhibit(Explanation):
    """
    An explanation made of things instead of values for parts.

    Parameters
    ----------
    kind : str
        `concepts` (bars: `features` are their names, `values` their lengths), `examples`, `counterfactual` or
        `rationale`.
    content : Mapping
        Everything that is shown, as plain data; each method says what is in it.

    Raises
    ------
    ExplanationRefused
        If the kind is unknown, a value is not finite or the content cannot be written as JSON.

    Notes
    -----
    The other parameters are those of `Explanation`. `baseline` and `shape` are empty.
    """

    kind: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ExplanationRefused(
                f"The kind of an exhibit is one of {', '.join(KINDS)}, not {self.kind!r}."
            )
        numbers = [*self.values, self.output, self.output_at_baseline, self.completeness_error]
        if not np.isfinite(numbers).all():
            raise ExplanationRefused("The explanation has values that are not finite numbers.")
        if len(self.values) != len(self.features):
            raise ExplanationRefused("The explanation needs one value per name.")
        if self.target_space not in TARGET_SPACES:
            raise ExplanationRefused(
                f"The target space is one of {', '.join(TARGET_SPACES)}, not {self.target_space!r}."
            )
        try:
            canonical_json(dict(self.content))
        except ValueError as error:
            raise ExplanationRefused(f"The explanation cannot be frozen: {error}") from error

    def to_bytes(self) -> bytes:
        """
        Freeze the explanation.

        Returns
        -------
        bytes
            Canonical JSON; equal explanations give equal bytes.
        """
        return canonical_json(
            {"format": FORMAT, **{name: getattr(self, name) for name in self.__dataclass_fields__}}
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Exhibit":
        """
        Read a frozen exhibit.

        Parameters
        ----------
        data : bytes
            What `to_bytes` gave.

        Returns
        -------
        Exhibit
            An equal one.

        Raises
        ------
        ArtefactCorrupt
            If the bytes are no exhibit of a format that is known.
        """
        try:
            content = json.loads(data)
            if content.pop("format") != FORMAT:
                raise ValueError("another format")
            for name in ("features", "values", "baseline", "shape"):
                content[name] = tuple(content[name])
            return cls(**content)
        except (ValueError, KeyError, TypeError, AttributeError, ExplanationRefused) as error:
            raise ArtefactCorrupt(
                f"This artefact is not an explanation of the format {FORMAT}: {error}."
            ) from error


def artefact_of(data: bytes) -> Explanation:
    """
    Read a frozen explanation of any kind.

    Parameters
    ----------
    data : bytes
        What `to_bytes` of an attribution or an exhibit gave.

    Returns
    -------
    Explanation
        An `Exhibit` if it is one.

    Raises
    ------
    ArtefactCorrupt
        If the bytes are neither.
    """
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    if isinstance(found, dict) and found.get("format") == FORMAT:
        return Exhibit.from_bytes(data)
    return Explanation.from_bytes(data)
