"""Browser contexts that go from test to test: a new one costs Chromium most of a second, an emptied one nothing.

Whoever asks for the same options may get it next. None is kept to which a test did what cannot be taken back.
"""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext
from playwright.sync_api._generated import Clock

# What stays with a context for good.
FOR_GOOD = {
    BrowserContext: ("add_init_script", "expose_binding", "expose_function", "grant_permissions", "on", "route",
                     "set_extra_http_headers", "set_geolocation"),
    Clock: ("install", "fast_forward", "pause_at", "run_for", "set_fixed_time", "set_system_time"),
}  # fmt: skip


class Rooms:
    """The contexts of one browser."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[BrowserContext]] = {}  # by their options
        self._kept: dict[BrowserContext, str] = {}
        self._changed = False  # by the test that is running
        self._patches = pytest.MonkeyPatch()
        for kind, names in FOR_GOOD.items():
            for name in names:
                self._watch(kind, name)

    def take(self, *, base_url: str, **options: Any) -> BrowserContext:
        kind = repr(sorted(options.items()))
        if free := self._free.get(kind):
            return free.pop()
        context = self._browser.new_context(base_url=base_url, **options)
        context.new_page()  # stays open: with its last page a context's window would go
        self._kept[context] = kind
        return context

    def give_back(self, context: BrowserContext, url: str) -> None:
        """After this it knows nothing of the test that had it."""
        # A page that goes saves its draft once more; the answer would come in the next test, and sign that one out.
        context.set_offline(True)
        if self._changed:
            del self._kept[context]
            context.close()
            return
        blank, *pages = context.pages
        for page in pages:
            page.close()
        context.set_offline(False)
        context.clear_cookies()
        protocol = context.new_cdp_session(blank)
        protocol.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "all"})
        protocol.send("Network.clearBrowserCache")
        protocol.detach()
        self._free.setdefault(self._kept[context], []).append(context)

    def test_ended(self) -> None:
        self._changed = False

    def close(self) -> None:
        self._patches.undo()
        for context in self._kept:
            context.close()

    def _watch(self, kind: type, name: str) -> None:
        real = getattr(kind, name)

        def watched(one: Any, *given: Any, **named: Any) -> Any:
            self._changed = True
            return real(one, *given, **named)

        self._patches.setattr(kind, name, watched)
