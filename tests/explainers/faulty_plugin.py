"""Puts the faulty method on the shelf of a worker (ASSAY_PLUGIN_MODULES)."""

from explainers.methods import METHODS
from tests.explainers.faulty_method import Faulty

METHODS.register(Faulty)
