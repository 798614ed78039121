"""From a frozen exhibit to the plain data that people are shown: cards, changes, bars; names become labels."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.attribution import Explanation
from explainers.core.cases import format_value, schema_modality
from explainers.core.exhibit import Exhibit
from explainers.core.render.plain import (
    concepts_html,
    counterfactual_html,
    examples_html,
    rationale_html,
)

ROWS_OF_A_CARD = 8
HEADINGS = {"for": "Speaks for it", "against": "Speaks against it"}


def exhibit_html(
    exhibit: Exhibit,
    *,
    schema: Mapping[str, Any],
    spec: Mapping[str, Any],
    pictures: Callable[[str], NDArray[np.uint8]] | None,
) -> str:
    """
    Draw an exhibit of any kind.

    Parameters
    ----------
    exhibit : Exhibit
        What was frozen.
    schema : Mapping
        The complete schema of the set of cases.
    spec : Mapping
        Of its renderer.
    pictures : Callable or None
        From digest to pixels, for pictures of other cases.

    Returns
    -------
    str
        An HTML fragment.

    Raises
    ------
    ExplanationRefused
        If the content is of another form or a picture is missing.
    """
    if exhibit.kind == "concepts":
        data: dict[str, Any] = {"target": exhibit.target_class, "bars": concept_bars(exhibit)}
        named = {patch["image"] for bar in data["bars"] for patch in bar["patches"]}
        return concepts_html(data, spec=spec, pictures=_fetched(named, pictures))
    if exhibit.kind == "examples":
        data = example_cards(exhibit, schema=schema)
        named = {card["image"] for card in data["cards"] if card.get("image")}
        return examples_html(data, pictures=_fetched(named, pictures))
    if exhibit.kind == "counterfactual":
        return counterfactual_html(labelled_changes(exhibit.content, schema=schema))
    return rationale_html(exhibit.content)


def _fetched(
    digests: set[str], pictures: Callable[[str], NDArray[np.uint8]] | None
) -> dict[str, NDArray[np.uint8]]:
    return {digest: pictures(digest) for digest in sorted(digests)} if pictures else {}


def example_cards(exhibit: Exhibit, *, schema: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the cards of an exhibit of examples as `examples_html` takes them.

    Parameters
    ----------
    exhibit : Exhibit
        Its content has `cards` as they are, or `classes` (outcome to cases), or `for` and `against`.
    schema : Mapping
        The complete schema; known cases have the features of the cases they are held against.

    Returns
    -------
    dict
        `title` and `cards`; of a table the first eight features are shown, and how many there are beside them.
    """
    content = exhibit.content
    if "cards" in content:
        return dict(content)
    cards = []
    if "classes" in content:
        title = "Known cases, with what turned out (distance 0: the same to the AI)"
        is_one = len(content["classes"]) == 1
        for name, found in content["classes"].items():
            cards += [
                _card(each, heading=f"Example {number}" if is_one else f"{name}, {number}", schema=schema)
                for number, each in enumerate(found, start=1)
            ]
    else:
        title = f"Known cases that taught the AI most about {exhibit.target_class} here"
        for word, heading in HEADINGS.items():
            cards += [
                _card(each, heading=f"{heading}, {number}", schema=schema)
                for number, each in enumerate(content.get(word, []), start=1)
            ]
    return {"title": title, "cards": cards}


def _card(known: Mapping[str, Any], *, heading: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    inputs, features = known.get("inputs", {}), schema.get("features", [])
    shown = [feature for feature in features if feature["name"] in inputs]
    notes = []
    if "distance" in known:
        notes.append(f"Distance {known['distance']:.2f}.")
    card: dict[str, Any] = {"heading": heading, "outcome": known["outcome"]}
    modality = schema_modality(schema)
    if modality != "tabular":
        card[modality] = inputs.get(modality)
    else:
        card["rows"] = [
            {
                "label": feature["label"],
                "value": f"{format_value(inputs[feature['name']], decimals=feature['decimals'])} "
                f"{feature['unit']}".strip(),
            }
            for feature in shown[:ROWS_OF_A_CARD]
        ]
        if len(shown) > ROWS_OF_A_CARD:
            notes.append(f"{len(shown) - ROWS_OF_A_CARD} more features are not shown.")
    return {**card, "note": " ".join(notes)}


def labelled_changes(content: Mapping[str, Any], *, schema: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return a counterfactual as `counterfactual_html` takes it: features by the labels and units of the schema.

    Parameters
    ----------
    content : Mapping
        Of the exhibit: `now`, `instead`, `changes` with `feature` (or a `label` already), `locked` names.
    schema : Mapping
        The complete schema.

    Returns
    -------
    dict
        With `label` and `unit` of every change, and labels of what is locked.
    """
    known = {feature["name"]: feature for feature in schema.get("features", [])}

    def label(name: str) -> str:
        return str(known.get(name, {}).get("label", name))

    changes = [
        {
            "label": label(change.get("feature", "")),
            "unit": known.get(change.get("feature"), {}).get("unit", ""),
            **change,
        }
        for change in content.get("changes", [])
    ]
    return {**content, "changes": changes, "locked": [label(name) for name in content.get("locked", [])]}


def concept_bars(explanation: Explanation) -> list[dict[str, Any]]:
    """
    Return the bars of an exhibit of concepts as `concepts_html` takes them.

    Parameters
    ----------
    explanation : Explanation
        An exhibit whose `content["bars"]` have, beside a name, if known `low` and `high` (ends of what chance gives),
        `found` (whether it is more than chance) and `value` with `weight` (presence of the concept, of a bottleneck).

    Returns
    -------
    list of dict
        `label`, `value`, `null`, `significant`, `present`, `patches` (those with a picture); strongest first.
    """
    details = explanation.content.get("bars", []) if isinstance(explanation, Exhibit) else []
    by_name = {bar.get("name"): bar for bar in details}
    bars = []
    for name, value in zip(explanation.features, explanation.values, strict=True):
        known = by_name.get(name, {})
        has_band = known.get("low") is not None and known.get("high") is not None
        bars.append(
            {
                "label": name,
                "value": float(value),
                "null": [float(known["low"]), float(known["high"])] if has_band else None,
                "significant": known.get("found"),
                "present": float(known["value"]) if "weight" in known else None,
                "patches": [patch for patch in known.get("patches", []) if patch.get("image")],
            }
        )
    return sorted(bars, key=lambda bar: -abs(bar["value"]))
