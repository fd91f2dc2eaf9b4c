"""Times on pages are the reader's own; whatever stands in the cookie does no harm."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.core.local_time import LocalTimeMiddleware

TEMPLATES = Path(__file__).parents[2] / "templates"


def zone_of(cookie: str | None, path: str = "/p/clinic/work/") -> str:
    """The time zone that a view sees."""
    request = HttpRequest()
    request.path_info = path
    if cookie is not None:
        request.COOKIES["tz"] = cookie
    response = LocalTimeMiddleware(lambda _: HttpResponse(timezone.get_current_timezone_name()))(request)
    return response.content.decode()


def test_the_zone_that_the_browser_names():
    assert zone_of("Asia/Kolkata") == "Asia/Kolkata"
    assert timezone.get_current_timezone_name() == "UTC", "and only for that request"


@pytest.mark.parametrize("cookie", [None, "", "Mars/Base", "../../etc/passwd", "/etc/localtime", "UTC\x00", "x" * 5000])
def test_anything_else_is_utc(cookie):
    assert zone_of(cookie) == "UTC"


def test_programs_are_told_utc():
    assert zone_of("Asia/Kolkata", "/api/v1/projects/") == "UTC"


def test_a_view_that_fails_leaves_no_zone_behind():
    request = HttpRequest()
    request.path_info, request.COOKIES["tz"] = "/", "Asia/Kolkata"

    def fail(_: HttpRequest) -> HttpResponse:
        raise ValueError(datetime(2026, 1, 1, tzinfo=UTC))

    with pytest.raises(ValueError, match="2026"):
        LocalTimeMiddleware(fail)(request)
    assert timezone.get_current_timezone_name() == "UTC"


def test_every_time_of_day_on_a_page_names_its_zone():
    for template in TEMPLATES.rglob("*.html"):
        text = template.read_text()
        assert "}} UTC" not in text, f"{template}: times are local; the format's `e` names the zone"
        for part in text.split('|date:"')[1:]:
            format_, _, _ = part.partition('"')
            assert ("H:i" not in format_) or format_.endswith(" e"), f"{template}: {format_} names no zone"
