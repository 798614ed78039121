"""Healthcheck of a container: `python deploy/probe.py web|worker|sweeper` ends with 0 when the program is well."""

import os
import socket
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

SWEEPER_LATE_S = 60


def web_is_well() -> bool:
    """Ask the web server of this container, under a host name that it accepts."""
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].lstrip(".")
    port = int(os.environ.get("BIND", "127.0.0.1:8000").rpartition(":")[2])
    connection = HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/health/live/", headers={"Host": host})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def worker_is_well() -> bool:
    """Ask the worker of this container through the broker."""
    from deploy.celery import app

    return bool(app.control.ping(destination=[f"celery@{socket.gethostname()}"], timeout=10))


def sweeper_is_well() -> bool:
    """Look when the sweeper's last round was."""
    store = os.environ.get("ASSAY_STORE") or str(Path(os.environ.get("ASSAY_VAR", "var")) / "store")
    try:
        return time.time() - (Path(store) / "sweeper.stamp").stat().st_mtime < SWEEPER_LATE_S
    except OSError:
        return False


PROBES = {"web": web_is_well, "worker": worker_is_well, "sweeper": sweeper_is_well}

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    sys.path.remove(str(Path(__file__).resolve().parent))  # our celery.py must not stand in for Celery
    sys.exit(0 if PROBES[sys.argv[1]]() else 1)
