"""How far the jobs are, with the rate and the time that is left; what is not done can be cancelled."""

from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from explainers.models import Job
from explainers.selectors import jobs_overview
from explainers.services import jobs_cancel

MAY_SEE, MAY_CANCEL = "explainers.view_job", "explainers.change_job"


@require_http_methods(["GET", "POST"])
def progress_view(request: HttpRequest) -> HttpResponse:
    """Show the progress of every predictor and method; POST cancels the open jobs of one of them."""
    if not request.user.has_perm(MAY_SEE):
        raise PermissionDenied
    if request.method == "POST":
        return _cancelled(request)
    context = {
        **admin.site.each_context(request),
        "title": "Progress of the jobs",
        "opts": Job._meta,
        "lines": jobs_overview(),
        "may_cancel": request.user.has_perm(MAY_CANCEL),
    }
    return TemplateResponse(request, "explainers/admin/progress.html", context)


def _cancelled(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(MAY_CANCEL):
        raise PermissionDenied
    wanted = {word: request.POST.get(word, "") for word in ("kind", "method")}
    predictor = request.POST.get("predictor", "")
    jobs = Job.objects.filter(predictor=int(predictor) if predictor.isdecimal() else 0, **wanted)
    count = jobs_cancel(keys=list(jobs.values_list("key", flat=True)))
    messages.success(request, f"{count} jobs are cancelled. What they had already computed stays.")
    return HttpResponseRedirect(reverse("admin:explainers_job_progress"))
