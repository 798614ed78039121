"""What a case plan comes to, for the terminal and as a page of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.template.loader import render_to_string
from markupsafe import Markup

from studies.design.balancepictures import balance_pictures
from studies.design.balancetables import table_text
from studies.design.planpreview import PlanPreview

STYLES = Path(__file__).parent / "static" / "design" / "admin.css"


def preview_lines(title: str, preview: PlanPreview) -> Iterator[str]:
    """Yield the lines for the terminal: who is counted, what is promised and kept, then every table."""
    people = ", ".join(f"{arm} {count}" for arm, count in preview.balance.people.items())
    source = (
        "as drawn at launch" if preview.is_drawn else "dealt for this look, from another seed than launch"
    )
    yield f"{title}: the plans of {preview.people} participants ({people}), {source}"
    for claim in preview.claims:
        yield f"  {claim.word}: {claim.text}"
    for table in preview.tables:
        yield ""
        yield table_text(table)


def preview_page(title: str, preview: PlanPreview) -> str:
    """Return one HTML file with the tables and pictures; it needs no other file and holds no script."""
    return render_to_string(
        "design/plan.html",
        {
            "title": title,
            "balance": preview,
            "pictures": balance_pictures(preview.balance),
            "styles": Markup(STYLES.read_text(encoding="utf-8")),  # noqa: S704 - a file of our own
        },
    )
