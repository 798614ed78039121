"""The command that brings things in: every sub-command once, through to an explanation that people could be shown."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from explainers.models import Explanation, Job, Predictor, Reference
from explainers.selectors import explanation_list, jobs_overview
from explainers.services import case_set_import, explanations_request, jobs_work, renderings_request
from tests.explainers.conftest import CLASSES, FEATURES, make_rows, make_spec, make_weights

pytestmark = [pytest.mark.heavy, pytest.mark.django_db]
ROWS = make_rows(5)


@pytest.fixture(autouse=True)
def unprobed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explainers.services.predictors.predictor_probe", lambda spec, weights: {})


@pytest.fixture
def folder(tmp_path: Path, schema: dict[str, Any], store_folder: Path) -> Path:
    from explainers.core.convert import predictor_write

    predictor_write(tmp_path, spec=make_spec(), weights=make_weights())
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    case_set_import(name="clinic", schema=schema, rows=ROWS)
    return tmp_path


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("explainers", *arguments, stdout=out)
    return out.getvalue()


def written(folder: Path, name: str, header: str, *lines: str) -> str:
    (folder / name).write_text("\n".join([header, *lines]) + "\n")
    return str(folder / name)


def net(folder: Path) -> Predictor:
    run("predictor", "net", str(folder / "predictor.json"), str(folder / "weights.safetensors"))
    return Predictor.objects.get(name="net")


def test_a_predictor_comes_from_its_two_files(folder: Path) -> None:
    assert net(folder).kind == "trained"
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        run("predictor", "net", str(folder / "nothing.json"), str(folder / "weights.safetensors"))


def test_advice_from_a_file_is_imported_or_scripted(folder: Path) -> None:
    file = written(folder, "advice.csv", "case_id,label", *(f"{row['key']},ill" for row in ROWS))
    run("advice", "paper", file, "--cases", "clinic", "--classes", "well,ill", "--source", "a paper")
    run("advice", "play", file, "--cases", "clinic", "--classes", "well,ill", "--scripted")
    assert [each.kind for each in Predictor.objects.order_by("name")] == ["imported", "scripted"]


def test_a_rule_makes_a_biased_predictor(folder: Path) -> None:
    explanations_request(predictor=net(folder), cases=cases(), method="saliency")
    jobs_work(queue="cpu")
    rule = {"when": [{"feature": "age", "at_least": 0}], "says": "ill", "confidence": 0.9}
    (folder / "rule.json").write_text(json.dumps(rule))
    run("bias", "old-is-ill", str(folder / "rule.json"), "--cases", "clinic", "--base", "net")
    assert {each.label for each in Predictor.objects.get(name="old-is-ill").predictions.all()} == {"ill"}


def cases() -> list[Any]:
    from explainers.models import CaseSet

    return list(CaseSet.objects.get(name="clinic").cases.all())


def test_rationales_are_brought_asked_for_and_shown(folder: Path) -> None:
    advice = written(folder, "advice.csv", "case_id,label", *(f"{row['key']},ill" for row in ROWS))
    run("advice", "paper", advice, "--cases", "clinic", "--classes", "well,ill")
    lines = (f"{row['key']},ill,The pulse of {row['key']} is <b>fast</b>." for row in ROWS)
    file = written(folder, "why.csv", "case_id,target,text", *lines)
    run("explanations", "doctors", file, "--cases", "clinic", "--predictor", "paper", "--form", "rationales")
    paper = Predictor.objects.get(name="paper")
    keys = explanations_request(
        predictor=paper, cases=cases(), method="imported", parameters={"name": "doctors"}
    )
    assert len(keys) == len(ROWS)
    digest = renderings_request(keys=keys, scale_of=keys)
    jobs_work(queue="render")
    from explainers.selectors import rendering_bytes

    first = explanation_list(keys=keys)[0]
    fragment = rendering_bytes(explanation_id=first.pk, spec_digest=digest)[1].decode()
    assert "The pulse of c000 is &lt;b&gt;fast&lt;/b&gt;." in fragment


def test_a_control_can_be_made_of_imported_explanations(folder: Path) -> None:
    advice = written(folder, "advice.csv", "case_id,label", *(f"{row['key']},ill" for row in ROWS))
    run("advice", "paper", advice, "--cases", "clinic", "--classes", "well,ill")
    header = ",".join(["case_id", "target", *FEATURES])
    file = written(folder, "maps.csv", header, *(f"{row['key']},ill,1,2,{n}" for n, row in enumerate(ROWS)))
    run("explanations", "theirs", file, "--cases", "clinic", "--predictor", "paper", "--form", "tables")
    paper = Predictor.objects.get(name="paper")
    keys = explanations_request(
        predictor=paper, cases=cases(), method="imported", parameters={"name": "theirs"},
        control={"kind": "shuffled"},
    )  # fmt: skip
    jobs_work(queue="cpu")
    assert {each.control_kind for each in explanation_list(keys=keys)} == {"shuffled"}


def test_what_was_not_brought_cannot_be_asked_for(folder: Path) -> None:
    from explainers.core.errors import ExplanationRefused

    advice = written(folder, "advice.csv", "case_id,label", *(f"{row['key']},ill" for row in ROWS))
    run("advice", "paper", advice, "--cases", "clinic", "--classes", "well,ill")
    paper = Predictor.objects.get(name="paper")
    with pytest.raises(ExplanationRefused, match="5 cases have no imported explanation called 'x'"):
        explanations_request(predictor=paper, cases=cases(), method="imported", parameters={"name": "x"})
    with pytest.raises(ExplanationRefused, match="there is no network that saliency could explain"):
        explanations_request(predictor=paper, cases=cases(), method="saliency")


def test_known_cases_and_their_outcomes(folder: Path) -> None:
    outcomes = written(folder, "outcomes.csv", "case_id,outcome", *(f"{row['key']},ill" for row in ROWS))
    run("reference", "clinic-known", "--cases", "clinic", "--outcomes", outcomes)
    lines = (f"{row['key']},{row['inputs']['age']},1,2,{CLASSES[n % 2]}" for n, row in enumerate(ROWS))
    file = written(folder, "known.csv", "case_id,age,pulse,height,outcome", *lines)
    run("known", "train", file, str(folder / "schema.json"))
    assert sorted(Reference.objects.values_list("name", flat=True)) == ["clinic-known", "train"]


def test_jobs_are_told_with_what_is_open_and_can_be_cancelled(folder: Path) -> None:
    explanations_request(predictor=net(folder), cases=cases(), method="saliency")
    assert "explain saliency of net: 0 of 5 done, 5 open" in run("jobs")
    assert run("cancel", "net").startswith("10 jobs are cancelled")
    assert jobs_work(queue="cpu") == 0
    assert not Explanation.objects.exists()
    assert {each.open for each in jobs_overview()} == {0}


def test_the_rate_is_that_of_the_last_minute_and_says_what_is_left(folder: Path) -> None:
    from datetime import timedelta

    from django.utils import timezone

    explanations_request(predictor=net(folder), cases=cases(), method="saliency")
    jobs_work(queue="cpu")
    done, now = list(Job.objects.filter(kind="explain").order_by("pk")), timezone.now()
    for place, job in enumerate(done):
        Job.objects.filter(pk=job.pk).update(finished_at=now - timedelta(seconds=4 * place))
    Job.objects.filter(pk=done[4].pk).update(state="queued", finished_at=None)
    (progress,) = [each for each in jobs_overview(now=now) if each.kind == "explain"]
    assert progress.rate == pytest.approx(4 / 12)
    assert progress.seconds_left == pytest.approx(3)
    assert progress.words.endswith("4 of 5 done, 0.333 a second, less than a minute left")


@pytest.mark.long
@pytest.mark.parametrize("which", ["retina", "reports"])
def test_the_demo_files_come_in_as_a_lab_would_bring_them(
    which: str, tmp_path: Path, store_folder: Path
) -> None:
    run("demo", which, str(tmp_path))
    run("predictor", which, str(tmp_path / "predictor.json"), str(tmp_path / "weights.safetensors"))
    files = ["--files", str(tmp_path / "known.zip")] if which == "retina" else []
    run("known", "train", str(tmp_path / "known.csv"), str(tmp_path / "schema.json"), *files)
    assert set(Reference.objects.get().labels.values()) == set(Predictor.objects.get().classes)
