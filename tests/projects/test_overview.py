"""The front page of a project offers what its navigation offers."""

import re

import pytest

from tests.pages.conftest import as_member  # noqa: F401

_LINK = re.compile(r'<a (?:class="[^"]*" )?href="(/p/clinic/[^"]+)"')


@pytest.mark.parametrize("role", ["manager", "researcher"])
def test_every_page_of_the_navigation_has_a_tile(cast, as_member, role):  # noqa: F811
    page = as_member(getattr(cast, role)).get("/p/clinic/").content.decode()
    navigation, tiles = page.split('<nav class="project-nav"')[1].split("</nav>")[0], page.split('class="tiles"')[1]

    offered = set(_LINK.findall(navigation)) - {"/p/clinic/", "/p/clinic/guideline/"}  # as yet without a guideline

    assert len(offered) > 5
    assert offered <= set(_LINK.findall(tiles))
