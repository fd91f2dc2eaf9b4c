"""Options of an import in a request: query parameters, or fields of its form beside the file."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from .domain.asked import ASKED, options_asked
from .domain.options import CAP_MOST, COHORTS, PII, PREFIX_LEAST, PREFIX_MOST, PRIORITY_LEAST, PRIORITY_MOST

_SAID: dict[str, tuple[Any, str]] = {
    "dedupe_prefix": (
        {"type": "integer", "minimum": PREFIX_LEAST, "maximum": PREFIX_MOST},
        "Leave out a prompt whose last message shares so many first characters with one that is there.",
    ),
    "cap_per_source": ({"type": "integer", "minimum": 1, "maximum": CAP_MOST}, "At most so many prompts a source key."),
    "split_by": (OpenApiTypes.STR, "What stands for the source: source_key, or a field like metadata.organisation."),
    "pii": ({"type": "string", "enum": list(PII)}, "Mask personal data, or withhold lines that hold any."),
    "pii_model": (OpenApiTypes.STR, "A recogniser's folder, below the installation's folder of recognisers."),
    "language": (OpenApiTypes.STR, "detect, or the code of lines that do not say their own."),
    "use_case_quotas": (OpenApiTypes.STR, "Most prompts of the project by use case: chat=500,open_qa=200, or JSON."),
    "priority": ({"type": "integer", "minimum": PRIORITY_LEAST, "maximum": PRIORITY_MOST}, "Of the tasks made."),
    "cohort": ({"type": "string", "enum": list(COHORTS)}, "Keep the tasks made for it."),
    "requires": (OpenApiTypes.STR, "Skills the tasks made ask for, with commas: language:es,domain:law."),
    "columns": (OpenApiTypes.STR, "JSON: which column holds what."),
}
OPTION_PARAMETERS = [
    OpenApiParameter("options", str, description="All of the following as one JSON object."),
    *(OpenApiParameter(name, _SAID[name][0], description=_SAID[name][1]) for name in ASKED),
]


def options_of(request: Request) -> dict[str, Any]:
    """The options a request asks for; a parameter goes before a field of the form. Raises RuleBroken."""
    return options_asked({**_fields(request), **request.query_params.dict()})


def form_properties() -> Mapping[str, Any]:
    return {name: {"type": "string", "description": said} for name, (_, said) in _SAID.items()}


def _fields(request: Request) -> dict[str, str]:
    """Only of a form: any other body is the file, and is not to be read for this."""
    if not (request.content_type or "").lower().startswith("multipart/"):
        return {}
    data = request.data
    return {name: value for name, value in data.items() if isinstance(value, str)} if isinstance(data, dict) else {}
