"""Settings of gunicorn: `gunicorn -c deploy/web_server.py deploy.wsgi:application`."""

import os

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
