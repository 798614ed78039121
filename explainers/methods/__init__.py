"""The shelf of explainers: one file per method; listing it imports no torch."""

from explainers.core.method import Method
from explainers.core.registry import Registry

METHODS: Registry[type[Method]] = Registry(
    kind="explainer", shelf="explainers.methods", group="assay.explainers"
)
