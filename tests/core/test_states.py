"""The state of long work stands on every page in the reader's language."""

import re

import pytest
from django.conf import settings
from django.template import Context, Template

from apps.core.templatetags.states import WORDS
from apps.datasets.models import DatasetSnapshot
from apps.imports.models import Import
from apps.registry.run import RunState
from apps.training.models import CandidateSet, LoopRun
from apps.training.selectors import stations
from tests.pages.untranslated import CLOSE, OPEN, speak_pseudo

# Words already, made in Python.
_WORDS_ALREADY = {"templates/screening/results.html", "templates/screening/candidate.html"}


def test_every_state_has_a_word():
    kinds = (DatasetSnapshot.State, Import.State, RunState, CandidateSet.State, LoopRun.State)
    shown = {value for kind in kinds for value in kind.values} | set(stations._STATES.values())
    assert shown <= set(WORDS)


def test_the_word_is_in_the_readers_language(monkeypatch: pytest.MonkeyPatch):
    speak_pseudo(monkeypatch)
    page = Template('{% load states %}<span class="{{ state }}">{{ state|state_word }}</span>')
    assert page.render(Context({"state": "done"})) == f'<span class="done">{OPEN}done{CLOSE}</span>'


def test_no_page_shows_a_stored_state():
    """As the text of an element or within a sentence; the name of a style is no text."""
    bare = re.compile(r">[^<]*\{\{ [\w.]+\.state \}\}|translate trimmed with state=[\w.]+\.state %")
    found = {
        str(path.relative_to(settings.BASE_DIR))
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
        if bare.search(path.read_text(encoding="utf-8"))
    }
    assert found <= _WORDS_ALREADY
