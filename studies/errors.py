"""The errors that studies raise: one class per boundary, each a sentence that says what, where and what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong in a file, at the line where it stands.

    Parameters
    ----------
    line : int
        Line in the file, counted from 1; 0 when the fault belongs to the file as a whole.
    where : str
        Path inside the file, for example ``plan.primary.measure``, or ``row 41, column texture``.
    message : str
        What is wrong and what to do, one sentence.
    """

    line: int
    where: str
    message: str

    def __str__(self) -> str:
        at = f"line {self.line}: " if self.line else ""
        return f"{at}{self.where}: {self.message}" if self.where else f"{at}{self.message}"


class StudyError(Exception):
    """Base of every error that is the caller's to mend; ``code`` is stable and machine-readable."""

    code = "study_error"

    def __init__(self, message: str, *, permanent: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent


class FileInvalid(StudyError):
    """A file was refused; ``faults`` holds everything that is wrong with it, in order of lines."""

    code = "file_invalid"

    def __init__(self, name: str, faults: list[Fault]) -> None:
        self.name = name
        self.faults = sorted(faults)
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(f"{name} was refused, nothing of it was stored:\n{lines}")


class LaunchRefused(StudyError):
    """A version cannot be launched; ``reasons`` says everything that is missing."""

    code = "launch_refused"

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = list(reasons)
        super().__init__("Launch is refused:\n" + "\n".join(f"  - {reason}" for reason in self.reasons))


class AlreadyLaunched(StudyError):
    """A launched version is immutable: a change is a new version."""

    code = "already_launched"


class StudyClosed(StudyError):
    """The study does not accept participants now."""

    code = "study_closed"


class StudyFull(StudyError):
    """Every slot of the study, or of the participant's stratum, is taken."""

    code = "study_full"


class AnswerInvalid(StudyError):
    """An answer is not one that the page offered; ``fields`` maps a field's name to what is wrong with it."""

    code = "answer_invalid"

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = dict(fields)
        super().__init__(" ".join(self.fields.values()))


class AnswerConflict(StudyError):
    """The page was answered before, differently, or is no longer the current one: the first answer stands."""

    code = "answer_conflict"
