"""What an effect of a factor is made of: how much each condition counts."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from analysis.core.plan.values import Contrast, Effect

Cells = Mapping[str, Mapping[str, str]]
"""Levels of the factors of each condition."""

_TOLD = 6


class EffectError(ValueError):
    """An effect does not fit the factors; the message says why."""


def effect_weights(cells: Cells, effect: Effect) -> dict[str, float]:
    """Return the weight of each condition in an effect: those of one level add up to 1, those of the other to -1.

    ``effect = mean over k of (m[a, k] - m[b, k])``, with k the combinations of the levels of all other factors under
    which both levels occur; with ``by`` the difference of two such means: ``mean over k of (m[a, c, k] - m[b, c, k]) -
    (m[a, d, k] - m[b, d, k])``. Combinations weigh the same however many trials or people they have.

    Parameters
    ----------
    cells : mapping
        Levels of the factors of each condition; a factor that makes no difference there is absent.
    effect : Effect
        What is compared.

    Returns
    -------
    dict of str to float
        Weights other than 0, by condition.

    Raises
    ------
    EffectError
        When a level is unknown or belongs to several factors, two levels are of different factors, a factor interacts
        with itself, or no combination holds all levels; the omitted cells are named.

    References
    ----------
    .. [1] Maxwell, Delaney & Kelley (2018). Designing Experiments and Analyzing Data, ch. 7 (unweighted means).
       https://doi.org/10.4324/9781315642956

    Examples
    --------
    >>> cells = {f"{e}_{d}": {"explanation": e, "difficulty": d} for e in ("path", "none") for d in ("easy", "hard")}
    >>> effect_weights(cells, Effect("accuracy", Contrast("path", "none")))
    {'path_easy': 0.5, 'path_hard': 0.5, 'none_easy': -0.5, 'none_hard': -0.5}
    >>> split = Effect("accuracy", Contrast("path", "none"), by=Contrast("hard", "easy"))
    >>> effect_weights(cells, split)
    {'path_easy': -1.0, 'path_hard': 1.0, 'none_easy': 1.0, 'none_hard': -1.0}
    """
    axes, found = _combinations(cells, effect)
    corners = list(product(*axes.values()))
    whole = [met for met in found.values() if all(corner in met for corner in corners)]
    if not whole:
        told = _listed(cells_left_out(cells, effect))
        raise EffectError(
            f"No combination of the other factors holds all that '{effect}' compares: cells are omitted{told}."
        )
    signs = [
        (-1.0) ** sum(level == sides[1] for level, sides in zip(c, axes.values(), strict=True))
        for c in corners
    ]
    weights = {met[c]: sign / len(whole) for met in whole for c, sign in zip(corners, signs, strict=True)}
    return {name: weights[name] for name in cells if name in weights}


def cells_left_out(cells: Cells, effect: Effect) -> tuple[str, ...]:
    """Return the cells that an effect would need and the design omits.

    A combination of the other factors under which a level is lacking has no part in the effect: the mean is over the
    combinations that are whole, and a reader has to be told which are not.

    Parameters
    ----------
    cells : mapping
        Levels of the factors of each condition.
    effect : Effect
        What is compared.

    Returns
    -------
    tuple of str
        Each such as ``difficulty=easy, explanation=path``, sorted; empty when nothing is lacking.

    Raises
    ------
    EffectError
        When levels or factors do not fit, as in `effect_weights`.

    Examples
    --------
    >>> cells = {f"{e}_{d}": {"explanation": e, "difficulty": d} for e in ("path", "none") for d in ("easy", "hard")}
    >>> del cells["path_easy"]
    >>> cells_left_out(cells, Effect("accuracy", Contrast("path", "none")))
    ('difficulty=easy, explanation=path',)
    """
    axes, found = _combinations(cells, effect)
    lacking = [
        sorted([*others, *zip(axes, corner, strict=True)])
        for others, met in found.items()
        for corner in product(*axes.values())
        if corner not in met
    ]
    return tuple(sorted(", ".join(f"{factor}={level}" for factor, level in cell) for cell in lacking))


def _listed(cells: tuple[str, ...]) -> str:
    more = f"; and {len(cells) - _TOLD} more" if len(cells) > _TOLD else ""
    return f" ({'; '.join(cells[:_TOLD])}{more})" if cells else ""


def _combinations(
    cells: Cells, effect: Effect
) -> tuple[dict[str, tuple[str, str]], dict[tuple[tuple[str, str], ...], dict[tuple[str, ...], str]]]:
    """Return the two levels of each factor compared, and per combination of the others the condition of each."""
    first, sides = _sides(cells, effect.levels)
    axes = {first: sides}
    if effect.by is not None:
        second, others = _sides(cells, effect.by)
        if second == first:
            raise EffectError(
                f"'{effect.by}' and '{effect.levels}' are levels of one factor, {first}: name another one."
            )
        axes[second] = others
    held = {factor: _level(cells, f"{factor}={level}")[1] for factor, level in effect.at}
    if shared := sorted(set(held) & set(axes)):
        raise EffectError(f"The factor {shared[0]} is compared and cannot be held at one level as well.")
    rest: dict[tuple[tuple[str, str], ...], dict[tuple[str, ...], str]] = {}
    for name, levels in cells.items():
        if any(levels.get(factor) != level for factor, level in held.items()):
            continue
        place = tuple(levels.get(factor, "") for factor in axes)
        if all(level in wanted for level, wanted in zip(place, axes.values(), strict=True)):
            others_are = tuple(sorted((k, v) for k, v in levels.items() if k not in axes))
            rest.setdefault(others_are, {})[place] = name
    return axes, rest


def _sides(cells: Cells, pair: Contrast) -> tuple[str, tuple[str, str]]:
    one, other = _level(cells, pair.treatment), _level(cells, pair.control)
    if one[0] != other[0]:
        raise EffectError(
            f"'{pair.treatment}' is a level of {one[0]}, '{pair.control}' one of {other[0]}: take one factor."
        )
    return one[0], (one[1], other[1])


def _level(cells: Cells, word: str) -> tuple[str, str]:
    """Return factor and level that a word means: ``level``, or ``factor=level``."""
    known = sorted({(factor, level) for levels in cells.values() for factor, level in levels.items()})
    given, _, name = word.partition("=")
    meant = [pair for pair in known if pair == (given, name) or (not name and pair[1] == given)]
    if not meant:
        told = ", ".join(f"{factor}={level}" for factor, level in known) or "none: the study has no factors"
        raise EffectError(f"There is no level '{word}'. Levels are: {told}.")
    if len(meant) > 1:
        told = " or ".join(f"{factor}={level}" for factor, level in meant)
        raise EffectError(f"'{word}' is a level of several factors: write {told}.")
    return meant[0]
