"""System checks of `manage.py check --deploy`: what makes an installation unsafe, with an id and a cure."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import redis
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

Apps = Sequence[AppConfig] | None
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
REDIS_SCHEMES = frozenset({"redis", "rediss", "unix"})
SHORTEST_SECRET = 50


@register(Tags.security, deploy=True)
def check_secret_key(app_configs: Apps, **_options: Any) -> list[CheckMessage]:
    """SECRET_KEY is given by the operator and is long."""
    if settings.ASSAY_SECRET_KEY_IS_OWN and len(settings.SECRET_KEY) >= SHORTEST_SECRET:
        return []
    state = "is shorter than 50 characters" if settings.ASSAY_SECRET_KEY_IS_OWN else "is not set"
    hint = 'Set SECRET_KEY or SECRET_KEY_FILE; python -c "import secrets; print(secrets.token_urlsafe(64))" makes one.'
    return [Error(f"SECRET_KEY {state}.", hint=hint, id="deploy.E001")]


@register(Tags.security, deploy=True)
def check_debug(app_configs: Apps, **_options: Any) -> list[CheckMessage]:
    """DEBUG is off."""
    if not settings.DEBUG:
        return []
    return [Error("DEBUG is on: every error shows settings and data.", hint="Set DEBUG=0.", id="deploy.E002")]


@register(Tags.security, deploy=True)
def check_hosts(app_configs: Apps, **_options: Any) -> list[CheckMessage]:
    """ALLOWED_HOSTS names hosts, not everything."""
    if settings.ALLOWED_HOSTS and "*" not in settings.ALLOWED_HOSTS:
        return []
    hint = "Set ALLOWED_HOSTS to the host names that people type, separated by commas."
    return [
        Error(
            "ALLOWED_HOSTS is empty or a wildcard: links could be made to point anywhere.",
            hint=hint,
            id="deploy.E003",
        )
    ]


@register(Tags.security, deploy=True)
def check_cookies(app_configs: Apps, **_options: Any) -> list[CheckMessage]:
    """Cookies travel over HTTPS only, out of reach of scripts."""
    secure = settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE
    if secure and settings.SESSION_COOKIE_HTTPONLY and settings.CSRF_COOKIE_HTTPONLY:
        return []
    hint = "Serve over HTTPS, and leave SECURE_COOKIES unset or set it to 1."
    return [Error("Cookies would travel over plain HTTP.", hint=hint, id="deploy.E004")]


@register(Tags.security, deploy=True)
def check_database_engine(app_configs: Apps, **_options: Any) -> list[CheckMessage]:
    """The record is kept in PostgreSQL, where triggers and privileges protect it."""
    if settings.DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
        return []
    hint = "Set DATABASE_URL=postgres://user:password@host/name. SQLite is for one laptop."
    return [Error("The database is not PostgreSQL.", hint=hint, id="deploy.E005")]


@register(Tags.security, deploy=True)
def check_queue(app_configs: Apps, **_options: Any) -> list[CheckMessage]:
    """Work goes to workers, through a Redis that all machines reach."""
    scheme = urlsplit(settings.REDIS_URL).scheme
    if settings.CELERY_TASK_ALWAYS_EAGER:
        problem = "Tasks run inside the request (CELERY_TASK_ALWAYS_EAGER)."
    elif scheme not in REDIS_SCHEMES:
        problem = f"REDIS_URL is a {scheme or 'nameless'} address; other brokers lose tasks."
    elif settings.REDIS_URL == settings.ASSAY_EMBEDDED_REDIS_URL:
        problem = "The queue is the laptop's embedded server."
    else:
        return []
    return [Error(problem, hint="Set REDIS_URL=redis://:password@host:6379/0.", id="deploy.E006")]


@register(Tags.security, deploy=True)
def check_redis_password(app_configs: Apps, **_options: Any) -> list[CheckMessage]:
    """Redis has a password wherever another machine could reach it."""
    address = urlsplit(settings.REDIS_URL)
    if address.scheme == "unix" or address.hostname in LOOPBACK or address.password:
        return []
    hint = "Give Redis a password (requirepass) and write it into REDIS_URL: redis://:password@host:6379/0."
    return [
        Error(
            "Redis has no password, and its address is not this machine's own.", hint=hint, id="deploy.E008"
        )
    ]


@register(Tags.security, deploy=True)
def check_redis_policy(app_configs: Apps, **_options: Any) -> list[CheckMessage]:
    """Redis refuses new work when it is full; it never throws old work away."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
            policy = client.config_get("maxmemory-policy").get("maxmemory-policy")
    except (redis.RedisError, ValueError) as error:
        hint = "Start it, or correct REDIS_URL. Participants are not affected; explanations and reports wait."
        return [
            Error(
                f"Redis cannot be asked for its policy: {str(error).rstrip('.')}.",
                hint=hint,
                id="deploy.E014",
            )
        ]
    if policy == "noeviction":
        return []
    hint = "Set maxmemory-policy noeviction in redis.conf, and give caches a Redis of their own."
    return [
        Error(f"Redis would evict tasks silently (maxmemory-policy {policy}).", hint=hint, id="deploy.E007")
    ]


@register(Tags.security, deploy=True)
def check_static_files(app_configs: Apps, **_options: Any) -> list[CheckMessage]:
    """Static files were collected, so that pages can name them by digest."""
    if not settings.STATIC_HASHED or (settings.STATIC_ROOT / "staticfiles.json").is_file():
        return []
    return [
        Error(
            "Static files were not collected.",
            hint="Run manage.py collectstatic --noinput.",
            id="deploy.E012",
        )
    ]
