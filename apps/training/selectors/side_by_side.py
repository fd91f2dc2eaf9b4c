"""Two to four models side by side: what they are, what they learned from, which settings differ, what was measured."""

from collections.abc import Callable, Mapping
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

FEWEST, MOST = 2, 4
NONE = "–"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the comparison: for each model a value, None where it does not say, and how a page shows it."""

    name: str
    label: str
    values: list[Any]
    texts: list[str]

    @property
    def differs(self) -> bool:
        """Whether two of them say different things; what one does not say is no difference."""
        return len(set(self.texts) - {NONE}) > 1

    @property
    def is_said(self) -> bool:
        return set(self.texts) != {NONE}


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that a report says, with its 95 % interval where it says one."""

    value: float
    low: float | None = None
    high: float | None = None


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
    )


def _said(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.is_said]


def _facts(columns: list[Column]) -> list[Row]:
    def row(name: str, label: str, value: Callable[[Column], Any], said: Callable[[Any], str] = str) -> Row:
        return _row(name, label, [value(column) for column in columns], said)

    return [
        row("licence", _("Licence"), lambda one: one.model.licence),
        row("trained_from", _("Trained from"), lambda one: one.model.parent and str(one.model.parent)),
        row("begins_at", _("Begins at"), lambda one: str(one.chain[0].model) if len(one.chain) > 1 else None),
        row("reward_model", _("Reward model"), lambda one: one.run and one.run.reward_model and str(one.run.reward_model)),
        row("architecture", _("Architecture"), lambda one: one.model.facts.get("architecture")),
        row(
            "parameters", _("Parameters"),
            lambda one: one.model.facts.get("parameters", one.model.manifest.get("parameters")), _plain,
        ),
        row("context", _("Context in tokens"), lambda one: one.model.facts.get("context"), _plain),
        row("chat_template_sha256", _("Chat template"), lambda one: template_of(one.model), lambda sha256: sha256[:12]),
    ]  # fmt: skip


def _settings(columns: list[Column]) -> list[Row]:
    """Those in which two runs of one program differ: settings of two programs are not of the same thing."""
    names = dict.fromkeys(name for column in columns for name in column.spec if name != "program")
    rows = []
    for name in names:
        row = _row(name, name, [column.spec.get(name) for column in columns], _plain)
        told = {
            (column.spec.get("program"), text)
            for column, text in zip(columns, row.texts, strict=True)
            if name in column.spec
        }
        if len(told) > len({program for program, _value in told}):
            rows.append(row)
    return rows


def _measured(columns: list[Column]) -> list[Row]:
    def row(
        name: str, label: str, value: Callable[[Mapping[str, Any]], Measure | None], said: Callable[[Any], str]
    ) -> Row:
        return _row(name, label, [value(column.report) for column in columns], said)

    def number(name: str, label: str, *path: str) -> Row:
        return row(name, label, lambda report: _measure(finite(_at(report, *path))), _number)

    def count(name: str, label: str, *path: str) -> Row:
        return row(name, label, lambda report: _measure(whole(_at(report, *path))), lambda found: f"{found.value:,}")

    def accuracy(name: str, label: str, *path: str) -> Row:
        return row(name, label, lambda report: _accuracy(_at(report, *path)), _percent)

    return [
        accuracy("held_out_accuracy", _("Right on held-out pairs"), "held_out"),
        count("held_out_pairs", _("Held-out pairs"), "held_out", "pairs"),
        row("calibration_error", _("Calibration error (ECE)"), lambda report: _ece(_at(report, "card", "calibration", "ece")), _number),
        accuracy("sentinel_accuracy", _("Sentinel pairs seen through"), "card", "sentinels"),
        count("comparisons", _("Comparisons learned from"), "comparisons"),
        count("demonstrations", _("Demonstrations learned from"), "demonstrations"),
        number("train_loss", _("Loss on training texts"), "train_loss"),
        number("validation_loss", _("Loss on validation texts"), "validation_loss"),
        number("held_out_loss", _("Loss on held-out texts"), "held_out_loss"),
        number("reward_before", _("Mean reward before"), "reward_before"),
        number("reward_after", _("Mean reward after"), "reward_after"),
        number("kl", _("KL to the SFT model, nats a reply"), "kl"),
        number("length_before", _("Tokens a reply before"), "length_before"),
        number("length_after", _("Tokens a reply after"), "length_after"),
        row("replies_that_end", _("Replies that end"), lambda report: _measure(share(report.get("eos_after"))), _percent),
    ]  # fmt: skip


def _row(name: str, label: str, values: list[Any], said: Callable[[Any], str]) -> Row:
    values = [None if value == "" else value for value in values]
    return Row(name, label, values, [NONE if value is None else said(value) for value in values])


def _at(report: Mapping[str, Any], *path: str) -> Any:
    found: Any = report
    for name in path:
        found = mapping(found).get(name)
    return found


def _measure(value: float | None) -> Measure | None:
    return None if value is None else Measure(value)


def _accuracy(value: Any) -> Measure | None:
    accuracy, low, high = (share(mapping(value).get(name)) for name in ("accuracy", "low", "high"))
    if accuracy is None:
        return None
    return Measure(accuracy, low, high) if low is not None and high is not None else Measure(accuracy)


def _ece(value: Any) -> Measure | None:
    found = estimate(value)
    return Measure(found.value, found.low, found.high) if found else None


def _percent(found: Measure) -> str:
    """`71.2 %`, with its interval."""
    if found.low is None or found.high is None:
        return percent(found.value)
    return f"{percent(found.value)} ({100 * found.low:.1f} – {percent(found.high)})"


def _number(found: Measure) -> str:
    if found.low is None or found.high is None:
        return short(found.value)
    return f"{short(found.value)} ({short(found.low)} – {short(found.high)})"


def _plain(value: Any) -> str:
    match value:
        case bool():
            return _("yes") if value else _("no")
        case int():
            return f"{value:,}"
        case float():
            return short(value)
    return str(value)
