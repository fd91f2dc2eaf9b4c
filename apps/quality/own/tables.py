"""A labeler's days and weeks as tables."""

from dataclasses import replace
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.projects.models import Membership

from ..selectors.own import Span, days_of, weeks_of
from ..shown import Row, Table, number_of


def days_table(member: Membership) -> Table:
    spans = days_of(member)
    return _table("days", _("By day"), _("Day"), [date_format(one.begins, "D j M") for one in spans], spans)


def weeks_table(member: Membership) -> Table:
    spans = weeks_of(member)
    labels = [_("from %(day)s") % {"day": date_format(one.begins, "j M")} for one in spans]
    return _table("weeks", _("By week"), _("Week"), labels, spans)


def _table(name: str, title: str, label: str, labels: list[str], spans: list[Span]) -> Table:
    most = max(1.0, *(one.hours for one in spans))
    rows, values = [], []
    for text, one in zip(labels, spans, strict=True):
        bar = number_of(one.hours, None, None, lambda hours: f"{hours:.2f}", most=most)
        drawn = replace(bar, begin="0%") if one.seconds else replace(bar, at="")
        rows.append(Row(text, [drawn], [one.judgments]))
        values.append(_row(one))
    return Table(
        name, title, "", label, [_("Active hours")], [_("Judgments")], rows,
        ["begins", "judgments", "active_seconds"], values, file="quality:me-table", ticks=("0", f"{most / 2:.1f}", f"{most:.1f}"),
    )  # fmt: skip


def _row(one: Span) -> list[Any]:
    return [one.begins.isoformat(), one.judgments, one.seconds]


TABLES = {"days": days_table, "weeks": weeks_table}
