"""The allocation list: balanced, random, and the same for ever."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.core.allocation import draw_allocation, draw_permuted_blocks
from analysis.core.stream import sub_seed

# Written down once: a list that was drawn for a study must be drawn again, bit for bit, by every later version.
FIXED = "ai ig placebo unaided placebo ig ai unaided unaided placebo ig ai placebo placebo unaided ig ig ai unaided ai"
SUB_SEED = "33698a33c0873cc3c004fc07f42514c0c7a1eac0e8022627672e4a81e2d7d19e"


def test_a_list_is_the_same_for_ever() -> None:
    conditions = ["unaided", "ai", "ig", "placebo"]
    drawn = draw_permuted_blocks(b"fixed", conditions=conditions, ratio=[1, 1, 1, 1], slots=20)
    assert " ".join(slot.condition for slot in drawn) == FIXED
    assert sub_seed(b"fixed", "expert", 3).hex() == SUB_SEED


def test_a_derived_seed_is_that_of_an_independent_computation() -> None:
    import hashlib

    parts = b"".join(len(part).to_bytes(8, "big") + part for part in (b"fixed", b"expert", b"3"))
    assert sub_seed(b"fixed", "expert", 3) == hashlib.sha256(parts).digest()


def test_labels_that_join_to_the_same_text_have_different_seeds() -> None:
    assert sub_seed("s", "ab", "c") != sub_seed("s", "a", "bc")


@given(
    ratio=st.lists(st.integers(1, 3), min_size=1, max_size=4),
    multiples=st.lists(st.integers(1, 3), min_size=1, max_size=3),
    slots=st.integers(0, 90),
    seed=st.binary(max_size=8),
)
def test_it_is_balanced_at_every_prefix(
    ratio: list[int], multiples: list[int], slots: int, seed: bytes
) -> None:
    names = [f"c{at}" for at in range(len(ratio))]
    drawn = draw_permuted_blocks(seed, conditions=names, ratio=ratio, slots=slots, block_multiples=multiples)
    assert [slot.seq for slot in drawn] == list(range(slots))
    seen: Counter[str] = Counter()
    for length, slot in enumerate(drawn, start=1):
        seen[slot.condition] += 1
        for name, times in zip(names, ratio, strict=True):
            assert abs(seen[name] - length * times / sum(ratio)) <= times * max(multiples)


@given(seed=st.binary(max_size=8))
def test_every_whole_block_holds_the_ratio(seed: bytes) -> None:
    drawn = draw_permuted_blocks(seed, conditions=["a", "b"], ratio=[2, 1], slots=60, block_multiples=[1, 2])
    blocks = [[slot.condition for slot in drawn if slot.block == at] for at in range(drawn[-1].block)]
    assert all(block.count("a") == 2 * block.count("b") and len(block) in (3, 6) for block in blocks)


def test_every_order_of_a_block_is_equally_frequent() -> None:
    orders: Counter[str] = Counter()
    for number in range(4800):
        drawn = draw_permuted_blocks(
            f"{number}", conditions=list("abc"), ratio=[1, 1, 1], slots=3, block_multiples=[1]
        )
        orders["".join(slot.condition for slot in drawn)] += 1
    assert len(orders) == 6
    assert stats.chisquare(list(orders.values())).pvalue > 0.001


def test_block_sizes_are_equally_frequent() -> None:
    drawn = draw_permuted_blocks("sizes", conditions=["a", "b"], ratio=[1, 1], slots=6000)
    sizes = Counter(Counter(slot.block for slot in drawn[:-8]).values())
    assert stats.binomtest(sizes[2], sizes[2] + sizes[4]).pvalue > 0.001


def test_strata_have_lists_of_their_own() -> None:
    lists = draw_allocation("seed", conditions=["a", "b"], ratio=[1, 1], strata={"x": 40, "y": 40})
    assert [slot.condition for slot in lists["x"]] != [slot.condition for slot in lists["y"]]
    alone = draw_permuted_blocks(sub_seed("seed", "y"), conditions=["a", "b"], ratio=[1, 1], slots=40)
    assert lists["y"] == alone


def test_it_names_every_fault_at_once() -> None:
    with pytest.raises(
        ValueError, match=r"different, non-empty names.*one positive whole number.*must not be negative"
    ):
        draw_permuted_blocks("s", conditions=["a", "a"], ratio=[0], slots=-1)
