"""What counts as sound: thresholds as data, each with the sentence that a reader gets and where it comes from."""

from dataclasses import dataclass

MEASURED = (
    "Measured on the demo data: other explainer seed .39 (GradientSHAP, 5 samples) and .25 (KernelSHAP, 25) against "
    ".84 and .88 at 200 and 500; 5 % noise .88 to .95; other training seed .40 to .59. The limits lie between."
)
CHANCE = (
    "If one part of n decides everything, a right order has z = sqrt(3 (n - 1) / (n + 1)): 1 for two parts, 1.73 at "
    "most. A random order has 0 on average."
)


@dataclass(frozen=True)
class Rule:
    """
    One condition of the light.

    Parameters
    ----------
    measure : str
        Name of the number, with dots.
    sense : str
        `at_least` or `at_most`.
    green : float
        What is sound.
    red : float or None
        What must not be shown without a written reason; None if the rule can only warn.
    says : str
        The sentence if it is not green; `{value}` and `{green}` are filled in.
    source : str
        Where the limits come from.
    """

    measure: str
    sense: str
    green: float
    red: float | None
    says: str
    source: str

    def light(self, value: float) -> str:
        """
        Return the light of a value.

        Parameters
        ----------
        value : float
            The number.

        Returns
        -------
        str
            `green`, `amber` or `red`; a value at a limit is on its good side.

        Examples
        --------
        >>> rule = Rule("a", "at_least", 0.8, 0.5, "", "")
        >>> rule.light(0.8), rule.light(0.5), rule.light(0.49)
        ('green', 'amber', 'red')
        """
        sign = 1 if self.sense == "at_least" else -1
        if sign * value >= sign * self.green:
            return "green"
        return "red" if self.red is not None and sign * value < sign * self.red else "amber"


def _stability(measure: str, what: str) -> tuple[Rule, ...]:
    return (
        Rule(
            f"{measure}.jaccard", "at_least", 0.8, 0.5,
            f"{what}, {{value}} of the strongest parts are the same (at least {{green}} is sound)", MEASURED,
        ),
        Rule(
            f"{measure}.sign", "at_least", 0.95, 0.75,
            f"{what}, {{value}} of the strongest parts point in the same direction (at least {{green}} is sound)",
            "A part that changes sides tells a reader the opposite. Krishna et al. (2022). arXiv:2202.01602",
        ),
        Rule(
            f"{measure}.same_top", "at_least", 0.75, None,
            f"{what}, the strongest part is the same in {{value}} of the draws (at least {{green}} is sound)", MEASURED,
        ),
    )  # fmt: skip


ARTEFACT_RULES: tuple[Rule, ...] = (
    Rule(
        "completeness_error", "at_most", 0.01, 0.01,
        "its values miss the change that they explain by {value} (at most {green} is allowed)",
        "Sundararajan et al. (2017). arXiv:1703.01365; adaptive steps reach 1 %",
    ),
    *_stability("seed", "with another seed of the method"),
    *_stability("noise", "after a small change of the case"),
    Rule(
        "order_z", "at_least", 0.9, 0.0,
        "taking its strongest parts away, and putting them in, moves the output hardly more than random parts do "
        "(z {value}, at least {green} is sound)", CHANCE,
    ),
)  # fmt: skip

METHOD_RULES: tuple[Rule, ...] = (
    *_stability("seed", "with another seed of the method"),
    *_stability("noise", "after a small change of the case"),
    Rule(
        "order_z", "at_least", 0.9, 0.0,
        "on average its strongest parts matter hardly more to the predictor than random parts do (z {value}, at least "
        "{green} is sound)", CHANCE,
    ),
    Rule(
        "randomisation.rank", "at_most", 0.5, 0.8,
        "it stays nearly the same when the predictor forgets everything (rank correlation {value}, at most {green} is "
        "sound)",
        "Adebayo et al. (2018). arXiv:1810.03292; limits are judgement, for the input itself shines through some maps "
        "(arXiv:2106.07356)",
    ),
    Rule(
        "randomisation.output", "at_most", 0.5, None,
        "it stays nearly the same when the predictor's decision layer is shuffled (rank correlation {value}, at most "
        "{green} is sound)",
        "Adebayo et al. (2018). arXiv:1810.03292; only a warning, for lower layers are kept (Binder et al. 2023)",
    ),
    Rule(
        "training.jaccard", "at_least", 0.8, None,
        "a predictor trained anew gives other reasons: {value} of the strongest parts are the same; no method cures "
        "that", MEASURED,
    ),
    Rule(
        "red_share", "at_most", 0.0, 0.1,
        "{value} of its explanations are red (more than 0.1 stops the method)",
        "Judgement: single cases can be left out, a tenth cannot",
    ),
)  # fmt: skip


def rules_plain(rules: tuple[Rule, ...]) -> list[dict[str, object]]:
    """
    Return rules as plain data, for a page or an export.

    Parameters
    ----------
    rules : tuple of Rule
        Such as `ARTEFACT_RULES`.

    Returns
    -------
    list of dict
        `measure`, `sense`, `green`, `red`, `source`.
    """
    return [
        {word: getattr(rule, word) for word in ("measure", "sense", "green", "red", "source")}
        for rule in rules
    ]
