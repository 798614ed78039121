"""Mazes of three difficulties, an AI that is right in three of four, and the ways that it says it has found."""

from __future__ import annotations

import yaml

from deploy.gallery.ensure import cases_once, csv_bytes, maps_brought, predictor_once
from explainers.core.demo_data.mazes import EXITS, MAZE_LICENCE, Maze, maze_file, maze_schema, mazes_draw
from explainers.models import CaseSet, Explanation, Predictor
from explainers.services import BroughtFile, explanations_bring, predictor_import
from studies.design.services import case_file_import

CASES, PREDICTOR, WAYS, DIRECTIONS = "gallery-mazes", "gallery-maze-ai", "maze-ways", "maze-directions"
OF_EACH, RIGHT = 32, 0.75
SOURCE = "Drawn with the mazes; of a wrong exit the way crosses a wall"


def bring_in() -> None:
    """Bring in the mazes, the simulated AI, its ways as pictures and as words."""
    mazes = mazes_draw(count=OF_EACH, right=RIGHT)
    case_set = cases_once(CASES, lambda: _cases(mazes))
    predictor = predictor_once(PREDICTOR, lambda: _predictor(mazes, case_set))
    if not Explanation.objects.filter(predictor=predictor).exists():
        _explanations(mazes, case_set=case_set, predictor=predictor)


def _cases(mazes: list[Maze]) -> CaseSet:
    schema = {
        **maze_schema(),
        "truth": {"options": list(EXITS), "source": "The one exit that can be reached"},
        "columns": ["difficulty"],
        "licence": MAZE_LICENCE,
    }
    rows = [(maze.key, f"{maze.key}.png", maze.exit, maze.difficulty) for maze in mazes]
    return case_file_import(
        name=CASES,
        csv=csv_bytes(("case_id", "file", "ground_truth", "difficulty"), rows),
        schema=yaml.safe_dump(schema).encode(),
        files={f"{maze.key}.png": maze_file(maze) for maze in mazes},
    )


def _predictor(mazes: list[Maze], case_set: CaseSet) -> Predictor:
    said = csv_bytes(("case_id", "label"), [(maze.key, maze.advised) for maze in mazes])
    return predictor_import(
        name=PREDICTOR,
        classes=EXITS,
        case_set=case_set,
        data=said,
        kind=Predictor.Kind.SCRIPTED,
        source="Right in three of four mazes of each difficulty, by chance",
    )


def _explanations(mazes: list[Maze], *, case_set: CaseSet, predictor: Predictor) -> None:
    ways = {maze.key: (maze.advised, maze.way) for maze in mazes}
    words = csv_bytes(
        ("case_id", "target", "text"), [(maze.key, maze.advised, maze.directions) for maze in mazes]
    )
    for name, brought in (
        (WAYS, maps_brought(ways, source=SOURCE)),
        (DIRECTIONS, BroughtFile("rationales", words, source=SOURCE)),
    ):
        explanations_bring(name=name, predictor=predictor, case_set=case_set, brought=brought)
