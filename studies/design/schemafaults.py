"""Holds a study file against its published schema and says in words, line by line, what does not fit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from studies.design.yamlsource import Path, YamlSource
from studies.errors import Fault

NOT_YET = "x-not-yet"
_TYPES = {
    "string": "text",
    "object": "a mapping (name: value)",
    "array": "a list",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
}
_MISFITS = {"type", "enum"}


@cache
def study_schema() -> Mapping[str, Any]:
    """Return the published schema of the study file."""
    schema: Mapping[str, Any] = json.loads((files("studies.design") / "study.schema.json").read_text("utf-8"))
    return schema


def schema_faults(source: YamlSource, *, definition: str = "") -> list[Fault]:
    """Return everything that does not fit the schema (or one definition of it), in order of lines."""
    found = {
        source.fault(path, message)
        for error in _validator(definition).iter_errors(source.data)
        for path, message in _told(error)
    }
    return sorted(found)


def value_faults(source: YamlSource, *, path: Path, value: Any, schema: Mapping[str, Any]) -> list[Fault]:
    """Return everything in which the value at a path does not fit a schema of its own, such as that of a plug-in."""
    whole = {"$schema": study_schema()["$schema"], "$defs": study_schema()["$defs"], **schema}
    checker = extend(Draft202012Validator, {NOT_YET: _not_yet})(whole)  # type: ignore[no-untyped-call]
    told = (entry for error in checker.iter_errors(value) for entry in _told(error))
    return sorted(source.fault((*path, *below), message) for below, message in told)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ' Did you mean …?' when a known word is close, otherwise what there is."""
    names = sorted(known)
    close = get_close_matches(word[:100], names, n=1, cutoff=0.6)
    if close:
        return f" Did you mean '{close[0]}'?"
    return f" There is: {', '.join(names[:12])}." if names else ""


def _not_yet(
    _validator: Any, what: str, _instance: Any, _schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    yield ValidationError(f"not supported yet: {what}. Leave it out.")


@cache
def _validator(definition: str) -> Draft202012Validator:
    schema = study_schema()
    if definition:
        schema = {
            "$schema": schema["$schema"],
            "$defs": schema["$defs"],
            "$ref": f"#/$defs/{definition}",
        }
    checked: Draft202012Validator = extend(Draft202012Validator, {NOT_YET: _not_yet})(schema)  # type: ignore[no-untyped-call]
    return checked


def _told(error: Any) -> Iterator[tuple[Path, str]]:
    if error.validator == "anyOf":
        yield from _told_of_choice(error)
        return
    path = tuple(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        path = (*path, str(error.instance))
    tell = _TELLERS.get(str(error.validator))
    if tell is None:
        yield path, error.message
        return
    for below, message in tell(error):
        yield (*path, *below), message


def _told_of_choice(error: Any) -> Iterator[tuple[Path, str]]:
    branches: dict[int, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(int(inner.relative_schema_path[0]), []).append(inner)
    fitting = [errors for errors in branches.values() if not any(_is_misfit(e) for e in errors)]
    if fitting:
        # A part that is only not supported yet fits better than one that is wrong.
        for inner in min(fitting, key=lambda errors: sum(e.validator != NOT_YET for e in errors)):
            yield from _told(inner)
        return
    path = tuple(error.absolute_path)
    misfits = [e for errors in branches.values() for e in errors if _is_misfit(e)]
    values = [value for e in misfits if e.validator == "enum" for value in _values(e)]
    types = [word for e in misfits if e.validator == "type" for word in _type_words(e)]
    if isinstance(error.instance, str) and values:
        yield path, f"'{error.instance}' cannot stand here.{did_you_mean(error.instance, map(str, values))}"
    else:
        wanted = [*dict.fromkeys(types), *([f"one of {', '.join(map(str, values))}"] if values else [])]
        yield path, f"Here must stand {' or '.join(wanted)}, not {_shown(error.instance)}."


def _is_misfit(error: Any) -> bool:
    if len(error.relative_path):
        return False
    if error.validator == "anyOf":
        return all(_is_misfit(inner) for inner in error.context)
    return error.validator in _MISFITS


def _values(error: Any) -> list[Any]:
    return list(error.validator_value)


def _type_words(error: Any) -> list[str]:
    wanted = error.validator_value
    return [_TYPES[word] for word in ([wanted] if isinstance(wanted, str) else wanted)]


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _unknown_keys(error: Any) -> Iterator[tuple[Path, str]]:
    known = error.schema.get("properties", {})
    for key in error.instance:
        if key not in known:
            yield (key,), f"There is no '{key}' here.{did_you_mean(key, known)}"


def _missing_key(error: Any) -> Iterator[tuple[Path, str]]:
    for key in error.validator_value:
        if key not in error.instance:
            yield (), f"'{key}' is missing."


def _too_many_keys(error: Any) -> Iterator[tuple[Path, str]]:
    if error.validator_value == 1:
        yield (
            (),
            "A step has one name; put its settings inside it, such as 'questionnaire: {use: …, only: […]}'.",
        )
    else:
        yield (), f"At most {error.validator_value} entries are allowed."


def _sentence(text: str) -> Callable[[Any], Iterator[tuple[Path, str]]]:
    def tell(error: Any) -> Iterator[tuple[Path, str]]:
        yield (
            (),
            text.format(
                value=_shown(error.instance),
                limit=error.validator_value,
                hint=error.schema.get("x-hint", "another form"),
            ),
        )

    return tell


def _wrong_type(error: Any) -> Iterator[tuple[Path, str]]:
    yield (), f"Here must stand {' or '.join(_type_words(error))}, not {_shown(error.instance)}."


def _wrong_word(error: Any) -> Iterator[tuple[Path, str]]:
    known = [str(value) for value in error.validator_value]
    yield (), f"{_shown(error.instance)} cannot stand here.{did_you_mean(str(error.instance), known)}"


_TELLERS: dict[str, Callable[[Any], Iterator[tuple[Path, str]]]] = {
    "additionalProperties": _unknown_keys,
    "required": _missing_key,
    "maxProperties": _too_many_keys,
    "minProperties": _sentence("Here is nothing: at least one entry is needed."),
    "type": _wrong_type,
    "enum": _wrong_word,
    "pattern": _sentence("{value} is not allowed here: write {hint}."),
    "minimum": _sentence("{value} is too small: at least {limit}."),
    "exclusiveMinimum": _sentence("{value} is too small: it must be more than {limit}."),
    "maximum": _sentence("{value} is too large: at most {limit}."),
    "minItems": _sentence("The list is too short: at least {limit} entries."),
    "maxItems": _sentence("The list is too long: at most {limit} entries."),
    "minLength": _sentence("{value} is too short: at least {limit} characters."),
    "maxLength": _sentence("{value} is too long: at most {limit} characters."),
    "uniqueItems": _sentence("The list names something twice."),
}
