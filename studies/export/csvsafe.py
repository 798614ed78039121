"""Text that a spreadsheet will show and never carry out: the one rule for values and headers of every CSV file."""

from __future__ import annotations

GUARD = "'"
FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")  # the last four: full-width = + - @


def safe_text(value: str) -> str:
    """Return the text with a guard in front when a spreadsheet would take it for a formula.

    Text that begins with a guard of its own gets one more, so that `plain_text` gives back every text as it was.
    Numbers are no text: they are never given to this function.
    """
    # Some spreadsheets drop leading blanks before they look for a formula.
    inner = value.lstrip(" \u00a0\u3000\ufeff")
    return GUARD + value if inner.startswith(FORMULA_STARTS) or value.startswith(GUARD) else value


def plain_text(value: str) -> str:
    """Return what `safe_text` was given."""
    return value.removeprefix(GUARD)
