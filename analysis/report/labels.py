"""Human labels of conditions: results are told with names, pages are read with labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NAMED = {"condition", "treatment", "control", "unaided"}
_KEYED = {"n", "n_undefined", "opportunities", "means", "mean"}


def relabelled(results: Any, labels: Mapping[str, str]) -> Any:
    """Return results in which every condition is called by its label.

    Parameters
    ----------
    results : dict, list or plain value
        Results or a part of them; not changed.
    labels : mapping of str to str
        Name to label.

    Returns
    -------
    dict, list or plain value
        Values of ``condition, treatment, control, unaided``, the texts of ``contrast`` and ``conditions``, and the
        keys of counts and means by condition. Everything else stays as it is.

    Examples
    --------
    >>> relabelled({"treatment": "ig", "n": {"ig": 3, "ai": 4}}, {"ig": "Gradients"})
    {'treatment': 'Gradients', 'n': {'Gradients': 3, 'ai': 4}}
    """
    if all(name == label for name, label in labels.items()):
        return results
    return _relabelled(results, labels)


def _relabelled(value: Any, labels: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _told(key, item, labels) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_relabelled(item, labels) for item in value]
    return value


def _told(key: str, item: Any, labels: Mapping[str, str]) -> Any:
    if key in _NAMED and isinstance(item, str):
        return labels.get(item, item)
    if key == "contrast" and isinstance(item, str) and item.count(" - ") == 1:
        return " - ".join(labels.get(name, name) for name in item.split(" - "))
    if key in _KEYED and isinstance(item, Mapping):
        return {labels.get(name, name): _relabelled(found, labels) for name, found in item.items()}
    if key == "conditions" and isinstance(item, list | tuple) and all(isinstance(one, str) for one in item):
        return [labels.get(one, one) for one in item]
    return _relabelled(item, labels)
