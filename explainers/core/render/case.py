"""Showing a case by itself: a picture or a text, for conditions with and without explanations."""

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.cases import schema_modality
from explainers.core.errors import CaseSetRefused
from explainers.core.png import png_encode


def case_html(
    inputs: Mapping[str, Any], *, schema: Mapping[str, Any], pixels: NDArray[np.uint8] | None = None
) -> str:
    """
    Show the picture or the text of a case; its further features are lines of a panel, as those of tables.

    Parameters
    ----------
    inputs : Mapping
        Inputs of the case.
    schema : Mapping
        The complete schema of its set.
    pixels : numpy.ndarray or None
        The case's picture, uint8 (height, width, 1 or 3).

    Returns
    -------
    str
        An HTML fragment without script, style or id; empty for tables, which a panel shows.

    Raises
    ------
    CaseSetRefused
        If the picture is missing.

    Examples
    --------
    >>> case_html({"text": "No pain."}, schema={"modality": "text", "label": "Report", "features": []})
    '<figure class="case-box"><figcaption>Report</figcaption><p class="case-text">No pain.</p></figure>'
    """
    modality = schema_modality(schema)
    if modality == "tabular":
        return ""
    label = escape(schema["label"])
    if modality == "text":
        body = f'<p class="case-text">{escape(inputs["text"])}</p>'
    elif pixels is None:
        raise CaseSetRefused("The picture of the case is missing.")
    else:
        data = b64encode(png_encode(pixels)).decode()
        body = (
            f'<img class="case-picture" src="data:image/png;base64,{data}" width="{pixels.shape[1]}" '
            f'height="{pixels.shape[0]}" alt="{label}"/>'
        )
    return f'<figure class="case-box"><figcaption>{label}</figcaption>{body}</figure>'
