"""Making tasks press by press where the replies of many prompts are looked at, and few can be shown."""

import html
import re
from typing import Any

import pytest

from apps.labeling.models import Task
from apps.prompts.models import Prompt
from tests.api.test_screened_tasks import replies
from tests.cast import Cast
from tests.make import make_completions, make_prompt

PAGE = "/p/clinic/tasks/"
RANK = {"do": "make", "new-new_kind": "rank"}
ACTION = re.compile(r'<form method="post" action="(\?[^"#]*)#make"')


@pytest.fixture
def manager(cast: Cast, as_member: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("apps.labeling.views.tasks.SCREENED_AT_ONCE", 2)
    return as_member(cast.manager)


@pytest.fixture
def poor(cast: Cast) -> list[Prompt]:
    """Of each there is one reply that can be shown: enough to rate, too few to rank."""
    prompts = [make_prompt(cast.project) for _ in range(3)]
    for prompt in prompts:
        replies(cast, prompt, "At nine.", "")
    return prompts


def press(manager: Any, page: Any = None, **sent: str) -> Any:
    """The button of that page, or of the page as it is opened."""
    action = html.unescape(ACTION.findall((page or manager.get(PAGE)).content.decode())[0])
    return manager.post(f"{PAGE}{action}", RANK | sent, follow=True)


def said(page: Any) -> str:
    return " ".join(page.content.decode().split())


def test_prompts_that_gave_nothing_are_passed_over(cast: Cast, manager: Any, poor: list[Prompt]):
    good = make_prompt(cast.project)
    replies(cast, good, "At nine.", "At ten.")

    first = press(manager)
    assert "No task was made of the 2 prompts looked at: too few of their replies can be shown." in said(first)
    assert "There are 2 prompts left without such a task: press the button again to go on." in said(first)
    second = press(manager, first)
    assert "1 task was made. 1 prompt was left out" in said(second)
    assert "press the button again" not in said(second)
    assert Task.objects.get().prompt == good

    replies(cast, poor[0], "At eleven.")
    assert "1 task was made." in said(press(manager, second))
    assert set(Task.objects.values_list("prompt", flat=True)) == {good.pk, poor[0].pk}


def test_another_search_begins_at_the_beginning(manager: Any, poor: list[Prompt]):
    first = press(manager)
    assert "2 tasks were made." in said(press(manager, first, **{"new-new_kind": "rate"}))
    assert set(Task.objects.values_list("prompt", flat=True)) == {one.pk for one in poor[:2]}


def test_one_that_finds_nothing_further_on_begins_anew(cast: Cast, manager: Any, poor: list[Prompt]):
    """What was left when the page was made has got its task elsewhere meanwhile."""
    first = press(manager)
    replies(cast, poor[0], "At eleven.")
    two = sorted(poor[2].completions.values_list("pk", flat=True))
    Task.objects.create(
        project=cast.project, prompt=poor[2], kind="rank", candidates=two, candidate_set=two, required=1, open_slots=1
    )
    assert "1 task was made." in said(press(manager, first))


@pytest.mark.parametrize("after", ["", "7", "7-rank", "x" * 2_000, "1" * 30])
def test_a_place_that_is_none_is_the_beginning(cast: Cast, manager: Any, after: str):
    replies(cast, make_prompt(cast.project), "At nine.", "At ten.")
    page = manager.post(f"{PAGE}?after={after}", RANK, follow=True)
    assert "1 task was made." in said(page)


def test_imported_completions_are_not_counted(cast: Cast, manager: Any):
    """Nobody looks at them one by one, so many prompts are taken at once."""
    for _ in range(3):
        make_completions(make_prompt(cast.project), ["a", "b"])
    assert "3 tasks were made." in said(press(manager))
