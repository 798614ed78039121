"""Tokens that stand for a person: 256 bits from the system, and only their sha-256 is ever stored."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from django.conf import settings

TOKEN_BYTES = 32
TOKEN_LENGTH = 43  # of 32 bytes in base64 for URLs, without padding
CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without I, O, 0 and 1: people type codes off a screen
CODE_LENGTH = 12


def new_token() -> str:
    """Draw a token."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_from(secret: str, *, purpose: str) -> str:
    """Derive the token that a visit or an invitation leads to: a repeated request is given the same one again."""
    mac = hmac.digest(settings.SECRET_KEY.encode(), f"assay {purpose}:{secret}".encode(), "sha256")
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def resume_code(public_id: str) -> str:
    """Derive the code by which a participant gets back in (60 bits); it is stored as a digest only."""
    mac = hmac.digest(settings.SECRET_KEY.encode(), f"assay resume:{public_id}".encode(), "sha256")
    return "".join(CODE_LETTERS[byte % len(CODE_LETTERS)] for byte in mac[:CODE_LENGTH])


def token_digest(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_public_id() -> str:
    """Draw the name under which exports know a participant."""
    return secrets.token_hex(8)


def new_code() -> str:
    """Draw a completion code (60 bits)."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
