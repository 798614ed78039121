"""Registers the app with Django."""

from django.apps import AppConfig


class DesignConfig(AppConfig):
    name = "studies.design"
    label = "design"
    verbose_name = "Design"
