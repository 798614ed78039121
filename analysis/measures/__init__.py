"""The shelf of measures: each file is one measure; copy the nearest to add one."""

from typing import TYPE_CHECKING

from analysis.core.registry import Registry

if TYPE_CHECKING:
    from analysis.core.measure import Measure

registry: Registry["type[Measure]"] = Registry(
    kind="measure", shelf="analysis.measures", group="assay.measures"
)
