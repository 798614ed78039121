"""Allocation lists, in permuted blocks or place by place, from a seed: drawn again, they are the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.core.stream import bytes_of, random_below, random_shuffle, random_words, sub_seed

METHODS = ("permuted_blocks", "simple")


@dataclass(frozen=True)
class Slot:
    """One place in an allocation list.

    Attributes
    ----------
    seq : int
        Place in the list of its stratum, from 0.
    block : int
        Block that the place belongs to, from 0.
    condition : str
        Condition that whoever claims the slot is given.
    """

    seq: int
    block: int
    condition: str


def draw_permuted_blocks(
    seed: bytes | str,
    *,
    conditions: Sequence[str],
    ratio: Sequence[int],
    slots: int,
    block_multiples: Sequence[int] = (1, 2),
) -> list[Slot]:
    """Draw the allocation list of one stratum in permuted blocks of random size.

    Each block holds every condition ``ratio * multiple`` times in random order; the multiple is drawn anew for each
    block. At every prefix of the list, the count of a condition differs from its share by no more than one block
    holds of it.

    Parameters
    ----------
    seed : bytes or str
        Text is taken as UTF-8. Use `sub_seed` to give each stratum its own.
    conditions : sequence of str
        Names, all different, at least one.
    ratio : sequence of int
        Positive; as many as conditions.
    slots : int
        Length of the list, not negative. The last block is cut when it does not fit.
    block_multiples : sequence of int
        Positive; a block has ``sum(ratio) * multiple`` places.

    Returns
    -------
    list of Slot
        ``slots`` places in order.

    Raises
    ------
    ValueError
        When the arguments do not fit together; the message holds every fault.

    Notes
    -----
    The stream is SHA-256 of seed and counter, read in 64-bit words; numbers below a bound are drawn by rejection,
    the order by Fisher and Yates. With one seed the list is the same on every machine and in every version.

    References
    ----------
    .. [1] Schulz & Grimes (2002). Generation of allocation sequences in randomised trials. Lancet 359, 515-519.
       https://doi.org/10.1016/S0140-6736(02)07683-3

    Examples
    --------
    >>> found = draw_permuted_blocks("seed", conditions=["ai", "ig"], ratio=[1, 1], slots=4, block_multiples=[1])
    >>> [(slot.seq, slot.block, slot.condition) for slot in found]
    [(0, 0, 'ig'), (1, 0, 'ai'), (2, 1, 'ai'), (3, 1, 'ig')]
    """
    _check(conditions=conditions, ratio=ratio, slots=slots, block_multiples=block_multiples)
    words = random_words(bytes_of(seed))
    once = [name for name, times in zip(conditions, ratio, strict=True) for _ in range(times)]
    found: list[Slot] = []
    block = 0
    while len(found) < slots:
        places = once * block_multiples[random_below(words, len(block_multiples))]
        random_shuffle(places, words)
        start = len(found)
        found += [Slot(start + at, block, name) for at, name in enumerate(places[: slots - start])]
        block += 1
    return found


def draw_simple(
    seed: bytes | str, *, conditions: Sequence[str], ratio: Sequence[int], slots: int
) -> list[Slot]:
    """Draw the allocation list of one stratum place by place, each from the ratio alone.

    Parameters
    ----------
    seed, conditions, ratio, slots
        As for `draw_permuted_blocks`.

    Returns
    -------
    list of Slot
        ``slots`` places in order, all of block 0.

    Raises
    ------
    ValueError
        When the arguments do not fit together.

    Notes
    -----
    The counts of the conditions differ by chance, by about ``sqrt(slots)``: balance is the promise of blocks.

    References
    ----------
    .. [1] Schulz & Grimes (2002), as for `draw_permuted_blocks`.

    Examples
    --------
    >>> [slot.condition for slot in draw_simple("seed", conditions=["ai", "ig"], ratio=[1, 1], slots=4)]
    ['ig', 'ai', 'ai', 'ig']
    """
    _check(conditions=conditions, ratio=ratio, slots=slots, block_multiples=[1])
    words = random_words(bytes_of(seed))
    once = [name for name, times in zip(conditions, ratio, strict=True) for _ in range(times)]
    return [Slot(seq, 0, once[random_below(words, len(once))]) for seq in range(slots)]


def draw_allocation(
    seed: bytes | str,
    *,
    conditions: Sequence[str],
    ratio: Sequence[int],
    strata: Mapping[str, int],
    block_multiples: Sequence[int] = (1, 2),
    method: str = "permuted_blocks",
) -> dict[str, list[Slot]]:
    """Draw the whole allocation of a study: one list for each stratum, each from a seed of its own.

    The list of a stratum is ``draw_permuted_blocks(sub_seed(seed, stratum), ...)``, or that of `draw_simple`.

    Parameters
    ----------
    seed : bytes or str
        Seed of the study; text is taken as UTF-8.
    conditions, ratio, block_multiples
        As for `draw_permuted_blocks`.
    strata : mapping of str to int
        Slots of each stratum. A study without strata has one, named "".
    method : {"permuted_blocks", "simple"}
        How a list is drawn.

    Returns
    -------
    dict of str to list of Slot
        In the order of ``strata``.

    Raises
    ------
    ValueError
        As for `draw_permuted_blocks`.

    References
    ----------
    .. [1] Schulz & Grimes (2002), as for `draw_permuted_blocks`.

    Examples
    --------
    >>> lists = draw_allocation("seed", conditions=["ai", "ig"], ratio=[1, 1], strata={"novice": 2, "expert": 2})
    >>> {stratum: len(slots) for stratum, slots in lists.items()}
    {'novice': 2, 'expert': 2}
    """
    if method not in METHODS:
        raise ValueError(f"There is no list by the method {method!r}, only by {' and '.join(METHODS)}.")
    found = {}
    for stratum, slots in strata.items():
        own = sub_seed(seed, stratum)
        if method == "simple":
            found[stratum] = draw_simple(own, conditions=conditions, ratio=ratio, slots=slots)
            continue
        found[stratum] = draw_permuted_blocks(
            own, conditions=conditions, ratio=ratio, slots=slots, block_multiples=block_multiples
        )
    return found


def _check(
    *, conditions: Sequence[str], ratio: Sequence[int], slots: int, block_multiples: Sequence[int]
) -> None:
    faults = []
    if not conditions or len(set(conditions)) != len(conditions) or not all(conditions):
        faults.append(f"conditions must be different, non-empty names, got {list(conditions)}")
    if len(ratio) != len(conditions) or any(times < 1 for times in ratio):
        faults.append(f"ratio must be one positive whole number for each condition, got {list(ratio)}")
    if not block_multiples or any(times < 1 for times in block_multiples):
        faults.append(f"block_multiples must be positive whole numbers, got {list(block_multiples)}")
    if slots < 0:
        faults.append(f"slots must not be negative, got {slots}")
    if faults:
        raise ValueError("The allocation cannot be drawn: " + "; ".join(faults) + ".")
