"""Case plans keep their promise: whole cells, no case twice, practice aside, exposure even at every prefix."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from studies.design.caseplan import Planned, deal_plans
from studies.design.planblocks import Block, Group, PlanRequest, PoolCase, PracticeBlock, fits
from studies.design.shortages import shortages
from studies.design.spec import CaseQuota
from studies.design.strata import case_cells, resolve_margins

CLASSES = ("benign", "malignant")


def pool_of(sizes: tuple[int, int, int, int]) -> list[PoolCase]:
    """Cases of the four cells: right and wrong, benign and malignant."""
    kinds = list(product((True, False), CLASSES))
    return [
        PoolCase(100 * kind + number, {"": right}, truth)
        for kind, (right, truth) in enumerate(kinds)
        for number in range(sizes[kind])
    ]


def quota(right: bool | None, truth: str | None, count: int) -> CaseQuota:
    named = {"ai_correct": None if right is None else str(right).lower(), "ground_truth": truth}
    return CaseQuota({column: value for column, value in named.items() if value is not None}, count)


def request_of(
    blocks: tuple[Block, ...], practice: tuple[PracticeBlock, ...], plans: dict[str, int]
) -> PlanRequest:
    return PlanRequest((Group(("ai", "ig"), blocks),), practice, plans)


FINE = (quota(True, "benign", 3), quota(True, "malignant", 3), quota(False, "benign", 1),
        quota(False, "malignant", 1))  # fmt: skip
COARSE = (quota(True, None, 2), quota(False, None, 2))
REQUEST = request_of(
    (Block(7, 1, FINE), Block(8, 2, COARSE)), (PracticeBlock(6, 0, 2),), {"novice": 30, "expert": 30}
)
POOL = pool_of((20, 20, 8, 8))


@pytest.fixture(scope="module")
def plans() -> list[Planned]:
    return deal_plans("seed", request=REQUEST, pool=POOL)


def of_plan(plans: list[Planned], number: int, *steps: int) -> list[int]:
    return [
        trial.case for trial in plans if trial.plan == number and (not steps or trial.step_index in steps)
    ]


def test_every_plan_fills_every_cell_exactly(plans: list[Planned]) -> None:
    by_id = {case.id: case for case in POOL}
    for number in range(60):
        for block in REQUEST.groups[0].blocks:
            cases = [by_id[case] for case in of_plan(plans, number, block.step_index)]
            assert [sum(fits(c, cell) for c in cases) for cell in block.cells] == [
                c.count for c in block.cells
            ]


def test_nobody_meets_a_case_twice(plans: list[Planned]) -> None:
    assert all(len(set(cases := of_plan(plans, n))) == len(cases) == 14 for n in range(60))


def test_practice_cases_are_the_same_for_all_and_stay_out_of_the_trials(plans: list[Planned]) -> None:
    practice = {frozenset(of_plan(plans, number, 6)) for number in range(60)}
    assert len(practice) == 1
    assert not practice.pop() & {trial.case for trial in plans if trial.step_index != 6}


def test_trials_are_numbered_from_zero_without_gaps(plans: list[Planned]) -> None:
    numbers = Counter((t.plan, t.step_index, t.trial_index) for t in plans)
    assert set(numbers.values()) == {1}
    assert {t.trial_index for t in plans if t.step_index == 7} == set(range(8))


def test_cases_of_the_first_block_are_judged_equally_often_at_every_prefix(plans: list[Planned]) -> None:
    by_id = {case.id: case for case in POOL}
    reserved = {trial.case for trial in plans if trial.step_index == 6}
    for cell, first in product(FINE, (0, 30)):
        counts = {c.id: 0 for c in POOL if fits(c, cell) and c.id not in reserved}
        for number in range(first, first + 30):
            for case in of_plan(plans, number, 7):
                if fits(by_id[case], cell):
                    counts[case] += 1
            assert max(counts.values()) - min(counts.values()) <= 1


def test_the_same_seed_deals_the_same_and_another_deals_otherwise(plans: list[Planned]) -> None:
    assert deal_plans("seed", request=REQUEST, pool=POOL) == plans
    assert deal_plans("another", request=REQUEST, pool=POOL) != plans


def test_the_first_plan_of_a_seed_is_for_ever_the_same() -> None:
    # Written down once: a change of the stream would silently change which plan a recorded seed stands for.
    request = request_of((Block(0, 0, (quota(None, None, 4),)),), (), {"": 1})
    found = deal_plans("seed", request=request, pool=pool_of((5, 5, 0, 0)))
    assert [trial.case for trial in found] == [4, 3, 0, 104]


def test_the_order_of_cases_does_not_tell_their_cell(plans: list[Planned]) -> None:
    wrong = {case.id for case in POOL if not case.right[""]}
    at = Counter(t.trial_index for t in plans if t.step_index == 7 and t.case in wrong)
    assert sum(at.values()) == 120
    # 120 wrong cases over 8 places: 15 each; the chi-square bound is that of p = 0.001 with 7 degrees of freedom.
    assert sum((at[place] - 15) ** 2 / 15 for place in range(8)) < 24.3


def test_a_block_that_is_not_disjoint_may_repeat_cases_of_another() -> None:
    everything = (quota(None, None, 6),)
    request = request_of((Block(0, 0, everything), Block(1, 1, everything, disjoint=False)), (), {"": 2})
    found = deal_plans("seed", request=request, pool=pool_of((6, 0, 0, 0)))
    assert Counter(trial.step_index for trial in found) == {0: 12, 1: 12}


def test_blocks_that_nobody_meets_both_may_take_the_same_cases() -> None:
    everything = (quota(None, None, 6),)
    one, other = (Block(n, n, everything, arms=frozenset({arm})) for n, arm in enumerate(("ai", "ig")))
    request = request_of((one, other), (), {"": 2})
    found = deal_plans("seed", request=request, pool=pool_of((6, 0, 0, 0)))
    assert Counter(trial.step_index for trial in found) == {0: 12, 1: 12}
    both = request_of((one, replace(other, arms=frozenset({"ai", "ig"}))), (), {"": 2})
    assert "there are 6, 6 of which other blocks" in shortages(both, pool=pool_of((6, 0, 0, 0)))[0]


SHORT = {
    "a cell": ((20, 20, 0, 8), "needs 1 cases with AI wrong, benign"),
    "a cell after the other block": ((20, 20, 2, 1), "needs 2 cases with AI wrong"),
    "everything": ((0, 0, 0, 0), "there are 0"),
}


@pytest.mark.parametrize("name", SHORT)
def test_it_says_what_is_lacking_when_it_is_short_of(name: str) -> None:
    sizes, words = SHORT[name]
    request = request_of(REQUEST.groups[0].blocks, (), {"": 1})
    with pytest.raises(ValueError, match="Bring more cases or ask for fewer") as refused:
        deal_plans("seed", request=request, pool=pool_of(sizes))
    assert words in str(refused.value)


def test_it_refuses_practice_that_the_trials_cannot_spare() -> None:
    request = request_of((Block(1, 1, (quota(None, None, 4),)),), (PracticeBlock(0, 0, 3),), {"": 1})
    with pytest.raises(ValueError, match="needs 3 cases of its own, but the trials leave only 2"):
        deal_plans("seed", request=request, pool=pool_of((6, 0, 0, 0)))


def test_practice_has_the_mix_of_the_first_block_where_it_can() -> None:
    request = request_of((Block(1, 1, FINE),), (PracticeBlock(0, 0, 8),), {"": 1})
    found = deal_plans("seed", request=request, pool=POOL)
    by_id = {case.id: case for case in POOL}
    cases = [by_id[trial.case] for trial in found if trial.step_index == 0]
    assert [sum(fits(case, cell) for case in cases) for cell in FINE] == [3, 3, 1, 1]


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.tuples(*[st.integers(0, 12)] * 4),
    counts=st.tuples(*[st.integers(0, 4)] * 4),
    second=st.integers(0, 4),
    practice=st.integers(0, 3),
    seed=st.text(max_size=5),
)
def test_whatever_is_not_refused_is_dealt_as_promised(
    sizes: tuple[int, int, int, int],
    counts: tuple[int, int, int, int],
    second: int,
    practice: int,
    seed: str,
) -> None:
    kinds = product((True, False), CLASSES)
    cells = tuple(quota(r, t, n) for (r, t), n in zip(kinds, counts, strict=True) if n)
    assume(cells)
    blocks: tuple[Block, ...] = (Block(1, 1, cells),)
    if second:
        blocks += (Block(2, 2, (quota(None, None, second),)),)
    request = request_of(blocks, (PracticeBlock(0, 0, practice),) if practice else (), {"": 4})
    pool = pool_of(sizes)
    try:
        plans = deal_plans(seed, request=request, pool=pool)
    except ValueError:
        return
    size = sum(counts) + second + practice
    for number in range(4):
        cases = of_plan(plans, number)
        assert len(cases) == len(set(cases)) == size
        block = [case for case in pool if case.id in of_plan(plans, number, 1)]
        assert all(sum(fits(case, cell) for case in block) == cell.count for cell in cells)


@settings(max_examples=60, deadline=None)
@given(sizes=st.tuples(*[st.integers(0, 6)] * 4), counts=st.tuples(*[st.integers(0, 6)] * 4))
def test_one_block_is_refused_exactly_when_a_cell_is_too_small(
    sizes: tuple[int, int, int, int], counts: tuple[int, int, int, int]
) -> None:
    kinds = product((True, False), CLASSES)
    cells = tuple(quota(r, t, n) for (r, t), n in zip(kinds, counts, strict=True))
    request = request_of((Block(0, 0, cells),), (), {"": 1})
    found = shortages(request, pool=pool_of(sizes))
    assert len(found) == sum(size < count for size, count in zip(sizes, counts, strict=True))


def test_cells_are_the_products_of_their_margins() -> None:
    margins = {"ai_correct": {"true": 18, "false": 6}, "ground_truth": {"benign": 12, "malignant": 12}}
    cells = case_cells(margins, per_participant=24)
    assert [(c.values["ai_correct"], c.values["ground_truth"], c.count) for c in cells] == [
        ("true", "benign", 9), ("true", "malignant", 9), ("false", "benign", 3), ("false", "malignant", 3),
    ]  # fmt: skip


def test_no_margins_make_one_cell_of_everything() -> None:
    assert case_cells({}, per_participant=5) == [quota(None, None, 5)]


def test_a_cell_that_is_not_whole_is_refused_with_its_name() -> None:
    margins = {"ai_correct": {"true": 5, "false": 3}, "ground_truth": {"benign": 4, "malignant": 4}}
    with pytest.raises(ValueError, match=r"ai_correct = true, ground_truth = benign would hold 2\.5 cases"):
        case_cells(margins, per_participant=8)


@given(right=st.integers(0, 30), wrong=st.integers(0, 30), classes=st.integers(2, 5))
def test_cells_add_up_to_their_margins(right: int, wrong: int, classes: int) -> None:
    total = right + wrong
    assume(total)
    options = [f"class{number}" for number in range(classes)]
    margins, faults = resolve_margins(
        {"ai_correct": {"true": right, "false": wrong}, "ground_truth": "balanced"},
        per_participant=total,
        options=options,
    )
    assert bool(faults) == bool(total % classes)
    assume(not faults)
    try:
        cells = case_cells(margins, per_participant=total)
    except ValueError:
        assert right % classes or wrong % classes
        return
    assert sum(cell.count for cell in cells) == total
    assert sum(cell.count for cell in cells if cell.values["ai_correct"] == "true") == right
    assert all(
        sum(c.count for c in cells if c.values["ground_truth"] == o) == total // classes for o in options
    )
