"""One field of every kind, as studies ask them."""

from studies.protocols.fields import Field, Option

DRUGS = tuple(Option(name, name.title()) for name in ("antibiotics", "steroids", "diuretics"))

EVERY_KIND = (
    Field("verdict", "choice", "Which one?", DRUGS),
    Field("orders", "several", "Which ones?", DRUGS, nothing="None of these"),
    Field("two", "several", "Which two?", DRUGS, minimum=2, maximum=2),
    Field("grade", "ordinal", "How bad?", minimum=1, maximum=5, anchors=("mild", "severe")),
    Field("price", "numeric", "What does it cost?", minimum=0, maximum=900, unit="EUR"),
    Field("confidence", "percent", "How sure?", minimum=0, maximum=100),
    Field("chance", "probability", "How likely?", minimum=0, maximum=1),
    Field("shares", "probabilities", "How likely is each?", DRUGS, sums_to=100),
    Field("each", "probabilities", "How likely is each by itself?", DRUGS),
    Field("order", "ranking", "Order them.", DRUGS),
    Field("box", "region", "Where?", nothing="Nowhere"),
    Field("spot", "region", "Where exactly?", shape="point"),
    Field("similar", "rating_per_part", "How similar is each?", DRUGS, minimum=1, maximum=4),
    Field("swap", "replacement", "Change one.", DRUGS, options_in=(Option("rest", "Rest"), *DRUGS)),
    Field("why", "text", "Why?"),
)
