"""From a text to token numbers and back to the words that people see."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explainers.core.errors import PredictorRefused

PADDING, UNKNOWN = 0, 1
LONGEST_TOKEN = 100
CONTINUED = "##"
_WORD = re.compile(r"\w+(?:[-'’.]\w+)*|[^\w\s]")  # noqa: RUF001 - the apostrophe of typography is part of words


@dataclass(frozen=True)
class Word:
    """
    A word of a text.

    Parameters
    ----------
    text : str
        As it stands in the text.
    begin : int
        Its first character.
    tokens : tuple of int
        Places of its tokens among all tokens of the text.
    """

    text: str
    begin: int
    tokens: tuple[int, ...]


def check_vocabulary(vocabulary: Any, *, size: int) -> None:
    """
    Check a vocabulary.

    Parameters
    ----------
    vocabulary : Any
        What a predictor declares.
    size : int
        How many tokens its network has.

    Raises
    ------
    PredictorRefused
        If it is not a list of that many different, short texts without blanks.
    """
    if not isinstance(vocabulary, list | tuple) or len(vocabulary) != size:
        raise PredictorRefused(f"The vocabulary is a list of {size} tokens, as many as the network has.")
    for place, token in enumerate(vocabulary):
        if not isinstance(token, str) or not 0 < len(token) <= LONGEST_TOKEN or re.search(r"\s", token):
            raise PredictorRefused(
                f"Token {place} of the vocabulary is {token!r:.60}; a token is a text of 1 to {LONGEST_TOKEN} "
                "characters without blanks."
            )
    if len(set(vocabulary)) != len(vocabulary):
        raise PredictorRefused("A token occurs twice in the vocabulary.")


def tokenise(text: str, *, vocabulary: Mapping[str, int], lower: bool = True) -> tuple[list[int], list[Word]]:
    """
    Cut a text into words and the words into tokens of the vocabulary.

    A word that is not in the vocabulary is cut from its beginning into the longest pieces that are;
    pieces after the first are spelt with ## before them. A word that cannot be cut so is one unknown token.

    Parameters
    ----------
    text : str
        Any text.
    vocabulary : Mapping
        Token to number; 0 is padding and 1 unknown.
    lower : bool
        Whether to look words up in lower case.

    Returns
    -------
    tuple
        Token numbers, and the words with the places of their tokens.

    Examples
    --------
    >>> vocabulary = {"[PAD]": 0, "[UNK]": 1, "no": 2, "bleed": 3, "##ing": 4}
    >>> numbers, words = tokenise("No bleeding!", vocabulary=vocabulary)
    >>> numbers, [(word.text, word.tokens) for word in words]
    ([2, 3, 4, 1], [('No', (0,)), ('bleeding', (1, 2)), ('!', (3,))])
    """
    numbers: list[int] = []
    words: list[Word] = []
    for match in _WORD.finditer(text):
        pieces = _pieces(match.group().lower() if lower else match.group(), vocabulary=vocabulary)
        places = tuple(range(len(numbers), len(numbers) + len(pieces)))
        words.append(Word(match.group(), match.start(), places))
        numbers += pieces
    return numbers, words


def _pieces(word: str, *, vocabulary: Mapping[str, int]) -> list[int]:
    found: list[int] = []
    begin = 0
    while begin < len(word):
        for end in range(min(len(word), begin + LONGEST_TOKEN), begin, -1):
            piece = (CONTINUED if begin else "") + word[begin:end]
            if piece in vocabulary and vocabulary[piece] > UNKNOWN:
                found.append(vocabulary[piece])
                begin = end
                break
        else:
            return [UNKNOWN]
    return found


def vocabulary_of(texts: Sequence[str], *, least: int = 1) -> list[str]:
    """
    Make a vocabulary of whole words from texts.

    Parameters
    ----------
    texts : Sequence of str
        Training texts.
    least : int
        How often a word has to occur.

    Returns
    -------
    list of str
        `[PAD]`, `[UNK]`, then the words in lower case, sorted.

    Examples
    --------
    >>> vocabulary_of(["No bleeding.", "No."])
    ['[PAD]', '[UNK]', '.', 'bleeding', 'no']
    """
    counts: dict[str, int] = {}
    for text in texts:
        for match in _WORD.finditer(text.lower()):
            counts[match.group()] = counts.get(match.group(), 0) + 1
    return ["[PAD]", "[UNK]", *sorted(word for word, count in counts.items() if count >= least)]
