"""Power: will the planned study find what it looks for, and can its cases show it at all? Before anybody is recruited.

The package can be called: ``analysis.power(plan, participants=[100, 200], cases=24)``.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.power.simulate import PowerResult


class _CallablePackage(ModuleType):
    """`analysis.power` is the name of the package and of what it does, so the package itself can be called."""

    def __call__(self, plan: Any, **arguments: Any) -> PowerResult:
        from analysis.power.simulate import simulate_power

        return simulate_power(plan, **arguments)


sys.modules[__name__].__class__ = _CallablePackage
