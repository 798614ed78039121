"""Makes the study of the benchmark in ``DATABASE_URL``: ``python -m tests.bench.study TRIALS SLOTS``."""

from __future__ import annotations

import os
import sys

ROW = """<tr><th scope="row">Measurement {i}</th>
<td>{v:.2f} µm <small>reference 5.0 to 15.0</small></td>
<td><svg class="bar" viewBox="0 0 200 12" preserveAspectRatio="none" aria-hidden="true" focusable="false">
<line class="bar-axis" x1="0" x2="200" y1="6" y2="6"></line>
<rect class="bar-pos" x="100" y="1" width="{w}" height="10"></rect>
<line class="bar-zero" x1="100" x2="100" y1="0" y2="12"></line></svg>
<span>towards malignant</span></td></tr>"""


def fragment(name: str, number: int) -> str:
    """Return a table of bars as long as a real one (six rows)."""
    rows = "".join(ROW.format(i=i, v=number + i / 7, w=10 + (number * i) % 80) for i in range(6))
    return f'<table class="bars"><caption>What pushed the AI towards malignant</caption><tbody>{rows}</tbody></table>'


def main(trials: int, slots: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")
    import django

    django.setup()
    from tests.factories import StudyRecipe, launched_version, step, trials_step

    flow = [step("consent", text="consent"), step("allocate"), trials_step(trials)]
    launched_version(StudyRecipe(slug="bench", flow=flow, slots=slots, fragment=fragment))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
