"""A child process that is watched: started, restarted when it dies, stopped with everything it started itself."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
STEADY_S = 30.0
ENOUGH_LOG = 5_000_000


@dataclass(frozen=True)
class Program:
    """What to run, and how to know that it is ready."""

    name: str
    command: Sequence[str]
    ready: Callable[[], bool]
    stop_within_s: float = 20


@dataclass
class Child:
    """A running program; its output goes to `log`, its process id to `pid_file`."""

    program: Program
    environment: Mapping[str, str]
    folder: Path
    log: Path
    pid_file: Path
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    started_at: float = field(default=0.0)

    def start(self) -> None:
        """Start the program in a process group of its own, so that Ctrl-C reaches only the supervisor."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        mode = "wb" if self.log.exists() and self.log.stat().st_size > ENOUGH_LOG else "ab"
        with self.log.open(mode) as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own commands
                list(self.program.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self.folder,
                env=dict(self.environment),
            )
        self.started_at = time.monotonic()
        self.pid_file.parent.mkdir(parents=True, exist_ok=True)
        note = {"pid": self.process.pid, "began": _began(self.process.pid)}
        self.pid_file.write_text(json.dumps(note), encoding="utf-8")

    def age_s(self) -> float:
        """Return the seconds since the last start."""
        return time.monotonic() - self.started_at

    def is_dead(self) -> bool:
        """Tell whether the program ended."""
        return self.process is None or self.process.poll() is not None

    def pause_s(self) -> float:
        """Return how long to wait before the next restart: longer each time, short again after a steady while."""
        if self.age_s() > STEADY_S:
            self.restarts = 0
        return float(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**self.restarts))

    def stop(self) -> None:
        """Ask the program to finish, then end whatever is left of its process group."""
        if self.process is None:
            return
        end_group(self.process.pid, self.process, within_s=self.program.stop_within_s)
        self.process = None
        self.pid_file.unlink(missing_ok=True)

    def last_words(self, size: int = 2000) -> str:
        """Return the end of the log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-size:] if self.log.exists() else ""


def end_group(group: int, process: subprocess.Popen[bytes], *, within_s: float) -> None:
    """Send SIGTERM to the program, and SIGKILL to its whole group when the time is over or the program has gone."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=within_s)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    process.wait()


def end_leftover(pid_file: Path, *, within_s: float = 3) -> bool:
    """End the program of a supervisor that was killed; a process that only has its number is left alone."""
    try:
        note = json.loads(pid_file.read_text(encoding="utf-8"))
        pid, began = int(note["pid"]), str(note["began"])
    except (OSError, ValueError, KeyError, TypeError):
        pid, began = 0, "unreadable"
    found = pid > 0 and _began(pid) == began
    if found:
        deadline = time.monotonic() + within_s
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGTERM)
            while _began(pid) == began and time.monotonic() < deadline:
                time.sleep(0.05)
            os.killpg(pid, signal.SIGKILL)
    pid_file.unlink(missing_ok=True)
    return found


def _began(pid: int) -> str | None:
    """Return when process `pid` began, as the system tells it: with the number it names one process and no other."""
    if Path("/proc/self/stat").exists():
        try:
            # The name of the program stands in brackets and may hold spaces; field 22 of the line is the start.
            return (
                Path(f"/proc/{pid}/stat")
                .read_text(encoding="ascii", errors="replace")
                .rpartition(")")[2]
                .split()[19]
            )
        except OSError:
            return None
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or None  # noqa: S603
