"""What participants are paid, by the rules of the study file. Pure: counts come in, exact decimals go out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

NO_CENTS = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"})
ZERO = Decimal(0)


@dataclass(frozen=True)
class Counted:
    """What a participant did that is paid for.

    ``scored`` trials with a right answer were scheduled, ``right`` of them answered rightly, of which ``right_in`` lie
    under each condition with an incentive of its own; ``prizes`` were won by confidence under the binarised scoring
    rule.
    """

    right: int
    scored: int
    prizes: int = 0
    has_completed: bool = True
    right_in: Mapping[str, int] = field(default_factory=dict)

    @property
    def accuracy(self) -> Decimal:
        """Return the share of right answers; trials that were not answered are not right."""
        return Decimal(self.right) / self.scored if self.scored else ZERO


@dataclass(frozen=True)
class Tier:
    """An amount for whoever reaches an accuracy."""

    accuracy: Decimal
    pay: Decimal


@dataclass(frozen=True)
class PayRules:
    """The rules of one study.

    ``base`` is for everybody who completes; the bonus is made of an amount for each right answer, that of the highest
    tier reached and one for each prize, held between ``minimum`` and ``maximum``. ``incentives`` holds the amount for a
    right answer under the conditions that have one of their own; ``told`` names those whose participants read it.
    ``pays_checks``: attention checks pay as other trials do, by the answers that they ask for.
    """

    currency: str
    base: Decimal = ZERO
    per_correct: Decimal = ZERO
    per_prize: Decimal = ZERO
    tiers: tuple[Tier, ...] = ()
    minimum: Decimal = ZERO
    maximum: Decimal | None = None
    is_shown: bool = True
    incentives: Mapping[str, Decimal] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    pays_checks: bool = False

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> PayRules | None:
        """Read the rules of a study, or ``None`` where it pays nothing by rule."""
        bonus = document.get("bonus")
        if not bonus:
            return None
        own = {c["name"]: c["incentive"] for c in document.get("conditions", ()) if c.get("incentive")}
        return cls(
            currency=bonus["currency"],
            base=_exact(bonus.get("base", 0)),
            per_correct=_exact(bonus.get("per_correct", 0)),
            per_prize=_exact(bonus.get("per_prize", 0)),
            tiers=tuple(Tier(_exact(t["accuracy"]), _exact(t["pay"])) for t in bonus.get("tiers", [])),
            minimum=_exact(bonus.get("minimum", 0)),
            maximum=None if bonus.get("maximum") is None else _exact(bonus["maximum"]),
            is_shown=bonus.get("shown", True),
            incentives={name: _exact(each["per_correct"]) for name, each in own.items()},
            told=frozenset(name for name, each in own.items() if each.get("shown", True)),
            pays_checks=bonus.get("attention_checks", False),
        )

    def bonus(self, counted: Counted) -> Decimal:
        """Return the bonus; tiers and the minimum are for those who completed, the maximum holds for everybody."""
        amount = self.per_correct * (counted.right - sum(counted.right_in.values()))
        amount += sum((self.incentives[name] * n for name, n in counted.right_in.items()), ZERO)
        amount += self.per_prize * counted.prizes
        if counted.has_completed:
            reached = [tier.pay for tier in self.tiers if counted.accuracy >= tier.accuracy]
            amount = max(amount + max(reached, default=ZERO), self.minimum)
        if self.maximum is not None:
            amount = min(amount, self.maximum)
        return self.rounded(amount)

    def fixed(self, counted: Counted) -> Decimal:
        """Return what is paid whatever was answered."""
        return self.rounded(self.base if counted.has_completed else ZERO)

    def rounded(self, amount: Decimal) -> Decimal:
        """Round to the smallest coin of the currency, halves up."""
        coin = Decimal(1) if self.currency in NO_CENTS else Decimal("0.01")
        return amount.quantize(coin, ROUND_HALF_UP)

    def stake(self, condition: str) -> str | None:
        """Return what participants are told that a right answer brings under a condition; ``None``: nothing."""
        return self.written(self.incentives[condition]) if condition in self.told else None

    def written(self, amount: Decimal) -> str:
        """Write an amount with its currency: in whole coins, or exactly where it is a part of one."""
        coins = self.rounded(amount)
        return f"{self.currency} {coins if coins == amount else amount:f}"


def _exact(number: float) -> Decimal:
    # By way of its shortest decimal form: 0.05 of the study file is five hundredths, not its neighbour in binary.
    return Decimal(str(number))
