"""The tables of the room's README are those of the declarations."""

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.measures._catalogue import catalogue, optional_columns

README = (Path(__file__).parents[2] / "analysis" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "make"), [("shelf", catalogue), ("optional columns", optional_columns)])
def test_a_table_of_the_readme_is_up_to_date(name: str, make: Callable[[], str]) -> None:
    written = README.partition(f"<!-- {name} -->\n")[2].partition(f"<!-- end of {name} -->")[0]
    assert written == make(), f"analysis/README.md: put this between the marks of '{name}':\n{make()}"
