"""What machines ask: is it alive, is it well, how is it doing."""

import time
from pathlib import Path

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

SWEEPER_LATE_S = 60


def sweeper_stamp() -> Path:
    """Return the file that the sweeper touches; it lies in the store, which all machines share."""
    return Path(settings.ASSAY_STORE) / "sweeper.stamp"


def stamp_sweeper(*, now: object = None) -> int:
    """Note that the sweeper lives; called in each of its rounds (`ASSAY_SWEEPS`)."""
    stamp = sweeper_stamp()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.touch()
    return 0


def sweeper_age_s() -> float | None:
    """Return the seconds since the sweeper's last round, or None where none has ever run."""
    try:
        return max(0.0, time.time() - sweeper_stamp().stat().st_mtime)
    except FileNotFoundError:
        return None


def database_answers() -> bool:
    """Ask the database for a one."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except DatabaseError:
        return False


def broker_answers() -> bool:
    """Ask the broker for a sign of life; half a second, then it counts as silent."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5
        ) as client:
            return bool(client.ping())
    except (redis.RedisError, ValueError):
        return False


def live(request: HttpRequest) -> JsonResponse:
    """Answer 200 while this process and its database work: what a restart could cure, and nothing else."""
    database = database_answers()
    return JsonResponse({"database": _word(database)}, status=200 if database else 503)


def health(request: HttpRequest) -> JsonResponse:
    """Answer 503 when somebody should look: the database is silent or the sweeper stopped; the broker may be."""
    database, age = database_answers(), sweeper_age_s()
    late = age is not None and age > SWEEPER_LATE_S
    report = {
        "status": "ok" if database and not late else "failing",
        "database": _word(database),
        "sweeper": "not seen" if age is None else f"last round {age:.0f} s ago" + (", late" if late else ""),
        "broker": _word(broker_answers()),
    }
    return JsonResponse(report, status=200 if report["status"] == "ok" else 503)


def _word(answers: bool) -> str:
    return "ok" if answers else "silent"
