"""The forms of the experimenter's pages: bringing a study and bringing cases."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from explainers.core.archive import MAXIMUM_ARCHIVE_BYTES
from studies.design.casefile import MAXIMUM_BYTES as CASES_BYTES
from studies.design.compositefile import files_read
from studies.design.yamlsource import MAXIMUM_BYTES as STUDY_BYTES

MAXIMUM_FILES = 40


class SeveralFilesInput(forms.ClearableFileInput):
    """A file input that takes several files at once."""

    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """Several files; the cleaned value is a list."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if len(given) > MAXIMUM_FILES:
            raise forms.ValidationError(f"Bring at most {MAXIMUM_FILES} files at once.")
        return [super(SeveralFilesField, self).clean(one, initial) for one in given]


class StudyImportForm(forms.Form):
    """A study file, and the files that it names."""

    study_file = forms.FileField(label="Study file", help_text="YAML, for example study.yaml.")
    beside = SeveralFilesField(
        label="Files beside it",
        required=False,
        help_text="Every file that the study file names: texts (.md), items (.yaml), own questionnaires (.toml). "
        "Choose them all at once.",
    )

    def content(self) -> tuple[bytes, dict[str, bytes]]:
        """Return the bytes of the study file, and those of the files beside it by name."""
        beside = {str(file.name): _read(file, STUDY_BYTES) for file in self.cleaned_data["beside"]}
        return _read(self.cleaned_data["study_file"], STUDY_BYTES), beside


class CaseImportForm(forms.Form):
    """A case file and its schema."""

    name = forms.SlugField(
        label="Name of the case set",
        max_length=80,
        help_text="The word that study files use, such as fna-test.",
    )
    cases = forms.FileField(
        label="Cases", help_text="CSV in UTF-8: a column case_id, one column for each feature, ground_truth."
    )
    schema = forms.FileField(
        label="Schema",
        help_text="JSON or YAML: for each feature its name, label for people, unit and reference range (low, high).",
    )

    archive = forms.FileField(
        label="Files of the cases",
        required=False,
        help_text="Zip archive with the pictures (PNG, JPEG, DICOM), texts, series and masks that the case file names.",
    )

    def content(self) -> tuple[bytes, bytes]:
        """Return the bytes of the cases and of the schema."""
        return _read(self.cleaned_data["cases"], CASES_BYTES), _read(self.cleaned_data["schema"], STUDY_BYTES)

    def beside(self) -> dict[str, bytes] | None:
        """Return the files that the case file names, if an archive came."""
        archive = self.cleaned_data["archive"]
        return files_read(_read(archive, MAXIMUM_ARCHIVE_BYTES), name=str(archive.name)) if archive else None


def _read(file: UploadedFile[Any], limit: int) -> bytes:
    # One byte more than allowed is enough for the reader to refuse the file, however large it is.
    data: bytes = file.read(limit + 1)
    return data
