"""Reading one hypothesis of a plan: measure, contrasts, claim, and the estimator that decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

from analysis.core.estimate import DIRECTIONS, Direction
from analysis.core.plan.faults import Faults
from analysis.core.plan.values import (
    DECISIVE,
    PLACED,
    Claim,
    Contrast,
    Decisive,
    Hypothesis,
    Model,
    Placed,
    parse_contrast,
)

KEYS = (
    "measure",
    "contrast",
    "contrasts",
    "all",
    "smallest_effect",
    "direction",
    "equivalence",
    "non_inferiority",
    "estimator",
    "placed",
    "model",
)
_MODEL_CHOICES = {
    "link": ("logit", "probit"),
    "metric": ("auc", "sensitivity", "specificity", "balanced_accuracy"),
    "covariance": ("delong", "jackknife", "unbiased"),
    "fixed": ("reader", "case"),
}
_MODEL_KEYS = ("random", "covariates", *_MODEL_CHOICES)
_BELONGS = {
    "participant_contrast": (),
    "permutation": (),
    "sign_flip": (),
    "glmm": ("random", "covariates", "link"),
    "lmm": ("random", "covariates"),
    "mrmc": ("metric", "covariance", "fixed"),
}


class HypothesisReader:
    """Reads hypotheses; `faults` is shared with the reader of the whole plan."""

    def __init__(
        self,
        faults: Faults,
        *,
        measures: Collection[str],
        conditions: Collection[str],
        estimator: str = "participant_contrast",
    ) -> None:
        self.faults, self.measures, self.conditions = faults, measures, conditions
        self.estimator = estimator

    def read(self, item: Any, *, where: str) -> Hypothesis | None:
        """Read one hypothesis; None when it is not a mapping at all."""
        if not isinstance(item, Mapping):
            self.faults.append(f"{where}: must name a measure and a contrast, got {item!r}.")
            return None
        self.faults.keys(item, known=KEYS, where=where)
        measure = str(item.get("measure", ""))
        if not measure or (self.measures and measure not in self.measures):
            there = ", ".join(sorted(self.measures)) or "none given"
            self.faults.append(f"{where}.measure: there is no measure {measure!r}. There are: {there}.")
        estimator = self.faults.choice(item, "estimator", DECISIVE, where=where, default=self.estimator)
        placed = self.faults.choice(item, "placed", PLACED, where=where, default="between")
        if estimator == "sign_flip" and placed == "between":
            self.faults.append(
                f"{where}.estimator: sign_flip needs both conditions of each participant; say placed: within."
            )
        found = Hypothesis(
            measure=measure,
            contrasts=self._contrasts(item, where=where),
            conjunction=self.faults.flag(item, "all", where=where),
            smallest_effect=self.faults.number(item, "smallest_effect", where=where),
            direction=cast(
                Direction,
                self.faults.choice(item, "direction", DIRECTIONS, where=where, default="two_sided"),
            ),
            claim=self._claim(item, where=where),
            estimator=cast(Decisive, estimator),
            placed=cast(Placed, placed),
            model=self._model(item.get("model"), estimator=estimator, where=where),
        )
        self._complete(found, where=where)
        return found

    def _complete(self, found: Hypothesis, *, where: str) -> None:
        if found.claim != "difference" and found.smallest_effect is None:
            self.faults.append(
                f"{where}.smallest_effect: is missing; {found.claim} is shown against a bound fixed in advance."
            )
        if found.claim == "non_inferiority" and found.direction == "two_sided":
            self.faults.append(
                f"{where}.direction: say greater (more is better) or less (less is better); non-inferiority has a side."
            )
        if found.claim == "equivalence" and found.direction != "two_sided":
            self.faults.append(f"{where}.direction: must be two_sided; equivalence has two bounds.")

    def _claim(self, item: Mapping[str, Any], *, where: str) -> Claim:
        said = [
            name for name in ("equivalence", "non_inferiority") if self.faults.flag(item, name, where=where)
        ]
        if len(said) > 1:
            self.faults.append(f"{where}: say either equivalence or non_inferiority.")
        return cast(Claim, said[0]) if said else "difference"

    def _contrasts(self, item: Mapping[str, Any], *, where: str) -> tuple[Contrast, ...]:
        texts = self.faults.listed(item.get("contrasts", item.get("contrast")))
        if not texts:
            self.faults.append(f"{where}: needs a contrast such as 'ig - ai'.")
        found = []
        for text in texts:
            try:
                contrast = parse_contrast(text)
            except ValueError as error:
                self.faults.append(f"{where}: {error}")
                continue
            found.append(contrast)
            for name in (contrast.treatment, contrast.control):
                if self.conditions and name not in self.conditions:
                    there = ", ".join(sorted(self.conditions))
                    self.faults.append(f"{where}: there is no condition {name!r}. There are: {there}.")
        if len(set(found)) < len(found):
            self.faults.append(f"{where}: names a contrast twice.")
        return tuple(found)

    def _model(self, item: Any, *, estimator: str, where: str) -> Model:
        if item is None:
            return Model()
        if not isinstance(item, Mapping):
            self.faults.append(f"{where}.model: must be a mapping such as {{link: probit}}, got {item!r}.")
            return Model()
        self.faults.keys(item, known=_MODEL_KEYS, where=f"{where}.model")
        for key in item:
            if key in _MODEL_KEYS and key not in _BELONGS[estimator]:
                self.faults.append(f"{where}.model.{key}: the estimator {estimator} has no such setting.")
        random = item.get("random") or {}
        if not isinstance(random, Mapping) or not all(isinstance(one, str) for one in random.values()):
            self.faults.append(
                f"{where}.model.random: must name groups and terms, such as {{participant_id: 1 + condition}}."
            )
            random = {}
        chosen = {
            key: self.faults.choice(item, key, choices, where=f"{where}.model", default=choices[0])
            for key, choices in _MODEL_CHOICES.items()
            if item.get(key) is not None
        }
        return Model(
            random=tuple((str(group), str(terms)) for group, terms in random.items()),
            covariates=self.faults.names(item.get("covariates"), where=f"{where}.model.covariates"),
            **chosen,
        )
