"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest


def installation(request: HttpRequest) -> dict[str, object]:
    return {"is_demo": settings.DEMO}
