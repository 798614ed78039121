"""The arguments of a power simulation on a command line, and what they mean to `simulate_power`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

_TRUTH = {
    "effect": "of every treatment (default: the smallest effect of interest)",
    "baseline": "share right (or time in ms) in the control",
    "participant_sd": "between participants, logit or log scale",
    "case_sd": "between cases",
    "slope_sd": "of the effect between participants",
    "case_slope_sd": "of the effect between cases",
    "residual_sd": "of log times within a participant",
    "ai_accuracy": "share of cases on which the AI is right",
    "attrition": "share of participants who leave on the way",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add plan, sizes and what is taken to be true to a parser.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of the command.
    """
    parser.add_argument("plan", type=Path, help="a plan or a study file (YAML or JSON)")
    parser.add_argument("--participants", type=_sizes, help="in all, such as 100,200; default: the plan's n")
    parser.add_argument("--cases", type=_sizes, default=[24], help="of the study; default: 24")
    parser.add_argument("--trials", type=_sizes, help="of each participant; default: all cases")
    parser.add_argument("--simulations", type=positive, default=1000, help="for each size; default: 1000")
    parser.add_argument("--target", type=float, default=0.9, help="power wanted; default: 0.9")
    parser.add_argument("--seed", type=int, default=1, help="default: 1")
    parser.add_argument("--effect-scale", choices=("difference", "odds_ratio"), default="difference")
    for name, words in _TRUTH.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, help=words)


def arguments_of(given: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of `simulate_power`, but for the plan; plain values.

    Parameters
    ----------
    given : argparse.Namespace
        Parsed by a parser of `add_arguments`.

    Returns
    -------
    dict
        Sizes, simulations, seed, target and whatever truth was said.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_arguments(parser)
    >>> arguments_of(parser.parse_args(["plan.yaml", "--participants", "40,80", "--baseline", "0.6"]))["baseline"]
    0.6
    """
    sizes = {name: getattr(given, name) for name in ("participants", "cases", "trials")}
    run = {name: getattr(given, name) for name in ("simulations", "seed", "target")}
    truth = {name: getattr(given, name) for name in _TRUTH if getattr(given, name) is not None}
    if given.effect_scale != "difference":
        truth["effect_scale"] = given.effect_scale
    return {**sizes, **run, **truth}


def positive(text: str) -> int:
    """Read a whole number of at least 1.

    Parameters
    ----------
    text : str
        As typed.

    Returns
    -------
    int
        Above 0.

    Raises
    ------
    argparse.ArgumentTypeError
        When it is below 1.

    Examples
    --------
    >>> positive("3")
    3
    """
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {value}")
    return value


def _sizes(text: str) -> list[int]:
    return [positive(part) for part in text.split(",")]
