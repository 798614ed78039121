"""An audit of the balance of case plans at the size of a study, with counts of its own (I3)."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise, permutations

import pytest

from studies.design.caseplan import Planned, deal_plans
from studies.design.content import arm_groups, plan_request
from studies.design.planblocks import Block, Group, PlanRequest, PoolCase, Portion
from studies.design.spec import CaseQuota, StudySpec
from studies.design.studyfile import study_read
from studies.errors import FileInvalid
from tests.design.designs import ADVICE, MIXED, study, within
from tests.design.scene import SIDE_FILES

POOL = [
    PoolCase(number, {"net": number % 4 != 0, "bent": number % 8 > 1}, "x", position=number)
    for number in range(160)
]
CELLS = (CaseQuota({"ai_correct": "true"}, 7), CaseQuota({"ai_correct": "false"}, 3))


def spec_of(source: str) -> StudySpec:
    return study_read(source, files=SIDE_FILES).spec


def dealt(block: Block, *, levels: tuple[str, ...], order: str = "drawn", plans: int) -> list[Planned]:
    request = PlanRequest((Group(("all",), (block,), levels, order, levels),), (), {"": plans})
    return deal_plans("audit", request=request, pool=POOL)


def uneven(plans: int) -> list[Planned]:
    """Ten trials of which the AI is right in seven, over two levels that are mixed: nothing divides."""
    halves = (Portion("x=a", "", 5, "net"), Portion("x=b", "", 5, "net"))
    return dealt(Block(0, 0, CELLS, portions=halves), levels=("",), plans=plans)


def test_where_cases_do_not_divide_the_ai_is_still_right_equally_often_under_every_level() -> None:
    right: Counter[str] = Counter()
    each: dict[tuple[int, str], int] = defaultdict(int)
    for trial in uneven(40):
        is_right = trial.case % 4 != 0
        right[trial.within] += is_right
        each[trial.plan, trial.within] += is_right
    assert right == {"x=a": 140, "x=b": 140}
    assert set(each.values()) == {3, 4}


def test_a_step_that_shows_one_level_divides_its_trials_over_what_is_mixed() -> None:
    factors = within().replace("order: drawn", "order: latin\n    per: step") + (
        f"  look:\n    levels: {{plain: {{}}, framed: {ADVICE}}}\n    placed: case\n"
    )
    steps = "\n".join(["  - trials: {protocol: decision}"] * 3)
    spec = spec_of(study(factors, trials=steps, contrast="ai_plain - none_plain"))
    request = plan_request(spec)
    planned = deal_plans("audit", request=PlanRequest(request.groups, (), {"": 3}), pool=pool_for(spec))
    counts = Counter((trial.plan, trial.step_index, trial.within) for trial in planned)
    assert set(counts.values()) == {6}
    assert len(counts) == 3 * 3 * 2
    helps = defaultdict(set)
    for plan, step, word in counts:
        helps[plan, step].add(word.split(",")[0])
    assert all(len(levels) == 1 for levels in helps.values())
    for step in sorted({step for _plan, step in helps}):
        assert len({min(helps[plan, step]) for plan in range(3)}) == 3


def test_where_the_order_is_fixed_each_step_needs_cases_for_its_own_level_alone() -> None:
    by_order = {}
    for order in ("fixed", "latin"):
        factors = within().replace("order: drawn", f"order: {order}\n    per: step")
        steps = "\n".join(["  - trials: {protocol: decision}"] * 3)
        spec = spec_of(study(factors, trials=steps, contrast="ai - none"))
        group = plan_request(spec).groups[0]
        by_order[order] = [[portion.level for portion in block.portions] for block in group.blocks]
        assert [block.takes for block in group.blocks] == [0, 1, 2]
    assert by_order["fixed"] == [[level] for level in group.levels]
    assert by_order["latin"] == [list(group.levels)] * 3


def pool_for(spec: StudySpec) -> list[PoolCase]:
    return [
        PoolCase(number, {"net": number % 4 != 0}, "benign", case_set=spec.case_set, position=number)
        for number in range(120)
    ]


def test_cases_read_again_are_the_same_cases_under_every_level_of_the_second_reading() -> None:
    steps = (
        "  - trials: {protocol: decision}\n"
        "  - trials: {protocol: decision, cases: {per_participant: 12, reread: true, disjoint: false}}"
    )
    spec = spec_of(study(within("latin"), trials=steps))
    request = plan_request(spec)
    planned = deal_plans("audit", request=PlanRequest(request.groups, (), {"": 6}), pool=pool_for(spec))
    first, second = sorted({trial.step_index for trial in planned})
    for plan in range(6):
        cases = {
            step: {t.case for t in planned if (t.plan, t.step_index) == (plan, step)}
            for step in (first, second)
        }
        assert cases[first] == cases[second]
    counts = Counter((t.plan, t.within) for t in planned if t.step_index == second)
    assert set(counts.values()) == {4}
    wrong = Counter((t.plan, t.within) for t in planned if t.step_index == second and t.case % 4 == 0)
    assert set(wrong.values()) == {1}


def test_cases_can_be_read_again_only_all_of_them() -> None:
    steps = (
        "  - trials: {protocol: decision}\n"
        "  - trials: {protocol: decision, cases: {per_participant: 6, reread: true}}"
    )
    with pytest.raises(FileInvalid, match="read 12 cases again, but per_participant is 6"):
        spec_of(study(within("latin"), trials=steps))


TWO_AIS = """\
factors:
  ai:
    levels: {good: {predictor: net, advice: {show: [label]}}, bent: {predictor: bent, advice: {show: [label]}}}
    placed: between
"""


def two_ais(order: str, strata: str) -> str:
    source = study(TWO_AIS, contrast="good - bent", strata=strata, more=f", order: {order}")
    return source.replace("{net: small-net}", "{net: small-net, bent: bent-net}")


def test_yoked_arms_see_the_same_cases_in_the_same_order_whatever_their_predictor() -> None:
    yoked = spec_of(two_ais("yoked", "{ground_truth: balanced}"))
    apart = spec_of(two_ais("random", "{ground_truth: balanced}"))
    assert [[arm.name for arm in arms] for arms in arm_groups(yoked)] == [["good", "bent"]]
    assert [[arm.name for arm in arms] for arms in arm_groups(apart)] == [["good"], ["bent"]]


def test_yoked_cases_cannot_be_chosen_by_what_differs_between_the_arms() -> None:
    with pytest.raises(FileInvalid, match=r"cases\.order: Yoked cases are the same for all arms"):
        spec_of(two_ais("yoked", "{ai_correct: {true: 9, false: 3}}"))


@pytest.mark.long
@pytest.mark.parametrize("order", ["latin", "williams", "drawn"])
def test_two_thousand_plans_of_five_levels_are_balanced(order: str) -> None:
    levels = tuple(f"x={letter}" for letter in "abcde")
    cells = (CaseQuota({"ai_correct": "true"}, 15), CaseQuota({"ai_correct": "false"}, 5))
    block = Block(0, 0, cells, portions=tuple(Portion(level, level, 4, "net") for level in levels))
    planned = dealt(block, levels=levels, order=order, plans=2000)
    orders: dict[int, list[str]] = defaultdict(list)
    times: Counter[tuple[str, int]] = Counter()
    right: Counter[tuple[int, str]] = Counter()
    for trial in planned:
        times[trial.within, trial.case] += 1
        right[trial.plan, trial.within] += trial.case % 4 != 0
        if trial.within not in orders[trial.plan]:
            orders[trial.plan].append(trial.within)
    assert set(right.values()) == {3}
    places = Counter((level, place) for row in orders.values() for place, level in enumerate(row))
    follows = Counter(pair for row in orders.values() for pair in pairwise(row))
    if order == "drawn":
        # 2000 draws over 120 orders: the chi-square bound is that of p = 0.001 with 119 degrees of freedom.
        met = Counter(map(tuple, orders.values()))
        expected = 2000 / 120
        assert sum((met[row] - expected) ** 2 / expected for row in permutations(levels)) < 172.0
    else:
        assert set(places.values()) == {400}
    if order == "williams":
        assert set(follows.values()) == {400}
    for level in levels:
        for is_right in (True, False):
            counts = [times[level, case.id] for case in POOL if case.right["net"] == is_right]
            assert max(counts) - min(counts) <= 1


@pytest.mark.long
def test_over_a_thousand_plans_what_does_not_divide_is_equal_and_every_case_is_judged_alike() -> None:
    times: Counter[tuple[str, int]] = Counter()
    right: Counter[str] = Counter()
    for trial in uneven(1000):
        times[trial.within, trial.case] += 1
        right[trial.within] += trial.case % 4 != 0
    assert right == {"x=a": 3500, "x=b": 3500}
    for is_right in (True, False):
        counts = [
            times[word, case.id] for word in ("x=a", "x=b") for case in POOL if case.right["net"] == is_right
        ]
        assert max(counts) - min(counts) <= 3


def test_mixed_designs_deal_the_same_cases_to_all_arms() -> None:
    spec = spec_of(study(MIXED, contrast="ig_shown - plain_shown"))
    assert [[arm.name for arm in arms] for arms in arm_groups(spec)] == [["plain", "ig"]]


def crossover(days: int) -> StudySpec:
    """A reader crossover: the same cases unaided and with help, at least four weeks apart, in both orders."""
    factors = (
        f"factors:\n  help:\n    levels: {{none: {{}}, ai: {ADVICE}}}\n    placed: within\n"
        "    order: latin\n    per: step\n    washout_days: 28\n"
    )
    steps = (
        "  - trials: {protocol: decision}\n"
        f"  - session: {{name: second, opens_after_days: {days}}}\n"
        "  - trials: {protocol: decision, cases: {per_participant: 12, reread: true}}"
    )
    return spec_of(study(factors, trials=steps))


def test_a_crossover_reads_the_same_cases_again_under_the_other_level_after_the_washout() -> None:
    spec = crossover(28)
    request = plan_request(spec)
    planned = deal_plans("audit", request=PlanRequest(request.groups, (), {"": 8}), pool=pool_for(spec))
    first, second = sorted({trial.step_index for trial in planned})
    read = {
        (plan, step): {(t.case, t.within) for t in planned if (t.plan, t.step_index) == (plan, step)}
        for plan in range(8)
        for step in (first, second)
    }
    began: Counter[str] = Counter()
    for plan in range(8):
        (before,), (after,) = ({word for _case, word in read[plan, step]} for step in (first, second))
        assert {case for case, _word in read[plan, first]} == {case for case, _word in read[plan, second]}
        assert {before, after} == {"help=none", "help=ai"}
        began[before] += 1
    assert began == {"help=none": 4, "help=ai": 4}


def test_a_session_that_opens_before_the_washout_is_over_is_refused() -> None:
    with pytest.raises(FileInvalid, match="At least 28 days must lie between two levels"):
        crossover(27)
