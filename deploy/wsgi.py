"""The door for web servers: it does not open on settings that are unsafe for participants."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")

application = get_wsgi_application()

from deploy.start import refuse_unsafe_settings  # noqa: E402 - needs the apps loaded

refuse_unsafe_settings()
