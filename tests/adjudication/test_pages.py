"""The queue and the sheet as pages, without scripts."""

import csv

import pytest
from django.test import Client
from django.urls import reverse

from apps.adjudication.models import AdjudicationRules, Resolution
from apps.labeling.models import Task
from apps.prompts.models import Prompt
from tests.adjudication.scene import contested, judge, say
from tests.make import make_rank_task


@pytest.fixture
def adjudicator(cast):
    client = Client()
    client.force_login(cast.adjudicator.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def manager(cast):
    client = Client()
    client.force_login(cast.manager.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def queue(cast):
    return reverse("adjudication:queue", args=[cast.project.slug])


def sheet(cast, task):
    return reverse("adjudication:sheet", args=[cast.project.slug, task.uid])


def test_the_queue_leads_to_the_sheet_and_shows_no_names(cast, adjudicator):
    task = contested(cast.project, [1, 2, 3], [3, 2, 1])
    page = adjudicator.get(queue(cast)).content.decode()
    assert sheet(cast, task) in page
    shown = adjudicator.get(sheet(cast, task)).content.decode()
    assert "First labeler" in shown
    assert "Second labeler" in shown
    assert "Alike on 0 of 3 pairs." in shown
    for secret in ("person-", "secret-model", str(cast.labeler.pseudonym)):
        assert secret not in page + shown


def test_it_is_settled_without_scripts_and_leads_to_the_next(cast, adjudicator):
    task, following = contested(cast.project, [1, 2], [2, 1], priority=1), contested(cast.project, [1, 2], [2, 1])
    adjudicator.get(queue(cast))
    said = {"tier-A": "1", "tier-B": "1", "category": "pluralism", "note": "Both.", "rule": "left over"}
    answer = adjudicator.post(sheet(cast, task), said | {"seen": _seen(adjudicator, cast, task)})
    assert (answer.status_code, answer["Location"]) == (303, sheet(cast, following))
    made = Resolution.objects.get()
    assert (made.task, made.tiers, made.category, made.note) == (task, [1, 1], "pluralism", "Both.")
    again = adjudicator.get(sheet(cast, task)).content.decode()
    assert "Somebody settled this" in again
    assert 'value="pluralism" checked' in again


def test_an_unfinished_ladder_is_told_beside_it(cast, adjudicator):
    task = contested(cast.project, [1, 2], [2, 1])
    answer = adjudicator.post(
        sheet(cast, task), {"tier-A": "1", "category": "slip", "seen": _seen(adjudicator, cast, task)}
    )
    assert answer.status_code == 422
    assert "B has no place on the ladder yet." in answer.content.decode()
    assert adjudicator.post(sheet(cast, task), {"tier-A": "1", "tier-B": "2"}).status_code in (409, 422)
    unsaid = {"tier-A": "1", "tier-B": "2", "seen": _seen(adjudicator, cast, task)}
    assert "Say why they differed" in adjudicator.post(sheet(cast, task), unsaid).content.decode()
    assert not Resolution.objects.exists()


def test_of_two_who_settle_it_the_second_is_told(cast, adjudicator, manager):
    task = contested(cast.project, [1, 2], [2, 1])
    said = {"tier-A": "1", "tier-B": "2", "category": "slip", "seen": _seen(manager, cast, task), "supersedes": ""}
    assert manager.post(sheet(cast, task), said).status_code == 303
    answer = adjudicator.post(sheet(cast, task), said | {"category": "hard"})
    assert answer.status_code == 409
    assert "Somebody settled this task meanwhile" in answer.content.decode()


def test_any_two_of_several_are_shown(cast, adjudicator):
    task = contested(cast.project, [1, 2, 3], [1, 2, 3], [3, 2, 1])
    furthest = adjudicator.get(sheet(cast, task)).content.decode()
    assert "Third labeler" in furthest
    alike = adjudicator.get(sheet(cast, task), {"left": 1, "right": 2}).content.decode()
    assert "These two rank alike." in alike


def test_a_sensitive_prompt_is_named_in_no_list(cast, manager):
    task = make_rank_task(cast.project, k=2, sensitive=True)
    say(task, [1, 2])
    say(task, [2, 1])
    page = manager.get(queue(cast)).content.decode()
    assert "A sensitive prompt" in page
    assert "Question" not in page


def test_a_sensitive_sheet_offers_no_skip(cast, manager):
    task = contested(cast.project, [1, 2], [2, 1])
    Prompt.objects.update(sensitive=True)
    page = manager.get(sheet(cast, task)).content.decode()
    assert "They stay covered until you want to see them." in page
    assert "you may skip the task" not in page


def test_pages_of_the_queue_hold_every_task_once(cast, adjudicator, monkeypatch):
    monkeypatch.setattr("apps.adjudication.views.SHOWN", 2)
    tasks = [contested(cast.project, [1, 2], [2, 1]) for _ in range(5)]
    found, address = [], queue(cast)
    while address:
        context = adjudicator.get(address).context
        found += [row.row.task_id for row in context["rows"]]
        address = f"{queue(cast)}?after={context['after']}" if context["after"] else None
    assert found == [task.pk for task in tasks]


def test_the_file_holds_the_queue(cast, adjudicator):
    task = contested(cast.project, [1, 2], [2, 1])
    answer = adjudicator.get(reverse("adjudication:queue-file", args=[cast.project.slug]))
    rows = list(csv.DictReader(answer.content.decode().splitlines()))
    assert [(row["task"], row["disagreement"], row["judgments"]) for row in rows] == [(str(task.uid), "1.0", "2")]


def test_a_manager_asks_for_more_and_sets_rules(cast, manager, adjudicator):
    task = make_rank_task(cast.project, k=3, required=2)
    judge(cast.labeler, [1, 2, 3])
    judge(cast.second_labeler, [3, 2, 1])
    more = reverse("adjudication:more", args=[cast.project.slug])
    assert manager.post(more, {"below": "50", "more": "2", "most": "5"}).status_code == 303
    assert Task.objects.get(pk=task.pk).required == 4
    assert manager.post(more, {"below": "0", "more": "2", "most": "5"}).status_code == 422
    rules = reverse("adjudication:rules", args=[cast.project.slug])
    given = {"use_cases": "extract, closed_qa", "more_below": "60", "more_judgments": "1", "more_most": "4"}
    assert manager.post(rules, given).status_code == 303
    kept = AdjudicationRules.objects.get()
    assert (kept.use_cases, kept.more_below, kept.more_most) == (["closed_qa", "extract"], 0.6, 4)
    assert 'value="60' in manager.get(queue(cast)).content.decode()


def _seen(client, cast, task):
    return [str(voice.uid) for voice in client.get(sheet(cast, task)).context["sheet"].voices]
