"""Whether the fields of a study can be scored against the reference columns of its cases, told before launch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from studies.design.content import Content
from studies.design.truth import FIELD, truths_of
from studies.protocols.credit import key_fault
from studies.protocols.fields import Field

OTHERWISE = frozenset({"prediction", "ai_correct"})
"""What is compared with the AI and not with a reference column."""
PLAIN = frozenset({"choice", "numeric"})
TRUTH = "truth"


def reference_problems(content: Content) -> Iterator[str]:
    """Yield each field whose reference column is missing or holds what the field cannot be compared with."""
    columns: dict[str, dict[str, int]] = {}
    for (case, name), value in truths_of(case_ids=[case.pk for case in content.cases()]).items():
        columns.setdefault(name, {}).setdefault(value, case)
    keys = {case.pk: case.key for case in content.cases()}
    for field in sorted(_scored_fields(content), key=lambda field: field.name):
        yield from _problems_of(field, columns, keys)


def _scored_fields(content: Content) -> set[Field]:
    spec = content.spec
    return {
        field
        for step in spec.steps
        if "protocol" in step.params
        for condition in spec.conditions
        for stage in spec.stages(step, condition.name)
        for field in stage.fields
        if field.scored_against is not None and field.scored_against not in OTHERWISE
    }


def _problems_of(
    field: Field, columns: Mapping[str, Mapping[str, int]], keys: Mapping[int, str]
) -> Iterator[str]:
    name = FIELD if field.scored_against == TRUTH else str(field.scored_against)
    values = columns.get(name)
    if values is None:
        yield (
            f"The field '{field.name}' is compared with the reference column '{name}', which no case has: name it "
            "under 'truths' in the schema of the cases and bring them in again."
        )
        return
    if name == FIELD and field.kind in PLAIN:
        return  # the decision itself; what it offers is checked with the predictors
    for value, case in values.items():
        if fault := key_fault(field, value):
            yield f"Case {keys[case]}: {fault}"
            return
