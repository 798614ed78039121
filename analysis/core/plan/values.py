"""What a plan is made of: plain values, nothing is read or checked here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from analysis.core.estimate import Direction

Analyse = Literal["intention_to_treat", "completers"]
Claim = Literal["difference", "equivalence", "non_inferiority"]
Decisive = Literal["participant_contrast", "permutation", "sign_flip", "glmm", "lmm", "mrmc"]
Multiplicity = Literal["holm", "bh", "max_t", "dunnett", "none"]
Family = Literal["apart", "together"]
Spending = Literal["obrien_fleming", "pocock", "always_valid"]
Placed = Literal["between", "within"]

ANALYSE: tuple[Analyse, ...] = ("intention_to_treat", "completers")
DECISIVE: tuple[Decisive, ...] = (
    "participant_contrast",
    "permutation",
    "sign_flip",
    "glmm",
    "lmm",
    "mrmc",
)
MULTIPLICITY: tuple[Multiplicity, ...] = ("holm", "bh", "max_t", "dunnett", "none")
FAMILIES: tuple[Family, ...] = ("apart", "together")
SPENDING: tuple[Spending, ...] = ("obrien_fleming", "pocock", "always_valid")
PLACED: tuple[Placed, ...] = ("between", "within")


class PlanInvalidError(ValueError):
    """A plan cannot be used; `faults` holds every reason as a sentence."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


@dataclass(frozen=True)
class Contrast:
    """A difference of two conditions: treatment less control."""

    treatment: str
    control: str

    def __str__(self) -> str:
        return f"{self.treatment} - {self.control}"


@dataclass(frozen=True)
class Effect:
    """An effect of a factor: two of its levels compared over the levels of all other factors, each with equal weight.

    Attributes
    ----------
    measure : str
        Name of a measure.
    levels : Contrast
        Two levels of one factor (also written ``factor=level``).
    by : Contrast or None
        Two levels of another factor: how much larger the effect is under the first than under the second (interaction).
    at : tuple of (str, str)
        Factors held at one level (simple effect).
    """

    measure: str
    levels: Contrast
    by: Contrast | None = None
    at: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        held = "".join(f" at {factor}={level}" for factor, level in self.at)
        return f"{self.levels}{held}" + (f", by {self.by}" if self.by else "")


@dataclass(frozen=True)
class Model:
    """Settings of a model-based estimator, fixed in advance; what is not said is the estimator's default.

    Attributes
    ----------
    random : tuple of (str, str)
        Grouping column and its terms, such as ``("participant_id", "1 + condition")``.
    covariates : tuple of str
        Columns that enter the fixed part beside the condition.
    link : str
        Of a glmm: "logit" or "probit".
    metric, covariance, fixed : str
        Of a reader study (mrmc): figure of merit, its covariance, and which factor is fixed ("" when none).
    """

    random: tuple[tuple[str, str], ...] = ()
    covariates: tuple[str, ...] = ()
    link: str = ""
    metric: str = ""
    covariance: str = ""
    fixed: str = ""


@dataclass(frozen=True)
class Hypothesis:
    """One measure, one or more contrasts; with ``conjunction`` all of them must hold.

    Attributes
    ----------
    measure : str
        Name of a measure.
    contrasts : tuple of Contrast
        At least one.
    conjunction : bool
        The contrasts are one hypothesis (intersection-union): each must hold, none is corrected.
    smallest_effect : float or None
        In the unit of the measure; bounds of equivalence, margin of non-inferiority.
    direction : {"two_sided", "greater", "less"}
        Of the test.
    claim : {"difference", "equivalence", "non_inferiority"}
        What is to be shown.
    estimator : str
        Whose p value decides; every other one is sensitivity.
    placed : {"between", "within"}
        Whether the conditions differ between participants or within each of them.
    model : Model
        Settings of the estimator.
    """

    measure: str
    contrasts: tuple[Contrast, ...]
    conjunction: bool = False
    smallest_effect: float | None = None
    direction: Direction = "two_sided"
    claim: Claim = "difference"
    estimator: Decisive = "participant_contrast"
    placed: Placed = "between"
    model: Model = field(default_factory=Model)


@dataclass(frozen=True)
class Rule:
    """Whom an analysis leaves out: participants whose value of a column is equal, below or above."""

    column: str
    relation: Literal["equal", "below", "above"]
    value: Any

    def __str__(self) -> str:
        words = {"equal": "= ", "below": "below ", "above": "above "}[self.relation]
        return f"{self.column} {words}{self.value}"


@dataclass(frozen=True)
class Variation:
    """A planned sensitivity analysis that changes how the primary question is answered, not who is left out."""

    estimator: Decisive | None = None
    analyse: Analyse | None = None

    def __str__(self) -> str:
        return f"estimator {self.estimator}" if self.estimator else f"analysed: {self.analyse}"


@dataclass(frozen=True)
class Deviation:
    """One thing that was done otherwise than the locked plan says.

    Attributes
    ----------
    where : str
        Place in the plan, such as ``primary.measure``.
    planned, used : object
        What the locked plan says and what was done; None where there is nothing.
    when : str
        Moment of the change as recorded; empty when nobody wrote it down.
    why : str
        Reason as recorded.
    """

    where: str
    planned: Any
    used: Any
    when: str = ""
    why: str = ""

    def __str__(self) -> str:
        moment = f" ({self.when})" if self.when else " (moment not recorded)"
        reason = f" Reason: {self.why}" if self.why else " No reason was recorded."
        return f"{self.where}: planned {_shown(self.planned)}, used {_shown(self.used)}{moment}.{reason}"


@dataclass(frozen=True)
class Plan:
    """A checked plan; `digest` is that of the mapping it was read from.

    Attributes
    ----------
    primary, secondary
        Questions.
    multiplicity, family
        How p values are corrected, and over what: primary and secondaries ``apart`` or ``together``.
    n : int or None
        Participants to be analysed.
    analyse : {"intention_to_treat", "completers"}
        Set of the main analysis.
    exclude : tuple of tuple of Rule
        Whom the main analysis leaves out; one set of rules each.
    sensitivity, variations
        The primary question again: without some participants, or by another estimator or set.
    looks : tuple of float
        Information fractions at which the primary is tested, the last one 1; empty: once, at the end.
    spending : str
        How alpha is spent over the looks; empty without looks.
    effects : tuple of Effect
        Main effects, simple effects and interactions of factors; a family of their own.
    subgroups, moderators : tuple of str
        Columns of participants (or trials), or questionnaires for their scores, by which the primary effect is
        shown, or with which it may interact.
    cases : {"random", "fixed"}
        Whether the claim reaches cases like these or these cases only.
    deviations : tuple of Deviation
        From the locked plan; empty when the plan is the locked one.
    """

    primary: Hypothesis
    secondary: tuple[Hypothesis, ...]
    digest: str
    multiplicity: Multiplicity = "holm"
    n: int | None = None
    analyse: Analyse = "intention_to_treat"
    sensitivity: tuple[tuple[Rule, ...], ...] = ()
    alpha: float = 0.05
    title: str = ""
    study: str = ""
    locked_at: str = ""
    family: Family = "apart"
    exclude: tuple[tuple[Rule, ...], ...] = ()
    variations: tuple[Variation, ...] = ()
    looks: tuple[float, ...] = ()
    spending: Spending | Literal[""] = ""
    subgroups: tuple[str, ...] = ()
    moderators: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    cases: Literal["random", "fixed"] = "random"
    deviations: tuple[Deviation, ...] = ()


def parse_contrast(text: str) -> Contrast:
    """Read a contrast such as ``ig - ai``: treatment, minus between blanks, control.

    Parameters
    ----------
    text : str
        Names of conditions may hold hyphens, as long as no blanks stand around them.

    Returns
    -------
    Contrast
        Treatment and control.

    Raises
    ------
    ValueError
        When the text is not two different names with " - " between them.

    Examples
    --------
    >>> parse_contrast("ig - ai")
    Contrast(treatment='ig', control='ai')
    """
    names = [name.strip() for name in str(text).split(" - ")]
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise ValueError(
            f"A contrast is written 'treatment - control' with two different conditions, got {text!r}."
        )
    return Contrast(*names)


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)
