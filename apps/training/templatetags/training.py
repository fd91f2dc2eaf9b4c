"""What the pages of training say in words and links."""

import json
from typing import Any

from django import forms, template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from apps.core.markdown import without_overrides
from apps.core.templatetags.states import state_word
from apps.datasets.models import DatasetSnapshot
from apps.prompts.models import Prompt
from apps.prompts.selectors import messages_of
from apps.registry.models import GenerationRun

from ..domain.charts.chart import short as shorten
from ..domain.readings.saying import translate
from ..forms import KINDS
from ..models import RetrainPolicy, TrainingRun

register = template.Library()
ROLES = {"base": "base", "sft": "SFT", "reward": "reward model", "policy": "policy"}
# What one may start from a model's page, by its role.
NEXT = {"base": ("sft", "generate"), "sft": ("reward", "ppo", "generate"), "reward": ("ppo",), "policy": ("generate",)}
TITLE_LENGTH = 80


@register.filter
def grouped(value: int | None) -> str:
    """`12,345`; nothing for nothing."""
    return "" if value is None else f"{value:,}"


@register.filter
def told(value: Any) -> Any:
    """A sentence of a report's reading in the reader's language; what a program wrote stays as it is."""
    return translate(value, gettext, ngettext)


@register.filter
def short(value: float) -> str:
    return shorten(value)


@register.filter
def shown(value: Any) -> str:
    """A setting or a fact of a report, as people read it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return shorten(value) if isinstance(value, float) else f"{value:,}"
        case str():
            return without_overrides(value)
    return as_json(value)


@register.filter
def as_json(value: Any) -> str:
    return without_overrides(json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True))


@register.filter
def role(value: str) -> str:
    return ROLES.get(value, value)


@register.filter
def run_kind(value: str) -> str:
    return KINDS.get(value, value)


@register.filter
def next_kinds(value: str) -> list[tuple[str, str]]:
    return [(kind, KINDS[kind]) for kind in NEXT[value]]


@register.filter
def prompt_title(prompt: Prompt) -> str:
    """The last message of a prompt, cut with a mark."""
    text = without_overrides(messages_of(prompt)[-1]["content"])
    return text if len(text) <= TITLE_LENGTH else f"{text[:TITLE_LENGTH]}…"


@register.filter
def no_choice(field: forms.BoundField) -> str:
    """What to do when a required input has nothing to choose from; empty where there is something."""
    inner = field.field
    if not isinstance(inner, forms.ModelChoiceField) or not inner.required or inner.queryset is None:
        return ""
    if inner.queryset.exists():
        return ""
    if inner.queryset.model is DatasetSnapshot:
        return "There is no ready training snapshot of this kind yet: make one under Snapshots."
    return "There is no ready model of this role yet."


@register.filter
def policy_line(policy: RetrainPolicy) -> str:
    """When the loop starts by itself, in a sentence."""
    when = []
    if policy.every_comparisons:
        when.append(f"{policy.every_comparisons:,} new comparisons")
    if policy.every_hours:
        when.append(f"{policy.every_hours:,} hour{'' if policy.every_hours == 1 else 's'}")
    if not policy.enabled:
        return "Never: somebody starts each turn by hand."
    return f"After {' or '.join(when)}, whichever comes first." if len(when) > 1 else f"After {when[0]}."


@register.simple_tag
def snapshot_link(snapshot: DatasetSnapshot, slug: str) -> SafeString:
    """`1,204 rankings (3f2a91bc)`, leading to the snapshot."""
    address = reverse("datasets:snapshot", args=[slug, snapshot.uid])
    if snapshot.rows is None:
        return format_html('<a href="{}">{} snapshot</a> ({})', address, snapshot.kind, state_word(snapshot.state))
    return format_html(
        '<a href="{}">{} {}</a> (<code>{}</code>)', address, f"{snapshot.rows:,}", snapshot.kind, snapshot.sha256[:8]
    )


@register.simple_tag
def row_link(row: DatasetSnapshot | TrainingRun | GenerationRun, slug: str) -> SafeString:
    """A snapshot or a run, by what it is and how far it has come."""
    match row:
        case DatasetSnapshot():
            return snapshot_link(row, slug)
        case TrainingRun() | GenerationRun():
            return format_html('{} <span class="muted">{}</span>', run_name(row, slug), how_far(row))


@register.simple_tag
def run_name(run: TrainingRun | GenerationRun, slug: str) -> SafeString:
    """What the run does, leading to its page."""
    if isinstance(run, TrainingRun):
        return format_html('<a href="{}">{} run</a>', reverse("training:run", args=[slug, run.uid]), KINDS[run.kind])
    address = reverse("training:generation", args=[slug, run.uid])
    return format_html('<a href="{}">Candidates by {}</a>', address, run.model_version)


def how_far(run: TrainingRun | GenerationRun) -> str:
    if run.state == "running" and run.steps_total:
        return f"step {run.step:,} of {run.steps_total:,}"
    return str(run.state)
