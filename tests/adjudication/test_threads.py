"""Two adjudicators at once, under real threads on real PostgreSQL."""

from threading import Barrier

import pytest

from apps.accounts.models import User
from apps.adjudication.models import Resolution
from apps.adjudication.selectors.sheet import sheet_of
from apps.adjudication.services.more import judgments_ask_more
from apps.adjudication.services.refresh import disagreements_refresh
from apps.adjudication.services.resolutions import resolution_create
from apps.core.domain.errors import Conflict
from apps.labeling.models import Task
from apps.projects.models import Membership
from apps.projects.services import project_create
from tests.adjudication.scene import contested
from tests.labeling.test_queue_threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 6


@pytest.fixture
def boss():
    return User.objects.create_user("boss@example.org")


@pytest.fixture
def project(boss):
    return project_create(actor=boss, slug="busy", name="Busy", seed=1, overlap_share=0)


def test_of_many_adjudicators_one_settles_a_task(project):
    task = contested(project, [1, 2, 3], [3, 2, 1])
    sheet = sheet_of(task)
    people = [
        Membership.objects.create(
            project=project, user=User.objects.create_user(f"a{n}@example.org"), role="adjudicator", pseudonym=f"a{n}"
        )
        for n in range(PEOPLE)
    ]
    start = Barrier(PEOPLE)

    def settle(member):
        start.wait()
        try:
            return resolution_create(actor=member, sheet=sheet, category="slip", tiers={"A": 1, "B": 2, "C": 3}).new
        except Conflict as error:
            return error.code

    answers = in_threads(settle, people)
    assert sorted(map(str, answers)) == ["True"] + ["resolved_meanwhile"] * (PEOPLE - 1)
    assert Resolution.objects.count() == 1


def test_the_same_click_from_every_window_is_one_resolution(project, boss):
    task = contested(project, [1, 2, 3], [3, 2, 1])
    sheet, member = sheet_of(task), Membership.objects.get(project=project, user=boss)
    start = Barrier(PEOPLE)

    def settle(_):
        start.wait()
        return resolution_create(actor=member, sheet=sheet, category="slip", tiers={"A": 1, "B": 2, "C": 3}).new

    assert sorted(in_threads(settle, list(range(PEOPLE)))) == [False] * (PEOPLE - 1) + [True]


def test_more_is_asked_for_once_however_many_ask(project, boss):
    tasks = [contested(project, [1, 2, 3], [3, 2, 1], required=2) for _ in range(4)]
    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(open_slots=0)
    disagreements_refresh(project=project)
    start = Barrier(PEOPLE)

    def ask(_):
        start.wait()
        return judgments_ask_more(actor=boss, project=project, below=0.5, more=1, most=5).tasks

    assert sum(in_threads(ask, list(range(PEOPLE)))) == 4
    assert set(Task.objects.values_list("required", "open_slots")) == {(3, 1)}
