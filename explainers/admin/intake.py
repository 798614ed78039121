"""The pages by which an experimenter brings predictors, advice, known cases and explanations."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from explainers.core.errors import CaseSetRefused, ExplainersError
from explainers.models import CaseSet, Predictor
from explainers.services import (
    BroughtFile,
    explanations_bring,
    known_cases_bring,
    predictor_bring,
    predictor_import,
)
from explainers.services.bring import FORMS

MAY_BRING = "explainers.add_predictor"
MOST_BYTES = 256 * 1024 * 1024


class BringForm(forms.Form):
    """A form whose `bring` takes in what it was given and says in a sentence what is there now."""

    title = ""
    name = forms.SlugField(label="Name", max_length=80, help_text="The word that study files use.")

    def bring(self) -> str:
        """Take it in."""
        raise NotImplementedError

    def data_of(self, field: str) -> bytes | None:
        """Return the bytes of an upload; None if there is none."""
        file: UploadedFile[Any] | None = self.cleaned_data[field]
        if file is None:
            return None
        if file.size is not None and file.size > MOST_BYTES:
            raise CaseSetRefused(f"{file.name} is larger than {MOST_BYTES // 2**20} MB.")
        content: bytes = file.read()
        return content


class PredictorForm(BringForm):
    """A network: its declaration and its weights."""

    title = "Bring a predictor"
    declaration = forms.FileField(
        label="Declaration", help_text="predictor.json: architecture, features, classes."
    )
    weights = forms.FileField(
        label="Weights",
        help_text="A safetensors file. Pickles, .pt, TorchScript and archives are refused unopened.",
    )

    def bring(self) -> str:
        """Take the predictor in after its probes."""
        predictor = predictor_bring(
            name=self.cleaned_data["name"],
            declaration=self.data_of("declaration") or b"",
            weights=self.data_of("weights") or b"",
        )
        return f"The predictor {predictor.name} passed its probes and is there."


class AdviceForm(BringForm):
    """Predictions of an AI that is not here, or advice that somebody wrote."""

    title = "Bring predictions as a file"
    cases = forms.ModelChoiceField(CaseSet.objects.order_by("name"), label="Cases")
    classes = forms.CharField(label="Classes", help_text="With commas between them.")
    kind = forms.ChoiceField(
        label="What they are",
        choices=[("imported", "predictions of an AI"), ("scripted", "advice that was written for the study")],
    )
    file = forms.FileField(
        label="File", help_text="CSV: case_id and a probability per class, or label (and confidence)."
    )
    source = forms.CharField(label="Where they come from", required=False, max_length=200)

    def bring(self) -> str:
        """Take the advice in."""
        predictor = predictor_import(
            name=self.cleaned_data["name"],
            classes=[word.strip() for word in self.cleaned_data["classes"].split(",")],
            case_set=self.cleaned_data["cases"],
            data=self.data_of("file") or b"",
            kind=self.cleaned_data["kind"],
            source=self.cleaned_data["source"],
        )
        return (
            f"The {predictor.kind} predictor {predictor.name} is there; it is reported as {predictor.kind}."
        )


class KnownCasesForm(BringForm):
    """Cases that explanations refer to."""

    title = "Bring known cases"
    file = forms.FileField(
        label="Cases",
        help_text="CSV with case_id, what the schema says and, if known, outcome; or an NPZ of pictures.",
    )
    schema = forms.FileField(label="Schema", help_text="JSON.")
    archive = forms.FileField(
        label="Files", required=False, help_text="A zip of the files that the cases name."
    )
    licence = forms.CharField(label="Licence", required=False, max_length=200)

    def bring(self) -> str:
        """Take the cases in."""
        known = known_cases_bring(
            name=self.cleaned_data["name"],
            manifest=self.data_of("file") or b"",
            schema=_json(self.data_of("schema") or b""),
            archive=self.data_of("archive"),
            licence=self.cleaned_data["licence"],
        )
        return f"{known.case_set.cases.count()} known cases are there as {known.name}."


class ExplanationsForm(BringForm):
    """Explanations that were made elsewhere."""

    title = "Bring explanations as files"
    predictor = forms.ModelChoiceField(Predictor.objects.order_by("name"), label="Predictor")
    cases = forms.ModelChoiceField(CaseSet.objects.order_by("name"), label="Cases")
    form = forms.ChoiceField(label="What they are", choices=[(word, word) for word in FORMS])
    file = forms.FileField(
        label="File",
        help_text="CSV: case_id, target, and values per feature, words, a text, or the name of a map.",
    )
    extra = forms.FileField(label="Maps", required=False, help_text="A zip of grey PNGs or an NPZ of arrays.")
    encoding = forms.ChoiceField(
        label="Grey of the maps",
        choices=[("signed", "middle grey is nothing"), ("unsigned", "black is nothing")],
    )
    target = forms.CharField(label="Target", initial="advised", help_text="advised, rank_2 or class: NAME.")
    source = forms.CharField(label="Where they come from", required=False, max_length=200)

    def bring(self) -> str:
        """Take the explanations in."""
        keys = explanations_bring(
            name=self.cleaned_data["name"],
            predictor=self.cleaned_data["predictor"],
            case_set=self.cleaned_data["cases"],
            brought=BroughtFile(
                form=self.cleaned_data["form"],
                data=self.data_of("file") or b"",
                extra=self.data_of("extra"),
                encoding=self.cleaned_data["encoding"],
                source=self.cleaned_data["source"],
            ),
            target=self.cleaned_data["target"],
        )
        return (
            f"{len(keys)} explanations are there. In a study file: method: imported, parameters: "
            f"{{name: {self.cleaned_data['name']}}}."
        )


PAGES: Mapping[str, Callable[..., BringForm]] = {
    "predictor": PredictorForm,
    "advice": AdviceForm,
    "known-cases": KnownCasesForm,
    "explanations": ExplanationsForm,
}


@require_http_methods(["GET", "POST"])
def bring_view(request: HttpRequest, what: str) -> HttpResponse:
    """Take something in; why it is refused is said in a sentence, and nothing of it stays."""
    if not request.user.has_perm(MAY_BRING):
        raise PermissionDenied
    if what not in PAGES:
        raise Http404
    form = PAGES[what](request.POST or None, request.FILES or None)
    refused = ""
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, form.bring())
        except ExplainersError as error:
            refused = str(error)
        else:
            return HttpResponseRedirect(reverse("admin:explainers_predictor_changelist"))
    context = {
        **admin.site.each_context(request),
        "title": form.title,
        "opts": Predictor._meta,
        "form": form,
        "refused": refused,
    }
    status = 422 if refused or form.errors else 200
    return TemplateResponse(request, "explainers/admin/bring.html", context, status=status)


def _json(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CaseSetRefused(f"The schema is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise CaseSetRefused("The schema is a JSON object.")
    return found
