"""Registers the app with Django."""

from django.apps import AppConfig


class ExportConfig(AppConfig):
    name = "studies.export"
    label = "export"
    verbose_name = "Export"
