"""Registers the app with Django."""

from django.apps import AppConfig


class TrialsConfig(AppConfig):
    name = "studies.trials"
    label = "trials"
    verbose_name = "Trials"
