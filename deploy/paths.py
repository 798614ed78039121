"""Places on this machine: the folder of run-time data, the broker's socket, the laptop's own secret key."""

import contextlib
import hashlib
import os
import secrets
import tempfile
from pathlib import Path

LONGEST_SOCKET_PATH = 100  # the kernel refuses 108 bytes and more


def broker_socket(var: Path) -> Path:
    """Return where the private broker listens: inside `var`, or in the temporary folder when that name is too long."""
    inside = var / "valkey.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"assay-{name}.sock"


def laptop_secret_key(var: Path) -> str:
    """Return the secret key of an installation without SECRET_KEY: random, made once, readable to its owner only."""
    file = var / "secret_key"
    if not file.exists():
        var.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=var)
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            handle.write(secrets.token_urlsafe(64))
        # A link appears whole or not at all, and never replaces the key of a process that was faster.
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
        os.unlink(draft)
    return file.read_text(encoding="ascii")
