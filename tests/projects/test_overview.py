"""The front page of a project offers what its navigation offers."""

import re

import pytest

from apps.core.navigation import groups_of
from tests.pages.conftest import as_member  # noqa: F401

_LINK = re.compile(r'<a (?:class="[^"]*" )?href="(/p/clinic/[^"]+)"')


@pytest.mark.parametrize("role", ["manager", "researcher"])
def test_every_group_of_the_navigation_has_tiles(cast, as_member, role):  # noqa: F811
    """One of the first page of a group at least; what stands in no group has none."""
    page = as_member(getattr(cast, role)).get("/p/clinic/").content.decode()
    tiles = set(_LINK.findall(page.split('class="tiles"')[1]))
    groups = [{one.url for one in group.pages} for group in groups_of("clinic", role, "/p/clinic/")]

    for pages in groups:
        assert pages & tiles
    assert tiles <= set.union(*groups)


@pytest.mark.parametrize("role", ["manager", "researcher"])
def test_each_page_of_the_navigation_opens_and_shows_its_group(cast, as_member, role):  # noqa: F811
    client = as_member(getattr(cast, role))
    for group in groups_of("clinic", role, "/p/clinic/"):
        for one in group.pages:
            answer = client.get(one.url)
            if one.label == "Guideline" and answer.status_code == 404:
                continue  # none published yet
            page = answer.content.decode()
            assert answer.status_code == 200, one.url
            row = page.split(f'<nav class="section-nav" aria-label="{group.label}"')[1].split("</nav>")[0]
            assert f'<a href="{one.url}" aria-current="page">' in row
            assert row.count("aria-current") == 1
            assert len(_LINK.findall(row)) == len(group.pages)
