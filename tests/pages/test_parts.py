"""A project's parts, in the room, its history and a correction: without scripts."""

import json

import pytest

from apps.labeling.models import Judgment
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.projects.domain.seed_schema import SEED_SCHEMA
from apps.projects.services import schema_publish
from tests.make import make_demonstrate_task, make_rank_task


@pytest.fixture
def room(cast, labeler, claimed):
    """Opens a room under a schema with these parts: its address and its page."""

    def open_room(kind: str = "rank", **parts):
        schema_publish(actor=None, project=cast.project, body=SEED_SCHEMA | {"parts": parts})
        make_rank_task(cast.project, k=2) if kind == "rank" else make_demonstrate_task(cast.project)
        path = f"/work/{claimed(kind).uid}/"
        return path, labeler.get(path).content.decode()

    return open_room


RATED = {"rating-A-overall": "6", "rating-B-overall": "2"}


def test_rating_only_is_submitted_shown_and_corrected(labeler, room):
    path, page = room(ranking="off")
    assert "tier-A" not in page
    assert labeler.post(f"{path}submit/", RATED | {"tier-A": "1", "tier-B": "2"}).status_code == 422
    missing = labeler.post(f"{path}submit/", {"rating-A-overall": "6"})
    assert missing.status_code == 422
    assert "B: This candidate has no rating yet." in missing.content.decode()
    assert 'href="#candidate-B"' in missing.content.decode()

    assert labeler.post(f"{path}submit/", RATED).status_code == 303
    judgment = Judgment.objects.get()
    assert not hasattr(judgment, "ranking")
    history = labeler.get("/p/clinic/history/").content.decode()
    assert "A 6, B 2" in history
    assert "more, until" in history
    again = labeler.get(f"{path}correct/").content.decode()
    assert 'name="rating-A-overall" value="6" checked' in again
    assert (
        labeler.post(f"{path}correct/", RATED | {"rating-B-overall": "7", "corrects": str(judgment.uid)}).status_code
        == 303
    )
    assert "A 6, B 7" in labeler.get("/p/clinic/history/").content.decode()


def test_rank_only_shows_no_scales_and_takes_none(labeler, room):
    path, page = room(ratings=False, prompt=False, notes=False)
    for part in ("rating-A", "flag-A", "note-A", 'name="note"', "prompt-flag", 'name="use_case"', 'id="glossary"'):
        assert part not in page
    refused = labeler.post(f"{path}submit/", {"tier-A": "1", "tier-B": "2"} | RATED)
    assert refused.status_code == 422
    assert "ratings: this project does not ask for it." in refused.content.decode()
    assert labeler.post(f"{path}submit/", {"tier-A": "1", "tier-B": "2"}).status_code == 303
    assert "A &gt; B" in labeler.get("/p/clinic/history/").content.decode()


def test_a_proposal_that_was_taken_is_kept_and_comes_back(labeler, room):
    path, page = room(proposal=True)
    assert 'name="proposal" value=""' in page
    unfinished = labeler.post(f"{path}submit/", {"tier-A": "1", "proposal": "1"})
    assert 'name="proposal" value="1"' in unfinished.content.decode()
    labeler.post(f"{path}submit/", {"tier-A": "1", "tier-B": "2", "proposal": "1"} | RATED)
    assert Judgment.objects.get().proposal
    assert 'name="proposal" value="1"' in labeler.get(f"{path}correct/").content.decode()


def test_a_demonstration_is_corrected_too(labeler, room):
    path, page = room("demonstrate", prompt=False)
    assert "prompt-flag" not in page
    labeler.post(f"{path}submit/", {"text": "First words."})
    assert "First words." in labeler.get(f"{path}correct/").content.decode()
    labeler.post(f"{path}correct/", {"text": "Better words."})
    assert Judgment.objects.get(supersedes__isnull=False).demonstration.completion.body == "Better words."


def test_what_is_rated_and_not_ranked_is_told_to_those_who_curate(cast, as_member, labeler, room):
    path, _ = room(ranking="off")
    labeler.post(f"{path}submit/", RATED)
    prompt = Judgment.objects.get().task.prompt
    page = as_member(cast.researcher).get(f"/p/clinic/prompts/{prompt.uid}/").content.decode()
    assert "rated, not ranked" in page
    assert '<td class="number">6</td>' in page


def test_nobody_meets_the_words_of_a_sensitive_prompt_in_the_history(cast, labeler):
    cast.labeler.accepts_sensitive = True
    cast.labeler.save()
    task = make_rank_task(cast.project, k=2, sensitive=True)
    judgment_submit(assignment=assignment_claim(member=cast.labeler, kind="rank"), body={"tiers": {"A": 1, "B": 2}})
    history = labeler.get("/p/clinic/history/").content.decode()
    assert "On a prompt marked sensitive" in history
    assert json.loads(task.prompt.messages)[-1]["content"] not in history
