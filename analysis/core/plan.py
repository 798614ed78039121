"""The plan: which questions were fixed before the first response, read from a mapping or a file, all faults at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from analysis.core.digest import digest_of
from analysis.core.estimate import DIRECTIONS, Direction

Analyse = Literal["intention_to_treat", "completers"]
_KEYS = ("primary", "secondary", "multiplicity", "n", "analyse", "sensitivity", "alpha")
_HYPOTHESIS_KEYS = ("measure", "contrast", "contrasts", "all", "smallest_effect", "direction")
_RULE_KEYS = ("below", "above")


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
class Hypothesis:
    """One measure, one or more contrasts; with ``conjunction`` all of them must hold."""

    measure: str
    contrasts: tuple[Contrast, ...]
    conjunction: bool = False
    smallest_effect: float | None = None
    direction: Direction = "two_sided"


@dataclass(frozen=True)
class Rule:
    """Whom a sensitivity analysis leaves out: participants whose value of a column is equal, below or above."""

    column: str
    relation: Literal["equal", "below", "above"]
    value: Any

    def __str__(self) -> str:
        words = {"equal": "= ", "below": "below ", "above": "above "}[self.relation]
        return f"{self.column} {words}{self.value}"


@dataclass(frozen=True)
class Plan:
    """A checked plan; `digest` is that of the mapping it was read from."""

    primary: Hypothesis
    secondary: tuple[Hypothesis, ...]
    digest: str
    multiplicity: Literal["holm", "none"] = "holm"
    n: int | None = None
    analyse: Analyse = "intention_to_treat"
    sensitivity: tuple[tuple[Rule, ...], ...] = ()
    alpha: float = 0.05
    title: str = ""
    study: str = ""
    locked_at: str = ""


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


def read_plan(path: Path, *, measures: Collection[str] = (), conditions: Collection[str] = ()) -> Plan:
    """Read a plan from a YAML or JSON file; see `plan_from`.

    Parameters
    ----------
    path : pathlib.Path
        A bare plan, a study's ``plan.yaml`` with the plan under ``plan``, or a study file.
    measures, conditions : collection of str
        As for `plan_from`.

    Returns
    -------
    Plan
        Checked.

    Raises
    ------
    PlanInvalidError
        Every fault in one list.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "plan.yaml"
    ...     _ = path.write_text("primary: {measure: accuracy, contrast: ig - ai}")
    ...     read_plan(path).primary.measure
    'accuracy'
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        mapping = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise PlanInvalidError([f"The plan {path.name} is not readable YAML: {error}"]) from error
    if not isinstance(mapping, Mapping):
        raise PlanInvalidError([f"The plan {path.name} must be a mapping with the key 'primary'."])
    return plan_from(mapping, measures=measures, conditions=conditions)


def plan_from(
    mapping: Mapping[str, Any], *, measures: Collection[str] = (), conditions: Collection[str] = ()
) -> Plan:
    """Check a plan and make it a value.

    Parameters
    ----------
    mapping : mapping
        A bare plan, or a mapping that holds one under ``plan`` (beside ``title``, ``study``, ``digest``,
        ``locked_at``).
    measures : collection of str
        Names of measures that exist; not checked when empty.
    conditions : collection of str
        Names of conditions that exist; not checked when empty.

    Returns
    -------
    Plan
        With the digest of the plan mapping.

    Raises
    ------
    PlanInvalidError
        Every fault in one list of sentences.

    Notes
    -----
    A recorded digest that is not the digest of the plan is a fault: the plan was changed after it was locked.
    What a plan asks for and this version cannot do is a fault as well; it is never left out in silence.

    Examples
    --------
    >>> plan = plan_from({"primary": {"measure": "accuracy", "contrast": "ig - ai"}})
    >>> str(plan.primary.contrasts[0]), plan.multiplicity, plan.alpha
    ('ig - ai', 'holm', 0.05)
    """
    bare = mapping.get("plan", mapping)
    if not isinstance(bare, Mapping):
        raise PlanInvalidError(["plan: must be a mapping with the key 'primary'."])
    reader = _Reader(measures=measures, conditions=conditions)
    plan = reader.plan(bare, around=mapping if "plan" in mapping else {})
    if plan is None or reader.faults:
        raise PlanInvalidError(reader.faults)
    return plan


class _Reader:
    """Reads the parts of a plan and keeps every fault."""

    def __init__(self, *, measures: Collection[str], conditions: Collection[str]) -> None:
        self.measures, self.conditions = measures, conditions
        self.faults: list[str] = []

    def plan(self, bare: Mapping[str, Any], *, around: Mapping[str, Any]) -> Plan | None:
        self._keys(bare, known=_KEYS, where="plan")
        primary = self._hypothesis(bare.get("primary"), where="primary")
        secondary = tuple(
            found
            for at, item in enumerate(self._list(bare.get("secondary"), where="secondary"))
            if (found := self._hypothesis(item, where=f"secondary[{at}]"))
        )
        sensitivity = tuple(
            self._rules(item, where=f"sensitivity[{at}]")
            for at, item in enumerate(self._list(bare.get("sensitivity"), where="sensitivity"))
        )
        digest = digest_of(bare)
        if around.get("digest") not in (None, digest):
            self.faults.append(
                f"digest: the plan was changed after it was locked; recorded {around['digest']}, found {digest}."
            )
        multiplicity = self._choice(bare, "multiplicity", ("holm", "none"))
        analyse = self._choice(bare, "analyse", ("intention_to_treat", "completers"))
        n = self._number(bare, "n", default=None, low=1, high=None)
        alpha = self._number(bare, "alpha", default=0.05, low=0.0, high=0.5)
        if primary is None:
            return None
        return Plan(
            primary=primary,
            secondary=secondary,
            digest=digest,
            multiplicity=cast(Literal["holm", "none"], multiplicity),
            n=None if n is None else int(n),
            analyse=cast(Analyse, analyse),
            sensitivity=sensitivity,
            alpha=0.05 if alpha is None else alpha,
            title=_words(around.get("title")),
            study=_words(around.get("study")),
            locked_at=_words(around.get("locked_at")),
        )

    def _hypothesis(self, item: Any, *, where: str) -> Hypothesis | None:
        if not isinstance(item, Mapping):
            self.faults.append(f"{where}: must name a measure and a contrast, got {item!r}.")
            return None
        self._keys(item, known=_HYPOTHESIS_KEYS, where=where)
        measure = str(item.get("measure", ""))
        if not measure or (self.measures and measure not in self.measures):
            there = ", ".join(sorted(self.measures)) or "none given"
            self.faults.append(f"{where}.measure: there is no measure {measure!r}. There are: {there}.")
        direction = str(item.get("direction", "two_sided"))
        if direction not in DIRECTIONS:
            self.faults.append(
                f"{where}.direction: must be one of {', '.join(DIRECTIONS)}, got {direction!r}; "
                "anything else is not supported yet."
            )
        return Hypothesis(
            measure=measure,
            contrasts=self._contrasts(item, where=where),
            conjunction=bool(item.get("all", False)),
            smallest_effect=self._number(
                item, "smallest_effect", default=None, low=0.0, high=None, where=where
            ),
            direction=cast(Direction, direction),
        )

    def _contrasts(self, item: Mapping[str, Any], *, where: str) -> tuple[Contrast, ...]:
        texts = self._list(item.get("contrasts", item.get("contrast")), where=f"{where}.contrasts")
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
        return tuple(found)

    def _rules(self, item: Any, *, where: str) -> tuple[Rule, ...]:
        without = item.get("without") if isinstance(item, Mapping) else None
        if not isinstance(without, Mapping) or set(item) != {"without"}:
            self.faults.append(f"{where}: must be {{without: {{column: value}}}}; else not supported yet.")
            return ()
        found = []
        for column, value in without.items():
            pairs = list(value.items()) if isinstance(value, Mapping) else [("equal", value)]
            for relation, bound in pairs:
                if relation not in (*_RULE_KEYS, "equal"):
                    self.faults.append(
                        f"{where}.{column}: {relation!r} is not supported yet; use below or above."
                    )
                elif relation != "equal" and (isinstance(bound, bool) or not isinstance(bound, int | float)):
                    self.faults.append(f"{where}.{column}.{relation}: must be a number, got {bound!r}.")
                else:
                    found.append(Rule(str(column), cast(Literal["equal", "below", "above"], relation), bound))
        return tuple(found)

    def _keys(self, item: Mapping[str, Any], *, known: tuple[str, ...], where: str) -> None:
        for key in item:
            if key not in known:
                self.faults.append(f"{where}.{key}: not supported yet. Known are: {', '.join(known)}.")

    def _choice(self, item: Mapping[str, Any], key: str, choices: tuple[str, ...]) -> str:
        found = str(item.get(key, choices[0]))
        if found not in choices:
            self.faults.append(
                f"plan.{key}: must be one of {', '.join(choices)}, got {found!r}; anything else is not supported yet."
            )
        return found

    def _number(
        self,
        item: Mapping[str, Any],
        key: str,
        *,
        default: float | None,
        low: float,
        high: float | None,
        where: str = "plan",
    ) -> float | None:
        value = item.get(key, default)
        if value is None:
            return None
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        if not numeric or value <= 0 or value < low or (high is not None and value >= high):
            limit = f" and below {high}" if high is not None else ""
            self.faults.append(f"{where}.{key}: must be a number above 0{limit}, got {value!r}.")
            return None
        return float(value)

    def _list(self, value: Any, *, where: str) -> list[Any]:
        if value is None:
            return []
        return list(value) if isinstance(value, list | tuple) else [value]


def _words(value: Any) -> str:
    # YAML reads a time as a time; nothing said is the empty text.
    return "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
