"""Settling: what is stored, who may, and what two at once come to."""

import pytest
from django.db import IntegrityError, connection, transaction

from apps.adjudication.access import sheet_for
from apps.adjudication.models import Disagreement, Resolution
from apps.adjudication.selectors.queue import queue_of
from apps.adjudication.selectors.resolutions import gold_proposed, resolutions_by_category, unclear_rules
from apps.adjudication.services.refresh import disagreements_refresh
from apps.adjudication.services.resolutions import resolution_create
from apps.audit.models import AuditEntry
from apps.core.domain.errors import Conflict, Forbidden, NotFound, RuleBroken
from apps.labeling.models import Judgment, Task
from apps.projects.services import guideline_publish
from tests.adjudication.scene import contested, judge, say
from tests.make import make_completions, make_prompt, make_rank_task


def sheet(cast, task, member=None):
    return sheet_for((member or cast.adjudicator).user, cast.project.slug, task.uid)[1]


def by_letter(found, tiers):
    """Tiers by the places of the candidates, as the page sends them."""
    return {letter: tiers[place] for letter, place in zip(found.letters, found.order, strict=True)}


def settle(cast, task, tiers=(1, 2, 2), member=None, category="slip", **more):
    found = sheet(cast, task, member)
    ladder = {} if category == "prompt" else by_letter(found, tiers)
    return resolution_create(
        actor=member or cast.adjudicator, sheet=found, category=category, tiers=ladder, **more
    )  # fmt: skip


def test_a_resolution_ranks_with_ties_and_leaves_the_judgments_alone(cast):
    task = contested(cast.project, [1, 2, 3], [3, 2, 1])
    before = list(Judgment.objects.order_by("pk").values())
    disagreements_refresh(project=cast.project)
    made = settle(cast, task, [2, 1, 1], note="Both are fine.").resolution
    assert (made.tiers, made.category, made.cohort, made.note) == ([2, 1, 1], "slip", "training", "Both are fine.")
    assert sorted(made.judgments) == [row["id"] for row in before]
    assert list(Judgment.objects.order_by("pk").values()) == before
    assert Disagreement.objects.get(task=task).resolved
    assert not queue_of(cast.adjudicator)
    assert AuditEntry.objects.filter(verb="task.resolved", object_uid=str(made.uid)).exists()


def test_what_is_said_later_of_a_settled_task_does_not_reopen_it(cast):
    task = contested(cast.project, [1, 2, 3], [3, 2, 1])
    settle(cast, task)
    say(task, [2, 1, 3])
    disagreements_refresh(project=cast.project)
    assert Disagreement.objects.get(task=task).resolved


def test_the_same_again_is_one_resolution_and_another_needs_to_name_what_it_supersedes(cast):
    task = contested(cast.project, [1, 2, 3], [3, 2, 1])
    first = settle(cast, task)
    assert settle(cast, task).resolution == first.resolution
    assert not settle(cast, task).new
    with pytest.raises(Conflict) as told:
        settle(cast, task, member=cast.manager, category="hard")
    assert told.value.code == "resolved_meanwhile"
    second = settle(cast, task, member=cast.manager, category="hard", supersedes=first.resolution.uid)
    assert second.new
    assert second.resolution.supersedes == first.resolution
    assert Resolution.objects.count() == 2


def test_one_who_looked_before_another_settled_is_told(cast):
    task = contested(cast.project, [1, 2, 3], [3, 2, 1])
    old = sheet(cast, task)
    settle(cast, task, member=cast.manager)
    with pytest.raises(Conflict) as told:
        resolution_create(actor=cast.adjudicator, sheet=old, category="slip", tiers=by_letter(old, [1, 2, 3]))
    assert told.value.code == "resolved_meanwhile"


def test_what_was_not_seen_is_not_settled(cast):
    task = contested(cast.project, [1, 2, 3], [3, 2, 1])
    seen = [voice.uid for voice in sheet(cast, task).voices]
    say(task, [2, 1, 3])
    with pytest.raises(Conflict) as told:
        settle(cast, task, seen=[seen[0], task.uid])
    assert told.value.code == "judged_meanwhile"
    assert len(settle(cast, task, seen=seen).resolution.judgments) == 2


def test_nobody_settles_what_they_judged_or_wrote(cast):
    task = make_rank_task(cast.project, k=3, required=3)
    judge(cast.adjudicator, [1, 2, 3])
    judge(cast.labeler, [3, 2, 1])
    with pytest.raises(Forbidden) as told:
        sheet(cast, task)
    assert told.value.code == "own_judgment"
    said = list(Judgment.objects.filter(task=task).values_list("pk", flat=True))
    with pytest.raises(IntegrityError, match="nobody resolves"), transaction.atomic():
        Resolution.objects.create(
            task=task, membership=cast.adjudicator, category="slip", tiers=[1, 2, 3], judgments=said
        )
    prompt = make_prompt(cast.project, author=cast.adjudicator)
    replies = [reply.pk for reply in make_completions(prompt, ["a", "b", "c"])]
    own = Task.objects.create(
        project=cast.project, prompt=prompt, kind="rank", candidates=replies, required=1, open_slots=1
    )
    say(own, [1, 2, 3])
    say(own, [3, 2, 1])
    with pytest.raises(Forbidden) as told:
        sheet(cast, own)
    assert told.value.code == "own_text"
    assert sheet(cast, own, cast.manager)


def test_sensitive_texts_are_for_those_who_accept_them(cast):
    task = contested(cast.project, [1, 2, 3], [3, 2, 1], sensitive=True)
    with pytest.raises(Forbidden) as told:
        sheet(cast, task)
    assert told.value.code == "sensitive_not_accepted"
    type(cast.adjudicator).objects.filter(pk=cast.adjudicator.pk).update(accepts_sensitive=True)
    assert sheet(cast, task)


def test_one_opinion_is_nothing_to_settle(cast):
    with pytest.raises(NotFound):
        sheet(cast, contested(cast.project, [1, 2, 3]))


def test_what_rests_on_held_out_judgments_is_held_out(cast):
    task = contested(cast.project, [1, 2, 3])
    say(task, [3, 2, 1], cohort="held-out")
    assert settle(cast, task).resolution.cohort == "held-out"
    training = contested(cast.project, [1, 2, 3], [3, 2, 1])
    say(training, [3, 2, 1], cohort="held-out")
    assert len(sheet(cast, training).voices) == 2
    assert settle(cast, training).resolution.cohort == "training"


def test_what_was_held_out_stays_so_when_somebody_settles_it_again(cast):
    """The earlier ladder lies before them, and a second training judgment has come since."""
    task = contested(cast.project, [1, 2, 3])
    say(task, [3, 2, 1], cohort="held-out")
    first = settle(cast, task, [3, 2, 1]).resolution
    say(task, [1, 3, 2])
    again = settle(cast, task, [3, 2, 1], member=cast.manager, supersedes=first.uid).resolution
    assert (first.cohort, again.cohort) == ("held-out", "held-out")


def test_what_is_settled_while_a_refresh_looks_stays_settled(cast):
    """The refresh has read that nobody settled it, and writes after somebody did."""
    task = contested(cast.project, [1, 2, 3], [3, 2, 1])
    disagreements_refresh(project=cast.project)
    Disagreement.objects.filter(task=task).update(resolved=True)
    disagreements_refresh(project=cast.project, from_nothing=True)
    assert Disagreement.objects.get(task=task).resolved


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"category": "whatever"}, "category"),
        ({"tiers": {"A": 1, "B": 2}}, "tiers.C"),
        ({"tiers": {"A": 1, "B": 2, "C": 4}}, "tiers.C"),
        ({"tiers": {"A": 1, "B": 3, "C": 3}}, "tiers"),
        ({"tiers": "best"}, "tiers"),
        ({"category": "prompt", "tiers": {"A": 1, "B": 2, "C": 3}}, "tiers"),
        ({"category": "guideline"}, "category"),
        ({"rule": "ties"}, "rule"),
        ({"note": "x" * 4001}, "note"),
    ],
)
def test_a_rule_broken_names_its_field(cast, values, field):
    found = sheet(cast, contested(cast.project, [1, 2, 3], [3, 2, 1]))
    good = {"category": "slip", "tiers": {"A": 1, "B": 2, "C": 3}}
    with pytest.raises(RuleBroken) as told:
        resolution_create(actor=cast.adjudicator, sheet=found, **good | values)
    assert told.value.field == field


def test_an_unclear_guideline_names_its_rule(cast):
    body = "# How to rank\n\n## Ties {#ranking}\n\nTie freely.\n"
    guideline_publish(actor=cast.manager.user, project=cast.project, body=body, requires_acknowledgement=False)
    task = contested(cast.project, [1, 2, 3], [3, 2, 1])
    with pytest.raises(RuleBroken) as told:
        settle(cast, task, category="guideline", rule="hallucination")
    assert told.value.field == "rule"
    made = settle(cast, task, category="guideline", rule="#ranking").resolution
    assert (made.rule, made.guideline.number) == ("ranking", 1)
    assert [(one.rule, one.tasks) for one in unclear_rules(cast.project)] == [("ranking", 1)]


def test_what_others_build_on(cast):
    settle(cast, contested(cast.project, [1, 2, 3], [3, 2, 1]), category="hard")
    prompt = settle(cast, contested(cast.project, [1, 2, 3], [3, 2, 1]), category="prompt").resolution
    assert prompt.tiers is None
    assert [one.category for one in gold_proposed(cast.project)] == ["hard"]
    counted = resolutions_by_category(cast.project)
    assert {name: n for name, n in counted.items() if n} == {"hard": 1, "prompt": 1}


def test_a_resolution_never_changes(cast):
    made = settle(cast, contested(cast.project, [1, 2, 3], [3, 2, 1])).resolution
    for verb in ("UPDATE adjudication_resolution SET note = 'x'", "DELETE FROM adjudication_resolution"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"{verb} WHERE id = %s", [made.pk])
