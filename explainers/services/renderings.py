"""Having explanations drawn, all on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from explainers.core.digest import digest_of
from explainers.core.render import render_spec
from explainers.models import Job, Predictor
from explainers.selectors import explanation_artefact, explanation_list, render_key
from explainers.services.jobs import jobs_add

QUEUE = "render"
"""Drawings are quick, and do not wait behind a day of explanations."""


@transaction.atomic
def renderings_request(*, keys: Sequence[str], scale_of: Sequence[str]) -> str:
    """
    Queue the drawing of explanations and return the digest of the specification; a repeat adds nothing.

    The scale is the 99th percentile of |attribution| over `scale_of`: give every explanation of the study,
    so that a weak explanation looks weak.
    """
    shown = explanation_list(keys=scale_of)
    spec = render_spec(
        [explanation_artefact(explanation=explanation) for explanation in shown],
        outcome=outcome_of(shown[0].predictor) if shown else None,
    )
    spec_digest = digest_of(spec)
    jobs_add(
        [
            Job(
                kind=Job.Kind.RENDER,
                key=render_key(key=explanation.key, spec_digest=spec_digest),
                predictor_id=explanation.predictor_id,
                case_id=explanation.case_id,
                queue=QUEUE,
                payload={"explanation": explanation.key, "spec": spec, "spec_digest": spec_digest},
            )
            for explanation in explanation_list(keys=keys)
        ]
    )
    return spec_digest


def outcome_of(predictor: Predictor) -> dict[str, Any] | None:
    """Return unit and decimals of what a regression predicts; None for a classification."""
    output: dict[str, Any] = predictor.output
    if output.get("kind") != "regression":
        return None
    return {"unit": output.get("unit", ""), "decimals": output.get("decimals", 2)}
