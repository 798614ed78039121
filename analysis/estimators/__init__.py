"""The shelf of estimators: each file is one way to get an estimate; copy the nearest to add one."""

from typing import TYPE_CHECKING

from analysis.core.registry import Registry

if TYPE_CHECKING:
    from analysis.core.estimate import Estimator

registry: Registry["type[Estimator]"] = Registry(
    kind="estimator", shelf="analysis.estimators", group="assay.estimators"
)
