"""The variants that a study file asks for: whether anything varies between them, and each of them written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from explainers.methods import METHODS
from studies.design.checks import Draft
from studies.design.schemafaults import did_you_mean
from studies.errors import Fault

PATH = ("variants",)
NOTHING_VARIES = (
    "No explanation of this study differs between seeds: name a method that draws, such as gradient_shap, "
    "or spread checkpoints over people."
)


def variants_written(draft: Draft) -> dict[str, list[dict[str, Any]]]:
    """Return the part of the document that lists the variants; empty where the file has none."""
    data = draft.data.get("variants")
    if data is None:
        return {}
    seeds = _seeds(data)
    checkpoints = [_explained(draft)[0], *data.get("checkpoints", [])] if "checkpoints" in data else [""]
    names = [
        "_".join([*filter(None, [checkpoint]), *([f"seed_{seed}"] if "seeds" in data else [])])
        for checkpoint, seed in product(checkpoints, seeds)
    ]
    own = checkpoints[0]
    return {
        "variants": [
            {"name": name, "seed": seed, "checkpoint": "" if checkpoint == own else checkpoint}
            for name, (checkpoint, seed) in zip(names, product(checkpoints, seeds), strict=True)
        ]
    }


def varies(draft: Draft, explanation: Mapping[str, Any]) -> bool:
    """Say whether an explanation differs between the variants that a file asks for; a control never does."""
    variants = draft.data.get("variants")
    if not variants or "method" not in explanation:
        return False
    return "checkpoints" in variants or _is_drawn(explanation["method"])


def variant_faults(draft: Draft) -> Iterator[Fault]:
    """Check the variants: there is something that varies, and the checkpoints are predictors of one advice."""
    data = draft.data.get("variants")
    if data is None:
        return
    if "variant" in draft.data.get("factors", {}):
        yield draft.fault(PATH, "A factor is called 'variant' already: write one of the two.")
    drawn = [explanation for _alias, explanation in _explanations(draft) if _is_drawn(explanation["method"])]
    if "seeds" in data and not drawn:
        yield draft.fault((*PATH, "seeds"), NOTHING_VARIES)
    if "checkpoints" in data:
        yield from _checkpoint_faults(draft, data["checkpoints"])


def _seeds(data: Mapping[str, Any]) -> list[int]:
    seeds = data.get("seeds", 1)
    return list(range(seeds)) if isinstance(seeds, int) else list(seeds)


def _is_drawn(method: str) -> bool:
    """Say whether explanations by a method differ between seeds; that a method is not there is another fault."""
    return method in METHODS.names() and "seedless" not in METHODS.get(method).promises


def _checkpoint_faults(draft: Draft, checkpoints: Sequence[str]) -> Iterator[Fault]:
    predictors, path = draft.data["predictors"], (*PATH, "checkpoints")
    for index, alias in enumerate(checkpoints):
        if alias not in predictors:
            yield draft.fault(
                (*path, index), f"There is no predictor '{alias}'.{did_you_mean(alias, predictors)}"
            )
    explained = _explained(draft)
    if not explained:
        yield draft.fault(path, "No condition of this study has an explanation that could vary.")
    elif len(explained) > 1:
        yield draft.fault(
            path,
            f"Conditions explain different predictors ({', '.join(explained)}): "
            "checkpoints can stand in for one only.",
        )
    elif explained[0] in checkpoints:
        yield draft.fault(
            (*path, checkpoints.index(explained[0])),
            f"'{explained[0]}' gives the advice and is the first variant anyway: leave it out here.",
        )
    for _alias, explanation in _explanations(draft):
        if explanation.get("target") == "rank_2":
            yield draft.fault(
                path,
                "Checkpoints explain the advised answer or one that is named, because the second of one need not be "
                "the second of another: give the explanations another target than rank_2.",
            )
            return


def _explained(draft: Draft) -> list[str]:
    """Return the aliases of the predictors that conditions explain, each once; controls explain nothing."""
    return list(dict.fromkeys(alias for alias, _explanation in _explanations(draft)))


def _explanations(draft: Draft) -> Iterator[tuple[str, Mapping[str, Any]]]:
    default = next(iter(draft.data["predictors"]))
    for condition in draft.conditions.values():
        for explanation in condition.get("explanations", []):
            if "method" in explanation:
                yield condition.get("predictor", default), explanation
