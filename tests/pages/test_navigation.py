"""Ways through the pages: navigation, pagers, versions; and no class that no rule knows."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from tests.make import make_rank_task


@pytest.mark.parametrize(
    "name",
    ["lineage:prompts", "imports:imports", "datasets:snapshots", "operations:operations", "projects:members"],
)
def test_the_navigation_says_where_one_is(cast, as_member, name):
    address = reverse(name, args=["clinic"])
    page = as_member(cast.manager).get(address).content.decode()
    assert f'<a href="{address}" aria-current="page">' in page


def test_addresses_come_from_their_names():
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        for link in re.findall(r'(?:href|action|hx-get|hx-post)="([^"]*)"', path.read_text()):
            assert link.startswith(("{%", "{{", "#", "?", "data:")) or link == "/", f"{path.name}: {link}"
            assert not re.match(r"{{[^}]*}}.", link), f"{path.name}: {link} is glued together"


def test_every_class_has_a_rule_or_a_script():
    """Classes that the reading room's scripts look for count as used."""
    static: Path = settings.BASE_DIR / "static"
    rules = "".join(path.read_text() for path in static.rglob("*.css"))
    scripts = "".join(path.read_text() for path in static.rglob("*.js"))
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        # Tags of templates first: their own quotes would end the attribute.
        plain = re.sub(r"{{.*?}}", "…", re.sub(r"{%.*?%}", " ", path.read_text()))
        for attribute in re.findall(r'class="([^"]*)"', plain):
            for name in [word for word in attribute.split() if "…" not in word]:
                known = re.search(rf"\.{re.escape(name)}(?![\w-])", rules) or name in scripts
                assert known, f"{path.name}: .{name}"


def test_the_history_has_the_pager_of_all_lists(cast, labeler):
    for _ in range(26):
        make_rank_task(cast.project, k=2)
        assignment = assignment_claim(member=cast.labeler, kind="rank")
        judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 2}})
    page = labeler.get("/p/clinic/history/").content.decode()
    assert '<nav class="pages"' in page
    assert 'href="?page=2" rel="next"' in page
