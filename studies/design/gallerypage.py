"""The gallery in the admin: what each landmark study asks, expresses and leaves out, and its file to begin from."""

from __future__ import annotations

import io
import zipfile

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from studies.design.adminviews import MAY_SEE, page, require
from studies.design.gallery import STUDY_FILE, landmark, landmarks
from studies.design.selectors import version_latest


@require_http_methods(["GET"])
def gallery_view(request: HttpRequest) -> HttpResponse:
    """Show all studies of the gallery."""
    require(request, MAY_SEE)
    shown = [{"study": each, "version": version_latest(each.slug)} for each in landmarks()]
    return page(
        request, "design/admin/gallery.html", {"title": "Gallery of landmark studies", "shown": shown}
    )


@require_http_methods(["GET"])
def gallery_files_view(request: HttpRequest, name: str) -> HttpResponse:
    """Hand out the study file and the texts that it names, as one archive to begin a study of one's own from."""
    require(request, MAY_SEE)
    try:
        study = landmark(name)
    except KeyError as error:
        raise Http404 from error
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, data in sorted({STUDY_FILE: study.source.encode(), **study.files}.items()):
            archive.writestr(f"{name}/{file}", data)
    reply = HttpResponse(packed.getvalue(), content_type="application/zip")
    reply.headers["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return reply
