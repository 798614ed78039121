"""Masks beside a case file: pictures whose white marks a region, kept as run lengths among the reference answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from explainers.core.cases.manifest import CaseContent, csv_read
from explainers.core.cases.masks import mask_of_pixels, mask_to_runs
from explainers.core.digest import canonical_json
from explainers.core.pictures import pictures_clean
from explainers.core.png import png_decode, png_size
from studies.errors import Fault
from studies.protocols.fields import NOTHING

MAXIMUM_RUNS = 100_000


def masks_apart(
    data: bytes, *, columns: Sequence[str], files: Mapping[str, bytes]
) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return the files that are content of the cases, and those that only the columns of masks name."""
    if not columns:
        return dict(files), {}
    header, rows = csv_read(data)
    places = {place for place, name in enumerate(header) if name in columns}
    masks = {values[place] for _, values in rows for place in places}
    masks -= {value for _, values in rows for place, value in enumerate(values) if place not in places}
    return (
        {name: file for name, file in files.items() if name not in masks},
        {name: file for name, file in files.items() if name in masks},
    )


def masks_read(found: CaseContent, *, columns: Sequence[str], files: Mapping[str, bytes]) -> Iterator[Fault]:
    """Put run lengths in the place of the names of masks; what is wrong comes as faults, by row and column."""
    cleaned = pictures_clean(files)
    for column in columns:
        cells = found.apart[column]
        for number, row in enumerate(found.rows, start=1):
            name = cells[row["key"]]
            if not name:
                continue
            fault = "" if name in cleaned else f"there is no file {name!r:.80} that is only a mask"
            fault = fault or cleaned[name].problem
            if not fault:
                mask = cleaned[name]
                picture = found.pictures.get(row["inputs"].get("image", ""))
                size = png_size(picture)[:2] if picture else (mask.height, mask.width)
                if size != (mask.height, mask.width):
                    fault = (
                        f"the mask has {mask.width} x {mask.height} pixels, the picture {size[1]} x {size[0]}"
                    )
            if not fault:
                runs = mask_to_runs(mask_of_pixels(png_decode(mask.png)))
                if len(runs["counts"]) > MAXIMUM_RUNS:
                    fault = f"the mask has {len(runs['counts'])} runs of pixels, at most {MAXIMUM_RUNS}."
                else:
                    white = sum(runs["counts"][1::2])
                    cells[row["key"]] = canonical_json(runs).decode() if white else NOTHING
            if fault:
                yield Fault(0, f"row {number}, column {column}", f"{fault[0].upper()}{fault[1:]}.")
