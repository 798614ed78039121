"""Settings of gunicorn: `gunicorn -c deploy/web_server.py deploy.wsgi:application`."""

import os
from typing import Any

import django

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
worker_class = "gthread"
timeout = 30
graceful_timeout = 30
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
limit_request_line = 4096
limit_request_fields = 60
forwarded_allow_ips = ""  # X-Forwarded-* is judged in one place only: deploy.middleware.TrustedProxies
accesslog = None  # request lines may hold tokens
errorlog = "-"
loglevel = os.environ.get("LOG_LEVEL", "info").lower()
control_socket_disable = True
# The workers' heartbeat must not wait for a disk.
worker_tmp_dir = next((folder for folder in ("/dev/shm",) if os.path.isdir(folder)), None)  # noqa: S108


def on_starting(server: Any) -> None:
    """Ask the database once, before there are workers: one that is away later must not stop a worker's restart."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")
    django.setup()
    from deploy.start import UnsafeStart, refuse_unsafe_database, refuse_unsafe_settings

    try:
        refuse_unsafe_settings()
        refuse_unsafe_database()
    except UnsafeStart as problem:
        raise SystemExit(str(problem)) from None
