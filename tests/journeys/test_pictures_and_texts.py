"""Pictures and texts with their truth, as files, through the commands to the page of a participant."""

import csv
import shutil
import zipfile
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from explainers.core.cases.masks import region_to_mask
from explainers.core.pictures import pixels_read
from explainers.models import Case, CaseSet, Explanation
from explainers.selectors import explanation_artefact
from explainers.services import jobs_work
from studies.design.gatepage import gate_view
from studies.design.localisation import localisation_of
from studies.design.models import StudyVersion
from studies.design.selectors import version_latest
from studies.design.services import gate_override, version_prepare
from studies.design.services.gate import explanation_keys, gate_accepted
from studies.design.truth import truth_of
from studies.protocols.credit import read_key
from tests.rehearsal.conftest import fresh_process  # noqa: F401 - a store of its own
from tests.trials.person import Person

pytestmark = [pytest.mark.heavy, pytest.mark.django_db, pytest.mark.usefixtures("fresh_process")]
TAKEN = 24
STUDY = """\
study: {slug}
title: Does it help to see where the AI looked?
predictors: {{ai: {slug}-ai}}
cases: {{from: {slug}-cases, per_participant: 4}}
decision:
  question: What is it?
  options: [{options}]
  positive: {positive}
conditions:
  shown: {{advice: {{show: [label]}}, explanations: [{{method: {method}}}]}}
  control: {{advice: {{show: [label]}}, explanations: [{{control: {{kind: shuffled, of: {method}}}}}]}}
deception: true
allocation: {{between: [shown, control], slots: 8}}
flow:
  - consent: consent.md
  - instructions: instructions.md
  - allocate
  - trials: {{protocol: judge_advisor}}
  - debrief: debrief.md
plan:
  primary: {{measure: accuracy, contrasts: [shown - control]}}
  n: 8
"""


def run(*arguments: Any) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def cut(folder: Path, name: str = "cases.csv", *, rows: int = TAKEN) -> None:
    """Leave the first rows of a case file."""
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    (folder / name).write_text("\n".join([*lines[: rows + 1], ""]), encoding="utf-8")


def unpacked(folder: Path) -> Path:
    """The files that the first rows name, in a folder as a lab has them."""
    with (folder / "cases.csv").open(encoding="utf-8") as file:
        named = {
            cell for row in csv.DictReader(file) for column, cell in row.items() if cell.endswith(".png")
        }
    with zipfile.ZipFile(folder / "cases.zip") as archive:
        for name in named:
            archive.extract(name, folder / "pictures")
    return folder / "pictures"


def opened(folder: Path, *, slug: str, **about: str) -> StudyVersion:
    """From the predictor on: brought, prepared, launched and opened, as the command line does it."""
    run("explainers", "predictor", f"{slug}-ai", folder / "predictor.json", folder / "weights.safetensors")
    for name, text in (("consent", "You agree."), ("instructions", "Decide."), ("debrief", "Now you know.")):
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    (folder / "study.yaml").write_text(STUDY.format(slug=slug, **about), encoding="utf-8")
    run("study", "import", folder / "study.yaml")
    version = version_latest(slug)
    assert version is not None
    while version_prepare(version=version):
        assert sum(jobs_work(queue=queue) for queue in ("cpu", "render")), "results do not come"
    for gate in gates(version):
        gate_override(version=version, gate=gate, reason="The study asks what such maps do to people.")
    run("study", "launch", slug)
    run("study", "open", slug)
    return version


def gates(version: StudyVersion) -> list[str]:
    from explainers.selectors import gate_red, gates_by_method

    found = gates_by_method(keys=explanation_keys(version))
    reds = [(gate, gate_red(gate, accepted=gate_accepted(version))) for gate in found]
    return [gate["gate_id"] for gate, red in reds if red["measures"] or red["cases"]]


def second_look(slug: str, *, before: str) -> Person:
    """The first trial after the own answer; what its page has then is not there before."""
    somebody = Person(Client(), slug).start().go_to("trial")
    assert before not in somebody.text
    return somebody.answer()


def truths(case_set: str) -> Mapping[str, str]:
    found = truth_of(case_ids=list(Case.objects.filter(case_set__name=case_set).values_list("pk", flat=True)))
    return {case.key: found[case.pk] for case in Case.objects.filter(pk__in=found)}


@pytest.fixture(scope="module")
def retina(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("retina")
    run("explainers", "demo", "retina", folder)
    cut(folder)
    unpacked(folder)
    return folder


def test_pictures_with_masks_become_a_study_that_shows_heatmaps(
    retina: Path, rf: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(
        "study",
        "cases",
        "retina-cases",
        retina / "cases.csv",
        retina / "cases-schema.json",
        retina / "pictures",
    )
    version = opened(
        retina, slug="retina", options="no bleeding, bleeding", positive="bleeding", method="saliency"
    )
    assert set(truths("retina-cases").values()) == {"no bleeding", "bleeding"}
    page = second_look("retina", before="map-box")
    assert page.page.xpath("//*[contains(@class, 'map-box')]"), "no heatmap on the page"
    assert "bleedings" not in page.text

    rows = Explanation.objects.filter(control_kind="").select_related("case")
    keys = [row.key for row in rows]
    found = {each.field: each for each in localisation_of(keys=keys)}
    assert set(found) == {"bleedings", "bright_marks"}
    shares = []
    for row in rows:
        pixels = pixels_read((retina / "pictures" / f"{row.case.key}-bright_marks.png").read_bytes())
        if pixels.any():
            map_ = np.abs(np.asarray(explanation_artefact(explanation=row).values).reshape(64, 64))
            shares.append(map_[pixels[:, :, 0] > 0].sum() / map_.sum())
    assert found["bright_marks"].cases == len(shares)
    assert found["bright_marks"].share == pytest.approx(np.mean(shares))
    assert found["bright_marks"].times > 2, "the predictor learned the mark, and its maps show that"
    monkeypatch.setattr("studies.design.localisation.MOST", 4)
    few = {each.field: each for each in localisation_of(keys=keys)}["bright_marks"]
    step = -(-len(shares) // 4)
    assert (few.cases, few.marked) == (len(shares[::step]), len(shares))
    assert few.share == pytest.approx(np.mean(shares[::step]))
    monkeypatch.undo()

    request = rf.get("/")
    request.user = User.objects.create_superuser("boss")
    request.session = {}
    gate = gate_view(request, version.pk).render().content.decode()
    assert "bright_marks" in gate
    assert "times its area" in gate


def test_the_masks_of_a_case_file_are_kept_as_they_were_drawn(retina: Path) -> None:
    run(
        "study",
        "cases",
        "retina-cases",
        retina / "cases.csv",
        retina / "cases-schema.json",
        retina / "pictures",
    )
    for case in Case.objects.filter(case_set__name="retina-cases"):
        drawn = pixels_read((retina / "pictures" / f"{case.key}-bleedings.png").read_bytes())[:, :, 0] > 0
        kept = read_key(truth_of(case_ids=[case.pk], field="bleedings")[case.pk])
        assert (kept == "none") == (not drawn.any())
        if drawn.any():
            assert np.array_equal(region_to_mask(kept, shape=(64, 64)), drawn)


@pytest.mark.parametrize("fault", ["of another size", "not there"])
def test_a_mask_that_does_not_fit_is_refused_with_its_row_and_column(
    retina: Path, tmp_path: Path, fault: str
) -> None:
    from django.core.management import CommandError

    from explainers.core.png import png_encode

    pictures = tmp_path / "pictures"
    shutil.copytree(retina / "pictures", pictures)
    mask = pictures / "retina-002-bleedings.png"
    if fault == "not there":
        mask.unlink()
    else:
        mask.write_bytes(png_encode(np.zeros((64, 32, 1), dtype=np.uint8)))
    words = "there is no file" if fault == "not there" else "32 x 64 pixels, the picture 64 x 64"
    with pytest.raises(CommandError, match=rf"(?is)row 2, column bleedings.*{words}"):
        run("study", "cases", "retina-cases", retina / "cases.csv", retina / "cases-schema.json", pictures)
    assert not CaseSet.objects.exists()


def test_an_experimenter_brings_pictures_and_masks_by_the_page_of_the_admin(
    retina: Path, tmp_path: Path, client: Client
) -> None:
    packed = tmp_path / "files.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in (retina / "pictures").iterdir():
            archive.write(path, path.name)
    user = User.objects.create_user("lab", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label__in=("design", "explainers")))
    client.force_login(user)
    upload = {
        "name": "retina-cases",
        "cases": SimpleUploadedFile("cases.csv", (retina / "cases.csv").read_bytes()),
        "schema": SimpleUploadedFile("schema.json", (retina / "cases-schema.json").read_bytes()),
        "archive": SimpleUploadedFile("files.zip", packed.read_bytes()),
    }
    reply = client.post("/admin/design/study/cases/", upload)
    assert reply.status_code == 302, reply.content.decode()
    assert len(truths("retina-cases")) == TAKEN


def test_texts_become_a_study_that_shows_tinted_words(tmp_path: Path) -> None:
    run("explainers", "demo", "reports", tmp_path)
    cut(tmp_path)
    run("study", "cases", "reports-cases", tmp_path / "cases.csv", tmp_path / "schema.json")
    classes = sorted(set(truths("reports-cases").values()))
    opened(
        tmp_path,
        slug="reports",
        options=", ".join(classes),
        positive=classes[0],
        method="layer_integrated_gradients",
    )
    page = second_look("reports", before="tint-box")
    assert page.page.xpath("//*[contains(@class, 'tint')]"), "no tinted words on the page"
