"""The section of a version's page that says who stays and who leaves; the page itself knows nothing of people."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import RequestContext

from studies.design.models import StudyVersion
from studies.enrolment.attrition import staying_by_arm

register = template.Library()


@register.inclusion_tag("enrolment/admin/_staying.html", takes_context=True)
def staying(context: RequestContext, version: StudyVersion) -> dict[str, Any]:
    """Show counts by arm to who may see the allocation, and to everybody else the finding in words."""
    request = context["request"]
    return {
        "staying": staying_by_arm(version),
        "sees_allocation": request.user.has_perm("design.view_allocation"),
    }
