"""Having explanations drawn, all on one scale."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from explainers.core.bars import bars_spec
from explainers.core.digest import digest_of
from explainers.models import Job
from explainers.selectors import explanation_artefact, explanation_list, render_key
from explainers.services.jobs import jobs_add


@transaction.atomic
def renderings_request(*, keys: Sequence[str], scale_of: Sequence[str]) -> str:
    """
    Queue the drawing of explanations and return the digest of the specification; a repeat adds nothing.

    The scale is the 99th percentile of |attribution| over `scale_of`: give every explanation of the study,
    so that a weak explanation looks weak.
    """
    values = [
        value
        for explanation in explanation_list(keys=scale_of)
        for value in explanation_artefact(explanation=explanation).values
    ]
    spec = bars_spec(values)
    spec_digest = digest_of(spec)
    jobs_add(
        [
            Job(
                kind=Job.Kind.RENDER,
                key=render_key(key=explanation.key, spec_digest=spec_digest),
                predictor_id=explanation.predictor_id,
                case_id=explanation.case_id,
                payload={"explanation": explanation.key, "spec": spec, "spec_digest": spec_digest},
            )
            for explanation in explanation_list(keys=keys)
        ]
    )
    return spec_digest
