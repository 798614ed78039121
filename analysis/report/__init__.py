"""The report: a frozen table and a plan come in, one page and one file of numbers go out.

The package can be called: ``analysis.report("trials.csv", plan="plan.yaml", out="report")``.
"""

from __future__ import annotations

import sys
from os import PathLike
from types import ModuleType
from typing import Any


class _CallablePackage(ModuleType):
    """`analysis.report` is the name of the package and of what it does, so the package itself can be called."""

    def __call__(self, table: str | PathLike[str], **arguments: Any) -> dict[str, Any]:
        from analysis.report.write import write_report

        found: dict[str, Any] = write_report(table, **arguments)
        return found


sys.modules[__name__].__class__ = _CallablePackage
