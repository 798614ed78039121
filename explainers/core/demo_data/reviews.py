"""Made-up reviews of hotels and of books from templates: which words decide is known. Synthetic, nobody wrote them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.demo_data.training import Recipe, trained_weights
from explainers.core.inputs import text_array
from explainers.core.predictor import PredictorSpec
from explainers.core.tokens import vocabulary_of

REVIEW_LICENCE = "Synthetic reviews from templates; CC0"
LENGTH = 72
RECIPE = Recipe(epochs=14, rate=3e-3, decay=0.01, seed=11, batch=64)
SENTENCES, AGAINST = 6, 0.35


@dataclass(frozen=True)
class Kind:
    """
    A kind of review: two classes, the words that speak for each, and those that speak for neither.

    Parameters
    ----------
    name : str
        Of the kind; it begins the keys.
    label : str
        What the cases are, for people.
    classes : tuple of str
        Two.
    frames : tuple of str
        Sentences with one place for a word; they say nothing about the class.
    speaks : Mapping
        Class to the words that speak for it.
    neither : tuple of str
        Words that say nothing about the class.
    strength : float
        Probability that a sentence speaks for the true class, 0 to 1; 35 % of the rest speak for the other one.
    """

    name: str
    label: str
    classes: tuple[str, str]
    frames: tuple[str, ...]
    speaks: Mapping[str, tuple[str, ...]]
    neither: tuple[str, ...]
    strength: float


@dataclass(frozen=True)
class Reviews:
    """
    Reviews and their classes.

    Parameters
    ----------
    kind : Kind
        What they are reviews of.
    keys, texts : tuple of str
        Names and texts.
    labels : numpy.ndarray
        int64, (n,): place in the classes of the kind.
    """

    kind: Kind
    keys: tuple[str, ...]
    texts: tuple[str, ...]
    labels: NDArray[np.int64]


HOTELS = Kind(
    name="hotel",
    label="Hotel review (made up from templates)",
    classes=("genuine", "deceptive"),
    frames=(
        "What stays in my mind is the {}.",
        "Let me say a word about the {}.",
        "Nobody had told us about the {}.",
        "On the second day it was all about the {}.",
        "My notes begin with the {}.",
        "For us the {} settled it.",
        "I still think of the {}.",
        "Before you book, consider the {}.",
    ),
    speaks={
        "genuine": ("bathroom", "carpet", "parking", "elevator", "stairs", "window", "price", "faucet"),
        "deceptive": (
            "luxury",
            "experience",
            "honeymoon",
            "relaxation",
            "elegance",
            "vacation",
            "romance",
            "paradise",
        ),
    },
    neither=("lobby", "neighbourhood", "weekend", "stay", "reception", "trip", "hallway", "city"),
    strength=0.55,
)
BOOKS = Kind(
    name="book",
    label="Book review (made up from templates)",
    classes=("negative", "positive"),
    frames=(
        "The plot is {}.",
        "I found the style {}.",
        "Its characters are {}.",
        "The first chapter is {}.",
        "The ending felt {}.",
        "As a whole I would call it {}.",
        "The dialogue is {}.",
        "My neighbour called it {}.",
    ),
    speaks={
        "negative": ("dull", "clumsy", "tedious", "shallow", "rushed", "confused", "stale", "lifeless"),
        "positive": ("gripping", "graceful", "moving", "superb", "vivid", "clever", "fresh", "witty"),
    },
    neither=("long", "short", "unusual", "recent", "quiet", "detailed", "foreign", "plain"),
    strength=0.55,
)


def reviews_make(kind: Kind, *, count: int, seed: int) -> Reviews:
    """
    Write reviews.

    Definition: both classes alternate; the word in each of six different sentences speaks for the true class with the
    strength of its kind, for the other class with 35 % of the rest, and else for neither. Some reviews speak for the
    wrong class on the whole: nobody, and no predictor, is right on all.

    Parameters
    ----------
    kind : Kind
        What they are reviews of.
    count : int
        How many.
    seed : int
        Equal seeds give equal reviews.

    Returns
    -------
    Reviews
        `count` of them.

    References
    ----------
    .. [1] Ott, Choi, Cardie & Hancock (2011). Finding deceptive opinion spam by any stretch of the imagination.
           ACL 2011, 309-319 (what the words of deceptive reviews are like; no text is taken from there)

    Examples
    --------
    >>> found = reviews_make(BOOKS, count=2, seed=1)
    >>> found.keys, found.labels.tolist()
    (('book-001', 'book-002'), [0, 1])
    """
    rng = np.random.default_rng([seed, count, len(kind.name)])
    labels = np.arange(count, dtype=np.int64) % 2
    texts = tuple(_review(kind, kind.classes[label], rng) for label in labels)
    keys = tuple(f"{kind.name}-{number:03d}" for number in range(1, count + 1))
    return Reviews(kind, keys, texts, labels)


def _review(kind: Kind, name: str, rng: np.random.Generator) -> str:
    other = next(each for each in kind.classes if each != name)
    against = AGAINST * (1 - kind.strength)
    drawn = rng.choice(3, size=SENTENCES, p=[kind.strength, against, 1 - kind.strength - against])
    pools = (kind.speaks[name], kind.speaks[other], kind.neither)
    words = [pools[place][at] for place in range(3) for at in _some(len(pools[place]), drawn == place, rng)]
    frames = rng.permutation(len(kind.frames))[:SENTENCES]
    return " ".join(
        kind.frames[frame].format(words[at])
        for frame, at in zip(frames, rng.permutation(len(words)), strict=True)
    )


def _some(size: int, chosen: NDArray[np.bool_], rng: np.random.Generator) -> list[int]:
    return [int(at) for at in rng.permutation(size)[: int(chosen.sum())]]


def review_schema(kind: Kind) -> dict[str, Any]:
    """
    Describe the cases for people.

    Parameters
    ----------
    kind : Kind
        What they are reviews of.

    Returns
    -------
    dict
        The schema of a set of texts.
    """
    return {"modality": "text", "label": kind.label}


def review_predictor(reviews: Reviews) -> tuple[PredictorSpec, bytes]:
    """
    Train a small transformer on reviews, in some seconds.

    Parameters
    ----------
    reviews : Reviews
        Training reviews.

    Returns
    -------
    tuple
        Declaration and safetensors bytes.
    """
    vocabulary = vocabulary_of(reviews.texts)
    spec = PredictorSpec(
        architecture="text_transformer",
        parameters={
            "vocabulary": len(vocabulary), "length": LENGTH, "width": 32, "heads": 2, "layers": 1, "outputs": 2,
        },
        features=["text"],
        classes=list(reviews.kind.classes),
        preprocessing={"kind": "tokens", "vocabulary": vocabulary, "lower": True},
    )  # fmt: skip
    numbers = {token: number for number, token in enumerate(vocabulary)}
    inputs = text_array([{"text": text} for text in reviews.texts], spec=spec, vocabulary=numbers)
    return spec, trained_weights(spec, inputs=inputs, labels=reviews.labels, recipe=RECIPE)
