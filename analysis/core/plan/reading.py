"""Reading a plan from a mapping or a file: every part is checked, and all faults are said at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal, cast

from analysis.core.digest import digest_of
from analysis.core.plan.deviations import compare_plans
from analysis.core.plan.effects import read_effects
from analysis.core.plan.faults import Faults, words
from analysis.core.plan.hypotheses import HypothesisReader
from analysis.core.plan.sets import read_looks, read_rules, read_sensitivity
from analysis.core.plan.values import (
    ANALYSE,
    DECISIVE,
    FAMILIES,
    MULTIPLICITY,
    Analyse,
    Deviation,
    Family,
    Hypothesis,
    Multiplicity,
    Plan,
    PlanInvalidError,
)

KEYS = (
    "primary",
    "secondary",
    "multiplicity",
    "n",
    "analyse",
    "exclude",
    "sensitivity",
    "subgroups",
    "moderators",
    "estimator",
    "cases",
    "effects",
    "looks",
    "spending",
    "alpha",
)


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
    return plan_from(plan_mapping(path), measures=measures, conditions=conditions)


def plan_mapping(path: Path) -> dict[str, Any]:
    """Read the mapping of a plan file, unchecked; see `read_plan`.

    Parameters
    ----------
    path : pathlib.Path
        YAML or JSON.

    Returns
    -------
    dict
        As it is written.

    Raises
    ------
    PlanInvalidError
        When it is not readable or not a mapping.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        mapping = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise PlanInvalidError([f"The plan {path.name} is not readable YAML: {error}"]) from error
    if not isinstance(mapping, Mapping):
        raise PlanInvalidError([f"The plan {path.name} must be a mapping with the key 'primary'."])
    return dict(mapping)


def plan_from(
    mapping: Mapping[str, Any], *, measures: Collection[str] = (), conditions: Collection[str] = ()
) -> Plan:
    """Check a plan and make it a value.

    Parameters
    ----------
    mapping : mapping
        A bare plan, or a mapping that holds one under ``plan`` (beside ``title``, ``study``, ``digest``,
        ``locked_at``). A plan that was changed after its lock says so: ``locked`` holds the plan that was
        locked, ``digest`` is that one's, ``changed_at`` and ``why`` tell when and for what reason; the
        differences become `Plan.deviations`.
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
    faults = Faults()
    around = mapping if "plan" in mapping else {}
    plan = _plan(bare, around=around, faults=faults, measures=measures, conditions=conditions)
    if plan is None or faults:
        raise PlanInvalidError(list(faults))
    return plan


def _plan(
    bare: Mapping[str, Any],
    *,
    around: Mapping[str, Any],
    faults: Faults,
    measures: Collection[str],
    conditions: Collection[str],
) -> Plan | None:
    faults.keys(bare, known=KEYS, where="plan")
    reader = HypothesisReader(
        faults,
        measures=measures,
        conditions=conditions,
        estimator=faults.choice(bare, "estimator", DECISIVE, default=DECISIVE[0]),
    )
    primary = reader.read(bare.get("primary"), where="primary")
    secondary = tuple(
        found
        for at, item in enumerate(faults.listed(bare.get("secondary")))
        if (found := reader.read(item, where=f"secondary[{at}]"))
    )
    method, family = _multiplicity(bare, faults=faults)
    settings = _sets(bare, faults=faults) | _settings(bare, faults=faults)
    deviations = _deviations(bare, around=around, faults=faults)
    if primary is None:
        return None
    _one_control([primary, *secondary], method=method, faults=faults)
    return Plan(
        primary=primary,
        secondary=secondary,
        digest=digest_of(bare),
        multiplicity=method,
        family=family,
        deviations=deviations,
        effects=read_effects(bare.get("effects"), faults=faults, measures=measures),
        title=words(around.get("title")),
        study=words(around.get("study")),
        locked_at=words(around.get("locked_at")),
        **settings,
    )


def _sets(bare: Mapping[str, Any], *, faults: Faults) -> dict[str, Any]:
    """Read who is analysed, who is left out, and by what effects are split."""
    sensitivity, variations = read_sensitivity(bare.get("sensitivity"), faults=faults)
    exclude = tuple(
        read_rules(item, where=f"exclude[{at}]", faults=faults)
        for at, item in enumerate(faults.listed(bare.get("exclude")))
    )
    return {
        "analyse": cast(Analyse, faults.choice(bare, "analyse", ANALYSE, default=ANALYSE[0])),
        "sensitivity": sensitivity,
        "variations": variations,
        "exclude": exclude,
        "subgroups": faults.names(bare.get("subgroups"), where="plan.subgroups"),
        "moderators": faults.names(bare.get("moderators"), where="plan.moderators"),
    }


def _settings(bare: Mapping[str, Any], *, faults: Faults) -> dict[str, Any]:
    """Read size, error rate, looks and what the claim reaches."""
    looks, spending = read_looks(bare, faults=faults)
    n = faults.number(bare, "n", low=1)
    alpha = faults.number(bare, "alpha", default=0.05, high=0.5)
    return {
        "n": None if n is None else int(n),
        "alpha": 0.05 if alpha is None else alpha,
        "looks": looks,
        "spending": spending,
        "cases": cast(
            Literal["random", "fixed"],
            faults.choice(bare, "cases", ("random", "fixed"), default="random"),
        ),
    }


def _multiplicity(bare: Mapping[str, Any], *, faults: Faults) -> tuple[Multiplicity, Family]:
    said = bare.get("multiplicity", "holm")
    if not isinstance(said, Mapping):
        method = faults.choice(bare, "multiplicity", MULTIPLICITY, default="holm")
        return cast(Multiplicity, method), "apart"
    faults.keys(said, known=("method", "family"), where="plan.multiplicity")
    method = faults.choice(said, "method", MULTIPLICITY, where="plan.multiplicity", default="holm")
    family = faults.choice(said, "family", FAMILIES, where="plan.multiplicity", default="apart")
    return cast(Multiplicity, method), cast(Family, family)


def _one_control(hypotheses: list[Hypothesis], *, method: Multiplicity, faults: Faults) -> None:
    if method != "dunnett":
        return
    for one in hypotheses:
        if not one.conjunction and len({contrast.control for contrast in one.contrasts}) > 1:
            faults.append(
                f"plan.multiplicity: dunnett compares several conditions with one control; the contrasts of "
                f"{one.measure} have several controls. Use max_t or holm."
            )


def _deviations(
    bare: Mapping[str, Any], *, around: Mapping[str, Any], faults: Faults
) -> tuple[Deviation, ...]:
    locked = around.get("locked")
    if locked is not None and not isinstance(locked, Mapping):
        faults.append("locked: must be the plan that was locked.")
        return ()
    digest = digest_of(bare if locked is None else locked)
    if around.get("digest") not in (None, digest):
        faults.append(
            f"digest: the plan was changed after it was locked; recorded {around['digest']}, found {digest}."
        )
    if locked is None:
        return ()
    return compare_plans(locked, bare, when=words(around.get("changed_at")), why=words(around.get("why")))
