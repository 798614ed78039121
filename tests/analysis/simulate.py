"""Simulated datasets whose truth is known: tables as the schema says, effects as planted."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.core.allocation import draw_allocation
from analysis.core.schema import TABLES

CONDITIONS = ("unaided", "ai", "ig", "placebo")
LABELS = np.array(["benign", "malignant"])


@dataclass(frozen=True)
class World:
    """What is true: probabilities of a trial, by condition where a mapping is given."""

    conditions: tuple[str, ...] = CONDITIONS
    strata: tuple[str, ...] = ("expert", "novice")
    per_stratum: int = 40
    trials: int = 24
    skill: float = 0.7
    ai_accuracy: float = 0.75
    follow: dict[str, float] = field(
        default_factory=lambda: {"unaided": 0.0, "ai": 0.5, "ig": 0.5, "placebo": 0.5}
    )
    discernment: dict[str, float] = field(default_factory=dict)
    slowdown: dict[str, float] = field(default_factory=dict)
    person_sd: float = 0.08
    protocol: str = "judge_advisor"
    dropout: float = 0.0
    simulated: bool = False


def simulate(world: World, *, seed: int, full: bool = True) -> dict[str, Any]:
    """Return ``trials``, ``participants``, ``scales`` and ``allocation`` of one simulated study."""
    rng = np.random.default_rng(seed)
    key = f"{seed:064x}"
    ratio = [1] * len(world.conditions)
    strata = dict.fromkeys(world.strata, world.per_stratum)
    lists = draw_allocation(bytes.fromhex(key), conditions=world.conditions, ratio=ratio, strata=strata)
    people = [
        {
            "stratum": stratum,
            "slot": slot.seq,
            "condition": slot.condition,
            "participant_id": f"{stratum[:2]}{slot.seq:03d}",
        }
        for stratum, slots in lists.items()
        for slot in slots
    ]
    participants = pd.DataFrame(people)
    trials = _decisions(participants, world=world, rng=rng)
    allocation = {
        "method": "permuted_blocks",
        "conditions": list(world.conditions),
        "ratio": ratio,
        "block_multiples": [1, 2],
        "strata": {name: {"slots": count} for name, count in strata.items()},
        "seed": key,
        "list": [{name: row[name] for name in ("stratum", "slot", "condition")} for row in people],
    }
    if not full:
        return {"trials": trials, "allocation": allocation}
    trials = pd.concat([_practice(trials), trials, _simulation(trials, rng=rng)], ignore_index=True)
    return {
        "trials": trials[TABLES["trials"].names()],
        "participants": _participants(participants, trials=trials, world=world),
        "scales": _scales(participants, rng=rng),
        "allocation": allocation,
    }


def _decisions(participants: pd.DataFrame, *, world: World, rng: np.random.Generator) -> pd.DataFrame:
    n, k = len(participants), world.trials
    truth = rng.integers(0, 2, k)[None, :].repeat(n, axis=0)
    ai_right = np.array([True] * round(world.ai_accuracy * k) + [False] * (k - round(world.ai_accuracy * k)))
    ai_right = np.stack([rng.permutation(ai_right) for _ in range(n)])
    advice = np.where(ai_right, truth, 1 - truth)
    skill = np.clip(world.skill + rng.normal(0, world.person_sd, n), 0.05, 0.95)[:, None]
    first = np.where(rng.random((n, k)) < skill, truth, 1 - truth)
    conditions = participants["condition"]
    follow = conditions.map(world.follow).to_numpy(dtype=float)[:, None]
    better = conditions.map(lambda name: world.discernment.get(name, 0.0)).to_numpy(dtype=float)[:, None]
    moves = (rng.random((n, k)) < np.clip(follow + np.where(ai_right, better, -better), 0, 1)) & (
        first != advice
    )
    final = np.where(moves, advice, first)
    slow = conditions.map(lambda name: world.slowdown.get(name, 1.0)).to_numpy(dtype=float)[:, None]
    pace = rng.normal(0, 0.3, n)[:, None]
    rt = np.exp(np.log(9000 * slow) + pace + rng.normal(0, 0.4, (n, k)))
    done = _reached(n, k, world=world, rng=rng)
    frame = participants.loc[participants.index.repeat(k)].reset_index(drop=True)
    unaided = (frame["condition"] == "unaided").to_numpy()
    explained = frame["condition"].isin(["ig", "placebo"]).to_numpy()
    two = world.protocol == "judge_advisor"
    flat = {
        name: array.ravel()
        for name, array in {"truth": truth, "advice": advice, "first": first, "final": final}.items()
    }
    reached = done.ravel()
    frame = frame.assign(
        study="fna", study_version=1, block_index=1, trial_index=np.tile(np.arange(k), n), protocol=world.protocol,
        case_id=[f"case{number:02d}" for number in np.tile(np.arange(k), n)], predictor="mlp",
        advice_source=np.where(unaided, "none", "ai"), explanations=np.where(explained, frame["condition"], ""),
        ground_truth=LABELS[flat["truth"]], ai_prediction=LABELS[flat["advice"]], ai_confidence=0.8,
        ai_correct=flat["advice"] == flat["truth"], score=np.nan,
        response_initial=LABELS[flat["first"]] if two else None, response=LABELS[flat["final"]],
        correct_initial=flat["first"] == flat["truth"] if two else None, correct=flat["final"] == flat["truth"],
        confidence_initial=np.nan, confidence=rng.uniform(0.5, 1, n * k).round(2), rt_initial_ms=np.nan,
        rt_ms=rt.ravel().round(), hidden_ms=0.0, presented_s=30.0, responded_s=60.0,
        explanation_visible_ms=np.where(explained, rt.ravel().round() * 0.6, np.nan),
        status=np.where(reached, "answered", "not_reached"), is_practice=False, is_attention_check=False,
        is_simulated=world.simulated, excluded=False, exclusion_reason=None,
    )  # fmt: skip
    answers = ["response_initial", "response", "correct_initial", "correct", "confidence", "rt_ms"]
    frame[answers] = frame[answers].astype(object)
    frame.loc[~reached, answers] = None
    return frame


def _reached(n: int, k: int, *, world: World, rng: np.random.Generator) -> np.ndarray:
    last = np.where(rng.random(n) < world.dropout, rng.integers(0, k, n), k)
    return np.arange(k)[None, :] < last[:, None]


def _practice(trials: pd.DataFrame) -> pd.DataFrame:
    # Practice is always right: a measure that counted it would be seen to.
    some = trials[trials["trial_index"] < 2]
    return some.assign(
        block_index=0, is_practice=True, correct=True, response=some["ground_truth"], status="answered"
    )


def _simulation(trials: pd.DataFrame, *, rng: np.random.Generator) -> pd.DataFrame:
    some = trials[(trials["trial_index"] < 6) & (trials["status"] == "answered")]
    guess = np.where(rng.random(len(some)) < 0.65, some["ai_prediction"], "benign")
    return some.assign(
        block_index=2, protocol="forward_simulation", advice_source="none", explanations="", response=guess,
        response_initial=None, correct_initial=None, correct=guess == some["ai_prediction"],
    )  # fmt: skip


def _participants(people: pd.DataFrame, *, trials: pd.DataFrame, world: World) -> pd.DataFrame:
    answered = (trials["status"] == "answered").groupby(trials["participant_id"]).sum()
    scheduled = trials.groupby("participant_id").size()
    main = trials[~trials["is_practice"] & (trials["protocol"] == world.protocol)]
    done = (main["status"] == "answered").groupby(main["participant_id"]).all()
    ids = people["participant_id"]
    completed = ids.map(done).astype(bool)
    base = people.assign(
        study="fna", study_version=1, is_simulated=world.simulated, consented=True, allocated=True,
        status=np.where(completed, "completed", "withdrawn"), comprehension_passed=True,
        comprehension_attempts=np.where(np.arange(len(ids)) % 7 == 0, 2, 1), n_scheduled=ids.map(scheduled),
        n_answered=ids.map(answered), completed=completed, withdrawn=~completed, started_s=0.0, ended_s=900.0,
        excluded=np.arange(len(ids)) % 29 == 28, exclusion_reason=None,
    )  # fmt: skip
    outside = [
        {**base.iloc[0].to_dict(), "participant_id": f"out{number}", "status": status, "stratum": None, "slot": None,
         "condition": None, "allocated": False, "completed": False, "withdrawn": False, "excluded": False,
         "n_answered": 0}
        for number, status in enumerate(["screened_out"] * 5 + ["comprehension_failed"] * 4 + ["enrolled"] * 2)
    ]  # fmt: skip
    return pd.concat([base.astype(object), pd.DataFrame(outside, dtype=object)], ignore_index=True)[
        TABLES["participants"].names()
    ]


def _scales(people: pd.DataFrame, *, rng: np.random.Generator) -> pd.DataFrame:
    asked = people[people["condition"] != "unaided"]
    rows = asked.loc[asked.index.repeat(3)].reset_index(drop=True)
    return rows.assign(
        study="fna", study_version=1, step_index=9, questionnaire="s_tias", questionnaire_version="1", subscale=None,
        item=np.tile(["confident", "reliable", "trust"], len(asked)), value=rng.integers(2, 8, len(rows)), minimum=1,
        maximum=7, reverse=False, answered_s=800.0,
    )[TABLES["scales"].names()]  # fmt: skip


def write_dataset(tables: dict[str, Any], folder: Path, *, kind: str = "csv") -> Path:
    """Write a dataset folder as the export writes it; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("trials", "participants", "scales"):
        table = tables[name]
        if kind == "parquet":
            table.convert_dtypes().to_parquet(folder / f"{name}.parquet")
        else:
            words = {True: "true", False: "false", "True": "true", "False": "false"}
            flags = [column.name for column in TABLES[name].columns if column.kind == "boolean"]
            table.assign(**{flag: table[flag].map(words) for flag in flags}).to_csv(
                folder / f"{name}.csv", index=False
            )
    (folder / "allocation.json").write_text(json.dumps(tables["allocation"]))
    return folder
