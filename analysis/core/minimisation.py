"""Minimisation with a random element: everybody gets the condition that balances the strata best, most of the time.

Only the standard library is used. The random numbers are a stream that is drawn beforehand from the recorded seed; who
came, in which order and with which levels decides the rest, so that every allocation can be computed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from analysis.core.stream import random_below, random_shuffle, random_words, sub_seed

_MILLION = 1_000_000
IMBALANCES = ("range", "variance")


@dataclass(frozen=True)
class Minimisation:
    """The rule by which people are allocated.

    A condition with ratio 2 is two cells of one name, each treated as a condition of its own (naive minimisation), so
    that the ratio holds in expectation at every place of the list.

    Attributes
    ----------
    conditions : tuple of str
        Names, all different.
    ratio : tuple of int
        Positive; as many as conditions.
    probability : float
        With which a cell is taken that balances best; the others share the rest. Between 0.5 and 1.
    imbalance : {"range", "variance"}
        How the imbalance of a level is measured over the cells.
    """

    conditions: tuple[str, ...]
    ratio: tuple[int, ...]
    probability: float = 0.8
    imbalance: str = "range"

    def __post_init__(self) -> None:
        faults = []
        if not self.conditions or len(set(self.conditions)) != len(self.conditions):
            faults.append(f"conditions must be different names, got {list(self.conditions)}")
        if len(self.ratio) != len(self.conditions) or any(times < 1 for times in self.ratio):
            faults.append(
                f"ratio must be one positive whole number for each condition, got {list(self.ratio)}"
            )
        if not 0.5 <= self.probability <= 1:
            faults.append(f"probability must be between 0.5 and 1, got {self.probability}")
        if self.imbalance not in IMBALANCES:
            faults.append(f"imbalance must be one of {', '.join(IMBALANCES)}, got {self.imbalance!r}")
        if faults:
            raise ValueError("People cannot be allocated by minimisation: " + "; ".join(faults) + ".")

    @property
    def cells(self) -> tuple[tuple[str, int], ...]:
        """Every (condition, copy), in the order of the conditions."""
        pairs = zip(self.conditions, self.ratio, strict=True)
        return tuple((name, copy) for name, times in pairs for copy in range(times))


Counts = Mapping[tuple[str, str], Sequence[int]]
"""How many are in each cell already, by (factor, level)."""


def minimisation_stream(seed: bytes | str, *, places: int) -> list[str]:
    """Draw the random word of every place, before anybody comes.

    The word of place i is ``sub_seed(seed, "minimisation", i)``, 64 hexadecimal digits.

    Parameters
    ----------
    seed : bytes or str
        Of the study; text is taken as UTF-8.
    places : int
        Not negative.

    Returns
    -------
    list of str
        ``places`` words.

    Examples
    --------
    >>> [word[:6] for word in minimisation_stream("seed", places=2)]
    ['25309d', '043660']
    """
    return [sub_seed(seed, "minimisation", place).hex() for place in range(places)]


def minimise(word: str, *, rule: Minimisation, levels: Mapping[str, str], counts: Counts) -> int:
    """Choose the cell of the next person.

    For each cell k the imbalance is ``G_k = sum over factors of D(n + e_k)``, where n are the counts of the person's
    level of the factor over the cells and D is their range or variance. With ``rule.probability`` one of the cells
    with the smallest G is taken, otherwise one of the others; within either set all are equally likely.

    Parameters
    ----------
    word : str
        Random word of the place, hexadecimal.
    rule : Minimisation
        The rule.
    levels : mapping of str to str
        Level of the person in each factor.
    counts : mapping of (str, str) to sequence of int
        By (factor, level): how many are in each cell; a level that is missing has nobody.

    Returns
    -------
    int
        Place of the cell in ``rule.cells``.

    Notes
    -----
    When all cells balance equally well, one of them is taken at random whatever the probability. Imbalances are
    compared as whole numbers (the variance times the square of the number of cells), so there are no ties by rounding.

    References
    ----------
    .. [1] Pocock & Simon (1975). Sequential treatment assignment with balancing for prognostic factors. Biometrics 31,
       103-115. https://doi.org/10.2307/2529712
    .. [2] Taves (1974). Minimization. Clin. Pharmacol. Ther. 15, 443-453. https://doi.org/10.1002/cpt1974155443
    .. [3] Kuznetsova & Tymofyeyev (2012). Preserving the allocation ratio at every allocation with biased coin
       randomization and minimization. Stat. Med. 31, 701-723. https://doi.org/10.1002/sim.4447

    Examples
    --------
    >>> rule = Minimisation(("ai", "ig"), (1, 1), probability=1.0)
    >>> minimise("00", rule=rule, levels={"sex": "f"}, counts={("sex", "f"): [3, 1]})
    1
    """
    cells = len(rule.cells)
    words = random_words(bytes.fromhex(word))
    takes_best = random_below(words, _MILLION) < round(rule.probability * _MILLION)
    order = list(range(cells))
    random_shuffle(order, words)
    totals = [_imbalance(cell, rule=rule, levels=levels, counts=counts) for cell in range(cells)]
    best = [cell for cell in order if totals[cell] == min(totals)]
    rest = [cell for cell in order if totals[cell] != min(totals)]
    return (best if takes_best or not rest else rest)[0]


def minimisation_replay(
    words: Iterable[str], *, rule: Minimisation, arrivals: Sequence[Mapping[str, str]]
) -> list[tuple[str, int]]:
    """Compute every allocation again from the stream and from who came.

    Parameters
    ----------
    words : iterable of str
        The stream, at least as long as ``arrivals``.
    rule : Minimisation
        The rule.
    arrivals : sequence of mapping of str to str
        Levels of each person, in the order in which places were claimed.

    Returns
    -------
    list of (str, int)
        Condition and copy of each person.

    Examples
    --------
    >>> rule = Minimisation(("ai", "ig"), (1, 1))
    >>> people = [{"sex": "f"}, {"sex": "f"}, {"sex": "m"}]
    >>> minimisation_replay(minimisation_stream("seed", places=3), rule=rule, arrivals=people)
    [('ai', 0), ('ai', 0), ('ig', 0)]
    """
    counts: dict[tuple[str, str], list[int]] = {}
    found = []
    for levels, word in zip(arrivals, words, strict=False):
        cell = minimise(word, rule=rule, levels=levels, counts=counts)
        for place in levels.items():
            counts.setdefault(place, [0] * len(rule.cells))[cell] += 1
        found.append(rule.cells[cell])
    return found


def levels_of(stratum: str) -> dict[str, str]:
    """Read the levels of a person from the name of their stratum.

    Parameters
    ----------
    stratum : str
        ``factor=level`` joined by ``|``.

    Returns
    -------
    dict of str to str
        Level by factor.

    Examples
    --------
    >>> levels_of("expertise=expert|age=40_or_more")
    {'expertise': 'expert', 'age': '40_or_more'}
    """
    return dict(part.split("=", 1) for part in stratum.split("|") if "=" in part)


def _imbalance(cell: int, *, rule: Minimisation, levels: Mapping[str, str], counts: Counts) -> int:
    return sum(_spread(counts.get(place), cell, rule=rule) for place in levels.items())


def _spread(counts: Sequence[int] | None, cell: int, *, rule: Minimisation) -> int:
    after = list(counts) if counts is not None else [0] * len(rule.cells)
    after[cell] += 1
    if rule.imbalance == "range":
        return max(after) - min(after)
    return len(after) * sum(count**2 for count in after) - sum(after) ** 2
