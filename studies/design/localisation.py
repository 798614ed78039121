"""How much of the maps of a version lies in the regions that reference answers mark; for the page of the gate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explainers.core.cases.masks import region_to_mask
from explainers.core.gate.localisation import mask_share, points_into
from explainers.models import Explanation
from explainers.selectors import explanation_artefact
from studies.design.truth import truths_of
from studies.protocols.credit import read_key

WORST = 5
MOST = 300  # maps that are read for one page: of more, as many are taken evenly over the cases
_REGION = ({"x0", "y0", "x1", "y1"}, {"size", "counts"})


@dataclass(frozen=True)
class Localisation:
    """Maps of one method held against one reference column; the shares are means over the cases that were measured.

    ``marked`` cases have a region; of more than `MOST` of them, as many are measured, taken evenly over their order.
    """

    field: str
    cases: int
    marked: int
    share: float
    area: float
    hits: int
    worst: Sequence[tuple[str, float]]

    @property
    def times(self) -> float:
        """How many times the share of the area."""
        return self.share / self.area


def localisation_of(*, keys: Sequence[str]) -> list[Localisation]:
    """Hold maps against every reference column that marks regions of their cases; without any the list is empty."""
    rows = list(
        Explanation.objects.select_related("case").filter(key__in=list(keys), control_kind="").order_by("pk")
    )
    regions = {
        place: region
        for place, text in truths_of(case_ids={row.case_id for row in rows}).items()
        if (region := _region(text)) is not None
    }
    found = []
    for field in sorted({field for _, field in regions}):
        marked = [row for row in rows if (row.case_id, field) in regions]
        measured = [
            (row.case.key, *each)
            for row in marked[:: -(-len(marked) // MOST)]
            if (each := _measure(row, regions[row.case_id, field]))
        ]
        if measured:
            shares = sorted((share, case) for case, share, _, _ in measured)
            found.append(
                Localisation(
                    field=field,
                    cases=len(measured),
                    marked=len(marked),
                    share=float(np.mean([share for share, _ in shares])),
                    area=float(np.mean([area for _, _, area, _ in measured])),
                    hits=sum(hit for *_, hit in measured),
                    worst=[(case, share) for share, case in shares[:WORST]],
                )
            )
    return found


def _region(text: str) -> Mapping[str, Any] | None:
    try:
        read = read_key(text)
    except ValueError:
        return None
    return read if isinstance(read, Mapping) and any(words <= set(read) for words in _REGION) else None


def _measure(row: Explanation, region: Mapping[str, Any]) -> tuple[float, float, bool] | None:
    artefact = explanation_artefact(explanation=row)
    if not getattr(artefact, "shape", ()):
        return None
    height, width = artefact.shape
    values = np.asarray(artefact.values, dtype=np.float64).reshape(height, width)
    mask = region_to_mask(region, shape=(height, width))
    share = mask_share(values, mask)
    if not mask.any() or math.isnan(share):
        return None
    return share, float(mask.mean()), points_into(values, mask)
