"""Registers the app with Django."""

from django.apps import AppConfig


class EnrolmentConfig(AppConfig):
    name = "studies.enrolment"
    label = "enrolment"
    verbose_name = "Enrolment"
