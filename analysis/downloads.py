"""How files leave over HTTP: as attachments in pieces, and the report as the one page that is opened in place."""

from __future__ import annotations

import base64
import hashlib
import re

from django.http import FileResponse, Http404, HttpResponse

from analysis.core.digest import sha256_hex
from analysis.models import Report
from analysis.selectors import StoredFile, report_file

PAGE = "report.html"
STYLE = re.compile(rb"<style[^>]*>(.*?)</style>", re.DOTALL)


def download(file: StoredFile) -> FileResponse:
    """Send a file in pieces; a browser saves it and never shows it."""
    response = FileResponse(
        file.path.open("rb"), as_attachment=True, filename=file.name, content_type=file.content_type
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def report_page(report: Report) -> HttpResponse:
    """Send the report to be read: it may use its own style block, known by hash, and nothing else at all."""
    found = report_file(report, name=PAGE)
    if found is None:
        raise Http404
    page = found.path.read_bytes()
    if sha256_hex(page) != report.manifest["files"][PAGE]["sha256"]:
        return HttpResponse(
            "This report was changed after it was written, so it is not shown. Make it again from its dataset.",
            status=500,
            content_type="text/plain; charset=utf-8",
        )
    response = HttpResponse(page, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = "; ".join(
        [
            "default-src 'none'",
            f"style-src {style_source(page)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )
    return response


def style_source(page: bytes) -> str:
    """Return the CSP source of a page's first style block; a second one is not let through."""
    found = STYLE.search(page)
    if found is None:
        return "'none'"
    return f"'sha256-{base64.b64encode(hashlib.sha256(found[1]).digest()).decode('ascii')}'"
