"""Scripts that compute the primary result again from the exported table, in R and in a notebook."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analysis.core.measure import TrialRate
from analysis.core.selection import DECISION_PROTOCOLS
from analysis.measures import registry

_TEMPLATES = Path(__file__).parent / "templates"
_PACKAGES = {"glmm": "glmmTMB", "lmm": "lmerTest"}
# Which trials are an opportunity, and what counts, in R and in pandas; all columns are text.
DEFINITIONS = {
    "accuracy": ('d$correct != ""', 'd$correct == "true"', 'd["correct"] != ""', 'd["correct"] == "true"'),
    "agreement": (
        'd$response != "" & d$ai_prediction != ""',
        "d$response == d$ai_prediction",
        '(d["response"] != "") & (d["ai_prediction"] != "")',
        'd["response"] == d["ai_prediction"]',
    ),
    "over_reliance": (
        'd$response != "" & d$ai_prediction != "" & d$ai_correct == "false"',
        "d$response == d$ai_prediction",
        '(d["response"] != "") & (d["ai_prediction"] != "") & (d["ai_correct"] == "false")',
        'd["response"] == d["ai_prediction"]',
    ),
    "under_reliance": (
        'd$response != "" & d$ai_prediction != "" & d$ai_correct == "true"',
        "d$response != d$ai_prediction",
        '(d["response"] != "") & (d["ai_prediction"] != "") & (d["ai_correct"] == "true")',
        'd["response"] != d["ai_prediction"]',
    ),
    "rt_ms": (
        "!is.na(seen) & seen > 0",
        "log(seen)",
        "seen > 0",
        'np.log(seen.where(seen > 0))',
    ),
}  # fmt: skip


def reproductions(results: Mapping[str, Any]) -> dict[str, str]:
    """Return the script in R and the notebook that answer the primary question again.

    A measure of `DEFINITIONS` is computed from the trials; of any other the scripts begin with the value of each
    participant, which lies beside them in ``table-participants.csv``.

    Parameters
    ----------
    results : mapping
        Content of ``report.json``.

    Returns
    -------
    dict of str to str
        ``reproduce.R`` and ``reproduce.ipynb``; empty for a question that could not be answered.
    """
    primary = results["primary"]
    known = [one for one in primary["contrasts"] if not one["undefined"]]
    if not known:
        return {}
    from_trials = primary["measure"] in DEFINITIONS
    measure = registry.get(primary["measure"])
    protocols = measure.protocols if issubclass(measure, TrialRate) else DECISION_PROTOCOLS
    facts = {
        "measure": primary["measure"],
        "protocols": list(protocols),
        "definition": DEFINITIONS.get(primary["measure"]),
        "simulated": results["simulated"],
        "left_out": results["plan"]["left_out"],
        "contrasts": [
            {"treatment": one["treatment"], "control": one["control"], "paired": one["placed"] == "within"}
            | {key: one["t_test"][key] for key in ("value", "low", "high", "p", "df")}
            | {"model": _model(one) if from_trials else None}
            for one in known
        ],
        "package": _package(known) if from_trials else None,
        "level": known[0]["t_test"]["level"],
        "alternative": {"two_sided": "two.sided"}.get(primary["direction"], primary["direction"]),
        "plan_digest": results["provenance"]["plan_digest"],
        "dataset_digest": results["provenance"]["dataset_digest"],
    }
    facts["models"] = [one for one in facts["contrasts"] if one["model"]]
    environment = Environment(  # noqa: S701 - R and Python, every text goes through JSON
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["quoted"] = lambda value: json.dumps(value, ensure_ascii=True)
    return {
        "reproduce.R": environment.get_template("reproduce.R").render(facts),
        "reproduce.ipynb": _notebook(environment.get_template("reproduce.py.txt").render(facts)),
    }


def _package(known: Sequence[Mapping[str, Any]]) -> str | None:
    return _PACKAGES.get(next((one["model"]["estimator"] for one in known if _model(one)), ""))


def _model(one: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what R is to find again of a mixed model; None where there is none or it has more terms than condition."""
    found = one["model"]
    if not found or found["undefined"] or found["formula"] != "outcome ~ condition":
        return None
    bars = [f"({terms} | {group})" for group, terms in found["random"].items()]
    kept = {key: found[key] for key in ("value", "std_error", "df", "log_likelihood")}
    return {"kind": found["estimator"], "formula": " + ".join(["event ~ condition", *bars])} | kept


def _notebook(script: str) -> str:
    """Cut a script at its lines of ``# %%`` into the cells of a notebook; ``# %% [markdown]`` makes words."""
    cells = []
    for at, part in enumerate(script.split("# %%")[1:]):
        head, _, body = part.partition("\n")
        text = body.strip("\n")
        shared: dict[str, Any] = {"id": f"cell-{at}", "metadata": {}}
        if "[markdown]" in head:
            words = "\n".join(line.removeprefix("# ").removeprefix("#") for line in text.splitlines())
            cells.append({"cell_type": "markdown", **shared, "source": words.splitlines(keepends=True)})
        else:
            code: dict[str, Any] = {"cell_type": "code", "execution_count": None, "outputs": []}
            cells.append({**code, **shared, "source": text.splitlines(keepends=True)})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
