"""Registers the app with Django."""

from django.apps import AppConfig


class ExplainersConfig(AppConfig):
    name = "explainers"
    label = "explainers"
    verbose_name = "Explainers"
