"""The shelf of measures: each file is one measure; copy the nearest to add one.

`registry` holds measures with one value for each participant, which a plan can name. `tabulations` holds those whose
answer is a curve or a table.
"""

from typing import TYPE_CHECKING

from analysis.core.registry import Registry

if TYPE_CHECKING:
    from analysis.core.measure import Measure
    from analysis.core.tabulation import Tabulation

SCALE_PREFIX = "scale_score:"


class _Names(list[str]):
    """The names on the shelf; the score of any questionnaire counts as one of them, though none is listed."""

    def __contains__(self, name: object) -> bool:
        asked = isinstance(name, str) and name.startswith(SCALE_PREFIX) and name != SCALE_PREFIX
        return asked or super().__contains__(name)


class MeasureRegistry(Registry["type[Measure]"]):
    """The shelf, with a measure for every questionnaire: ``scale_score:nasa_tlx``, ``scale_score:tia/trust``."""

    def get(self, name: str) -> "type[Measure]":
        """Return the measure of that name, or the score of the questionnaire that it names."""
        if name.startswith(SCALE_PREFIX):
            from analysis.measures._scale_score import scale_measure

            return scale_measure(name.removeprefix(SCALE_PREFIX))
        return super().get(name)

    def names(self) -> list[str]:
        """Return the names on the shelf, sorted; ``in`` also finds the score of any questionnaire."""
        return _Names(super().names())


registry = MeasureRegistry(kind="measure", shelf="analysis.measures", group="assay.measures")
tabulations: Registry["type[Tabulation]"] = Registry(
    kind="tabulation", shelf="analysis.measures", group="assay.tabulations"
)
