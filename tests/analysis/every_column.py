"""The simulated study with trials of every protocol and every optional column, so that every measure has a value."""

from __future__ import annotations

import numpy as np
import pandas as pd

PHASES = np.array(["pre", "learn", "test", "retention"])


def with_every_column(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the trials with the optional columns, and with a block of each further protocol behind them."""
    rng = np.random.default_rng(5)
    base = trials[(trials["status"] == "answered") & (trials["protocol"] == "judge_advisor")]
    base = base[~base["is_practice"].astype(bool) & (base["trial_index"] < 12)]
    blocks = [trials]
    for number, protocol in enumerate(
        (
            "counterfactual_simulation",
            "agreement",
            "distinction",
            "deferral",
            "learning_transfer",
            "diagnose",
            "intervene",
            "audit",
            "forward_simulation",
        )
    ):
        block = base.assign(
            protocol=protocol, block_index=3 + number, response_initial=None, correct_initial=None
        )
        blocks.append(_numeric(block, rng=rng) if protocol == "forward_simulation" else block)
    blocks.append(_numeric(base, rng=rng).assign(block_index=15))
    blocks.append(_compared(base, rng=rng).assign(block_index=16))
    found = pd.concat(blocks, ignore_index=True)
    n = len(found)
    known = found["correct"].notna()
    return found.assign(
        score=np.where(known, found["correct"].astype("boolean").fillna(False).astype(float) * 2 - 1, np.nan),
        score_ai=found["ai_correct"].astype(float) * 2 - 1,
        score_initial=found["correct_initial"].astype("boolean").fillna(False).astype(float),
        cost=rng.choice([0.0, 0.25], n),
        score_best=2.0,
        action=rng.choice(["decide", "accept", "routed_accept"], n),
        part=np.where(found["trial_index"].to_numpy(dtype=int) % 2 == 0, "name_slice", "predict_failure"),
        correct_named=rng.random(n) < 0.5,
        is_positive=found["ground_truth"] == "malignant",
        deferred=rng.random(n) < 0.3,
        phase=PHASES[found["trial_index"].to_numpy(dtype=int) % 4],
        n_learned=found["trial_index"].to_numpy(dtype=int) // 4 * 5,
        n_options=4,
        ai_prediction_original=np.where(rng.random(n) < 0.5, found["ai_prediction"], "benign"),
        ai_confidence=rng.choice([0.6, 0.75, 0.9], n),
        variant=rng.choice(["seed0", "seed1", "seed2"], n),
        understanding=rng.choice([0.25, 0.5, 0.75, 1.0], n),
    )  # fmt: skip


def with_every_questionnaire(scales: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of scales, with the same answers to each further questionnaire."""
    others = ("nasa_tlx", "tias", "explanation_satisfaction", "trust_xai")
    more = [
        scales.assign(questionnaire=name, step_index=10 + place, value=scales["value"].clip(1, 5))
        for place, name in enumerate(others)
    ]
    return pd.concat([scales, *more], ignore_index=True)


def _compared(block: pd.DataFrame, *, rng: np.random.Generator) -> pd.DataFrame:
    n = len(block)
    return block.assign(
        protocol="preference", response_initial=None, correct_initial=None, correct=None,
        response=rng.choice(["ig", "shap", "neither"], n), explanations="ig+shap", place=rng.choice([1, 2], n),
    )  # fmt: skip


def _numeric(block: pd.DataFrame, *, rng: np.random.Generator) -> pd.DataFrame:
    n = len(block)
    return block.assign(
        response_initial=rng.integers(0, 50, n).astype(str), response=rng.integers(0, 50, n).astype(str),
        ai_prediction=rng.integers(50, 99, n).astype(str), correct=False,
    )  # fmt: skip
