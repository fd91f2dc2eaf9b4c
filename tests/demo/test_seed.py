"""The demo project as a newcomer finds it, through the same roads as everybody's data."""

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.demo.services import PASSWORD, demo_seed
from apps.gold.models import GoldItem
from apps.imports.models import Import
from apps.labeling.models import Judgment, Task
from apps.labeling.selectors import queue_state
from apps.labeling.services.claim import assignment_claim
from apps.projects.domain.seed_schema import SEED_SCHEMA
from apps.projects.models import ExternalLabeler, Membership
from apps.projects.services import schema_publish
from apps.prompts.models import Prompt
from apps.prompts.selectors import prompt_writing_is_on
from apps.prompts.services import prompt_write


@pytest.fixture
def seeded(db) -> Import:
    written, practised = demo_seed()
    assert (practised.state, practised.errors_total) == ("done", 0)
    return written


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (User, Membership, Prompt, Task, Judgment, Import))


def test_everything_is_there(seeded: Import):
    assert (seeded.state, seeded.errors_total) == ("done", 0)
    judgments = Judgment.objects.exclude(task__prompt__source__dataset="demo-practice")
    assert Prompt.objects.exclude(source__dataset="demo-practice").count() == 60
    assert judgments.filter(ranking__isnull=False).count() == 60 * 12
    assert judgments.filter(demonstration__isnull=False).count() == 26
    assert Task.objects.filter(kind="rank", state="open", open_slots__gte=2).count() == 54
    items = list(GoldItem.objects.select_related("task"))
    assert len(items) == 6
    assert {item.task.state for item in items} == {"open"}
    assert min(len(item.pairs) for item in items) >= 7
    assert Task.objects.filter(kind="demonstrate", open_slots=1).count() == 34


def test_the_practice_questions_are_for_the_models_and_marked_as_simulated(seeded: Import):
    practice = Prompt.objects.filter(source__dataset="demo-practice")
    judgments = Judgment.objects.filter(task__prompt__in=practice)
    assert practice.count() == 160
    assert judgments.filter(ranking__isnull=False).count() == 160 * 3
    assert judgments.filter(demonstration__isnull=False).count() == 54
    assert set(judgments.values_list("external_labeler__kind", flat=True)) == {"simulated"}
    assert not Task.objects.filter(prompt__in=practice, state="open").exists()


def test_simulated_rankings_are_marked_and_some_held_out(seeded: Import):
    labelers = ExternalLabeler.objects.filter(judgments__ranking__isnull=False).distinct()

    assert {labeler.kind for labeler in labelers} == {"simulated"}
    assert labelers.filter(cohort="held-out").count() == 3
    written = Judgment.objects.exclude(task__prompt__source__dataset="demo-practice")
    assert written.filter(ranking__isnull=False, cohort="held-out").count() == 60 * 3


def test_a_second_seeding_adds_nothing(seeded: Import):
    member = Membership.objects.filter(role="labeler").earliest("pk")
    prompt_write(member=member, text="Why?", context="", use_case="chat", sensitive=False)
    before = counts()
    demo_seed()

    assert counts() == before


def test_labelers_are_asked_for_prompts_until_a_manager_decides_otherwise(seeded: Import):
    project = seeded.project
    assert prompt_writing_is_on(project)
    schema_publish(actor=None, project=project, body=SEED_SCHEMA)
    demo_seed()
    assert not prompt_writing_is_on(project)


def test_every_account_signs_in_and_labelers_can_start_at_once(seeded: Import):
    for user in User.objects.all():
        assert user.check_password(PASSWORD)
    labeler = Membership.objects.select_related("project", "user").get(user__email="labeler1@demo.local")
    assert queue_state(labeler, "rank").available == 60
    assert assignment_claim(member=labeler, kind="rank") is not None


def test_who_has_not_accepted_sensitive_prompts_gets_fewer(seeded: Import):
    leo = Membership.objects.get(user__email="labeler5@demo.local")

    assert 0 < queue_state(leo, "rank").available < 60


def test_not_without_demo(db, settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1"):
        call_command("seed_demo")
