"""A labeler's pages hold no text that translators were not offered (docs/translating.md)."""

import re

import pytest

from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.labeling.services.leases import assignment_skip
from apps.projects.domain.seed_schema import SEED_SCHEMA
from apps.projects.services import guideline_acknowledge, guideline_publish, schema_publish
from apps.prompts.models import Split
from tests.make import make_demonstrate_task, make_rank_task

from .untranslated import left_in_english, speak_pseudo

# A project's own words stay its own: its name, its schema's labels and help; so do the splits, words of the files.
PROJECT_WORDS = {words for field in SEED_SCHEMA["fields"] for words in (field["label"], field["help"])}
PROJECT_WORDS |= set(Split.values)
NAMES = re.compile(r"labelstudio_rlhf|Clinic|\w+@example\.org|\b(manager|labeler(-\w+)?)\b|\bUTC\b")


def english_words(answer) -> list[str]:
    return [
        text
        for text in left_in_english(answer)
        if text.removeprefix("aria-label=") not in PROJECT_WORDS and re.search(r"[^\W\d_]{2,}", NAMES.sub("", text))
    ]


@pytest.fixture
def lived_in(cast):
    guideline_publish(actor=None, project=cast.project, body="# Guideline\n\n## Ties\n\nFreely.")
    guideline_acknowledge(member=cast.labeler, number=1)
    body = SEED_SCHEMA | {"parts": {"prompt_writing": True, "proposal": True}}
    schema_publish(actor=cast.manager.user, project=cast.project, body=body)
    uids = {}
    for name, end in (
        ("submitted", lambda one: judgment_submit(assignment=one, body={"tiers": {"A": 1, "B": 1}})),
        ("skipped", lambda one: assignment_skip(assignment=one, reason="")),
    ):
        make_rank_task(cast.project, k=2)
        one = assignment_claim(member=cast.labeler, kind="rank")
        end(one)
        uids[name] = one.uid
    make_demonstrate_task(cast.project)
    writing = assignment_claim(member=cast.labeler, kind="demonstrate")
    uids["writing"] = writing.uid
    return uids


@pytest.mark.parametrize(
    "path",
    [
        "/", "/p/clinic/", "/p/clinic/work/", "/p/clinic/history/", "/p/clinic/guideline/", "/account/tokens/",
        "/account/password/", "/work/{submitted}/", "/work/{submitted}/correct/", "/work/{skipped}/", "/work/{writing}/",
        "/p/clinic/questions/", "/p/clinic/write-prompt/", "/p/nothing/", "/p/clinic/me/",
    ],
)  # fmt: skip
def test_a_labelers_page_is_all_translatable(labeler, lived_in, monkeypatch, path):
    speak_pseudo(monkeypatch)
    answer = labeler.get(path.format(**lived_in))
    assert english_words(answer) == []


def test_the_ranking_room_is_all_translatable(cast, labeler, monkeypatch):
    make_rank_task(cast.project, k=3)
    ranking = assignment_claim(member=cast.labeler, kind="rank")
    speak_pseudo(monkeypatch)
    assert english_words(labeler.get(f"/work/{ranking.uid}/")) == []


MANAGING = (
    "",
    "members/",
    "guidelines/",
    "schemas/",
    "settings/",
    "tasks/",
    "feedback/",
    "demonstrations/",
    "prompts/",
    "imports/",
    "snapshots/",
    "agreement/",
    "bias/",
    "bias/questions/",
    "pay/",
)


@pytest.mark.parametrize("path", MANAGING)
def test_a_managers_page_is_all_translatable(cast, as_member, lived_in, monkeypatch, path):
    manager = as_member(cast.manager)
    speak_pseudo(monkeypatch)
    answer = manager.get(f"/p/clinic/{path}")
    assert answer.status_code == 200
    assert english_words(answer) == []
