"""Sentences with gaps that rooms without Django write in English: the page's language is put in when it is shown.

A gap named like a number takes only numbers, ``letter`` one capital, every other gap any words, which are translated on
their own. The catalogues have each of them under exactly this text.
"""

from __future__ import annotations

NUMBERS = frozenset(
    {"n", "total", "done", "low", "high", "step", "number", "most", "length", "sum", "place", "missing"}
)

SENTENCES = (
    "Part {n} of {total}",
    "Case {n} of {total}",
    "Cases {low} to {high} of {total}",
    "Practice case {n} of {total}",
    "{done} of {total} cases done",
    "{number} %",
    "{low} to {high}",
    "at most {high}",
    "at least {low}",
    "Give a number from {low} to {high}.",
    "Give a number of at least {low}.",
    "Give a number of at most {high}.",
    "Give a number from {low} to {high} in steps of {step}.",
    "Give a whole number from {low} to {high}.",
    "Give a whole number of at least {low}.",
    "Give a whole number of at most {high}.",
    "Keep your answer below {most} characters; it has {length}.",
    "Choose exactly {n} of the answers.",
    "Choose from {low} to {high} of the answers.",
    "Choose at least {n}.",
    "Choose at most {n}.",
    "Choose exactly {n}.",
    "Choose from {low} to {high}.",
    "Either “{nothing}” or some of the others: not both.",
    "Either mark a place or choose “{nothing}”: not both.",
    "“{nothing}” was chosen, so nothing can be put in.",
    "The numbers must add up to {sum}.",
    "The numbers must add up to {sum}; they add up to {total} now.",
    "Place {place} is given to more than one. Give each a place of its own.",
    "Give every answer a place; 1 is the first of {n}.",
    "An answer is missing for: {names}.",
    "The place needs {n} numbers; {missing} of them are missing.",
    "Explanation {letter}",
    "Example {number}",
    "{n} days",
    "{n} hours",
)
"""On pages and in what they say of an answer."""

DRAWN = (
    "The other {n} features together",
    "reference {range}",
    "What pushed the AI towards {target}, {list}",
    "towards {target}",
    "away from {target}",
    "left: {what}.",
    "right: {what}. A longer bar is a stronger push; all cases are drawn on one scale.",
    "{what} towards {target}",
    "{what} away from {target}",
    "{n} of {total}",
    "Example {number}",
)
"""In drawings of explanations."""
