"""The admin as experimenters, analysts and operators meet it: named Assay, in the order of a study's life."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest

ORDER = ("design", "explainers", "enrolment", "trials", "export", "analysis", "auth", "axes")


class AssayAdminSite(AdminSite):
    """Django's own admin under our name; what an experimenter opens first stands first."""

    site_header = "Assay"
    site_title = "Assay"
    index_title = "Studies, participants, reports"

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the apps in the order of a study's life."""
        known = {label: place for place, label in enumerate(ORDER)}
        apps: list[Any] = super().get_app_list(request, app_label)
        return sorted(apps, key=lambda app: known.get(app["app_label"], len(ORDER)))


class AssayAdminConfig(AdminConfig):
    default_site = "deploy.admin_site.AssayAdminSite"
