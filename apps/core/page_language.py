"""Pages speak the reader's language; the API and the CSV files speak English."""

from django.conf import settings
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation


class PageLocaleMiddleware(LocaleMiddleware):
    """The language that the browser prefers, if there is a catalogue for it. The API's readers are programs, and a file
    is compared with others: its groups and words are the same whoever fetched it.

    Some of its sentences come from the framework's own catalogues and some from ours, so that with anything but English
    an answer could be half of one language and half of another.
    """

    def process_request(self, request: HttpRequest) -> None:
        if not request.path_info.startswith("/api/") and not request.path_info.endswith(".csv"):
            super().process_request(request)
            return
        translation.activate(settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = settings.LANGUAGE_CODE
