"""Where one is, in a navigation."""

from types import SimpleNamespace

from django.template import Context

from apps.core.templatetags.ui import here


def test_a_link_stands_for_its_page_alone():
    page = Context({"request": SimpleNamespace(path="/p/a/")})
    assert here(page, "/p/a/") == 'aria-current="page"'
    assert here(page, "/p/") == here(page, "/p/a/b/") == ""


def test_a_page_without_a_request_is_nowhere():
    assert here(Context(), "/p/a/") == ""
