"""The analyst's door for programs: export, list and download datasets, ask for reports and fetch them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analysis.downloads import download
from analysis.models import Dataset, Report
from analysis.selectors import dataset_file, report_file
from analysis.services import report_request
from studies.design.models import StudyVersion
from studies.errors import StudyError
from studies.export.services import dataset_export

FILE = {(200, "application/octet-stream"): OpenApiTypes.BINARY}
PAGE = 200


class HasPermissions(BasePermission):
    """Ask for the permissions that the view declares for the method; a method without a declaration is refused."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        needed = getattr(view, "needs", {}).get(request.method or "")
        user = request.user
        return (
            needed is not None and bool(user and user.is_active and user.is_staff) and user.has_perms(needed)
        )


class DatasetOut(serializers.ModelSerializer[Dataset]):
    files = serializers.SerializerMethodField()

    class Meta:
        model = Dataset
        fields = ("digest", "study", "version", "is_simulated", "plan_digest", "created_at", "files")
        read_only_fields = fields

    def get_files(self, dataset: Dataset) -> list[str]:
        return sorted(dataset.manifest["files"])


class DatasetIn(serializers.Serializer[Any]):
    study = serializers.SlugField(max_length=80)
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    is_simulated = serializers.BooleanField()


class ReportOut(serializers.ModelSerializer[Report]):
    dataset = serializers.SlugRelatedField(slug_field="digest", read_only=True)  # type: ignore[var-annotated]
    files = serializers.SerializerMethodField()

    class Meta:
        model = Report
        fields = (
            "id", "dataset", "state", "error", "plan_digest", "assay_version", "digest", "created_at",
            "finished_at", "files",
        )  # fmt: skip
        read_only_fields = fields

    def get_files(self, report: Report) -> list[str]:
        return sorted(report.manifest.get("files", {}))


class DatasetListApi(APIView):
    permission_classes = [HasPermissions]
    needs = {"GET": ["analysis.view_dataset"], "POST": ["analysis.add_dataset"]}

    @extend_schema(responses=DatasetOut(many=True), operation_id="datasets_list")
    def get(self, request: Request) -> Response:
        """List the newest datasets."""
        return Response(DatasetOut(Dataset.objects.all()[:PAGE], many=True).data)

    @extend_schema(request=DatasetIn, responses={201: DatasetOut}, operation_id="datasets_export")
    def post(self, request: Request) -> Response:
        """Freeze what a launched version has collected into a new dataset."""
        wanted = DatasetIn(data=request.data)
        wanted.is_valid(raise_exception=True)
        version = get_object_or_404(
            StudyVersion,
            study__slug=wanted.validated_data["study"],
            number=wanted.validated_data["version"],
            launched_at__isnull=False,
        )
        try:
            dataset = dataset_export(
                version=version, simulated=wanted.validated_data["is_simulated"], actor=_actor(request)
            )
        except StudyError as error:
            raise ValidationError(error.message, code=error.code) from error
        return Response(DatasetOut(dataset).data, status=status.HTTP_201_CREATED)


class DatasetFileApi(APIView):
    permission_classes = [HasPermissions]
    needs = {"GET": ["analysis.view_dataset"]}

    @extend_schema(responses=FILE, operation_id="datasets_file")
    def get(self, request: Request, digest: str, name: str) -> HttpResponseBase:
        """Download one file of a dataset."""
        found = dataset_file(get_object_or_404(Dataset, digest=digest), name=name)
        if found is None:
            raise Http404
        return download(found)


class DatasetReportApi(APIView):
    permission_classes = [HasPermissions]
    needs = {"POST": ["analysis.view_dataset", "analysis.add_report"]}

    @extend_schema(request=None, responses={202: ReportOut}, operation_id="datasets_report")
    def post(self, request: Request, digest: str) -> Response:
        """Ask for the report of a dataset by its locked plan; asking again gives the same report."""
        dataset = get_object_or_404(Dataset, digest=digest)
        report = report_request(dataset=dataset, actor=_actor(request))
        return Response(ReportOut(report).data, status=status.HTTP_202_ACCEPTED)


class ReportApi(APIView):
    permission_classes = [HasPermissions]
    needs = {"GET": ["analysis.view_report"]}

    @extend_schema(responses=ReportOut, operation_id="reports_get")
    def get(self, request: Request, pk: int) -> Response:
        """Say how far a report is."""
        return Response(ReportOut(get_object_or_404(Report.objects.select_related("dataset"), pk=pk)).data)


class ReportFileApi(APIView):
    permission_classes = [HasPermissions]
    needs = {"GET": ["analysis.view_report"]}

    @extend_schema(responses=FILE, operation_id="reports_file")
    def get(self, request: Request, pk: int, name: str) -> HttpResponseBase:
        """Download one file of a report that is done."""
        report = get_object_or_404(Report, pk=pk, state=Report.State.DONE)
        found = report_file(report, name=name)
        if found is None:
            raise Http404
        return download(found)


def _actor(request: Request) -> Any:
    return request.user if request.user.is_authenticated else None
