"""The gallery: landmark studies of human-AI decisions as study files, each with a page that says what it expresses.

A folder holds the study file, the texts that it names, and ``about.yaml``; ``deploy.gallery`` makes the materials.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
STUDY_FILE, ABOUT_FILE = "study.yaml", "about.yaml"
MOST_MISSING = 2
TEXTS = ("title", "authors", "venue", "doi", "asks", "material")


@dataclass(frozen=True)
class PaperMeasure:
    """What a paper reports, in its words, and the measure of the shelf that computes it."""

    paper: str
    measure: str


@dataclass(frozen=True)
class Landmark:
    """A study of the gallery: the paper, what its file expresses of it, and what is missing.

    ``overrides`` leads from a method to the written reason why its explanations are shown although some are red.
    """

    name: str
    title: str
    authors: str
    year: int
    venue: str
    doi: str
    asks: str
    material: str
    expresses: tuple[str, ...]
    missing: tuple[str, ...]
    measures: tuple[PaperMeasure, ...]
    fewest: int
    overrides: Mapping[str, str]

    @property
    def cited(self) -> str:
        """Return authors and year as a text cites them."""
        first, *others = self.authors.replace(" & ", ", ").split(", ")
        who = first if not others else f"{first} and {others[0]}" if len(others) == 1 else f"{first} et al."
        return f"{who} {self.year}"

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @property
    def source(self) -> str:
        """Return the study file as text."""
        return (self.folder / STUDY_FILE).read_text(encoding="utf-8")

    @property
    def files(self) -> dict[str, bytes]:
        """Return the files that the study file names, by name."""
        own = {STUDY_FILE, ABOUT_FILE}
        return {file.name: file.read_bytes() for file in self.folder.iterdir() if file.name not in own}

    @property
    def slug(self) -> str:
        """Return the short name of the study itself."""
        return str(yaml.safe_load(self.source)["study"])


def landmark_names() -> list[str]:
    """Return the names of the studies in the gallery, sorted."""
    return sorted(file.parent.name for file in FOLDER.glob(f"*/{ABOUT_FILE}"))


def landmark(name: str) -> Landmark:
    """Return a study of the gallery; raises ``KeyError`` when there is none of that name."""
    if name not in landmark_names():
        raise KeyError(name)
    content: dict[str, Any] = yaml.safe_load((FOLDER / name / ABOUT_FILE).read_text(encoding="utf-8"))
    return Landmark(
        name=name,
        **{key: str(content[key]).strip() for key in TEXTS},
        year=int(content["year"]),
        expresses=tuple(content["expresses"]),
        missing=tuple(content["missing"]),
        measures=tuple(PaperMeasure(each["paper"], each["measure"]) for each in content["measures"]),
        fewest=int(content["fewest"]),
        overrides=dict(content.get("overrides", {})),
    )


def landmarks() -> list[Landmark]:
    """Return all studies of the gallery, the oldest paper first."""
    return sorted((landmark(name) for name in landmark_names()), key=lambda each: (each.year, each.name))
