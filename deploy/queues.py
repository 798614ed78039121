"""Turns REDIS_URL into Celery's settings; the reasons for each value are in deploy/README.md."""

from typing import Any

VISIBILITY_TIMEOUT_S = 7200  # above TASK_TIME_LIMIT_S, so that a job that lives is never delivered twice
TASK_TIME_LIMIT_S = 3600
TASK_SOFT_TIME_LIMIT_S = 3300


def broker_url(redis_url: str) -> str:
    """Return the address in Celery's spelling, which has its own word for a Unix socket."""
    return redis_url.replace("unix://", "redis+socket://", 1)


def transport_options(visibility_timeout_s: int) -> dict[str, Any]:
    """Return the options of the Redis transport: lost messages come back in seconds, a dead broker fails in seconds."""
    return {
        "visibility_timeout": visibility_timeout_s,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,
        "socket_connect_timeout": 2,
        "health_check_interval": 25,
        "max_connections": 20,
    }
