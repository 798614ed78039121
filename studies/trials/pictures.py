"""The door of pictures: a participant gets those of the page that is theirs now, by digest, and no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from explainers.core.errors import ArtefactCorrupt, ArtefactMissing
from explainers.core.png import png_size
from explainers.core.store import Store
from studies.enrolment.models import Participant
from studies.trials.currentpage import page_at
from studies.trials.door import participant_at
from studies.trials.position import TRIAL_STEPS
from studies.trials.sitting import Sitting

KEPT_S = 3600
MAY_SEE = "design.view_studyversion"


@require_safe
def picture(request: HttpRequest, slug: str, digest: str) -> HttpResponse:
    """Send a picture of the current page; what is not due, or not there, is not found."""
    person = participant_at(request, slug=slug)
    is_due = person is not None and digest in pictures_due(person)
    if not is_due and not request.user.has_perm(MAY_SEE):
        raise Http404
    try:
        data = Store(settings.ASSAY_STORE).get(digest)
        png_size(data)  # the store holds other things too: only our own bare pictures leave here
    except (ArtefactMissing, ArtefactCorrupt) as error:
        raise Http404 from error
    reply = HttpResponse(data, content_type="image/png")
    # In this browser only, and not for long: a reload must not fetch megabytes again.
    reply["Cache-Control"] = f"private, max-age={KEPT_S}" if is_due else "no-store"
    reply["X-Content-Type-Options"] = "nosniff"
    return reply


def pictures_due(person: Participant) -> frozenset[str]:
    """Return the digests of the pictures that the current page of a participant shows."""
    sitting = Sitting(person)
    if not sitting.is_active or sitting.step.kind not in TRIAL_STEPS:
        return frozenset()
    return frozenset(pictures_of(page_at(sitting).content))


def pictures_of(content: Any) -> Iterator[str]:
    """Yield the digest of every picture in the content of a page, wherever it stands in it."""
    if isinstance(content, Mapping):
        for view in content.get("views", ()):
            yield view["digest"]
        for value in content.values():
            yield from pictures_of(value)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from pictures_of(value)
