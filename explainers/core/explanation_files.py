"""Explanations that a lab computed elsewhere: tables (CSV), maps (NPZ or grey PNG) with a manifest, words (CSV)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.archive import npz_read
from explainers.core.attribution import Explanation
from explainers.core.cases.manifest import FILE, ID, csv_read
from explainers.core.cases.schema import check_text, refuse_faults
from explainers.core.errors import CaseSetRefused
from explainers.core.exhibit import Exhibit
from explainers.core.pictures import pictures_clean
from explainers.core.png import png_decode

TARGET = "target"
FEATURE, VALUE, TEXT = "feature", "value", "text"
NOT_COMPUTED = ("completeness", "seed stability", "perturbation stability", "deletion and insertion")
ENCODINGS = {"signed": (127.5, 127.5), "unsigned": (0.0, 255.0)}
Words = Callable[[str], Sequence[str]]


def maps_read(
    manifest: bytes,
    *,
    files: Mapping[str, bytes] | None = None,
    arrays: bytes | None = None,
    sizes: Mapping[str, tuple[int, int]],
    encoding: str = "signed",
    source: str = "",
) -> dict[str, Explanation]:
    """
    Read maps over pictures.

    Parameters
    ----------
    manifest : bytes
        CSV with `case_id` and `target` (the class that the map explains); with `file` for PNGs.
    files : Mapping or None
        Name to PNG, grey, 8 bits.
    arrays : bytes or None
        An .npz instead, with one array (height, width) of floats per case, called like the case.
    sizes : Mapping
        Key of each case to (height, width) of its picture; each needs exactly one row.
    encoding : str
        Of PNGs: `signed` (black pushes away, middle grey is nothing, white pushes towards) or `unsigned` (black is
        nothing).
    source : str
        Where the maps come from, for the recipe.

    Returns
    -------
    dict
        Key to Explanation, in the order of `sizes`. What the gate would have to compute with the predictor is listed
        in the recipe as not computed, never as passed.

    Raises
    ------
    CaseSetRefused
        Naming row and column of every fault, up to ten; then nothing is taken.
    """
    if (files is None) == (arrays is None) or encoding not in ENCODINGS:
        raise CaseSetRefused(
            f"Maps come as files or as arrays; the encoding is one of {', '.join(ENCODINGS)}."
        )
    header, table = csv_read(manifest)
    wanted = {ID, TARGET} | ({FILE} if files is not None else set())
    if set(header) != wanted:
        raise CaseSetRefused(f"The manifest needs the columns {', '.join(sorted(wanted))} and no other.")
    rows = [(number, dict(zip(header, record, strict=True))) for number, record in table]
    faults = _row_faults(rows, keys=list(sizes))
    refuse_faults(faults)
    if files is not None:
        maps, faults = _maps_from_files(rows, files=files, encoding=encoding)
    else:
        maps = npz_read(arrays or b"")
        faults = [f"row {n} ({row[ID]}): there is no array" for n, row in rows if row[ID] not in maps]
    refuse_faults(faults)
    refuse_faults([fault for n, row in rows if (fault := _map_fault(n, row, maps[row[ID]], sizes=sizes))])
    targets = {row[ID]: row[TARGET] for _, row in rows}
    return {
        key: _imported(
            (), maps[key].ravel(), target=targets[key], source=source, modality="image", shape=size
        )
        for key, size in sizes.items()
    }


def _maps_from_files(
    rows: Sequence[tuple[int, Mapping[str, str]]], *, files: Mapping[str, bytes], encoding: str
) -> tuple[dict[str, NDArray[Any]], list[str]]:
    present = {row[FILE]: files[row[FILE]] for _, row in rows if row[FILE] in files}
    cleaned, maps, faults = pictures_clean(present), {}, []
    middle, width = ENCODINGS[encoding]
    for number, row in rows:
        picture = cleaned.get(row[FILE])
        where = f"row {number} ({row[ID]}), column {FILE}, {row[FILE]!r:.80}"
        if picture is None or picture.problem:
            faults.append(f"{where}: {picture.problem if picture else 'there is no such file'}")
        elif picture.channels != 1:
            faults.append(f"{where}: a map is a grey picture, this one has colours")
        else:
            pixels = png_decode(picture.png)[:, :, 0].astype(np.float64)
            maps[row[ID]] = (pixels - middle) / width
    return maps, faults


def _map_fault(
    number: int, row: Mapping[str, str], values: NDArray[Any], *, sizes: Mapping[str, tuple[int, int]]
) -> str:
    where = f"row {number} ({row[ID]})"
    if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
        return f"{where}: the map has values that are not finite numbers"
    if values.shape != tuple(sizes[row[ID]]):
        return f"{where}: the map is {values.shape}, the picture {tuple(sizes[row[ID]])} (height, width)"
    return ""


def tables_read(
    data: bytes, *, keys: Sequence[str], features: Sequence[str], source: str = ""
) -> dict[str, Explanation]:
    """
    Read attributions of the features of a table.

    Parameters
    ----------
    data : bytes
        CSV with `case_id`, `target` and one column of numbers per feature; one row per case.
    keys : Sequence of str
        Keys of the cases: each needs exactly one row.
    features : Sequence of str
        Names of the features, in the predictor's order.
    source : str
        Where they come from, for the recipe.

    Returns
    -------
    dict
        Key to Explanation, in the order of the keys.

    Raises
    ------
    CaseSetRefused
        Naming row and column of every fault, up to ten.
    """
    header, table = csv_read(data)
    if set(header) != {ID, TARGET, *features}:
        raise CaseSetRefused(f"The file needs the columns {ID}, {TARGET} and one per feature, and no other.")
    rows = [(number, dict(zip(header, record, strict=True))) for number, record in table]
    faults = _row_faults(rows, keys=keys)
    values: dict[str, list[float]] = {}
    for number, row in rows:
        values[row[ID]] = [_number(row[name]) for name in features]
        faults += [
            f"row {number} ({row[ID]}), column {name}: {row[name]!r:.60} is not a finite number"
            for name, value in zip(features, values[row[ID]], strict=True)
            if not np.isfinite(value)
        ]
    refuse_faults(faults)
    targets = {row[ID]: row[TARGET] for _, row in rows}
    return {
        key: _imported(tuple(features), values[key], target=targets[key], source=source, modality="tabular")
        for key in keys
    }


def words_read(
    data: bytes, *, texts: Mapping[str, str], words: Words, source: str = ""
) -> dict[str, Explanation]:
    """
    Read attributions of the words of texts.

    Parameters
    ----------
    data : bytes
        CSV with `case_id`, `target`, `feature` (the word) and `value`; the words of a case in the order of its text.
    texts : Mapping
        Key of each case to its text.
    words : Callable
        From a text to its words, as a predictor or `explainers.core.tokens` cuts it.
    source : str
        Where they come from, for the recipe.

    Returns
    -------
    dict
        Key to Explanation, in the order of the texts.

    Raises
    ------
    CaseSetRefused
        Naming rows and cases at fault, up to ten.
    """
    header, table = csv_read(data)
    if set(header) != {ID, TARGET, FEATURE, VALUE}:
        raise CaseSetRefused(
            f"The file needs the columns {ID}, {TARGET}, {FEATURE} and {VALUE}, and no other."
        )
    found: dict[str, list[tuple[str, float]]] = {key: [] for key in texts}
    targets: dict[str, str] = {}
    faults = []
    for number, record in table:
        row = dict(zip(header, record, strict=True))
        value, key = _number(row[VALUE]), row[ID]
        if key not in texts or not np.isfinite(value) or targets.setdefault(key, row[TARGET]) != row[TARGET]:
            faults.append(f"row {number} ({key[:80]}): no such case, no finite number, or a second target")
            continue
        found[key].append((row[FEATURE], value))
    faults += [
        f"case {key}: its {len(found[key])} words are not the {len(list(words(text)))} of its text, in their order"
        for key, text in texts.items()
        if [word for word, _ in found[key]] != list(words(text))
    ]
    refuse_faults(faults)
    return {
        key: _imported(
            tuple(word for word, _ in pairs),
            [value for _, value in pairs],
            target=targets[key],
            source=source,
            modality="text",
        )
        for key, pairs in found.items()
    }


def rationales_read(
    data: bytes, *, keys: Sequence[str], modality: str, source: str = ""
) -> dict[str, Exhibit]:
    """
    Read explanations that are written in words, by people or by a vision-language predictor.

    Parameters
    ----------
    data : bytes
        CSV with `case_id`, `target` (the class that the words speak for) and `text`; one row per case.
    keys : Sequence of str
        Keys of the cases: each needs exactly one row.
    modality : str
        What the cases are.
    source : str
        Who or what wrote them, for the recipe.

    Returns
    -------
    dict
        Key to Exhibit of the kind `rationale`, in the order of the keys; the text is kept to the character.

    Raises
    ------
    CaseSetRefused
        Naming row and column of every fault, up to ten.
    """
    header, table = csv_read(data)
    if set(header) != {ID, TARGET, TEXT}:
        raise CaseSetRefused(f"The file needs the columns {ID}, {TARGET} and {TEXT}, and no other.")
    rows = [(number, dict(zip(header, record, strict=True))) for number, record in table]
    faults = _row_faults(rows, keys=keys)
    faults += [
        f"row {number} ({row[ID][:80]}), column {TEXT}: {fault}"
        for number, row in rows
        if (fault := check_text(row[TEXT]))
    ]
    refuse_faults(faults)
    by_key = {row[ID]: row for _, row in rows}
    return {
        key: Exhibit(
            features=(),
            values=(),
            target_class=by_key[key][TARGET],
            target_space="score",
            baseline=(),
            output=0.0,
            output_at_baseline=0.0,
            completeness_error=0.0,
            recipe={"imported": True, "source": source[:200], "not_computed": list(NOT_COMPUTED)},
            modality=modality,
            kind="rationale",
            content={"text": by_key[key][TEXT]},
        )
        for key in keys
    }


def _row_faults(rows: Sequence[tuple[int, Mapping[str, str]]], *, keys: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    faults = []
    for number, row in rows:
        if row[ID] in seen or row[ID] not in keys or not row[TARGET]:
            faults.append(f"row {number} ({row[ID][:80]}): used twice, no such case, or without a {TARGET}")
        seen.add(row[ID])
    return faults + [f"case {key}: there is no row" for key in keys if key not in seen]


def _number(text: str) -> float:
    try:
        return float("nan") if "_" in text else float(text)
    except ValueError:
        return float("nan")


def _imported(
    features: tuple[str, ...],
    values: Any,
    *,
    target: str,
    source: str,
    modality: str,
    shape: tuple[int, ...] = (),
) -> Explanation:
    return Explanation(
        features=features,
        values=values if shape else tuple(float(value) for value in values),
        target_class=target,
        target_space="score",
        baseline=(0.0,) * len(features) if modality == "tabular" else (),
        output=0.0,
        output_at_baseline=0.0,
        completeness_error=0.0,
        recipe={"imported": True, "source": source[:200], "not_computed": list(NOT_COMPUTED)},
        modality=modality,
        shape=tuple(shape),
    )
