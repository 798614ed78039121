"""Files that people hand in, each to one call: what is wrong is said in a sentence and nothing of it stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from explainers.core.archive import archive_read
from explainers.core.attribution import Explanation as Attribution
from explainers.core.cases import schema_modality
from explainers.core.cases.manifest import case_set_from_npz, case_set_read
from explainers.core.declaration import PredictorSpec
from explainers.core.errors import CaseSetRefused, ExplanationRefused
from explainers.core.explanation_files import maps_read, rationales_read, tables_read, words_read
from explainers.core.png import png_size
from explainers.core.store import Store
from explainers.core.tokens import tokenise
from explainers.models import CaseSet, Predictor, Reference
from explainers.services.cases import case_set_import
from explainers.services.imports import explanations_import
from explainers.services.predictors import predictor_admit
from explainers.services.references import OUTCOME, reference_keep


def predictor_bring(*, name: str, declaration: bytes, weights: bytes) -> Predictor:
    """Take in the two files that a lab hands in, `predictor.json` and `weights.safetensors`."""
    return predictor_admit(name=name, spec=PredictorSpec.from_json(declaration), weights=weights)


@transaction.atomic
def known_cases_bring(
    *,
    name: str,
    manifest: bytes,
    schema: Mapping[str, object],
    archive: bytes | None = None,
    files: Mapping[str, bytes] | None = None,
    licence: str = "",
) -> Reference:
    """
    Take in cases that explanations refer to: a manifest (CSV, or NPZ with pictures), and the files it names.

    The files come in a zip or as they are. A column `outcome` says what turned out; without it the cases are examples
    of something, such as a concept.
    """
    if manifest[:2] == b"PK":
        content = case_set_from_npz(manifest, schema=schema)
        labels: Mapping[str, str] = {}
    else:
        header = manifest.split(b"\n", 1)[0].decode("utf-8", "replace")
        apart = [OUTCOME] if OUTCOME in [word.strip(' "\r\ufeff') for word in header.split(",")] else []
        files = archive_read(archive) if archive else files
        content = case_set_read(manifest, schema=schema, files=files, apart=apart)
        labels = content.apart.get(OUTCOME, {})
    case_set = case_set_import(
        name=name, schema=content.schema, rows=content.rows, pictures=content.pictures, licence=licence
    )
    return reference_keep(name=name, case_set=case_set, labels=labels)


@dataclass(frozen=True)
class BroughtFile:
    """
    Explanations as a lab hands them in.

    `form` is `tables` (CSV), `words` (CSV), `maps` (CSV manifest; `extra` a zip of grey PNGs in an `encoding`,
    or an NPZ of arrays) or `rationales` (CSV); `source` says where they come from.
    """

    form: str
    data: bytes
    extra: bytes | None = None
    encoding: str = "signed"
    source: str = ""


def explanations_bring(
    *, name: str, predictor: Predictor, case_set: CaseSet, brought: BroughtFile, target: str = "advised"
) -> list[str]:
    """Take in explanations that were made elsewhere, one for every case of the set, and return their keys."""
    if brought.form not in READERS:
        raise ExplanationRefused(f"Explanations come as {', '.join(FORMS)}, not as {brought.form!r:.40}.")
    if brought.extra is not None and brought.form != "maps":
        raise ExplanationRefused("Only maps come with a second file.")
    found = READERS[brought.form](brought, case_set)
    return explanations_import(name=name, predictor=predictor, case_set=case_set, found=found, target=target)


def _tables(brought: BroughtFile, case_set: CaseSet) -> Mapping[str, Attribution]:
    features = [feature["name"] for feature in case_set.schema["features"]]
    keys = [case.key for case in case_set.cases.all()]
    return tables_read(brought.data, keys=keys, features=features, source=brought.source)


def _words(brought: BroughtFile, case_set: CaseSet) -> Mapping[str, Attribution]:
    def words(text: str) -> list[str]:
        return [word.text for word in tokenise(text, vocabulary={})[1]]

    texts = {case.key: str(case.inputs.get("text", "")) for case in case_set.cases.all()}
    return words_read(brought.data, texts=texts, words=words, source=brought.source)


def _rationales(brought: BroughtFile, case_set: CaseSet) -> Mapping[str, Attribution]:
    keys, modality = [case.key for case in case_set.cases.all()], schema_modality(case_set.schema)
    return rationales_read(brought.data, keys=keys, modality=modality, source=brought.source)


def _maps(brought: BroughtFile, case_set: CaseSet) -> Mapping[str, Attribution]:
    if brought.extra is None:
        raise CaseSetRefused("Maps need a second file: a zip of grey PNGs or an NPZ of arrays.")
    store, sizes = Store(settings.ASSAY_STORE), {}
    for case in case_set.cases.all():
        if "image" not in case.inputs:
            raise CaseSetRefused("Maps lie over pictures, and these cases are none.")
        height, width, _ = png_size(store.get(case.inputs["image"]))
        sizes[case.key] = (height, width)
    files = archive_read(brought.extra)
    if any(name.endswith(".npy") for name in files):
        return maps_read(brought.data, arrays=brought.extra, sizes=sizes, source=brought.source)
    return maps_read(brought.data, files=files, sizes=sizes, encoding=brought.encoding, source=brought.source)


READERS: dict[str, Callable[[BroughtFile, CaseSet], Mapping[str, Attribution]]] = {
    "tables": _tables,
    "words": _words,
    "maps": _maps,
    "rationales": _rationales,
}
FORMS = tuple(READERS)
