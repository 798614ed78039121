"""Starting and stopping processes of which nothing may stay behind."""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path


class ServerFailed(RuntimeError):
    """A server did not come up, or went away by itself; the message holds the end of its log."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def service_account() -> str | None:
    """PostgreSQL refuses to run as root: return an ordinary account then, else None (stay who we are)."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise ServerFailed(
        "Tests run as root, and there is no account 'postgres' or 'nobody' to run PostgreSQL as."
    )


def wait_until(
    ready: Callable[[], bool], *, what: str, timeout_s: float, log: Path, process: subprocess.Popen[bytes]
) -> None:
    """Wait for a server; a process that died or a time that ran out is a failure that shows the log."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if ready():
            return
        if process.poll() is not None:
            raise ServerFailed(f"{what} ended with status {process.returncode} while starting.\n{tail(log)}")
        time.sleep(0.02)
    raise ServerFailed(f"{what} was not ready after {timeout_s:g} s.\n{tail(log)}")


def tail(log: Path, size: int = 4000) -> str:
    return log.read_text(errors="replace")[-size:] if log.exists() else "(no log)"


def stop_group(
    process: subprocess.Popen[bytes], *, sign: signal.Signals = signal.SIGTERM, timeout_s: float = 15
) -> None:
    """Send `sign` (SIGKILL: to the whole group), wait, then end whatever is left of the group."""
    with contextlib.suppress(ProcessLookupError):
        if sign == signal.SIGKILL:
            os.killpg(process.pid, sign)
        else:
            process.send_signal(sign)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=timeout_s)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
