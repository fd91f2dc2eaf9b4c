"""The bias reports as parts of a page: a sentence, what it would teach, and tables."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from ..domain.bias.coverage import Groups
from ..domain.bias.told import told
from ..shown import SHOWN, Row, Table, number_of, percent
from .numbers import Body
from .tables import table_of
from .words import FOUND, LESSON, said


@dataclass(frozen=True)
class Finding:
    """What was found, and what it would teach a reward model; `warns` where that is something to know."""

    found: str
    lesson: str
    warns: bool = False


@dataclass(frozen=True)
class Part:
    """`findings` stand above its tables."""

    name: str
    title: str
    findings: list[Finding]
    tables: list[Table]

    @property
    def warnings(self) -> list[Finding]:
        return [one for one in self.findings if one.warns]


def parts_of(body: Body) -> list[Part]:
    """In the order of the page."""
    hours = [body["fatigue"][name] for name in ("ties", "seconds_a_word", "agreement")]
    hourly = ("hours-ties", "hours-pace", "hours-agreement")
    found = (
        ("position", _("What is shown first"), [body["position"]], ("position",)),
        ("length", _("Length"), [body["length"]], ("length",)),
        ("style", _("Formatting and tone"), _telling(body["styles"]), ("style",)),
        ("view", _("Rendered or raw"), [body["rendering"]], ("view",)),
        ("hours", _("The hours of a stretch"), hours, hourly),
        ("speed", _("Quicker than reading"), [body["speed"]], ("speed",)),
        ("pasted", _("Pasted demonstrations"), [body["pasted"]], ("pasted",)),
        ("weight", _("One labeler's weight"), [body["weight"], body["weight"]["left_out"]], ("weight", "left-out")),
        ("languages", _("Languages"), [body["languages"]], ("languages",)),
        ("use-cases", _("Use cases"), [body["use_cases"]], ("use-cases",)),
    )
    return [
        Part(name, title, _findings(reports), [table for table in (table_of(key, body) for key in keys) if table.says])
        for name, title, reports, keys in found
    ]


def _telling(styles: list[Body]) -> list[Body]:
    """The marks of which something is to be said; when none is, the first, which is all formatting together."""
    telling = [one for one in styles if one["told"]["lesson"] and one["told"]["lesson"]["code"] != "nothing"]
    return telling or styles[:1]


# Lessons that there is nothing to learn, or to fear.
_CALM = ("nothing", "fresh", "many", "too_wide", "whose")


def _findings(reports: list[Body]) -> list[Finding]:
    found = []
    for one in reports:
        lesson = one["told"].get("lesson")
        warns = bool(lesson) and lesson["code"] not in _CALM
        found.append(Finding(said(FOUND, one["told"]["found"]), said(LESSON, lesson), warns))
    return list(dict.fromkeys(found))


GROUPS = "groups"


def groups_part(found: list[Groups]) -> Part:
    """Who labelers say they are. `found` is counted when it is asked for, so that a withdrawal holds at once."""
    reports: list[Body] = [{"told": told(one.told)} for one in found]
    table = groups_table(found)
    return Part(GROUPS, _("Who the labelers are"), _findings(reports), [table] if found else [])


def groups_table(found: list[Groups]) -> Table:
    hidden = _("not shown")
    rows, values = [], []
    for one in found:
        for answer, persons in one.answers.items():
            whole = one.persons or 1
            number = number_of(None if persons is None else persons / whole, None, None, percent, why=hidden)
            number = replace(number, text="–" if persons is None else str(persons))
            rows.append(Row(answer, [number], [], one.question))
            values.append([one.question, answer, "" if persons is None else persons])
    return Table(
        GROUPS, _("Volunteered groups"), _("Persons, of those who answered the question. Numbers under five are not shown, nor what would give them away."),
        _("Answer"), [_("Persons")], [], rows[:SHOWN], ["question", "answer", "persons"], values, file="quality:bias-table",
    )  # fmt: skip
