"""A case of several parts, made up: two pictures of different windows, a referral, blood values and a pulse."""

import hashlib
from typing import Any

import numpy as np

from explainers.core.cases import panel_rows
from explainers.core.cases.display import series_drawing
from explainers.core.cases.parts import check_parts
from explainers.core.png import png_encode

HEIGHT, WIDTH = 360, 480


def _drawn(contrast: float) -> bytes:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    chest = 150 * np.exp(-(((x - 240) / 190) ** 4 + ((y - 180) / 150) ** 4))
    lungs = -90 * (
        np.exp(-(((x - 150) / 70) ** 2 + ((y - 180) / 110) ** 2))
        + np.exp(-(((x - 330) / 70) ** 2 + ((y - 180) / 110) ** 2))
    )
    ribs = 14 * np.sin(y / 9 + ((x - 240) / 120) ** 2)
    spot = 70 * np.exp(-(((x - 350) / 16) ** 2 + ((y - 140) / 14) ** 2))
    pixels = np.clip(40 + contrast * (chest + lungs + ribs + spot), 0, 255).astype(np.uint8)
    return png_encode(pixels[:, :, None])


PICTURES = {hashlib.sha256(data).hexdigest(): data for data in (_drawn(1.0), _drawn(1.6))}
_VIEWS = [
    {"label": label, "digest": digest, "width": WIDTH, "height": HEIGHT}
    for label, digest in zip(("Lung", "Soft tissue"), PICTURES, strict=True)
]
_PARTS = check_parts(
    [
        {"name": "labs", "kind": "panel", "label": "Blood", "features": [
            {"name": "crp", "label": "C-reactive protein", "unit": "mg/l", "high": 5, "decimals": 1},
            {"name": "wbc", "label": "White cells", "unit": "10⁹/l", "low": 4, "high": 11, "decimals": 1},
        ]},
        {"name": "pulse", "kind": "series", "label": "Pulse", "unit": "/min", "x_label": "Hour", "x_unit": "h",
         "low": 60, "high": 100, "decimals": 0},
    ]
)  # fmt: skip
_PULSE = [
    [float(hour), 72 + 30 * np.exp(-(((hour - 9) / 4) ** 2)) + 3 * ((hour * 7) % 3)] for hour in range(24)
]
PARTS: list[dict[str, Any]] = [
    {"name": "image", "kind": "picture", "label": "Radiograph of the chest",
     "alt": "Radiograph of the chest, from the front",
     "views": _VIEWS},
    {"name": "note", "kind": "text", "label": "Referral",
     "text": "58 years, cough for three weeks, no fever.\nFormer smoker. Question: infiltrate?"},
    {"name": "labs", "kind": "panel", "label": "Blood",
     "rows": [vars(row) for row in panel_rows({"crp": 17.2, "wbc": 9.4}, features=_PARTS[0]["features"])]},
    {"name": "pulse", "kind": "series", "label": "Pulse", **series_drawing(_PARTS[1], _PULSE)},
]  # fmt: skip
