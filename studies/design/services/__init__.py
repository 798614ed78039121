"""Everything that writes what is studied; interfaces call these."""

from studies.design.services.cases import case_file_import
from studies.design.services.gate import gate_override, gates_override
from studies.design.services.launch import version_launch
from studies.design.services.preparation import version_prepare
from studies.design.services.problems import version_problems
from studies.design.services.recruitment import recruitment_set
from studies.design.services.versions import study_import

__all__ = [
    "case_file_import",
    "gate_override",
    "gates_override",
    "recruitment_set",
    "study_import",
    "version_launch",
    "version_prepare",
    "version_problems",
]
