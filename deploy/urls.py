"""The doors of the house."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from deploy import health, metrics, pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("favicon.ico", pages.no_icon),
    path("health/", health.health, name="health"),
    path("health/live/", health.live, name="live"),
    path("metrics", metrics.metrics, name="metrics"),
    path("admin/", admin.site.urls),
]
for prefix, module in (("s/", "studies.trials.urls"), ("api/", "studies.export.urls")):
    if find_spec(module):
        urlpatterns.append(path(prefix, include(module)))

handler400 = "deploy.pages.bad_request"
handler403 = "deploy.pages.permission_denied"
handler404 = "deploy.pages.not_found"
handler500 = "deploy.pages.server_error"
