"""The doors of the house."""

from django.contrib import admin
from django.urls import include, path

from deploy import health, metrics, pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("favicon.ico", pages.no_icon),
    path("health/", health.health, name="health"),
    path("health/live/", health.live, name="live"),
    path("metrics", metrics.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("s/", include("studies.trials.urls")),
    path("api/", include("studies.export.urls")),
]

handler400 = "deploy.pages.bad_request"
handler403 = "deploy.pages.permission_denied"
handler404 = "deploy.pages.not_found"
handler500 = "deploy.pages.server_error"
