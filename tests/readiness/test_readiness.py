"""The screen, its file and the API: on a project with nothing, and on one where people have ranked."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.labeling.models import Task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.projects.guideline_services import guideline_acknowledge, guideline_publish
from apps.projects.models import Membership
from apps.readiness.models import ReadinessReport
from apps.readiness.services import kept
from apps.readiness.services.facts import facts_of
from apps.readiness.services.kept import facts_now, facts_refresh_all
from tests.cast import Cast
from tests.make import make_completions, make_prompt

pytestmark = pytest.mark.django_db


def ranks(member: Membership, tiers: dict[str, int]) -> None:
    assignment = assignment_claim(member=member, kind="rank")
    judgment_submit(assignment=assignment, body={"tiers": tiers})


def task_in(cast: Cast, split: str, required: int = 1) -> Task:
    prompt = make_prompt(cast.project, split=split)
    candidates = [one.pk for one in make_completions(prompt, ["a", "b"])]
    return Task.objects.create(
        project=cast.project, prompt=prompt, kind="rank", candidates=candidates, required=required, open_slots=required
    )


def page(cast: Cast, member: Membership) -> str:
    client = Client()
    client.force_login(member.user)
    return client.get(reverse("readiness:readiness", args=[cast.project.slug])).content.decode()


def test_nothing_is_not_ready(cast: Cast):
    facts = facts_of(cast.project).facts
    assert (facts.rankings, facts.comparisons, facts.agreement, facts.guideline) == (0, 0, None, None)

    said = page(cast, cast.manager)
    assert "Not yet." in said
    assert "There is no ranking of a training prompt by a training labeler." in said
    assert reverse("adjudication:queue", args=[cast.project.slug]) in said


def test_rankings_count_where_they_would_be_trained_on_or_measured(cast: Cast):
    task_in(cast, "train", required=2)
    for member in (cast.labeler, cast.second_labeler):
        ranks(member, {"A": 1, "B": 2})
    task_in(cast, "validation")
    ranks(cast.held_out_labeler, {"A": 1, "B": 1})

    facts = facts_of(cast.project).facts
    assert (facts.rankings, facts.comparisons, facts.labelers, facts.heaviest) == (2, 2, 2, 0.5)
    assert (facts.held_out_prompts, facts.held_out_labelers) == (1, 1)
    assert facts.agreement is not None


def test_rankings_from_before_the_meaning_changed_are_old(cast: Cast):
    """Two of three; a version that changes no meaning makes nothing old."""
    task_in(cast, "train", required=3)
    ranks(cast.labeler, {"A": 1, "B": 2})
    publish(cast, changes_meaning=False)
    ranks(cast.second_labeler, {"A": 1, "B": 2})
    publish(cast, changes_meaning=True)
    guideline_acknowledge(member=cast.adjudicator, number=2)
    ranks(cast.adjudicator, {"A": 1, "B": 2})

    facts = facts_of(cast.project).facts
    assert (facts.guideline, facts.rankings, round(facts.old, 3)) == (2, 3, 0.667)


def test_each_ranking_is_looked_at_by_no_more_than_two_counts(cast: Cast):
    """Of a million of them one look takes seconds: who, and under which guideline, is one; what they teach another."""
    task_in(cast, "train", required=1)
    ranks(cast.labeler, {"A": 1, "B": 2})
    with CaptureQueriesContext(connection) as queries:
        facts_of(cast.project)
    looks = [one["sql"] for one in queries.captured_queries if "\"split\" IN ('train')" in one["sql"]]
    assert len(looks) == 2


def publish(cast: Cast, *, changes_meaning: bool) -> None:
    guideline_publish(
        actor=cast.manager.user, project=cast.project, body=f"# G\n\n{changes_meaning}", requires_acknowledgement=False,
        changes_meaning=changes_meaning,
    )  # fmt: skip


def test_facts_are_counted_anew_where_that_is_quick_and_by_the_clock_where_it_is_not(cast: Cast) -> None:
    assert rankings_told(cast) == 0
    task_in(cast, "train", required=3)
    ranks(cast.labeler, {"A": 1, "B": 2})
    assert rankings_told(cast) == 1
    ReadinessReport.objects.update(seconds=40)
    ranks(cast.second_labeler, {"A": 1, "B": 2})
    assert rankings_told(cast) == 1  # who asks does not wait that long
    facts_refresh_all()
    assert rankings_told(cast) == 1  # it rests nine times as long
    ReadinessReport.objects.update(computed_at=timezone.now() - timedelta(seconds=361))
    facts_refresh_all()
    assert rankings_told(cast) == 2
    ReadinessReport.objects.update(seconds=0)
    publish(cast, changes_meaning=False)
    assert facts_now(project=cast.project).gathered.facts.guideline == 1  # nothing was said since


def rankings_told(cast: Cast) -> int:
    return facts_now(project=cast.project).gathered.facts.rankings


def test_what_is_kept_is_what_was_counted(cast: Cast):
    task_in(cast, "train", required=2)
    for member in (cast.labeler, cast.second_labeler):
        ranks(member, {"A": 1, "B": 2})
    assert facts_now(project=cast.project).gathered == facts_of(cast.project)


def test_a_large_project_is_counted_by_the_clock_first(cast: Cast, monkeypatch):
    task_in(cast, "train", required=2)
    for member in (cast.labeler, cast.second_labeler):
        ranks(member, {"A": 1, "B": 2})
    monkeypatch.setattr(kept, "QUICK_JUDGMENTS", 1)
    client = Client()
    client.force_login(cast.researcher.user)
    answer = client.get(reverse("api:v1:readiness", args=[cast.project.slug]))
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "30")
    assert client.get(reverse("readiness:readiness-file", args=[cast.project.slug])).status_code == 404
    assert "counted for the first time" in page(cast, cast.researcher)
    facts_refresh_all()
    assert client.get(reverse("api:v1:readiness", args=[cast.project.slug])).json()["verdict"] == "no"
    said = page(cast, cast.researcher)
    assert "counted for the first time" not in said
    assert "As of " in said


def test_the_clock_counts_no_project_in_which_a_look_is_quick(cast: Cast):
    facts_refresh_all()
    assert not ReadinessReport.objects.exists()


def test_a_researcher_is_not_sent_where_they_may_not_go(cast: Cast):
    said = page(cast, cast.researcher)
    assert reverse("projects:members", args=[cast.project.slug]) not in said
    assert reverse("adjudication:queue", args=[cast.project.slug]) not in said
    assert reverse("quality:agreement", args=[cast.project.slug]) in said


def test_file_and_api_say_the_same(cast: Cast):
    client = Client()
    client.force_login(cast.researcher.user)
    file = client.get(reverse("readiness:readiness-file", args=[cast.project.slug])).content.decode()
    answer = client.get(reverse("api:v1:readiness", args=[cast.project.slug])).json()

    rows = list(csv.DictReader(io.StringIO(file)))
    assert answer["verdict"] == "no"
    assert [(row["check"], row["standing"], row["said"]) for row in rows] == [
        (one["check"], one["standing"], one["text"]) for one in answer["checks"]
    ]
