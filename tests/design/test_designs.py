"""Plans of designs within participants: levels, orders, exposure and several predictors, counted by hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from studies.design.caseplan import Planned, deal_plans
from studies.design.planblocks import Block, Group, PlanRequest, PoolCase, Portion, PracticeBlock
from studies.design.spec import CaseQuota

LEVELS = ("condition=a", "condition=b", "condition=c")
RIGHT_WRONG = (CaseQuota({"ai_correct": "true"}, 6), CaseQuota({"ai_correct": "false"}, 3))
POOL = [
    PoolCase(
        number,
        {"net": number % 3 != 0, "bent": number % 2 == 0},
        "x",
        {"hard": str(number % 2)},
        position=number,
    )
    for number in range(60)
]
BLOCK = Block(5, 0, RIGHT_WRONG, portions=tuple(Portion(level, level, 3, "net") for level in LEVELS))


WHOLE = (Portion("", "", 9, "net"),)


def request_of(
    *blocks: Block, order: str = "latin", plans: int = 30, levels: tuple[str, ...] = LEVELS
) -> PlanRequest:
    return PlanRequest((Group(("all",), blocks, levels, order, levels),), (), {"": plans})


def by_plan(planned: list[Planned], step: int = 5) -> dict[int, list[Planned]]:
    found: dict[int, list[Planned]] = defaultdict(list)
    for trial in planned:
        if trial.step_index == step:
            found[trial.plan].append(trial)
    return found


def runs(trials: list[Planned]) -> list[str]:
    return [t.within for n, t in enumerate(trials) if n == 0 or trials[n - 1].within != t.within]


@pytest.fixture(scope="module")
def latin() -> list[Planned]:
    return deal_plans("seed", request=request_of(BLOCK), pool=POOL)


def test_every_level_comes_in_one_run_of_its_size(latin: list[Planned]) -> None:
    for trials in by_plan(latin).values():
        assert sorted(runs(trials)) == list(LEVELS)
        assert set(Counter(t.within for t in trials).values()) == {3}


def test_a_latin_order_puts_every_level_at_every_place_equally_often(latin: list[Planned]) -> None:
    places = Counter(
        (at, level) for trials in by_plan(latin).values() for at, level in enumerate(runs(trials))
    )
    assert set(places.values()) == {10}


def test_the_ai_is_right_equally_often_under_every_level(latin: list[Planned]) -> None:
    right = {case.id: case.right["net"] for case in POOL}
    for trials in by_plan(latin).values():
        assert [sum(right[t.case] for t in trials if t.within == level) for level in LEVELS] == [2, 2, 2]


def test_every_case_is_judged_about_equally_often_under_every_level(latin: list[Planned]) -> None:
    counts = Counter((t.case, t.within) for t in latin)
    wrong = [counts[case.id, level] for case in POOL if not case.right["net"] for level in LEVELS]
    assert max(wrong) - min(wrong) <= 1


def test_cells_that_do_not_divide_are_spread_and_add_up_for_each_person() -> None:
    cells = (CaseQuota({"ai_correct": "true"}, 7), CaseQuota({"ai_correct": "false"}, 2))
    planned = deal_plans("s", request=request_of(replace(BLOCK, cells=cells)), pool=POOL)
    right = {case.id: case.right["net"] for case in POOL}
    wrong_at: Counter[str] = Counter()
    for trials in by_plan(planned).values():
        assert sum(right[t.case] for t in trials) == 7
        wrong_at.update(t.within for t in trials if not right[t.case])
    assert sum(wrong_at.values()) == 60
    assert max(wrong_at.values()) <= 2 * min(wrong_at.values())


def test_the_answers_that_count_are_those_of_the_predictor_of_the_level() -> None:
    portions = (Portion("model=net", "", 4, "net"), Portion("model=bent", "", 4, "bent"))
    cells = (CaseQuota({"ai_correct": "true"}, 6), CaseQuota({"ai_correct": "false"}, 2))
    planned = deal_plans(
        "s", request=request_of(Block(5, 0, cells, portions=portions), levels=("",)), pool=POOL
    )
    right = {case.id: case.right for case in POOL}
    for trials in by_plan(planned).values():
        for model in ("net", "bent"):
            mine = [t for t in trials if t.within == f"model={model}"]
            assert [right[t.case][model] for t in mine].count(False) == 1


def test_levels_by_case_are_mixed_and_every_case_meets_both() -> None:
    portions = (Portion("m=one", "", 10, "net"), Portion("m=two", "", 10, "net"))
    block = Block(5, 0, (CaseQuota({}, 20),), portions=portions)
    planned = deal_plans("s", request=request_of(block, levels=("",), plans=12), pool=POOL)
    assert all(len(runs(trials)) > 4 for trials in by_plan(planned).values())
    met = Counter((t.within, t.case) for t in planned)
    assert {met[m, case.id] for m in ("m=one", "m=two") for case in POOL} == {2}


def test_one_level_a_step_in_the_order_of_the_person_with_the_same_cases_again() -> None:
    blocks = [
        Block(5 + at, at, (CaseQuota({}, 6),), disjoint=at == 0, takes=at, reread=at > 0,
              portions=tuple(Portion(level, level, 6, "net") for level in LEVELS))
        for at in range(3)
    ]  # fmt: skip
    planned = deal_plans("s", request=request_of(*blocks, order="williams", plans=12), pool=POOL)
    orders: Counter[tuple[str, ...]] = Counter()
    for plan in range(12):
        steps = [[t for t in planned if (t.plan, t.step_index) == (plan, 5 + at)] for at in range(3)]
        assert len({frozenset(t.case for t in step) for step in steps}) == 1
        assert all(len({t.within for t in step}) == 1 for step in steps)
        orders[tuple(step[0].within for step in steps)] += 1
    assert sorted(orders.values()) == [2] * 6


def test_a_fixed_order_of_cases_is_that_of_the_case_file() -> None:
    block = replace(BLOCK, portions=WHOLE, case_order="fixed")
    planned = deal_plans("s", request=request_of(block, levels=("",)), pool=POOL)
    assert all(
        [t.case for t in trials] == sorted(t.case for t in trials) for trials in by_plan(planned).values()
    )


def test_a_stratified_order_spreads_the_mistakes_of_the_ai_over_the_block() -> None:
    block = replace(BLOCK, portions=WHOLE, case_order="stratified")
    planned = deal_plans("s", request=request_of(block, levels=("",)), pool=POOL)
    right = {case.id: case.right["net"] for case in POOL}
    for trials in by_plan(planned).values():
        thirds = [[right[t.case] for t in trials[at : at + 3]].count(False) for at in (0, 3, 6)]
        assert thirds == [1, 1, 1]


def test_a_stratum_can_be_an_attribute_of_the_cases() -> None:
    cells = (CaseQuota({"hard": "1"}, 5), CaseQuota({"hard": "0"}, 1))
    planned = deal_plans("s", request=request_of(Block(5, 0, cells), levels=("",)), pool=POOL)
    hard = {case.id for case in POOL if case.attributes["hard"] == "1"}
    assert all(sum(t.case in hard for t in trials) == 5 for trials in by_plan(planned).values())


def test_groups_of_arms_have_plans_of_their_own_one_after_the_other() -> None:
    group = Group(("a",), (replace(BLOCK, portions=(Portion("", "", 9, "net"),)),))
    other = Group(("b",), (replace(BLOCK, portions=(Portion("", "", 9, "bent"),)),))
    planned = deal_plans(
        "s", request=PlanRequest((group, other), (PracticeBlock(4, 0, 2),), {"x": 3, "y": 2}), pool=POOL
    )
    right = {case.id: case.right for case in POOL}
    wrong_by = {
        plan: [sum(not right[t.case][name] for t in trials) for name in ("net", "bent")]
        for plan, trials in by_plan(planned).items()
    }
    assert sorted(wrong_by) == list(range(10))
    assert all(wrong_by[plan][0] == 3 for plan in (0, 1, 2, 6, 7))
    assert all(wrong_by[plan][1] == 3 for plan in (3, 4, 5, 8, 9))


def test_the_same_seed_deals_the_same_plans() -> None:
    assert deal_plans("seed", request=request_of(BLOCK), pool=POOL) == deal_plans(
        "seed", request=request_of(BLOCK), pool=POOL
    )
