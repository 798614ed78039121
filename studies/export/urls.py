"""Addresses of the API, all under ``/api/``; its description is at ``/api/schema/``."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import IsAdminUser

from studies.export import api

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(permission_classes=[IsAdminUser]), name="api_schema"),
    path("datasets/", api.DatasetListApi.as_view(), name="api_datasets"),
    path("datasets/<str:digest>/files/<str:name>", api.DatasetFileApi.as_view(), name="api_dataset_file"),
    path("datasets/<str:digest>/reports/", api.DatasetReportApi.as_view(), name="api_dataset_report"),
    path("reports/<int:pk>/", api.ReportApi.as_view(), name="api_report"),
    path("reports/<int:pk>/files/<str:name>", api.ReportFileApi.as_view(), name="api_report_file"),
]
