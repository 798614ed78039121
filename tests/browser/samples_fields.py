"""Pages with every kind of field, as studies of the field ask them: what the browser tests look at."""

import base64
from dataclasses import replace

import numpy as np
from django.utils.safestring import SafeString

from explainers.core.png import png_encode
from studies.protocols.fields import Field, Option
from studies.trials.fieldview import field_shown
from studies.trials.pages import Page
from tests.browser.samples import trial


def options(*labels: str) -> tuple[Option, ...]:
    return tuple(Option(f"v{number}", label) for number, label in enumerate(labels))


TREATMENTS = Field(
    "treatments",
    "several",
    "Which treatments would you order?",
    options("Antibiotics", "Steroids", "Intravenous diuretics"),
    nothing="None of these",
)
LIKELIHOODS = Field(
    "likelihoods",
    "probabilities",
    "How likely is each diagnosis?",
    options("Pneumonia", "Heart failure", "Chronic obstructive pulmonary disease"),
    anchors=("0 = impossible", "100 = certain"),
    sums_to=100,
)
RANKING = Field(
    "order",
    "ranking",
    "Order the findings by how much they matter for your decision.",
    options("Radius of the nuclei", "Texture", "Perimeter of the nuclei", "Roughness of the outline"),
)
REGION = Field(
    "place", "region", "Where do you see the finding?", nothing="There is nothing to mark", shape="box"
)
RATING = Field(
    "similarity",
    "rating_per_part",
    "How similar is each prototype to the photo?",
    options("Prototype 1", "Prototype 2"),
    minimum=1,
    maximum=4,
    anchors=("not similar", "very similar"),
)
SWAP = Field(
    "swap",
    "replacement",
    "Change one ingredient of this meal to lower the carbohydrates.",
    options("White rice", "Chicken"),
    options_in=options("Cauliflower rice", "Lentils", "Brown rice"),
    nothing="Leave the meal as it is",
)
REASON = Field("reason", "text", "Your answer differs from that of the AI. Why?")


def picture() -> SafeString:
    """Return a picture of a bright spot on a dark ground, as an item of the case shows one."""
    y, x = np.mgrid[0:180, 0:240]
    spot = 220 * np.exp(-(((x - 150) / 26) ** 2 + ((y - 70) / 20) ** 2)) + 25
    pixels = np.repeat(spot[..., None], 3, axis=2).astype(np.uint8)
    data = base64.b64encode(png_encode(pixels)).decode()
    tag = (
        f'<img src="data:image/png;base64,{data}" width="240" height="180" alt="A scan with one bright spot">'
    )
    return SafeString(f'<figure data-picture="scan">{tag}</figure>')


def asked(*fields: Field, **shown: object) -> Page:
    return trial(prompt="", stage_label="", fields=[field_shown(field) for field in fields], **shown)


FIELD_PAGES: dict[str, Page] = {
    "trial_several": asked(TREATMENTS, LIKELIHOODS),
    "trial_ranking": asked(RANKING),
    "trial_region": asked(REGION, explanations=[{"number": 1, "html": picture()}]),
    "trial_parts": asked(RATING, REASON),
    "trial_swap": asked(SWAP),
    "trial_limited": trial(limit=45, left=45.0),
}
FIELD_PAGES["trial_several_invalid"] = replace(
    FIELD_PAGES["trial_several"],
    errors={
        "treatments": "Either “None of these” or some of the others: not both.",
        "likelihoods": "The numbers must add up to 100; they add up to 120 now.",
    },
    values={
        "treatments": ["v0", "none"],
        "likelihoods.v0": "60",
        "likelihoods.v1": "40",
        "likelihoods.v2": "20",
    },
)
