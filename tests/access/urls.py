"""Every URL of the installation, read from the resolver, and who may open it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from apps.projects.access import Capability

C = Capability
# Doors that open for everybody, and what stands behind them: nothing of any project.
PUBLIC = {
    "accounts:sign-in", "accounts:sign-out", "projects:home", "design", "healthz", "operations:readyz",
    "api:schema", "api:docs", "api:v1:token",
}  # fmt: skip
# For any signed-in person; they show only what is one's own.
SIGNED_IN = {"accounts:tokens", "accounts:password", "accounts:revoke-token", "api:v1:projects"}
# Loopback, or a token of its own (tests/operations).
MACHINES = {"operations:metrics"}

# Inside a project: which capability each method needs.
PROJECT: dict[str, dict[str, Capability]] = {
    "projects:overview": {"get": C.READ},
    "projects:guideline": {"get": C.READ},
    "projects:guideline-version": {"get": C.READ},
    "projects:guideline-changes": {"get": C.READ},
    "projects:acknowledge": {"post": C.READ},
    "projects:guidelines": {"get": C.MANAGE},
    "projects:guideline-write": {"get": C.MANAGE, "post": C.MANAGE},
    "projects:schemas": {"get": C.MANAGE, "post": C.MANAGE},
    "projects:members": {"get": C.MANAGE, "post": C.MANAGE},
    "projects:settings": {"get": C.MANAGE, "post": C.MANAGE},
    "projects:member-status": {"post": C.MANAGE},
    "projects:member-change": {"post": C.MANAGE},
    "prompts:write": {"get": C.LABEL, "post": C.LABEL},
    "labeling:work": {"get": C.LABEL, "post": C.LABEL},
    "labeling:tasks": {"get": C.CURATE, "post": C.CURATE},
    "labeling:history": {"get": C.LABEL},
    "feedback:questions": {"get": C.LABEL},
    "feedback:feedback": {"get": C.CURATE},
    "feedback:question": {"get": C.MANAGE, "post": C.MANAGE},
    "feedback:question-shown": {"post": C.MANAGE},
    "feedback:report": {"get": C.CURATE, "post": C.MANAGE},
    "labeling:demonstrations": {"get": C.CURATE},
    "imports:imports": {"get": C.CURATE, "post": C.CURATE},
    "imports:import": {"get": C.CURATE},
    "lineage:prompts": {"get": C.CURATE},
    "lineage:prompt": {"get": C.CURATE},
    "lineage:records": {"get": C.RESEARCH},
    "quality:agreement": {"get": C.RESEARCH},
    "quality:agreement-table": {"get": C.RESEARCH},
    "datasets:snapshots": {"get": C.RESEARCH, "post": C.RESEARCH},
    "datasets:snapshot": {"get": C.RESEARCH},
    "training:overview": {"get": C.RESEARCH},
    "training:workers": {"get": C.RESEARCH},
    "training:policy": {"post": C.RESEARCH},
    "training:launch": {"get": C.RESEARCH, "post": C.RESEARCH},
    "training:run": {"get": C.RESEARCH},
    "training:run-cancel": {"post": C.RESEARCH},
    "training:run-resume": {"post": C.RESEARCH},
    "training:generation": {"get": C.RESEARCH},
    "training:generation-cancel": {"post": C.RESEARCH},
    "training:generation-resume": {"post": C.RESEARCH},
    "training:models": {"get": C.RESEARCH, "post": C.RESEARCH},
    "training:model": {"get": C.RESEARCH},
    "training:loop-begin": {"post": C.RESEARCH},
    "training:loop": {"get": C.RESEARCH},
    "training:loop-cancel": {"post": C.RESEARCH},
    "training:loop-resume": {"post": C.RESEARCH},
    "operations:operations": {"get": C.RESEARCH},
    "operations:workers": {"get": C.RESEARCH},
    "api:v1:project": {"get": C.CURATE, "patch": C.MANAGE},
    "api:v1:members": {"get": C.MANAGE, "post": C.MANAGE},
    "api:v1:member": {"get": C.MANAGE, "patch": C.MANAGE},
    "api:v1:audit": {"get": C.MANAGE},
    "api:v1:prompts": {"get": C.CURATE},
    "api:v1:prompt": {"get": C.CURATE},
    "api:v1:prompt-completions": {"get": C.CURATE},
    "api:v1:judgments": {"get": C.CURATE},
    "api:v1:lineage": {"get": C.CURATE, "post": C.CURATE},
    "api:v1:judgment-lineage": {"get": C.CURATE},
    "lineage:trace": {"get": C.CURATE, "post": C.CURATE},
    "lineage:traced": {"get": C.CURATE},
    "api:v1:guidelines": {"get": C.READ, "post": C.MANAGE},
    "api:v1:guideline": {"get": C.READ},
    "api:v1:guideline-changes": {"get": C.READ},
    "api:v1:guideline-answers": {"get": C.READ},
    "api:v1:acknowledgement": {"post": C.READ},
    "api:v1:schemas": {"get": C.CURATE, "post": C.MANAGE},
    "api:v1:schema": {"get": C.CURATE},
    "api:v1:imports": {"get": C.CURATE, "post": C.CURATE},
    "api:v1:import": {"get": C.CURATE},
    "api:v1:import-errors": {"get": C.CURATE},
    "api:v1:import-screened": {"get": C.CURATE},
    "api:v1:tasks": {"get": C.CURATE, "post": C.CURATE, "patch": C.CURATE},
    "api:v1:demonstrations": {"get": C.CURATE},
    "api:v1:queue": {"get": C.LABEL},
    "api:v1:claim": {"post": C.LABEL},
    "api:v1:questions": {"get": C.READ},
    "api:v1:question-answer": {"post": C.MANAGE},
    "api:v1:question-shown": {"put": C.MANAGE, "delete": C.MANAGE},
    "api:v1:reports": {"get": C.CURATE},
    "api:v1:report-close": {"post": C.MANAGE},
    "api:v1:agreement": {"get": C.RESEARCH},
    "api:v1:snapshots": {"get": C.RESEARCH, "post": C.RESEARCH},
    "api:v1:snapshot": {"get": C.RESEARCH},
    "api:v1:snapshot-files": {"get": C.RESEARCH},
    "api:v1:snapshot-file": {"get": C.RESEARCH},
    "api:v1:models": {"get": C.RESEARCH, "post": C.RESEARCH},
    "api:v1:model": {"get": C.RESEARCH},
    "api:v1:training-runs": {"get": C.RESEARCH, "post": C.RESEARCH},
    "api:v1:training-run": {"get": C.RESEARCH},
    "api:v1:training-run-cancel": {"post": C.RESEARCH},
    "api:v1:training-run-resume": {"post": C.RESEARCH},
    "api:v1:training-run-metrics": {"get": C.RESEARCH},
    "api:v1:generation-runs": {"get": C.RESEARCH, "post": C.RESEARCH},
    "api:v1:generation-run": {"get": C.RESEARCH},
    "api:v1:generation-run-cancel": {"post": C.RESEARCH},
    "api:v1:generation-run-resume": {"post": C.RESEARCH},
    "api:v1:loops": {"get": C.RESEARCH, "post": C.RESEARCH},
    "api:v1:loop": {"get": C.RESEARCH},
    "api:v1:loop-cancel": {"post": C.RESEARCH},
    "api:v1:loop-resume": {"post": C.RESEARCH},
    "api:v1:retrain-policy": {"get": C.RESEARCH, "put": C.RESEARCH},
}

# One labeler's own assignment: nobody else's door, whatever their role.
OWN: dict[str, str] = {
    "labeling:assignment": "get",
    "labeling:submit": "post",
    "labeling:preview": "post",
    "labeling:ahead": "post",
    "labeling:draft": "post",
    "labeling:heartbeat": "post",
    "labeling:skip": "post",
    "labeling:release": "post",
    "labeling:correct": "get",
    "feedback:task": "get",
    "feedback:ask": "post",
    "feedback:tell": "post",
    "feedback:guideline": "get",
    "feedback:ask-rule": "post",
    "api:v1:assignment": "get",
    "api:v1:assignment-questions": "post",
    "api:v1:assignment-reports": "post",
    "api:v1:draft": "post",
    "api:v1:heartbeat": "post",
    "api:v1:skip": "post",
    "api:v1:release": "post",
    "api:v1:submit": "post",
    "api:v1:corrections": "post",
}


@dataclass(frozen=True)
class Door:
    name: str
    parameters: tuple[str, ...]

    @property
    def is_api(self) -> bool:
        return self.name.startswith("api:")


def doors() -> list[Door]:
    """Every named URL of ours. Django's admin has its own walls: staff only."""
    return sorted(_walk(get_resolver(), "", ()), key=lambda door: door.name)


def _walk(resolver: URLResolver, prefix: str, parameters: tuple[str, ...]) -> Iterator[Door]:
    for pattern in resolver.url_patterns:
        here = (*parameters, *pattern.pattern.converters)
        if isinstance(pattern, URLPattern):
            yield Door(prefix + (pattern.name or str(pattern.pattern)), here)
        elif pattern.namespace != "admin":
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from _walk(pattern, inner, here)
