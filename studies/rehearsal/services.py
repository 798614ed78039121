"""Rehearsing a study: simulated participants go through the real application over HTTP, on slots of their own."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import current_thread, main_thread

import httpx
from django.db import connection
from django.urls import reverse

from analysis.core.stream import sub_seed
from explainers.models import Case, Predictor
from explainers.selectors import case_panel, case_parts, prediction_map
from studies.design.models import PlannedTrial, StudyVersion
from studies.design.selectors import check_case_map
from studies.design.spec import StudySpec
from studies.design.truth import truth_of
from studies.enrolment.selectors import participant_by_token
from studies.enrolment.services import invitations_create, simulated_clock_set
from studies.errors import StudyError
from studies.rehearsal.driver import Life, Visit
from studies.rehearsal.knowledge import CaseKnown, Knowledge, Signature
from studies.rehearsal.policies import PolicyChoice

TIMEOUT_S = 60
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Rehearsal:
    """How a rehearsal went."""

    lives: tuple[Life, ...]
    ends: Mapping[str, int] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        return sum(life.pages for life in self.lives)


class RehearsalRefused(StudyError):
    """A rehearsal cannot begin."""

    code = "rehearsal_refused"


def rehearsal_run(
    *,
    version: StudyVersion,
    base_url: str,
    count: int,
    policies: Sequence[PolicyChoice],
    seed: int = 0,
    concurrency: int = 4,
    progress: Progress | None = None,
    transport: httpx.BaseTransport | None = None,
) -> Rehearsal:
    """Send simulated participants through a launched version, dealing the policies out in turn; any fault raises."""
    if version.launched_at is None:
        raise RehearsalRefused(f"{version} is not launched yet: launch it, then rehearse it.")
    if not policies or count < 1:
        raise RehearsalRefused("A rehearsal needs at least one participant and at least one policy.")
    spec = StudySpec.of(version.spec)
    knowledge = knowledge_of(version, spec)
    labels = {option.value: option.label for option in spec.decision.options}
    positive = labels.get(spec.decision.positive, "")
    makers = [choice.maker(knowledge=knowledge, positive=positive) for choice in policies]
    tokens = invitations_create(
        version=version, count=count, is_simulated=True, policies=[choice.name for choice in policies]
    )

    def live(number: int) -> Life:
        rng = random.Random(sub_seed(str(seed), "participant", number))  # noqa: S311 - chance for a simulation
        entrance = reverse("invited", args=[version.study.slug, tokens[number]])
        with _browser(transport) as client:
            return Visit(client, base_url, travel=_to_next_session).live(
                entrance, policy=makers[number % len(makers)](rng)
            )

    lives = tuple(_in_turn(live, count=count, concurrency=concurrency, progress=progress))
    return Rehearsal(lives, Counter(life.end for life in lives))


def knowledge_of(version: StudyVersion, spec: StudySpec) -> Knowledge:
    """Return what simulated participants may know: an opinion needs the truth, which never comes from a page."""
    planned = (
        PlannedTrial.objects.filter(version=version).order_by().values_list("case_id", flat=True).distinct()
    )
    pks = [*planned, *check_case_map(spec).values()]
    cases = Case.objects.select_related("case_set").filter(pk__in=pks)
    truth = truth_of(case_ids=pks)
    predictor = Predictor.objects.get(name=next(iter(spec.document["predictors"].values())))
    said = prediction_map(predictor=predictor, case_ids=pks)
    labels = {option.value: option.label for option in spec.decision.options}
    known: dict[Signature, CaseKnown] = {}
    for case in cases:
        right, advised = truth.get(case.pk, ""), said[case.pk].label if case.pk in said else ""
        fact = CaseKnown(labels.get(right, right), labels.get(advised, advised))
        if known.setdefault(_as_shown(case), fact) != fact:
            raise RehearsalRefused(
                f"Case {case.key} looks like another case that has another truth: simulated participants cannot "
                "tell them apart. Show more decimals in the schema of the case set."
            )
    return Knowledge(known, dict(_answers(spec)))


def _as_shown(case: Case) -> Signature:
    parts = case_parts(case)
    seen = [
        (
            part["name"],
            part["views"][0]["digest"] if part["kind"] == "picture" else " ".join(part["text"].split()),
        )
        for part in parts
        if part["kind"] in ("picture", "text")
    ]
    rows = [*(row for part in parts for row in part.get("rows", ())), *case_panel(case)]
    return (*seen, *((row["label"], f"{row['value']} {row['unit']}".strip()) for row in rows))


def _answers(spec: StudySpec) -> Iterator[tuple[str, str]]:
    for step in spec.steps:
        if step.kind == "screening":
            yield from ((item["id"], item["eligible"][0]) for item in step.params["items"])
        if step.kind == "comprehension":
            yield from ((item["id"], item["correct"]) for item in step.params["items"])


def _to_next_session(cookie: str) -> None:
    """Move the clock of a simulated participant to the opening of the session that it waits for."""
    try:
        person = participant_by_token(cookie)
        if person is None or person.opens_at is None:
            raise RehearsalRefused("A simulated participant waits for a session that nobody knows of.")
        simulated_clock_set(participant=person, to=person.opens_at)
    finally:
        if current_thread() is not main_thread():
            connection.close()  # of a thread that ends with its participants


@contextmanager
def _browser(transport: httpx.BaseTransport | None) -> Iterator[httpx.Client]:
    # trust_env: a proxy of the machine must never see, or break, what a rehearsal sends.
    with httpx.Client(transport=transport, timeout=TIMEOUT_S, trust_env=False) as client:
        yield client


def _in_turn(
    live: Callable[[int], Life], *, count: int, concurrency: int, progress: Progress | None
) -> Iterator[Life]:
    tell = progress or (lambda _done, _count: None)
    if concurrency <= 1:
        for number in range(count):
            yield live(number)
            tell(number + 1, count)
        return
    with ThreadPoolExecutor(concurrency) as pool:
        waiting = [pool.submit(live, number) for number in range(count)]
        try:
            for done, future in enumerate(as_completed(waiting), start=1):
                yield future.result()
                tell(done, count)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
