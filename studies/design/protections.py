"""Which rows of this app may no longer change, and from when on. The database enforces it (``immutable.py``)."""

from __future__ import annotations

from studies.design.immutable import ALWAYS, differs, protect
from studies.design.models import (
    AllocationCounter,
    AllocationSlot,
    CaseColumn,
    GateOverride,
    GroundTruth,
    PlannedTrial,
    Recruitment,
    ShownExplanation,
    StaffAction,
    Study,
    StudyText,
    StudyVersion,
)

FROZEN = "a launched version is immutable; a change is a new version."


_LAUNCHED = "EXISTS (SELECT 1 FROM design_studyversion v WHERE ? AND v.launched_at IS NOT NULL)"
_HAS_LAUNCHED = _LAUNCHED.replace("?", "v.study_id = OLD.id")


def launched(row: str) -> str:
    """Return the condition that the version to which a row belongs is launched (``row`` is OLD or NEW)."""
    is_its_version = f"v.id = {row}.version_id"
    return _LAUNCHED.replace("?", is_its_version)


_TOUCHES_LAUNCHED = f"({launched('OLD')} OR {launched('NEW')})"

protect(
    StudyVersion,
    because=FROZEN,
    update="OLD.launched_at IS NOT NULL",
    delete="OLD.launched_at IS NOT NULL",
)
for model in (StudyText, PlannedTrial, ShownExplanation, GateOverride):
    protect(
        model,
        because=FROZEN,
        insert=launched("NEW"),
        update=_TOUCHES_LAUNCHED,
        delete=launched("OLD"),
    )
protect(
    AllocationSlot,
    because="a slot is drawn once, at launch.",
    insert=launched("NEW"),
    update=ALWAYS,
    delete=launched("OLD"),
)
protect(
    AllocationCounter,
    because="a counter of the allocation only counts up, and its limit was fixed at launch.",
    insert=launched("NEW"),
    update=f"{_TOUCHES_LAUNCHED} AND (NEW.next < OLD.next OR NEW.freed < OLD.freed OR "
    f"{differs('id', 'version_id', 'purpose', 'stratum', 'capacity', 'first_plan', 'plans')})",
    delete=launched("OLD"),
)
protect(
    Recruitment,
    because="recruitment belongs to its version; only its state changes.",
    update=differs("id", "version_id"),
    delete=launched("OLD"),
)
protect(
    Study,
    because="the address of a study with a launched version is in use.",
    update=f"{differs('id', 'slug')} AND {_HAS_LAUNCHED}",
    delete=_HAS_LAUNCHED,
)
_JUDGED = (
    "EXISTS (SELECT 1 FROM design_plannedtrial p JOIN design_studyversion v ON v.id = p.version_id "
    "WHERE p.case_id = OLD.case_id AND v.launched_at IS NOT NULL)"
)
protect(
    GroundTruth,
    because="the reference answer of a case does not change; bring the cases under a new name.",
    update=ALWAYS,
    delete=_JUDGED,
)
protect(
    CaseColumn,
    because="what is said of a case does not change; bring the cases under a new name.",
    update=ALWAYS,
    delete=_JUDGED,
)
protect(StaffAction, because="the trail of staff actions is append-only.", update=ALWAYS, delete=ALWAYS)
