"""The participants' door, all of it under ``/s/<slug>/``."""

from __future__ import annotations

from django.urls import path

from studies.trials import pictures, preview, views

urlpatterns = [
    path("<slug:slug>/", views.participant, name="participant"),
    path("<slug:slug>/", views.participant, name="submit"),
    path("<slug:slug>/start", views.start, name="start"),
    path("<slug:slug>/i/<str:token>/", views.invited, name="invited"),
    path("<slug:slug>/resume", views.resume, name="resume"),
    path("<slug:slug>/events", views.events, name="events"),
    path("<slug:slug>/p/<str:digest>", pictures.picture, name="picture"),
    path("<slug:slug>/reveal", views.reveal, name="reveal"),
    path("<slug:slug>/withdraw", views.withdraw, name="withdraw"),
    path(
        "<slug:slug>/preview/<int:version_id>/<str:condition>/<int:step>/<str:stage>/",
        preview.preview,
        name="preview",
    ),
]
