"""From job rows to frozen artefacts and drawings: what the database, the store and the drawing cost beside the engine.

ResNet-18 at 64 px, Integrated Gradients of 16 steps, in one process on one thread, in CPU seconds; engine and jobs take
turns on the same cases, which every turn has new keys for (another seed of the study). Exit status 1 if the whole way
keeps less than half of the engine's own rate.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

GOAL = 0.5
CASES, SIDE, TURNS = 8, 64, int(os.environ.get("TURNS", "3"))
PARAMETERS = {"steps": 16}


def prepare(folder: Path) -> Any:
    """Make a database and a store of their own, with a predictor and cases in them; returns both."""
    os.environ |= {
        "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
        "ASSAY_VAR": str(folder),
        "ASSAY_STORE": str(folder / "store"),
        "ASSAY_LAPTOP": "1",
        "DJANGO_SETTINGS_MODULE": "deploy.settings",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    import numpy as np
    import torch
    from safetensors.torch import save

    from explainers.core.declaration import PredictorSpec
    from explainers.core.digest import sha256_hex
    from explainers.core.png import png_encode
    from explainers.services import case_set_import, jobs, jobs_work, predictions_request, predictor_admit

    class Silent:
        def send_task(self, *args: Any, **kwargs: Any) -> None:
            """The work is done here; nobody is rung."""

    jobs.current_app = Silent()  # type: ignore[assignment]
    images = np.random.default_rng(7).integers(0, 256, (CASES, SIDE, SIDE, 3), dtype=np.uint8)
    files = {sha256_hex(png): png for png in map(png_encode, images)}
    case_set = case_set_import(
        name="photos",
        schema={"modality": "image", "label": "Photograph"},
        rows=[{"key": f"p{n}", "inputs": {"image": digest}} for n, digest in enumerate(files)],
        pictures=files,
    )
    spec = PredictorSpec(
        "resnet18", {"outputs": 2}, ["red", "green", "blue"], ["well", "ill"],
        {"kind": "image", "height": SIDE, "width": SIDE, "mean": [0.5] * 3, "scale": [0.25] * 3},
    )  # fmt: skip
    torch.manual_seed(0)
    state = {
        name: each.contiguous() for name, each in spec.family.build(spec.parameters).state_dict().items()
    }
    predictor = predictor_admit(name="resnet", spec=spec, weights=save(state))
    predictions_request(predictor=predictor, case_set=case_set)
    jobs_work(queue="cpu", seconds=600)
    return predictor, list(case_set.cases.all())


def whole_way(predictor: Any, cases: list[Any], *, seed: int) -> float:
    """Rows in, artefacts frozen, drawings frozen; returns CPU seconds."""
    from explainers.models import Rendering
    from explainers.services import explanations_request, jobs_work, renderings_request

    before, begin = Rendering.objects.count(), time.process_time()
    keys = explanations_request(
        predictor=predictor, cases=cases, method="integrated_gradients", parameters=PARAMETERS, seed=seed
    )
    jobs_work(queue="cpu", seconds=600)
    renderings_request(keys=keys, scale_of=keys)
    jobs_work(queue="render", seconds=600)
    spent = time.process_time() - begin
    assert Rendering.objects.count() == before + len(cases)
    return spent


def engine_alone(predictor: Any, cases: list[Any], *, seed: int) -> float:
    """The same explanations from the same inputs, without rows, store or drawing; returns CPU seconds."""
    from explainers.core.engine import ExplainRequest, explain
    from explainers.methods import METHODS
    from explainers.models import Prediction
    from explainers.services.compute import predictor_load

    method, loaded = METHODS.get("integrated_gradients")(), predictor_load(predictor.digest)
    said = dict(Prediction.objects.values_list("case_id", "label"))
    requests = [
        ExplainRequest(
            case_key=case.key, case_digest=case.digest, inputs=case.inputs, target_declared="advised",
            target_class=said[case.pk], parameters=method.complete(PARAMETERS), seed=seed,
        )
        for case in cases
    ]  # fmt: skip
    begin = time.process_time()
    explain(method, predictor=loaded, predictor_digest=predictor.digest, requests=requests)
    return time.process_time() - begin


def main() -> int:
    """Measure in turns and say the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        predictor, cases = prepare(Path(folder))
        engine_alone(predictor, cases, seed=-1)
        turns = [
            (engine_alone(predictor, cases, seed=turn), whole_way(predictor, cases, seed=turn))
            for turn in range(TURNS)
        ]
    ratio = statistics.median(engine / whole for engine, whole in turns)
    engine, whole = (CASES / statistics.median(each) for each in zip(*turns, strict=True))
    print(
        f"ResNet-18 at {SIDE} px, IG {PARAMETERS['steps']}, rows to drawings: {whole:.2f} explanations per CPU second, "
        f"the engine alone {engine:.2f}: {ratio:.2f} of it (goal {GOAL})"
    )
    return int(ratio < GOAL)


if __name__ == "__main__":
    sys.exit(main())
