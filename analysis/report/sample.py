"""The sample: who is analysed. Simulated and real participants never meet in one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from analysis.core.cells import cells, roster
from analysis.core.dataset import Dataset, DatasetError
from analysis.core.measure import Measure
from analysis.core.selection import is_true

if TYPE_CHECKING:
    import pandas as pd

EVERYBODY = "all"  # the one arm of a table that tells of none
# Settled before any measure looks, or of no use to one: every column less is copied less often.
_SETTLED = ("study", "study_version", "stratum", "slot", "status", "is_practice", "is_attention_check", "is_simulated",
            "excluded", "exclusion_reason")  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """Tables of the participants who are analysed.

    Attributes
    ----------
    trials, scales, participants : pandas.DataFrame or None
        Rows of these participants; None when the dataset has no such table.
    people : pandas.DataFrame
        Those who were given a condition, as of `analysis.core.cells.roster`, with the identifier as a column: one row
        for each participant and condition met.
    conditions : tuple of str
        In the order of the allocation, else sorted.
    seats : pandas.DataFrame
        One row for each participant: ``participant_id``, ``condition`` (the arm that was allocated), ``stratum, slot``.
    allocation : mapping or None
        Content of ``allocation.json``.
    simulated : bool
        True when all of them are simulated.
    notes : tuple of str
        What was left out, in sentences.
    """

    trials: pd.DataFrame
    scales: pd.DataFrame | None
    participants: pd.DataFrame | None
    people: pd.DataFrame
    conditions: tuple[str, ...]
    seats: pd.DataFrame
    allocation: Mapping[str, Any] | None
    simulated: bool
    notes: tuple[str, ...] = ()
    found: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)  # what was computed once

    @property
    def arms(self) -> tuple[str, ...]:
        """Return what was allocated: the conditions themselves, unless participants met several."""
        return _ordered(self.seats, allocation=self.allocation) if self.is_within else self.conditions

    @property
    def is_within(self) -> bool:
        """Say whether somebody met several conditions."""
        return bool(self.people["participant_id"].duplicated().any())

    def with_conditions(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of trials that show a compared condition, with it: the trial's own, or its participant's."""
        if self.is_within:
            return rows[rows["condition"].isin(self.conditions).to_numpy(dtype=bool)]
        given = self.people.set_index("participant_id")["condition"]
        found = rows["participant_id"].map(given)
        return rows.assign(condition=found.astype(object))[found.notna().to_numpy(dtype=bool)]

    def cells(self, measure: type[Measure]) -> pd.DataFrame:
        """Return the participants with their values of a measure; see `analysis.core.cells.cells`."""
        if measure not in self.found:
            table = self._counting(measure) if measure.table == "trials" else self.scales
            if table is None:
                raise DatasetError(f"{measure.label} needs the table {measure.table}, which is not there.")
            self.found[measure] = cells(measure, table, participants=self.people)
        found: pd.DataFrame = self.found[measure]
        return found

    def _counting(self, measure: type[Measure]) -> pd.DataFrame:
        """Return the trials that a measure could count: its protocols' if it says which, else those of all."""
        if "counting" not in self.found:
            keep = ~is_true(self.trials, "is_practice") & ~is_true(self.trials, "is_attention_check")
            if "status" in self.trials.columns:
                keep &= (self.trials["status"] == "answered").fillna(False).astype(bool)
            rest = self.trials.drop(columns=[name for name in _SETTLED if name in self.trials.columns])
            self.found["counting"] = rest[keep]
        table: pd.DataFrame = self.found["counting"]
        protocols = tuple(getattr(measure, "protocols", ()))
        if not protocols or "protocol" not in table.columns:
            return table
        if protocols not in self.found:
            self.found[protocols] = table[table["protocol"].isin(protocols)]
        chosen: pd.DataFrame = self.found[protocols]
        return chosen

    def only(self, ids: Collection[str]) -> Sample:
        """Return the sample of some of its participants."""
        return replace(
            self,
            trials=_of(self.trials, ids),
            scales=None if self.scales is None else _of(self.scales, ids),
            participants=None if self.participants is None else _of(self.participants, ids),
            people=_of(self.people, ids),
            seats=_of(self.seats, ids),
            found={},
        )


def sample_of(dataset: Dataset, *, simulated: bool = False) -> Sample:
    """Choose who is analysed: real participants, or simulated ones, never both.

    Parameters
    ----------
    dataset : Dataset
        As read.
    simulated : bool
        True: the simulated participants. False: the real ones; when there are none at all, the simulated ones.

    Returns
    -------
    Sample
        With a note on everybody who was left out.

    Raises
    ------
    DatasetError
        When nobody is left.

    Notes
    -----
    Without a column ``is_simulated`` everybody counts as real, and a note says so.

    Examples
    --------
    >>> import pandas as pd
    >>> people = {"participant_id": ["p1", "p2"], "condition": ["ai", "ig"]}
    >>> trials = pd.DataFrame({**people, "is_simulated": [True, False]})
    >>> found = sample_of(Dataset(trials=trials))
    >>> found.trials["participant_id"].tolist(), found.simulated
    (['p2'], False)
    """
    flagged = _simulated_ids(dataset)
    everyone = _ids(dataset.trials) | _ids(dataset.participants)
    chosen, notes = _choose(everyone, flagged, simulated=simulated)
    if "is_simulated" not in dataset.trials.columns:
        notes.append("The table has no column is_simulated: all participants are taken to be real.")
    participants = None if dataset.participants is None else _of(dataset.participants, chosen)
    trials = _of(dataset.trials, chosen)
    seats, people = _placed(trials, participants=participants, allocation=dataset.allocation)
    return Sample(
        trials=trials,
        scales=None if dataset.scales is None else _of(dataset.scales, chosen),
        participants=participants,
        people=people,
        conditions=_ordered(people, allocation=dataset.allocation),
        seats=seats,
        allocation=dataset.allocation,
        simulated=bool(chosen & flagged),
        notes=tuple(notes),
    )


def _choose(everyone: set[str], flagged: set[str], *, simulated: bool) -> tuple[set[str], list[str]]:
    real = everyone - flagged
    if simulated and not flagged:
        raise DatasetError("There are no simulated participants in the table. Leave out --simulated.")
    if not everyone:
        raise DatasetError("There are no participants in the table.")
    chosen, left = (flagged, real) if simulated or not real else (real, flagged)
    kind = "real" if left is real else "simulated"
    notes = (
        [f"{len(left)} {kind} participant(s) are in the table and are not part of this report."]
        if left
        else []
    )
    return chosen, notes


def _simulated_ids(dataset: Dataset) -> set[str]:
    found: set[str] = set()
    for table in (dataset.trials, dataset.participants):
        if table is not None:
            found |= set(table["participant_id"][is_true(table, "is_simulated")])
    return found


def _ids(table: pd.DataFrame | None) -> set[str]:
    return set() if table is None else set(table["participant_id"])


def _of(table: pd.DataFrame, ids: Collection[str]) -> pd.DataFrame:
    return table[table["participant_id"].isin(list(ids))]


def _placed(
    trials: pd.DataFrame, *, participants: pd.DataFrame | None, allocation: Mapping[str, Any] | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what each participant was allocated, and which conditions they met.

    Only the allocation tells a design within participants from one between them whose trials begin and end with a
    condition that all share; without one, the table itself must.
    """
    arms = (allocation or {}).get("placement", {}).get("arms", [])
    known = participants is not None and "condition" in participants.columns
    seats = roster(trials, participants=participants if known else None).reset_index()
    several = any(len(set(arm["conditions"].values())) > 1 for arm in arms)
    if not several and (known or seats["participant_id"].is_unique):
        return seats, seats
    met = roster(
        trials[~is_true(trials, "is_practice") & ~is_true(trials, "is_attention_check")]
    ).reset_index()
    if not known:
        seats = met.assign(condition=EVERYBODY).drop_duplicates("participant_id")
    place = seats.set_index("participant_id")[["stratum", "slot"]]
    return seats, met[["participant_id", "condition"]].join(place, on="participant_id")


def _ordered(people: pd.DataFrame, *, allocation: Mapping[str, Any] | None) -> tuple[str, ...]:
    there = sorted(set(people["condition"]))
    told = allocation or {}
    arms = told.get("placement", {}).get("arms", [])
    shown = [str(name) for arm in arms for name in _as_runs(arm)]
    planned = list(dict.fromkeys([*(str(name) for name in told.get("conditions", [])), *shown]))
    return tuple(
        [name for name in planned if name in there] + [name for name in there if name not in planned]
    )


def _as_runs(arm: Mapping[str, Any]) -> list[str]:
    """Return the conditions of an arm in the order in which the study file names their levels."""
    within = list(arm["conditions"])
    runs = {level: at for at, level in enumerate(arm.get("runs", []))}
    return [arm["conditions"][name] for name in sorted(within, key=lambda name: runs.get(name, len(runs)))]
