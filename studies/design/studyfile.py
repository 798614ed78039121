"""The study file: read, checked against its schema and against itself, written out in full. Nothing is stored here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from analysis.core.digest import digest_of, sha256_hex
from studies.design.attentionchecks import attention_faults
from studies.design.checks import (
    Draft,
    allocation_faults,
    case_faults,
    decision_faults,
)
from studies.design.conditionchecks import condition_faults
from studies.design.flowchecks import flow_faults
from studies.design.languagechecks import language_faults
from studies.design.normalise import normalised
from studies.design.ownscore import own_score_faults
from studies.design.planchecks import plan_faults
from studies.design.protocolchecks import protocol_faults
from studies.design.recruitmentchecks import bonus_faults, recruitment_faults
from studies.design.schemafaults import schema_faults
from studies.design.sessions import session_faults
from studies.design.sidefiles import SAFE_NAME, raw_steps, read_side_files, referenced_files
from studies.design.spec import StudySpec
from studies.design.texts import text_html
from studies.design.variantchecks import variant_faults
from studies.design.yamlsource import MAXIMUM_BYTES, read_yaml
from studies.errors import Fault, FileInvalid

CHECKS = (
    decision_faults,
    condition_faults,
    variant_faults,
    allocation_faults,
    recruitment_faults,
    bonus_faults,
    case_faults,
    protocol_faults,
    attention_faults,
    flow_faults,
    own_score_faults,
    session_faults,
    plan_faults,
)


@dataclass(frozen=True)
class StudyText:
    """A text of the study, as brought and as shown."""

    name: str
    markdown: str
    html: str

    @property
    def digest(self) -> str:
        return sha256_hex(self.html.encode())


@dataclass(frozen=True)
class StudyFile:
    """A study file that passed every check."""

    source: str
    document: Mapping[str, Any]
    texts: tuple[StudyText, ...]

    @property
    def spec(self) -> StudySpec:
        return StudySpec.of(self.document)

    @property
    def digest(self) -> str:
        """SHA-256 over the document and every text: equal content, equal digest."""
        texts = {text.name: {"markdown": text.markdown, "html": text.html} for text in self.texts}
        return digest_of({"document": self.document, "texts": texts})

    @property
    def plan_digest(self) -> str:
        return digest_of(self.document["plan"])


def study_read(data: bytes | str, *, files: Mapping[str, bytes], name: str = "study.yaml") -> StudyFile:
    """Read a study file and the files beside it; ``FileInvalid`` holds every fault with its line."""
    raw = data.encode() if isinstance(data, str) else data
    source = read_yaml(raw, name=name)
    faults = schema_faults(source)
    if faults:
        raise FileInvalid(name, faults)
    side = read_side_files(source, given=files, faults=faults)
    draft = Draft(source, side, raw_steps(source.data))
    for check in CHECKS:
        faults.extend(check(draft))
    if faults:
        raise FileInvalid(name, sorted(set(faults)))
    document = normalised(draft)
    faults.extend(language_faults(draft, document))
    if faults:
        raise FileInvalid(name, sorted(set(faults)))
    texts = tuple(
        StudyText(text, markdown, text_html(markdown)) for text, markdown in sorted(side.texts.items())
    )
    return StudyFile(raw.decode("utf-8-sig"), document, texts)


def study_read_folder(path: FilePath) -> tuple[bytes, dict[str, bytes]]:
    """Return the bytes of a study file and of the files that it names; those must lie in the same folder."""
    data = _bytes_of(path)
    source = read_yaml(data, name=path.name)
    faults = schema_faults(source)
    if faults:
        raise FileInvalid(path.name, faults)
    folder = path.resolve().parent
    beside = {}
    for name in referenced_files(source.data):
        found = (folder / name).resolve()
        # A link that leads out of the folder is treated as a file that is not there.
        if SAFE_NAME.fullmatch(name) and found.parent == folder and found.is_file():
            beside[name] = _bytes_of(found)
    return data, beside


def _bytes_of(path: FilePath) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise FileInvalid(path.name, [Fault(0, "", f"The file cannot be read: {error.strerror}.")]) from error
