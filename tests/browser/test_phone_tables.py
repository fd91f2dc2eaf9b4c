"""Tables on a phone: records stand below each other, and what scrolls by itself shows where there is more."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.imports.models import Import, ImportProblem
from apps.projects.models import Project
from tests.browser.axe import sideways
from tests.cast import Cast
from tests.make import make_prompt, make_rank_task

PHONE = {"width": 360, "height": 740}
HIDDEN = "box => box.scrollWidth - box.clientWidth"


def faults(project: Project) -> str:
    imported = Import.objects.create(
        project=project, state="done", format="jsonl", claim_token=uuid4(), errors_total=1, finished_at=timezone.now()
    )
    ImportProblem.objects.create(
        imported=imported, line=123_456, field="candidates.3.completion.body", code="rule_broken",
        message="candidates.3.completion.body: a text of at most 100,000 characters is needed; this one has 123,456.",
    )  # fmt: skip
    return f"imports/{imported.uid}/"


@pytest.mark.parametrize("page_of", [lambda project: "audit/", faults], ids=["audit", "faults of an import"])
@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_records_are_read_whole(
    cast: Cast, project: Project, open_page: Callable[..., Page], page_of, java_script_enabled
):
    make_rank_task(project)
    page = open_page(cast.manager.user, viewport=PHONE, java_script_enabled=java_script_enabled)
    page.goto(f"/p/clinic/{page_of(project)}")
    box = page.locator(".scroll:has(.stacks)")
    expect(box).to_be_visible()
    assert box.evaluate(HIDDEN) <= 0
    assert not sideways(page, **PHONE)


def test_a_wide_table_shows_where_there_is_more(cast: Cast, project: Project, open_page: Callable[..., Page]):
    make_rank_task(project)
    page = open_page(cast.manager.user, viewport=PHONE)
    page.goto("/p/clinic/tasks/")
    box = page.locator(".scroll:has(.task-rows)")
    assert box.evaluate(HIDDEN) > 0
    expect(box).to_have_attribute("data-more-after", "")
    expect(box).not_to_have_attribute("data-more-before", "")
    box.evaluate("box => box.scrollTo(box.scrollWidth, 0)")
    expect(box).to_have_attribute("data-more-before", "")
    expect(box).not_to_have_attribute("data-more-after", "")
    page.set_viewport_size({"width": 1440, "height": 740})
    expect(box).not_to_have_attribute("data-more-before", "")


def test_a_word_without_end_leaves_room_for_the_other_columns(
    cast: Cast, project: Project, open_page: Callable[..., Page]
):
    make_prompt(project, "https://clinic.example/" + "a" * 500)
    page = open_page(cast.manager.user, viewport={"width": 1440, "height": 740})
    page.goto("/p/clinic/prompts/")
    box = page.locator(".scroll:has(table)")
    expect(box).to_contain_text("https://clinic.example/aaa")
    assert box.evaluate(HIDDEN) <= 0


def test_the_page_one_is_on_stands_in_its_row(cast: Cast, open_page: Callable[..., Page]):
    page = open_page(cast.manager.user, viewport=PHONE)
    page.goto("/p/clinic/pay/")
    expect(page.get_by_role("navigation", name="Quality").get_by_role("link", name="Pay")).to_be_in_viewport(ratio=1)
