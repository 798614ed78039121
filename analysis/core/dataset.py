"""Reading tables and dataset folders: every value gets its declared type or is a fault; nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.core.digest import digest_of, file_digest
from analysis.core.schema import TABLES, Fault, TableInvalidError, validate
from analysis.core.validation import typed

if TYPE_CHECKING:
    import pandas as pd

USED_TABLES = ("trials", "participants", "scales")
_SUFFIXES = (".parquet", ".csv")


class DatasetError(ValueError):
    """A dataset cannot be read; the message says what, where and what to do."""


@dataclass(frozen=True)
class Dataset:
    """The tables of one study as they were frozen.

    Attributes
    ----------
    trials : pandas.DataFrame
        Typed by the schema.
    participants, scales : pandas.DataFrame or None
        None when the file is not there.
    allocation : dict or None
        Content of ``allocation.json``.
    files : dict of str to str
        File name to SHA-256, of every file that was read.
    manifest : dict
        Content of ``manifest.json``; empty when it is not there.
    """

    trials: pd.DataFrame
    participants: pd.DataFrame | None = None
    scales: pd.DataFrame | None = None
    allocation: Mapping[str, Any] | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 over names and digests of the files that were read."""
        return digest_of(dict(self.files))


def conform(table: pd.DataFrame, name: str = "trials") -> pd.DataFrame:
    """Give every known column its declared type.

    Parameters
    ----------
    table : pandas.DataFrame
        Typed or as text.
    name : str
        Name of a table of the schema.

    Returns
    -------
    pandas.DataFrame
        A copy; unknown columns are kept as they are.

    Raises
    ------
    TableInvalidError
        Holds every fault of the values. Absent columns are no fault here: a measure that needs one says so.

    Examples
    --------
    >>> import pandas as pd
    >>> found = conform(pd.DataFrame({"participant_id": ["p1"], "rt_ms": ["350"], "is_practice": ["false"]}))
    >>> found["rt_ms"].tolist(), found["is_practice"].tolist()
    ([350.0], [False])
    """
    faults = validate(table, name, partial=True)
    if faults:
        raise TableInvalidError(faults)
    schema = TABLES[name]
    columns = {}
    for column in table.columns:
        declared = schema.column(str(column))
        columns[column] = typed(table[column], kind=declared.kind)[0] if declared else table[column]
    return table.assign(**columns)


def read_table(path: Path, name: str = "trials") -> pd.DataFrame:
    r"""Read one table from CSV or Parquet and give every column its declared type.

    Parameters
    ----------
    path : pathlib.Path
        A ``.csv`` (UTF-8, header, empty means missing) or ``.parquet`` file.
    name : str
        Name of a table of the schema.

    Returns
    -------
    pandas.DataFrame
        As of `conform`.

    Raises
    ------
    DatasetError
        When there is no such file or it is neither CSV nor Parquet.
    TableInvalidError
        When values break the schema.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "trials.csv"
    ...     _ = path.write_text("participant_id,correct\np1,true\n")
    ...     read_table(path)["correct"].tolist()
    [True]
    """
    return conform(read_raw(path), name)


def read_raw(path: Path) -> pd.DataFrame:
    """Read a file as it is: CSV as text, Parquet with its own types.

    Parameters
    ----------
    path : pathlib.Path
        A ``.csv`` or ``.parquet`` file.

    Returns
    -------
    pandas.DataFrame
        Unchecked.

    Raises
    ------
    DatasetError
        When the file is absent, unreadable or of another kind.

    Examples
    --------
    >>> read_raw(Path("nowhere.csv"))
    Traceback (most recent call last):
    analysis.core.dataset.DatasetError: There is no file nowhere.csv.
    """
    import pandas as pd

    if not path.is_file():
        raise DatasetError(f"There is no file {path}.")
    try:
        if path.suffix == ".csv":
            return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise DatasetError(f"{path} cannot be read: {error}") from error
    raise DatasetError(f"{path} is neither .csv nor .parquet. Give a table in one of these forms.")


def read_dataset(path: Path) -> Dataset:
    """Read a dataset folder, or a table of trials together with what lies beside it.

    Parameters
    ----------
    path : pathlib.Path
        A folder, or a file ``trials.csv`` or ``trials.parquet``. Beside it, ``participants``, ``scales`` (CSV
        or Parquet), ``allocation.json`` and ``manifest.json`` are used when they are there.

    Returns
    -------
    Dataset
        Typed, with the digest of every file that was read.

    Raises
    ------
    DatasetError
        When there are no trials, a file is not readable, or a file is not the one that the manifest names.
    TableInvalidError
        When values break the schema; faults of all tables together.

    Notes
    -----
    In a folder Parquet is preferred to CSV; a table named by its file brings siblings of its own kind first.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "trials.csv").write_text("participant_id")
    ...     sorted(read_dataset(Path(folder)).files)
    ['trials.csv']
    """
    paths = _paths(path)
    if "trials" not in paths:
        raise DatasetError(
            f"There is no table of trials at {path}. Give trials.csv, trials.parquet or a dataset folder."
        )
    folder = paths["trials"].parent
    tables = _typed_tables(paths)
    allocation = _json_beside(folder / "allocation.json")
    manifest = _json_beside(folder / "manifest.json") or {}
    used = [*paths.values(), *([folder / "allocation.json"] if allocation else [])]
    files = {file.name: file_digest(file) for file in sorted(used)}
    _check_manifest(files, manifest=manifest)
    return Dataset(
        trials=tables["trials"],
        participants=tables.get("participants"),
        scales=tables.get("scales"),
        allocation=allocation,
        files=files,
        manifest=manifest,
    )


def _paths(path: Path) -> dict[str, Path]:
    folder = path if path.is_dir() else path.parent
    suffixes: Iterable[str] = (
        _SUFFIXES if path.is_dir() else sorted(_SUFFIXES, key=lambda one: one != path.suffix)
    )
    found = {} if path.is_dir() or not path.is_file() else {"trials": path}
    if not path.is_dir() and not found:
        return {}
    for name in USED_TABLES:
        there = [folder / f"{name}{suffix}" for suffix in suffixes if (folder / f"{name}{suffix}").is_file()]
        if there:
            found.setdefault(name, there[0])
    return found


def _typed_tables(paths: Mapping[str, Path]) -> dict[str, pd.DataFrame]:
    tables: dict[str, pd.DataFrame] = {}
    faults: list[Fault] = []
    for name, path in paths.items():
        try:
            tables[name] = read_table(path, name)
        except TableInvalidError as error:
            faults.extend(error.faults)
    if faults:
        raise TableInvalidError(faults)
    return tables


def _json_beside(path: Path) -> Mapping[str, Any] | None:
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DatasetError(f"{path} is not readable JSON: {error}") from error
    if not isinstance(found, dict):
        raise DatasetError(f"{path} must hold a JSON object.")
    return found


def _check_manifest(files: Mapping[str, str], *, manifest: Mapping[str, Any]) -> None:
    named = manifest.get("files", {})
    recorded = {
        name: item.get("sha256") if isinstance(item, dict) else item for name, item in dict(named).items()
    }
    changed = [name for name, digest in files.items() if recorded.get(name, digest) != digest]
    if changed:
        raise DatasetError(
            f"{', '.join(changed)}: not the file(s) that manifest.json names. "
            "The dataset was changed after it was frozen; export it again."
        )
