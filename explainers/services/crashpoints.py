"""Named places where a test can have a worker die, to prove that nothing is lost or done twice."""

import os


def crash_point(name: str) -> None:
    """Die here if `CRASH_AT` names this place, as suddenly as by kill -9."""
    if os.environ.get("CRASH_AT") == name:
        os._exit(9)
