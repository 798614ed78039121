"""Bringing predictors in: checked and probed before anything of them is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction

from explainers.core.digest import digest_of, sha256_hex
from explainers.core.errors import PredictorRefused
from explainers.core.intake import predictor_probe
from explainers.core.predictor import PredictorSpec
from explainers.core.store import Store
from explainers.models import Predictor


def predictor_register(
    *,
    name: str,
    architecture: str,
    parameters: Mapping[str, Any],
    features: Sequence[str],
    classes: Sequence[str],
    preprocessing: Mapping[str, Any],
    weights: bytes,
    metadata: Mapping[str, Any] | None = None,
) -> Predictor:
    """Take a predictor in from its parts; see `predictor_admit`."""
    spec = PredictorSpec(
        architecture=architecture,
        parameters=dict(parameters),
        features=list(features),
        classes=list(classes),
        preprocessing=dict(preprocessing),
    )
    return predictor_admit(name=name, spec=spec, weights=weights, metadata=metadata)


def predictor_admit(
    *, name: str, spec: PredictorSpec, weights: bytes, metadata: Mapping[str, Any] | None = None
) -> Predictor:
    """Take a predictor in after its probes; the same one under the same name gives the one that is there."""
    if not name or len(name) > 80:
        raise PredictorRefused("A predictor needs a name of at most 80 characters.")
    spec.check()
    weights_digest = sha256_hex(weights)
    content = {**predictor_declaration(spec), "name": name, "weights": weights_digest}
    digest = digest_of(content)
    existing = Predictor.objects.filter(name=name).first()
    if existing is not None:
        if existing.digest != digest:
            raise PredictorRefused(
                f"There is another predictor called {name!r}, and predictors never change; use a new name."
            )
        return existing
    probes = predictor_probe(spec, weights=weights)
    Store(settings.ASSAY_STORE).put(weights)
    with transaction.atomic():
        predictor, _ = Predictor.objects.get_or_create(
            name=name,
            digest=digest,
            defaults={
                **predictor_declaration(spec),
                "kind": Predictor.Kind.TRAINED,
                "weights_digest": weights_digest,
                "metadata": {**(metadata or {}), "probes": probes},
            },
        )
    return predictor


def predictor_declaration(spec: PredictorSpec) -> dict[str, Any]:
    """Return the columns that declare a predictor; an empty output is left out, as it always was."""
    return {
        **({"output": dict(spec.output)} if spec.output else {}),
        "architecture": spec.architecture,
        "parameters": dict(spec.parameters),
        "features": list(spec.features),
        "classes": list(spec.classes),
        "preprocessing": dict(spec.preprocessing),
    }


def predictor_spec(predictor: Predictor) -> PredictorSpec:
    """Return the declaration of a stored predictor."""
    return PredictorSpec(
        architecture=predictor.architecture,
        parameters=predictor.parameters,
        features=predictor.features,
        classes=predictor.classes,
        preprocessing=predictor.preprocessing,
        output=predictor.output,
    )
