"""Demo data that need no network: a table, pictures of a retina with a planted shortcut, synthetic reports."""

from explainers.core.demo_data.features import FEATURES, DemoFeature
from explainers.core.demo_data.tabular import (
    CLASSES,
    LICENCE,
    DemoData,
    demo_predictor,
    demo_rows,
    demo_schema,
    demo_split,
    describe_accuracy,
    write_case_files,
)

__all__ = [
    "CLASSES",
    "FEATURES",
    "LICENCE",
    "DemoData",
    "DemoFeature",
    "demo_predictor",
    "demo_rows",
    "demo_schema",
    "demo_split",
    "describe_accuracy",
    "write_case_files",
]
