"""What lies beside the tables of a dataset and only the report reads: the codebook's words, the treatment, codings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.core.dataset import DatasetError
from analysis.core.digest import file_digest

if TYPE_CHECKING:
    import pandas as pd

CODEBOOK, TREATMENT, CODINGS = "codebook.json", "treatment.json", "codings.csv"


@dataclass(frozen=True)
class Bundle:
    """Words and pictures that a dataset brings with it; everything may be absent.

    Attributes
    ----------
    codebook : mapping
        Content of ``codebook.json``: the decision's question and options, what each condition showed.
    treatment : mapping
        Content of ``treatment.json``, all keys optional: ``conditions`` (list of ``name, label, text, picture`` - a
        PNG or JPEG file beside it - ``alt``, ``trial`` (HTML of
        ``prompt, case, shown, asked``), ``claimed_accuracy``, and
        ``explanations`` with ``method, title, control, control_title, reveal``), ``instructions, audience, action``,
        ``recruited`` (``first, last`` day), ``pay`` (words, or the rules of a study file), ``ethics``, ``predictors``
        (list of ``name, checkpoint``), ``ai`` (``accuracy_claimed``, ``on_the_case_sets``: list of ``predictor,
        case_set, cases, right``), ``gates`` (list of ``condition, gate, state``: green or red,
        ``overridden``: the reason, ``declared_control``), ``actionability`` (``concreteness, validation, why``: scores
        that authors lower), ``coding`` (``blinded``: the coders saw neither condition nor person).
    codings : pandas.DataFrame or None
        ``codings.csv``: free text coded by two coders; columns ``response``, ``coder``, ``code``, if known
        ``condition``.
    folder : pathlib.Path or None
        Where pictures lie that ``treatment.json`` names.
    files : mapping of str to str
        Name to SHA-256 of every file that was read.
    """

    codebook: Mapping[str, Any] = field(default_factory=dict)
    treatment: Mapping[str, Any] = field(default_factory=dict)
    codings: pd.DataFrame | None = None
    folder: Path | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def positive(self) -> str:
        """The option of the decision that counts as positive; empty when nobody said."""
        return str(_mapping(self.codebook.get("decision")).get("positive") or "")

    @property
    def blinded(self) -> bool:
        """Whether the dataset says that the coders of its free text saw neither condition nor person."""
        return _mapping(self.treatment.get("coding")).get("blinded") is True

    def condition(self, name: str) -> dict[str, Any]:
        """Return everything that is known of a condition; ``treatment.json`` before the codebook."""
        found: dict[str, Any] = {}
        for source in (self.codebook, self.treatment):
            for one in source.get("conditions") or []:
                if isinstance(one, Mapping) and one.get("name") == name:
                    found |= {key: value for key, value in one.items() if value not in (None, "")}
        return found

    def labels(self, conditions: tuple[str, ...]) -> dict[str, str]:
        """Return the human label of each condition; its name where it has none or another has the same."""
        wanted = {name: str(self.condition(name).get("label") or name) for name in conditions}
        taken = list(wanted.values())
        return {
            name: label if taken.count(label) == 1 else f"{label} ({name})" for name, label in wanted.items()
        }


def read_bundle(table: Path) -> Bundle:
    """Read what lies beside a table of trials or in a dataset folder.

    Parameters
    ----------
    table : pathlib.Path
        As given to the report.

    Returns
    -------
    Bundle
        Empty when nothing is there.

    Raises
    ------
    DatasetError
        When a file is there and cannot be read.
    """
    folder = table if table.is_dir() else table.parent
    files = {
        name: file_digest(folder / name)
        for name in (CODEBOOK, TREATMENT, CODINGS)
        if (folder / name).is_file()
    }
    return Bundle(
        codebook=_json(folder / CODEBOOK),
        treatment=_json(folder / TREATMENT),
        codings=_codings(folder / CODINGS),
        folder=folder,
        files=files,
    )


def _json(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DatasetError(f"{path} is not readable JSON: {error}") from error
    if not isinstance(found, dict):
        raise DatasetError(f"{path} must hold a JSON object.")
    return found


def _codings(path: Path) -> pd.DataFrame | None:
    import pandas as pd

    if not path.is_file():
        return None
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (ValueError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} is not readable CSV: {error}") from error
    absent = [name for name in ("response", "coder", "code") if name not in table.columns]
    if absent:
        raise DatasetError(f"{path} lacks the column(s) {', '.join(absent)}; it needs response, coder, code.")
    return table


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
