"""Strangers' files are opened in a process of their own: limits on time, memory and files, no keys, no network."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from explainers.core.registry import PLUGIN_MODULES

TIME_LIMIT_S = 60
ADDRESS_SPACE_BYTES = 8 * 1024**3
CLONE_NEWNET = 0x40000000


class SandboxFailedError(Exception):
    """The process ended without an answer; the text says in a sentence how."""


def sandbox_ask(
    module: str, *, message: bytes, time_limit_s: float = TIME_LIMIT_S
) -> tuple[dict[str, Any], bytes]:
    """
    Ask a module that is run in a process of its own.

    Parameters
    ----------
    module : str
        Dotted name; its `main` reads standard input and answers through `sandbox_answer`.
    message : bytes
        What it reads.
    time_limit_s : float
        Seconds after which it is ended.

    Returns
    -------
    tuple
        The first line of the answer, which is JSON, and the bytes after it.

    Raises
    ------
    SandboxFailedError
        If it takes too long, dies, or answers something else.
    """
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter, a module of ours
            [sys.executable, "-m", module],
            input=message,
            capture_output=True,
            timeout=time_limit_s,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SandboxFailedError(f"it did not answer within {time_limit_s:g} s") from error
    line, _, rest = done.stdout.partition(b"\n")
    try:
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise ValueError("no object")
    except ValueError as error:
        ending = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise SandboxFailedError(
            f"its process ended with {done.returncode}: {' '.join(ending)[:300]}"
        ) from error
    return answer, rest


def _environment() -> dict[str, str]:
    here = str(Path(__file__).resolve().parents[2])
    # A plug-in of the lab lies where the parent found it.
    paths = dict.fromkeys([here, *(path for path in sys.path if path)])
    return {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "PATH": os.defpath,
        PLUGIN_MODULES: os.environ.get(PLUGIN_MODULES, ""),
    }


def sandbox_answer(answer: dict[str, Any], rest: bytes = b"") -> None:
    """
    Answer from inside the process.

    Parameters
    ----------
    answer : dict
        Becomes one line of JSON.
    rest : bytes
        Written after it.
    """
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + rest)
    sys.stdout.buffer.flush()


def sandbox_enter(*, prepare: Callable[[], object] | None = None) -> str:
    """
    Set the limits of this process; called first thing inside it.

    Parameters
    ----------
    prepare : Callable or None
        Heavy imports, done under the limits but while files can still be opened and the network is still there.

    Returns
    -------
    str
        `none` if the process has no network any more, or `not isolated`.
    """
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (TIME_LIMIT_S, TIME_LIMIT_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if prepare is not None:
        prepare()
    return _leave_network()


def _leave_network() -> str:
    import ctypes

    unshare = getattr(ctypes.CDLL(None), "unshare", None)
    return "none" if unshare is not None and unshare(CLONE_NEWNET) == 0 else "not isolated"
