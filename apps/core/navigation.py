"""The pages of a project for those who run it: a few groups, each with its pages.

One row names the groups, a second the pages of the group in hand, so neither grows longer than a screen is wide.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

MANAGER, RESEARCHER = "manager", "researcher"
BOTH = (MANAGER, RESEARCHER)


@dataclass(frozen=True, slots=True)
class _Page:
    """`also`: pages that do not lie below it, and are reached through it."""

    name: str
    label: Any
    roles: Sequence[str] = BOTH
    also: Sequence[str] = ()


_GROUPS: tuple[tuple[Any, tuple[_Page, ...]], ...] = (
    (_("Data"), (
        _Page("lineage:prompts", _("Prompts"), also=("lineage:trace",)),
        _Page("labeling:tasks", _("Tasks")),
        _Page("labeling:demonstrations", _("Demonstrations")),
        _Page("imports:imports", _("Imports")),
        _Page("feedback:feedback", _("Feedback")),
    )),
    (_("Quality"), (
        _Page("readiness:readiness", _("Can I train?")),
        _Page("quality:agreement", _("Agreement")),
        _Page("causes:disagreement", _("Why they disagree")),
        _Page("adjudication:queue", _("Adjudication"), roles=(MANAGER,)),
        _Page("gold:items", _("Gold")),
        _Page("quality:bias", _("Bias")),
        _Page("screening:results", _("Screening")),
        _Page("quality:pay", _("Pay"), roles=(MANAGER,)),
    )),
    (_("Training"), (
        _Page("datasets:snapshots", _("Snapshots")),
        _Page("training:overview", _("Runs and loop")),
        _Page("training:candidate-sets", _("Candidates")),
        _Page("training:models", _("Models")),
    )),
    (_("Setup"), (
        _Page("projects:members", _("Members"), roles=(MANAGER,)),
        _Page("projects:guidelines", _("Guidelines"), roles=(MANAGER,), also=("projects:guideline",)),
        _Page("projects:guideline", _("Guideline"), roles=(RESEARCHER,)),
        _Page("projects:schemas", _("Schemas"), roles=(MANAGER,)),
        _Page("projects:settings", _("Settings"), roles=(MANAGER,)),
        _Page("projects:audit", _("Audit"), roles=(MANAGER,)),
        _Page("operations:operations", _("Operations")),
    )),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """`current`: what `aria-current` says: "page" of the page in hand, "true" of one it belongs to, else nothing."""

    label: str
    url: str
    current: str


@dataclass(frozen=True, slots=True)
class Group:
    """Its link leads to the first of its pages."""

    label: str
    pages: tuple[Link, ...]
    current: bool

    @property
    def url(self) -> str:
        return self.pages[0].url


def groups_of(slug: str, role: str, path: str) -> list[Group]:
    """The groups for `role`, as they stand for whoever is at `path`."""
    shown = [(label, [page for page in pages if role in page.roles]) for label, pages in _GROUPS]
    nearest = max((len(url) for _, pages in shown for page in pages for url in _above(page, slug, path)), default=0)
    groups = []
    for label, pages in shown:
        links = tuple(_link(page, slug, path, nearest) for page in pages)
        groups.append(Group(str(label), links, any(link.current for link in links)))
    return groups


def _link(page: _Page, slug: str, path: str, nearest: int) -> Link:
    url = reverse(page.name, args=[slug])
    above = any(len(one) == nearest for one in _above(page, slug, path))
    return Link(str(page.label), url, "page" if url == path else "true" if above else "")


def _above(page: _Page, slug: str, path: str) -> Iterator[str]:
    """The addresses of `page` that `path` is at or below."""
    for name in (page.name, *page.also):
        if path.startswith(url := reverse(name, args=[slug])):
            yield url
