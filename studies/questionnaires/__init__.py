"""The shelf of questionnaires: one TOML file is one instrument. Reading and checking is ``reading.py``.

To add one, copy ``s_tias.toml``, change it and run the tests.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from studies.questionnaires.instrument import Item, Questionnaire
from studies.questionnaires.reading import read_questionnaire
from studies.questionnaires.wording import in_language, with_wording

_SHELF = files("studies.questionnaires")


@cache
def questionnaire_names() -> tuple[str, ...]:
    """Return the names of the questionnaires on the shelf, sorted.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> "s_tias" in questionnaire_names()
    True
    """
    return tuple(
        sorted(entry.name.removesuffix(".toml") for entry in _SHELF.iterdir() if entry.name.endswith(".toml"))
    )


@cache
def get_questionnaire(name: str) -> Questionnaire:
    """Return the questionnaire of that name.

    Parameters
    ----------
    name : str
        Name of a file of the shelf, without ``.toml``.

    Returns
    -------
    Questionnaire

    Raises
    ------
    LookupError
        When the shelf has none of that name; the message lists those there are.

    Examples
    --------
    >>> get_questionnaire("s_tias").items[0].text
    'I am confident in the AI assistant.'
    """
    if name not in questionnaire_names():
        raise LookupError(
            f"There is no questionnaire '{name}'. There are: {', '.join(questionnaire_names())}."
        )
    return read_questionnaire((_SHELF / f"{name}.toml").read_bytes(), name=name)


__all__ = [
    "Item",
    "Questionnaire",
    "get_questionnaire",
    "in_language",
    "questionnaire_names",
    "read_questionnaire",
    "with_wording",
]
