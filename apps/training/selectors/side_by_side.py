"""Two to four models side by side: what they are, what they learned from, which settings differ, what was measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.core.domain.errors import RuleBroken
from apps.projects.models import Project
from apps.registry.models import ModelVersion

from ..domain.charts.chart import percent, short
from ..domain.readings.report_json import estimate, finite, mapping, share, whole
from ..models import TrainingRun
from .models import Ancestor, chain_of, maker_of, models_of
from .notes import template_of
from .preferred import Preferred, preferred_among

FEWEST, MOST = 2, 4
NONE = "–"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the comparison: a text for each model."""

    label: str
    values: list[str]

    @property
    def differs(self) -> bool:
        """Whether two of them say different things; what one does not say is no difference."""
        return len(set(self.values) - {NONE}) > 1

    @property
    def is_said(self) -> bool:
        return set(self.values) != {NONE}


@dataclass(frozen=True, slots=True)
class Column:
    model: ModelVersion
    run: TrainingRun | None
    chain: list[Ancestor]

    @property
    def report(self) -> Mapping[str, Any]:
        return mapping(self.run.report if self.run else self.model.manifest.get("report"))

    @property
    def spec(self) -> Mapping[str, Any]:
        return mapping(self.run.spec if self.run else self.model.manifest.get("spec"))


@dataclass(frozen=True, slots=True)
class SideBySide:
    columns: list[Column]
    facts: list[Row]
    settings: list[Row]
    measured: list[Row]
    preferred: list[Preferred]


def chosen_models(project: Project, uids: list[Any]) -> list[ModelVersion]:
    """The models of these uids, in that order, each once. Raises RuleBroken."""
    wanted = list(dict.fromkeys(uids))
    if not FEWEST <= len(wanted) <= MOST:
        raise RuleBroken(_("model: choose two to four models; %(n)s were chosen.") % {"n": len(wanted)}, field="model")
    found = {model.uid: model for model in models_of(project).filter(uid__in=wanted)}
    if missing := [uid for uid in wanted if uid not in found]:
        raise RuleBroken(_("model: %(uid)s is not there, or not in this project.") % {"uid": missing[0]}, field="model")
    return [found[uid] for uid in wanted]


def side_by_side(models: list[ModelVersion], project: Project) -> SideBySide:
    columns = [Column(model, maker_of(model, project), chain_of(model, project)) for model in models]
    return SideBySide(
        columns=columns,
        facts=_said(_facts(columns)),
        settings=_settings(columns),
        measured=_said(_measured(columns)),
        preferred=preferred_among(models, project),
    )


def _said(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.is_said]


def _facts(columns: list[Column]) -> list[Row]:
    def row(label: str, value: Any) -> Row:
        return Row(label, [_shown(value(column)) for column in columns])

    return [
        row(_("Licence"), lambda one: one.model.licence),
        row(_("Trained from"), lambda one: one.model.parent and str(one.model.parent)),
        row(_("Begins at"), lambda one: str(one.chain[0].model) if len(one.chain) > 1 else None),
        row(_("Reward model"), lambda one: one.run and one.run.reward_model and str(one.run.reward_model)),
        row(_("Architecture"), lambda one: one.model.facts.get("architecture")),
        row(_("Parameters"), lambda one: one.model.facts.get("parameters", one.model.manifest.get("parameters"))),
        row(_("Context in tokens"), lambda one: one.model.facts.get("context")),
        row(_("Chat template"), lambda one: (template_of(one.model) or "")[:12]),
    ]


def _settings(columns: list[Column]) -> list[Row]:
    """Those in which two runs of one program differ: settings of two programs are not of the same thing."""
    names = dict.fromkeys(name for column in columns for name in column.spec if name != "program")
    rows = []
    for name in names:
        told = {(column.spec.get("program"), _shown(column.spec[name])) for column in columns if name in column.spec}
        if len(told) > len({program for program, _value in told}):
            rows.append(Row(name, [_shown(column.spec.get(name)) for column in columns]))
    return rows


def _measured(columns: list[Column]) -> list[Row]:
    def row(label: str, value: Any) -> Row:
        return Row(label, [_shown(value(column.report)) for column in columns])

    def number(*path: str) -> Any:
        return lambda report: finite(_at(report, *path))

    return [
        row(_("Right on held-out pairs"), lambda report: _accuracy(_at(report, "held_out"))),
        row(_("Held-out pairs"), lambda report: whole(_at(report, "held_out", "pairs"))),
        row(_("Calibration error (ECE)"), lambda report: _ece(_at(report, "card", "calibration", "ece"))),
        row(_("Sentinel pairs seen through"), lambda report: _accuracy(_at(report, "card", "sentinels"))),
        row(_("Comparisons learned from"), lambda report: whole(report.get("comparisons"))),
        row(_("Demonstrations learned from"), lambda report: whole(report.get("demonstrations"))),
        row(_("Loss on training texts"), number("train_loss")),
        row(_("Loss on validation texts"), number("validation_loss")),
        row(_("Loss on held-out texts"), number("held_out_loss")),
        row(_("Mean reward before"), number("reward_before")),
        row(_("Mean reward after"), number("reward_after")),
        row(_("KL to the SFT model, nats a reply"), number("kl")),
        row(_("Tokens a reply before"), number("length_before")),
        row(_("Tokens a reply after"), number("length_after")),
        row(_("Replies that end"), lambda report: _percent(report.get("eos_after"))),
    ]


def _at(report: Mapping[str, Any], *path: str) -> Any:
    found: Any = report
    for name in path:
        found = mapping(found).get(name)
    return found


def _accuracy(value: Any) -> str | None:
    """`71.2 % (66.0 to 76.1 %)`."""
    accuracy, low, high = (share(mapping(value).get(name)) for name in ("accuracy", "low", "high"))
    if accuracy is None:
        return None
    interval = f" ({100 * low:.1f} – {percent(high)})" if low is not None and high is not None else ""
    return percent(accuracy) + interval


def _ece(value: Any) -> str | None:
    found = estimate(value)
    return f"{short(found.value)} ({short(found.low)} – {short(found.high)})" if found else None


def _percent(value: Any) -> str | None:
    found = share(value)
    return None if found is None else percent(found)


def _shown(value: Any) -> str:
    match value:
        case None | "":
            return NONE
        case bool():
            return _("yes") if value else _("no")
        case int():
            return f"{value:,}"
        case float():
            return short(value)
    return str(value)
