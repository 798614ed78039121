"""The one settings file, in Django's order; deploy/env.example explains every variable to the operator."""

from pathlib import Path

from csp.constants import NONE, SELF

from deploy import env
from deploy.databases import database_settings
from deploy.logs import logging_settings
from deploy.paths import broker_socket, laptop_secret_key
from deploy.queues import (
    TASK_SOFT_TIME_LIMIT_S,
    TASK_TIME_LIMIT_S,
    VISIBILITY_TIMEOUT_S,
    broker_url,
    transport_options,
)
from deploy.version import installed_version

ROOT = Path(__file__).resolve().parent.parent

# Core
VERSION = installed_version(ROOT)
ASSAY_LAPTOP = env.boolean(
    "ASSAY_LAPTOP", default=False, means="1: own machine over plain HTTP; 0: refuse an unsafe start"
)
ASSAY_VAR = env.path("ASSAY_VAR", default=ROOT / "var", means="folder of run-time data")
ASSAY_STORE = env.path(
    "ASSAY_STORE", default=ASSAY_VAR / "store", means="folder of content-addressed artefacts"
)
DEBUG = env.boolean(
    "DEBUG", default=False, means="developers only: shows internals to anybody who meets an error"
)
SECRET_KEY = env.secret("SECRET_KEY", default="", means="50 random characters or more; signs cookies")
ASSAY_SECRET_KEY_IS_OWN = bool(SECRET_KEY)
SECRET_KEY = SECRET_KEY or laptop_secret_key(ASSAY_VAR)
ALLOWED_HOSTS = env.names(
    "ALLOWED_HOSTS", default="localhost,127.0.0.1,[::1]", means="host names that people use"
)
TRUSTED_PROXIES = env.integer(
    "TRUSTED_PROXIES", default=0, means="number of own proxies in front; 0: X-Forwarded-* is ignored"
)
INSTALLED_APPS = [
    "deploy.admin_site.AssayAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "axes",
    "deploy",
    "studies.design",
    "studies.enrolment",
    "studies.trials",
    "studies.export",
    "studies.rehearsal",
    "explainers",
    "analysis",
]
MIDDLEWARE = [
    "deploy.middleware.TrustedProxies",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "deploy.middleware.PrivatePages",
    "deploy.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "deploy.urls"
WSGI_APPLICATION = "deploy.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CSRF_FAILURE_VIEW = "deploy.pages.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_PERMISSIONS = 0o640

# Cookies
SECURE_COOKIES = env.boolean(
    "SECURE_COOKIES", default=not ASSAY_LAPTOP, means="0 only where people come over plain HTTP"
)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_TRUSTED_ORIGINS = env.names(
    "CSRF_TRUSTED_ORIGINS", default="", means="https://… origins, if the proxy changes Host"
)

# Security headers
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_SSL_REDIRECT = env.boolean(
    "SECURE_SSL_REDIRECT", default=SECURE_COOKIES, means="send plain HTTP to HTTPS"
)
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
SECURE_HSTS_SECONDS = env.integer(
    "SECURE_HSTS_SECONDS", default=31_536_000 if SECURE_COOKIES else 0, means="0 turns HSTS off"
)
SECURE_CONTENT_TYPE_NOSNIFF = True
# Under "no-referrer" browsers send forms with "Origin: null", which Django's protection against forgery must refuse.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# HSTS for sub-domains and the browsers' preload lists bind host names that are not ours to bind.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# Templates
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "deploy" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Database
DATABASE_URL = env.secret(
    "DATABASE_URL",
    default=f"sqlite:///{ASSAY_VAR / 'assay.sqlite3'}",
    means="postgres://user:password@host/name",
)
STUDY_SQLITE_DURABLE = env.boolean(
    "STUDY_SQLITE_DURABLE", default=False, means="1: SQLite survives a power cut (real studies)"
)
DATABASE_POOL_SIZE = env.integer(
    "DATABASE_POOL_SIZE", default=0, means="PostgreSQL connections per process; 0: one per thread"
)
DATABASES = {
    "default": database_settings(DATABASE_URL, durable=STUDY_SQLITE_DURABLE, pool_size=DATABASE_POOL_SIZE)
}

# Signing in
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "deploy.pages.too_many_attempts"

# Language and time
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGES = [
    ("en", "English"),
    ("en-gb", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
]
USE_TZ = True

# Static files
STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=ASSAY_VAR / "static", means="where collectstatic writes")
STATIC_HASHED = env.boolean(
    "STATIC_HASHED", default=not DEBUG, means="0: plain names of static files, for developers"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "deploy.static_files.HashedStaticFiles"
        if STATIC_HASHED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_ROOT = ASSAY_VAR / "media"
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "deploy.errors.handle_api_error",
}
SPECTACULAR_SETTINGS = {"TITLE": "Assay", "VERSION": VERSION, "SERVE_INCLUDE_SCHEMA": False}

# Background work: messages are hints, the rows in the database are the record
ASSAY_EMBEDDED_REDIS_URL = f"unix://{broker_socket(ASSAY_VAR)}"
REDIS_URL = env.secret("REDIS_URL", default=ASSAY_EMBEDDED_REDIS_URL, means="rediss://:password@host/0")
VALKEY_SERVER = env.text("VALKEY_SERVER", default="", means="server binary of the private broker on a laptop")
ASSAY_LEASE_S = env.number(
    "ASSAY_LEASE_S", default=20, means="a job without a heartbeat for so long may be taken over"
)
ASSAY_HEARTBEAT_S = env.number(
    "ASSAY_HEARTBEAT_S", default=5, means="seconds between two heartbeats of a job"
)
ASSAY_NUMERICS = env.text(
    "ASSAY_NUMERICS",
    default="fp32-cpu",
    means="attributions: fp32-cpu, bf16-cpu, or tf32-, bf16-, fp32-cuda-sm90",
)
ASSAY_WORK_LIMIT_S = env.number(
    "ASSAY_WORK_LIMIT_S", default=600, means="a batch of jobs that takes longer hangs, and its process ends"
)
ASSAY_SWEEP_S = env.number("ASSAY_SWEEP_S", default=5, means="seconds between two rounds of the sweeper")
ASSAY_QUEUES = env.names(
    "ASSAY_QUEUES", default="cpu,gpu,render,analysis", means="queues of the one worker on a laptop"
)
ASSAY_SWEEPS = [
    "deploy.health.stamp_sweeper",
    "analysis.services.reports_sweep",
    "analysis.services.power_sweep",
]
CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_TASK_DEFAULT_QUEUE = "cpu"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = TASK_TIME_LIMIT_S
CELERY_TASK_SOFT_TIME_LIMIT = TASK_SOFT_TIME_LIMIT_S
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 2,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.5,
}
CELERY_TASK_ALWAYS_EAGER = False
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_MAX_TASKS_PER_CHILD = 50
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_VISIBILITY_TIMEOUT = env.integer(
    "CELERY_VISIBILITY_TIMEOUT", default=VISIBILITY_TIMEOUT_S, means="seconds; above the longest task"
)
CELERY_BROKER_TRANSPORT_OPTIONS = transport_options(CELERY_VISIBILITY_TIMEOUT)

# Watching it
METRICS = env.boolean("METRICS", default=False, means="1: /metrics answers; keep it inside your network")
LOG_LEVEL = env.text("LOG_LEVEL", default="INFO", means="DEBUG, INFO, WARNING or ERROR")
LOGGING = logging_settings(LOG_LEVEL)
