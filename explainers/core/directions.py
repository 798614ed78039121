"""The words for the two directions of a push, the same in every drawing; and the little keys of legends."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

POSITIVE, NEGATIVE = "#0072B2", "#D55E00"  # Okabe and Ito's blue and vermillion
OUTCOME_KEYS = {"unit", "decimals"}


@dataclass(frozen=True)
class Directions:
    """
    How a push is put in words.

    Parameters
    ----------
    before : str
        What stands before the target in a title.
    target : str
        The class, or what a regression predicts.
    after : str
        What stands behind it.
    towards : str
        Words for a positive push.
    away : str
        Words for a negative push.
    """

    before: str
    target: str
    after: str
    towards: str
    away: str

    @property
    def title(self) -> str:
        """The title as plain text."""
        return f"{self.before}{self.target}{self.after}"

    def title_html(self, name: str) -> str:
        """
        Write the title with the target marked.

        Parameters
        ----------
        name : str
            Class of the mark.

        Returns
        -------
        str
            Escaped.
        """
        return f'{self.before}<strong class="{name}">{escape(self.target)}</strong>{self.after}'

    def of(self, value: float) -> str:
        """
        Say the direction of a push.

        Parameters
        ----------
        value : float
            The push.

        Returns
        -------
        str
            `no push` for 0.
        """
        return "no push" if value == 0 else self.towards if value > 0 else self.away


def directions(target: str, *, outcome: Mapping[str, Any] | None = None) -> Directions:
    """
    Return the words for a target.

    Parameters
    ----------
    target : str
        A class, or with `outcome` the name of what a regression predicts; `_` is read as a space.
    outcome : Mapping or None
        Unit and decimals of a regression; None for a classification.

    Returns
    -------
    Directions
        The words.

    Examples
    --------
    >>> directions("heart_failure").of(1)
    'towards heart failure'
    >>> directions("ill").of(-1), directions("systolic pressure", outcome={}).of(2)
    ('away from ill', 'towards a higher systolic pressure')
    """
    target = target.replace("_", " ")
    if outcome is None:
        return Directions(
            "What pushed the AI towards ", target, "", f"towards {target}", f"away from {target}"
        )
    return Directions(
        "What moved the AI’s ",  # noqa: RUF001 - the apostrophe of typography
        target,
        " up or down",
        f"towards a higher {target}",
        f"towards a lower {target}",
    )


def key_svg(colour: str, name: str) -> str:
    """
    Draw the small square of a legend.

    Parameters
    ----------
    colour : str
        Fill where no style sheet is read.
    name : str
        Class of the square.

    Returns
    -------
    str
        An SVG that screen readers pass over.
    """
    return (
        '<svg class="bars-key" viewBox="0 0 10 10" width="10" height="10" aria-hidden="true" focusable="false">'
        f'<rect class="{name}" fill="{colour}" x="0" y="0" width="10" height="10"/></svg>'
    )


def scale_limit(values: Any) -> float:
    """
    Return the end of the scale that all drawings of a study share.

    Formula: 99th percentile of |v|, to six digits; 1 if that is 0.

    Parameters
    ----------
    values : array of float
        All values, one dimension, not empty.

    Returns
    -------
    float
        Above 0.
    """
    import numpy as np

    limit = float(np.percentile(np.abs(np.asarray(values, dtype=np.float64)), 99))
    return float(f"{limit:.6g}") or 1.0
