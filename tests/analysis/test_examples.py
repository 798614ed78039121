"""Every example in a docstring runs."""

import doctest
import pkgutil
from importlib import import_module

import pytest

import analysis.core
import analysis.estimators
import analysis.measures
import analysis.power
import analysis.report

PACKAGES = (analysis.core, analysis.measures, analysis.power, analysis.estimators, analysis.report)
MODULES = sorted(
    found.name
    for package in PACKAGES
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0
