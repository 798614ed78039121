"""Stopping a computation between two of its chunks, because nobody wants its result any more."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from explainers.core.errors import ExplainersError

_WANTED = threading.local()


class ComputationStopped(ExplainersError):
    """Nobody wants the result any more."""

    permanent = True


@contextmanager
def stoppable(stop: threading.Event) -> Iterator[None]:
    """
    Let an event stop what this thread computes in the block.

    Parameters
    ----------
    stop : threading.Event
        Set by whoever learns that the result is not wanted.

    Yields
    ------
    None
        Within the block `check_stopped` raises once the event is set.

    Examples
    --------
    >>> event = threading.Event()
    >>> with stoppable(event):
    ...     check_stopped()
    """
    before = getattr(_WANTED, "stop", None)
    _WANTED.stop = stop
    try:
        yield
    finally:
        _WANTED.stop = before


def check_stopped() -> None:
    """
    Go on, or stop here; long computations call it between chunks.

    Raises
    ------
    ComputationStopped
        If the block's event is set. Outside of such a block nothing happens.
    """
    stop = getattr(_WANTED, "stop", None)
    if stop is not None and stop.is_set():
        raise ComputationStopped("The jobs of this batch were cancelled or given to another worker.")
