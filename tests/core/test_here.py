"""Where one is, in a navigation."""

from types import SimpleNamespace

import pytest
from django.template import Context

from apps.core.templatetags.ui import here, here_or_below

PAGE, SECTION = 'aria-current="page"', 'aria-current="true"'


def on(path: str, app: str = "quality") -> Context:
    return Context({"request": SimpleNamespace(path=path, resolver_match=SimpleNamespace(app_name=app))})


@pytest.mark.parametrize(
    ("path", "app", "said"),
    [("/p/a/", "projects", PAGE), ("/p/a/bias/", "quality", SECTION), ("/p/a/tasks/", "labeling", "")],
)
def test_a_link_stands_for_its_page_and_for_its_apps(path, app, said):
    assert here(on(path, app), "/p/a/", "quality", "gold") == said


def test_a_link_stands_for_the_pages_below_its_own():
    assert here_or_below(on("/p/a/bias/"), "/p/a/bias/") == PAGE
    assert here_or_below(on("/p/a/bias/questions/"), "/p/a/bias/") == SECTION
    assert here_or_below(on("/p/a/pay/"), "/p/a/bias/") == ""


def test_a_page_without_a_request_is_nowhere():
    assert here(Context(), "/p/a/") == here_or_below(Context(), "/p/a/") == ""
