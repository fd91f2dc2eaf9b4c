"""What changed between two versions of a guideline, as pages show it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.core.documents import blocks_of
from apps.core.domain.difference import CHANGED, DELETED, INSERTED, SAME, Block, Row, Run, Word, difference

from .models import GuidelineVersion
from .selectors import guidelines_of

# Unchanged blocks in a row that are worth a fold.
_FOLD = 3


@dataclass(frozen=True, slots=True)
class Changes:
    """`versions`: those after the older one up to the newer, oldest first."""

    older: GuidelineVersion
    newer: GuidelineVersion
    versions: list[GuidelineVersion]
    rows: tuple[Row, ...]

    @property
    def any(self) -> bool:
        return any(row.change != SAME for row in self.rows)

    @property
    def groups(self) -> list["Group"]:
        return list(_groups(self.rows))


@dataclass(frozen=True, slots=True)
class Shown:
    """A block of the page: its tag's level and classes, its words with what came and went marked."""

    change: str
    kind: str
    level: int
    html: SafeString


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks in a row: `folded` ones did not change."""

    folded: bool
    rows: list[Shown]


def changes_between(older: GuidelineVersion, newer: GuidelineVersion) -> Changes:
    """What is different in `newer`. The two may be given in either order of their numbers."""
    between = sorted((older.number, newer.number))
    versions = guidelines_of(newer.project).filter(track=newer.track, number__gt=between[0], number__lte=between[1])
    return Changes(older, newer, list(versions.order_by("number").defer("body")), rows_between(older.body, newer.body))


def changes_of_draft(older: GuidelineVersion, text: str) -> Changes:
    """What a text that is not published yet would change."""
    return Changes(older, older, [], tuple(difference(blocks_of(older.body), blocks_of(text))))


@lru_cache(maxsize=16)
def rows_between(older: str, newer: str) -> tuple[Row, ...]:
    """Kept for the versions in use: everybody who must acknowledge one asks for the same comparison."""
    return tuple(difference(blocks_of(older), blocks_of(newer)))


def _groups(rows: Sequence[Row]) -> Iterator[Group]:
    """Changes with their nearest heading and neighbour; the unchanged rest folded."""
    at = 0
    while at < len(rows):
        end = at
        while end < len(rows) and (rows[end].change == SAME) == (rows[at].change == SAME):
            end += 1
        run = rows[at:end]
        if rows[at].change == SAME:
            yield from _unchanged(run, after=at > 0, before=end < len(rows))
        else:
            yield Group(False, [shown(row) for row in run])
        at = end


def _unchanged(run: Sequence[Row], *, after: bool, before: bool) -> Iterator[Group]:
    """What stands next to a change is shown: the block after it, and from the last heading, if near, before the next."""
    start = 1 if after else 0
    stop = len(run)
    if before:
        near = [index for index in range(max(0, len(run) - _FOLD), len(run)) if run[index].block.kind == "heading"]
        stop = near[-1] if near else len(run) - 1
    if stop - start < _FOLD:
        yield Group(False, [shown(row) for row in run])
        return
    for folded, part in ((False, run[:start]), (True, run[start:stop]), (False, run[stop:])):
        if part:
            yield Group(folded, [shown(row) for row in part])


def shown(row: Row) -> Shown:
    return Shown(row.change, row.block.kind, _level(row.block), _html(row))


def _level(block: Block) -> int:
    """Headings stand under the page's own; other blocks say how deep in lists they are."""
    return min(block.level + 2, 6) if block.kind == "heading" else min(block.level, 4)


def _html(row: Row) -> SafeString:
    bullet = format_html('<span class="bullet">{} </span>', row.block.bullet) if row.block.bullet else SafeString("")
    words = format_html_join("", "{}", ((_run(run),) for run in row.runs))
    return format_html("{}{}", bullet, words)


def _run(run: Run) -> SafeString:
    """Marked words, and in words for those who hear the page."""
    words = format_html_join("", "{}", ((_piece(piece),) for piece in run.pieces))
    if run.change == SAME:
        return words
    tag: Literal["ins", "del"] = "ins" if run.change == INSERTED else "del"
    said = _("inserted:") if run.change == INSERTED else _("deleted:")
    end = _("end of change")
    return format_html(
        '<{tag} class="differs"><span class="visually-hidden">[{said} </span>{words}<span class="visually-hidden"> {end}] </span></{tag}>',
        tag=tag, said=said, words=words, end=end,
    )  # fmt: skip


def _piece(piece: Word) -> SafeString:
    html = format_html_join(SafeString("<br>"), "{}", ((line,) for line in piece.text.split("\n")))
    for mark in piece.marks:
        html = format_html("<{tag}>{html}</{tag}>", tag=mark, html=html)
    return html


def counted(rows: Sequence[Row]) -> dict[str, int]:
    """How many blocks are new, gone and changed."""
    return {change: sum(1 for row in rows if row.change == change) for change in (INSERTED, DELETED, CHANGED)}
