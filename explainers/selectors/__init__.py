"""What others may read of cases, predictions, explanations, renderings, gates and jobs."""

from explainers.selectors.content import (
    case_panel,
    case_parts,
    explanation_artefact,
    explanation_list,
    explanation_problems,
    job_progress,
    prediction_map,
    prediction_progress,
    render_key,
    rendering_bytes,
)
from explainers.selectors.gates import (
    gate_accepts,
    gate_applies,
    gate_of_method,
    gate_problems,
    gate_red,
    gates_by_method,
)
from explainers.selectors.progress import (
    Progress,
    duration_words,
    jobs_overview,
)

__all__ = [
    "Progress",
    "case_panel",
    "case_parts",
    "duration_words",
    "explanation_artefact",
    "explanation_list",
    "explanation_problems",
    "gate_accepts",
    "gate_applies",
    "gate_of_method",
    "gate_problems",
    "gate_red",
    "gates_by_method",
    "job_progress",
    "jobs_overview",
    "prediction_map",
    "prediction_progress",
    "render_key",
    "rendering_bytes",
]
