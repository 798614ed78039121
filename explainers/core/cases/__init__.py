"""Cases: the schema of a set, its checks, what strangers' files may be, and how values are written for people."""

from explainers.core.cases.panel import (
    PanelRow,
    format_value,
    panel_rows,
    range_position,
    reference_range,
)
from explainers.core.cases.schema import (
    MODALITIES,
    RESULTS_ONLY,
    check_rows,
    check_schema,
    check_text,
    complete_schema,
    is_number,
    schema_modality,
)

__all__ = [
    "MODALITIES",
    "RESULTS_ONLY",
    "PanelRow",
    "check_rows",
    "check_schema",
    "check_text",
    "complete_schema",
    "format_value",
    "is_number",
    "panel_rows",
    "range_position",
    "reference_range",
    "schema_modality",
]
