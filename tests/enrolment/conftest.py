"""The same start as on the floor above."""

from tests.trials.conftest import fresh_process, person, study

__all__ = ["fresh_process", "person", "study"]
