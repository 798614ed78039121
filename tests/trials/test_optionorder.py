"""Options in an order of one's own: drawn from the seed, the same in every trial, recorded with what was shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import permutations

from studies.design.models import StudyVersion
from studies.protocols.fields import Field, Option
from studies.protocols.stages import Stage
from studies.trials.models import Presentation
from studies.trials.optionorder import stages_drawn
from tests.factories import step, trials_step
from tests.trials.person import Person

OPTIONS = tuple(Option(name, name.upper()) for name in "abc")
ASKED = {"name": "x", "kind": "choice", "label": "Which?", "options": list("abcdef"), "order": "drawn"}


def order(slot: int, seed: str = "seed") -> tuple[str, ...]:
    stage = Stage("s", ("case",), (Field("x", "choice", "?", OPTIONS, order="drawn"),))
    (drawn,) = stages_drawn([stage], seed=seed, slot=f":{slot}")
    return tuple(option.value for option in drawn.fields[0].options)


def test_the_same_seed_and_slot_give_the_same_order() -> None:
    assert [order(slot) for slot in range(50)] == [order(slot) for slot in range(50)]


def test_every_order_comes_about_as_often() -> None:
    counts = Counter(order(slot) for slot in range(1200))
    assert set(counts) == set(permutations("abc"))
    assert all(140 < count < 265 for count in counts.values())  # 200 expected, 5 standard deviations are 65


def test_what_is_declared_as_fixed_stays() -> None:
    stage = Stage("s", ("case",), (Field("x", "choice", "?", OPTIONS),))
    assert stages_drawn([stage], seed="seed", slot=":1") == (stage,)


def test_a_participant_has_one_order_and_it_is_recorded(
    study: Callable[..., StudyVersion], person: Callable[..., Person]
) -> None:
    stages = [{"name": "only", "items": ["case"], "fields": [ASKED]}]
    trials = trials_step(2, protocol="own_stages", parameters={"stages": stages})
    version = study(flow=[step("consent", text="consent"), step("allocate"), trials])
    orders = []
    for _ in range(3):
        someone = person(version).answer(consent="given")
        seen = [someone.fields["x"], someone.answer().fields["x"]]
        assert seen[0] == seen[1]
        assert list(Presentation.objects.order_by("pk").last().option_order) == seen[0]
        orders.append(tuple(seen[0]))
    assert len(set(orders)) > 1
