"""Registers the app with Django."""

from django.apps import AppConfig


class RehearsalConfig(AppConfig):
    name = "studies.rehearsal"
    label = "rehearsal"
    verbose_name = "Rehearsal"
