"""Logging as JSON lines; tokens, query strings and addresses of people never reach a log."""

import ipaddress
import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

HIDDEN_KEYS = frozenset(
    {
        "request",
        "token",
        "password",
        "secret",
        "cookie",
        "authorization",
        "ip",
        "ip_address",
        "remote_addr",
        "user_agent",
    }
)
QUERY = re.compile(r"\?[^\s\"'<>]+")
TOKEN = re.compile(r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{32,}(?![\w-])")
DIGEST = re.compile(r"[0-9a-f]{64}")
IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\d)")
IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]*:[0-9A-Fa-f:.]+(?![\w:])")


def without_secrets(value: str) -> str:
    """Return the text without query strings, long random words (digests of artefacts stay) and network addresses."""
    value = QUERY.sub("?[hidden]", value)
    value = TOKEN.sub(lambda found: found[0] if DIGEST.fullmatch(found[0]) else "[hidden]", value)
    return IPV6.sub(_hide_address, IPV4.sub("[address]", value))


def _hide_address(found: re.Match[str]) -> str:
    text = found[0].rstrip(".:")
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return found[0]
    return "[address]" + found[0][len(text) :]


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Structlog processor: applies `without_secrets` to every text and blanks fields that name a secret."""
    for key, value in event.items():
        if key.lower() in HIDDEN_KEYS:
            event[key] = "[hidden]"
        elif isinstance(value, str) and key not in {"timestamp", "level", "logger"}:
            event[key] = without_secrets(value)
    return event


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LAST: list[Processor] = [
    structlog.processors.format_exc_info,
    hide_secrets,
    structlog.processors.JSONRenderer(default=str),
]


def configure_structlog() -> None:
    """Send structlog's loggers through the standard library, so that both write the same lines."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


class JsonLines(structlog.stdlib.ProcessorFormatter):
    """One JSON object per line, for records of structlog and of everybody else."""

    def __init__(self) -> None:
        super().__init__(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *LAST],
            foreign_pre_chain=SHARED,
        )


def logging_settings(level: str) -> dict[str, Any]:
    """Return Django's LOGGING."""
    configure_structlog()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "deploy.logs.JsonLines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"level": level},
            "httpx": {"level": logging.WARNING},
            "django.server": {"handlers": [], "level": logging.WARNING, "propagate": True},
            "django.security.DisallowedHost": {"level": logging.CRITICAL},
        },
    }
