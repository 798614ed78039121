"""Drawing an attribution as bars: an HTML fragment of a table, tiny SVG bars and a sentence, without any script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from explainers.core.attribution import Explanation
from explainers.core.cases import format_value, reference_range
from explainers.core.directions import (
    NEGATIVE,
    POSITIVE,
    Directions,
    directions,
    key_svg,
    scale_limit,
)
from explainers.core.errors import ExplanationRefused

VERSION = "1"
SPEC_KEYS = {"renderer", "version", "top", "limit", "baseline"}


@dataclass(frozen=True)
class Bar:
    """
    One row of the table.

    Parameters
    ----------
    label : str
        The feature, or the rest of the features.
    value : str
        Value with unit; empty for the rest.
    reference : str
        Reference range in words; may be empty.
    attribution : float
        In the unit of the target space.
    """

    label: str
    value: str
    reference: str
    attribution: float


def bars_spec(
    attributions: Sequence[float],
    *,
    top: int = 5,
    baseline: str = "a typical case",
    outcome: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """
    Return the render specification of a study: one scale for all of its explanations.

    Formula: limit = 99th percentile of |a| over all attributions of all cases and methods shown.

    Parameters
    ----------
    attributions : Sequence of float
        All of them; not empty.
    top : int
        Features drawn one by one; the others are added up in one row.
    baseline : str
        What cases were compared with, in words.
    outcome : Mapping or None
        `unit` and `decimals` of a regression, whose pushes are then written as numbers; None for a classification.

    Returns
    -------
    dict
        The specification; rounded to six digits so that it has one spelling. `limit` is 1 if all are zero.

    Raises
    ------
    ExplanationRefused
        If there are no attributions.

    Examples
    --------
    >>> bars_spec([0.5, -1.0])["limit"]
    0.995
    """
    if not len(attributions):
        raise ExplanationRefused("A scale needs at least one explanation.")
    return {
        "renderer": "bars",
        "version": VERSION,
        "top": top,
        "limit": scale_limit(attributions),
        "baseline": baseline,
        **({} if outcome is None else {"outcome": dict(outcome)}),
    }


def bars_select(
    explanation: Explanation, *, inputs: Mapping[str, float], features: Sequence[Mapping[str, Any]], top: int
) -> list[Bar]:
    """
    Choose what is drawn: the strongest features by |a|, then all others together.

    Parameters
    ----------
    explanation : Explanation
        The attributions.
    inputs : Mapping
        Values of the case.
    features : Sequence of Mapping
        The schema's features, complete.
    top : int
        How many are drawn one by one.

    Returns
    -------
    list of Bar
        At most top + 1; a tie keeps the predictor's order; no row for others if there is at most one
        other feature (it is drawn itself).
    """
    by_name = {feature["name"]: feature for feature in features}
    pairs = sorted(zip(explanation.features, explanation.values, strict=True), key=lambda pair: -abs(pair[1]))
    shown = len(pairs) if len(pairs) <= top + 1 else top
    bars = []
    for name, value in pairs[:shown]:
        feature = by_name[name]
        text = f"{format_value(inputs[name], decimals=feature['decimals'])} {feature['unit']}".strip()
        bars.append(Bar(feature["label"], text, reference_range(feature), value))
    if pairs[shown:]:
        rest = float(sum(value for _, value in pairs[shown:]))
        bars.append(Bar(f"The other {len(pairs) - shown} features together", "", "", rest))
    return bars


def bars_html(
    explanation: Explanation,
    *,
    inputs: Mapping[str, float],
    features: Sequence[Mapping[str, Any]],
    spec: Mapping[str, Any],
) -> str:
    """
    Draw one explanation.

    Parameters
    ----------
    explanation : Explanation
        The attributions.
    inputs : Mapping
        Values of the case, feature name to number in its unit.
    features : Sequence of Mapping
        The schema's features, complete.
    spec : Mapping
        What `bars_spec` gave; one per study.

    Returns
    -------
    str
        An HTML fragment: no script, no style, no id; every text is escaped. Nothing in it tells a control
        from a real explanation. The classes are in static/explainers/bars.css.

    Raises
    ------
    ExplanationRefused
        If the specification is not one of this renderer.
    """
    if (
        set(spec) - {"outcome"} != SPEC_KEYS
        or (spec["renderer"], spec["version"]) != ("bars", VERSION)
        or not spec["limit"] > 0
    ):
        raise ExplanationRefused(
            f"This is not a specification of the renderer bars {VERSION}: {dict(spec)!r:.200}."
        )
    bars = bars_select(explanation, inputs=inputs, features=features, top=spec["top"])
    words = directions(explanation.target_class, outcome=spec.get("outcome"))
    rows = "".join(_row(bar, words=words, spec=spec) for bar in bars)
    text = bars_text(
        bars,
        target=explanation.target_class,
        limit=spec["limit"],
        baseline=spec["baseline"],
        outcome=spec.get("outcome"),
    )
    return (
        '<div class="bars-box"><table class="bars" role="table">'
        f"<caption>{words.title_html('bars-target')}"
        f' <span class="bars-baseline">compared with {escape(spec["baseline"])}</span></caption>'
        '<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Feature</th>'
        '<th scope="col" role="columnheader">Value</th><th scope="col" role="columnheader">Push</th></tr></thead>'
        f'<tbody role="rowgroup">{rows}</tbody></table>'
        f'<p class="bars-legend">{key_svg(NEGATIVE, "bar-neg")} left: {escape(words.away)}. '
        f"{key_svg(POSITIVE, 'bar-pos')} right: {escape(words.towards)}. "
        "A longer bar is a stronger push; all cases are drawn on one scale.</p>"
        f'<p class="bars-text">{escape(text)}</p></div>'
    )


def bars_text(
    bars: Sequence[Bar],
    *,
    target: str,
    limit: float,
    baseline: str,
    outcome: Mapping[str, Any] | None = None,
) -> str:
    """
    Say in a sentence what the bars show.

    Parameters
    ----------
    bars : Sequence of Bar
        What is drawn, in order.
    target : str
        The class explained.
    limit : float
        Attribution at the end of the scale.
    baseline : str
        What the case was compared with.
    outcome : Mapping or None
        As for `bars_spec`.

    Returns
    -------
    str
        Every bar with its direction and its length in hundredths of the scale.

    Examples
    --------
    >>> bars_text([Bar("Age", "40 years", "", 0.5)], target="ill", limit=1, baseline="a typical case")
    'What pushed the AI towards ill, compared with a typical case: Age (40 years) towards ill, 50 of 100.'
    """
    words = directions(target, outcome=outcome)
    parts = []
    for bar in bars:
        value = f" ({bar.value})" if bar.value else ""
        strength = (
            "beyond the scale" if abs(bar.attribution) > limit else f"{_length(bar, limit=limit):.0f} of 100"
        )
        if outcome is not None:
            strength = _amount(bar, outcome=outcome)
        parts.append(f"{bar.label}{value} {words.of(bar.attribution)}, {strength}")
    return f"{words.title}, compared with {baseline}: {'; '.join(parts)}."


def _length(bar: Bar, *, limit: float) -> float:
    return min(abs(bar.attribution) / limit, 1.0) * 100


def _amount(bar: Bar, *, outcome: Mapping[str, Any]) -> str:
    number = format_value(bar.attribution, decimals=int(outcome.get("decimals", 2)))
    sign = "+" if bar.attribution > 0 and any(digit in "123456789" for digit in number) else ""
    return f"{sign}{number} {outcome.get('unit', '')}".strip()


def _row(bar: Bar, *, words: Directions, spec: Mapping[str, Any]) -> str:
    limit, outcome = spec["limit"], spec.get("outcome")
    length = _length(bar, limit=limit)
    positive = bar.attribution > 0
    rectangle = (
        f'<rect class="{"bar-pos" if positive else "bar-neg"}" fill="{POSITIVE if positive else NEGATIVE}" '
        f'x="{0 if positive else -length:.2f}" y="2" width="{length:.2f}" height="12"/>'
    )
    beyond = ' <span class="bars-beyond">(beyond the scale)</span>' if abs(bar.attribution) > limit else ""
    said = escape(words.of(bar.attribution) if outcome is None else _amount(bar, outcome=outcome))
    reference = f'<span class="bars-range">reference {escape(bar.reference)}</span>' if bar.reference else ""
    # Roles are said because narrow pages lay rows out as grids, which takes the table away from screen readers.
    return (
        f'<tr role="row"><th scope="row" role="rowheader">{escape(bar.label)}</th>'
        f'<td class="bars-value" role="cell">{escape(bar.value)}{reference}</td>'
        '<td class="bars-cell" role="cell"><svg class="bars-svg" viewBox="-100 0 200 16" width="100%" height="16" '
        'preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="bar-track" fill="#8884" x="-100" y="7" width="200" height="2"/>'
        f'{rectangle}<rect class="bar-zero" fill="#444" x="-0.5" y="0" width="1" height="16"/></svg>'
        f'<span class="bars-words">{said}{beyond}</span></td></tr>'
    )
