"""Bringing in what was computed elsewhere, or is declared: predictions, biased advice, explanations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from explainers.core.advice_files import Advice, advice_read, bias_apply, bias_check
from explainers.core.attribution import Explanation as Attribution
from explainers.core.attribution import resolve_target
from explainers.core.digest import canonical_json, digest_of, job_key, sha256_hex
from explainers.core.errors import ExplanationRefused, NotReady, PredictorRefused
from explainers.core.store import Store
from explainers.models import Case, CaseSet, Explanation, Job, Prediction, Predictor
from explainers.services.predictions import prediction_key

IMPORTED_METHOD = "imported"


def predictor_import(
    *,
    name: str,
    classes: Sequence[str],
    case_set: CaseSet,
    data: bytes,
    kind: str = Predictor.Kind.IMPORTED,
    output: Mapping[str, Any] | None = None,
    source: str = "",
) -> Predictor:
    """
    Take in the predictions of an AI that is not here, or advice that somebody wrote (`kind="scripted"`).

    `data` is the CSV of `explainers.core.advice_files.advice_read`; it is kept. All or nothing: every case of
    the set has its row. The predictor is reported as what it is, in every table and report.
    """
    if kind not in (Predictor.Kind.IMPORTED, Predictor.Kind.SCRIPTED):
        raise PredictorRefused("Predictions from a file are imported or scripted.")
    if len(classes) != len(set(classes)) or not all(isinstance(each, str) and each for each in classes):
        raise PredictorRefused("The classes need different names.")
    cases = list(case_set.cases.select_related("case_set"))
    advice = advice_read(data, classes=classes, keys=[case.key for case in cases], output=output)
    return _predictor_with_advice(
        name=name,
        kind=kind,
        classes=list(classes),
        output=dict(output or {}),
        file=data,
        origin={"source": source[:200], "case_set": case_set.digest},
        advice=[(case, advice[case.key]) for case in cases],
    )


def predictor_bias(*, name: str, base: Predictor, case_set: CaseSet, rule: Mapping[str, Any]) -> Predictor:
    """
    Make a systematically biased predictor from a predictor's advice and a declared rule.

    The rule is that of `explainers.core.advice_files.bias_check`; it and the predictor it started from are kept
    and reported. Every case of the set needs its unbiased prediction first.
    """
    features = [feature["name"] for feature in case_set.schema["features"]]
    bias_check(rule, classes=base.classes, features=features)
    cases = list(case_set.cases.select_related("case_set"))
    said = {each.case_id: each for each in Prediction.objects.filter(predictor=base, case__in=cases)}
    missing = [case.key for case in cases if case.pk not in said]
    if missing:
        raise NotReady(
            f"{len(missing)} cases have no prediction by {base.name} yet, the first is {missing[0]}."
        )
    return _predictor_with_advice(
        name=name,
        kind=Predictor.Kind.SCRIPTED,
        classes=list(base.classes),
        output={},
        file=canonical_json({"rule": dict(rule)}),
        origin={"rule": dict(rule), "base": base.digest, "case_set": case_set.digest},
        advice=[
            (case, bias_apply(rule, key=case.key, inputs=case.inputs, scores=said[case.pk].scores))
            for case in cases
        ],
    )


def _predictor_with_advice(
    *,
    name: str,
    kind: str,
    classes: list[str],
    output: dict[str, Any],
    file: bytes,
    origin: dict[str, Any],
    advice: Sequence[tuple[Case, Advice]],
) -> Predictor:
    if not name or len(name) > 80:
        raise PredictorRefused("A predictor needs a name of at most 80 characters.")
    content = {
        "name": name,
        "kind": kind,
        "classes": classes,
        "output": output,
        "file": sha256_hex(file),
        **origin,
    }
    digest = digest_of(content)
    existing = Predictor.objects.filter(name=name).first()
    if existing is not None:
        if existing.digest != digest:
            raise PredictorRefused(
                f"There is another predictor called {name!r}, and predictors never change; use a new name."
            )
        return existing
    Store(settings.ASSAY_STORE).put(file)
    with transaction.atomic():
        predictor = Predictor.objects.create(
            name=name,
            digest=digest,
            kind=kind,
            architecture="",
            features=[],
            classes=classes,
            output=output,
            weights_digest=sha256_hex(file),
            metadata={"origin": origin},
        )
        _predictions_keep(predictor, advice=advice)
    return predictor


def _predictions_keep(predictor: Predictor, *, advice: Sequence[tuple[Case, Advice]]) -> None:
    rows = []
    for case, said in advice:
        recipe = {
            "predictor": predictor.digest,
            "case": case.digest,
            "kind": predictor.kind,
            "given": said.given,
            "file": predictor.weights_digest,
        }
        rows.append(
            Prediction(
                predictor=predictor,
                case=case,
                scores=said.scores,
                label=said.label,
                confidence=said.confidence,
                digest=digest_of({"scores": said.scores, "label": said.label, **recipe}),
                recipe=recipe,
            )
        )
    Prediction.objects.bulk_create(rows, batch_size=500)
    jobs = [
        Job(
            kind=Job.Kind.PREDICT,
            key=prediction_key(predictor=predictor, case=case),
            predictor=predictor,
            case=case,
        )
        for case, _ in advice
    ]
    _jobs_done(jobs)


def _jobs_done(jobs: Sequence[Job]) -> None:
    # What came in by a file is work that is done: a request for it adds nothing.
    for job in jobs:
        job.state, job.finished_at = Job.State.DONE, timezone.now()
    Job.objects.bulk_create(jobs, batch_size=500)


@transaction.atomic
def explanations_import(
    *,
    name: str,
    predictor: Predictor,
    case_set: CaseSet,
    found: Mapping[str, Attribution],
    target: str = "advised",
) -> list[str]:
    """
    Freeze explanations that were computed elsewhere and return their keys, in the order of the cases of the set.

    `found` comes from `explainers.core.explanation_files`, key to explanation. Each has to be of the class that the
    target means for its case (`advised`, `rank_2`, `class: NAME`); what the gate cannot compute is kept as not
    computed. A repeat adds nothing.
    """
    cases = [case for case in case_set.cases.select_related("case_set") if case.key in found]
    if len(cases) != len(found) or not cases:
        raise ExplanationRefused("There are explanations of cases that are not in the set, or none at all.")
    said = {each.case_id: each for each in Prediction.objects.filter(predictor=predictor, case__in=cases)}
    faults = [
        f"case {case.key} explains {found[case.key].target_class!r:.80}, "
        + (f"but {target} means {wanted!r}" if wanted else "but its prediction is missing")
        for case in cases
        if found[case.key].target_class
        != (wanted := _target_class(target, predictor=predictor, prediction=said.get(case.pk)))
    ]
    if faults:
        raise ExplanationRefused(f"The explanations were not taken: {'; '.join(faults[:10])}.")
    store = Store(settings.ASSAY_STORE)
    keys = []
    for case in cases:
        attribution = found[case.key]
        digest = store.put(attribution.to_bytes())
        key = job_key(
            Job.Kind.EXPLAIN,
            parts={
                "predictor": predictor.digest,
                "case_set": case_set.digest,
                "case": case.key,
                "imported": name,
                "target": target,
                "artefact": digest,
            },
        )
        keys.append(key)
        if not Explanation.objects.filter(key=key).exists():
            _explanation_keep(
                key,
                name=name,
                target=target,
                predictor=predictor,
                case=case,
                attribution=attribution,
                digest=digest,
            )
    return keys


def _target_class(target: str, *, predictor: Predictor, prediction: Prediction | None) -> str | None:
    if prediction is None:
        return None
    return resolve_target(target, scores=prediction.scores, classes=predictor.classes)


def _explanation_keep(
    key: str,
    *,
    name: str,
    target: str,
    predictor: Predictor,
    case: Case,
    attribution: Attribution,
    digest: str,
) -> None:
    parameters = {"name": name[:80]}
    Explanation.objects.create(
        key=key,
        predictor=predictor,
        case=case,
        method=IMPORTED_METHOD,
        method_version="1",
        parameters=parameters,
        target_declared=target,
        target_class=attribution.target_class,
        artefact_digest=digest,
        fence=0,
        completeness_error=attribution.completeness_error,
        recipe=attribution.recipe,
    )
    payload = {"parameters": parameters, "target": target, "version": "1", "seed": 0}
    _jobs_done(
        [
            Job(
                kind=Job.Kind.EXPLAIN,
                key=key,
                predictor=predictor,
                case=case,
                method=IMPORTED_METHOD,
                payload=payload,
            )
        ]
    )
