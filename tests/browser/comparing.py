"""A task whose candidates are compared: on the ladder, in the dialog, pair by pair."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.labeling.models import Judgment, Task
from apps.projects.domain.seed_schema import SEED_SCHEMA
from apps.projects.services import schema_publish
from tests.make import make_completions, make_prompt

PARAGRAPH = "Spread the visits over the day, and tell patients why you ask them to come early. " * 6
LONG = [
    "\n\n".join(f"Part {number}. {PARAGRAPH}" for number in range(12)),
    "\n\n".join(f"Teil {number}. {PARAGRAPH * 2}" for number in range(12)),
]
CODE = f"if fever > 39:\n    call_the_clinic({', '.join(f'number={number}' for number in range(30))})"
MIXED = [
    f"Rest and drink **water**.\n\n```python\n{CODE}\n```",
    "Rest and drink **tea**.",
    "",
    "اشرب الماء واسترح، ثم اتصل بالعيادة إذا استمرت الحمى.",
    "日本語の文章です。水を飲んでください。",
    LONG[0],
    "No 👩‍⚕️.",
]


def task_of(project, texts: list[str], sensitive: bool = False) -> Task:
    prompt = make_prompt(project, "What helps with a fever?", sensitive=sensitive)
    completions = make_completions(prompt, texts)
    return Task.objects.create(
        project=project, prompt=prompt, kind="rank", candidates=[c.pk for c in completions],
        candidate_set=sorted(c.pk for c in completions), required=1, open_slots=1,
    )  # fmt: skip


@pytest.fixture
def ladder(cast, start):
    """A page at the ladder of candidates with these texts."""

    def opened(texts: list[str], ranking: str = "ladder", sensitive: bool = False, **options) -> Page:
        parts = {"ratings": False, "ranking": ranking}
        schema_publish(actor=None, project=cast.project, body=SEED_SCHEMA | {"parts": parts})
        task_of(cast.project, texts, sensitive)
        page = start(cast.labeler, **options)
        expect(page.locator(".card")).to_have_count(len(texts))
        return page

    return opened


def tiers(page: Page) -> dict[str, str]:
    return dict(
        page.evaluate(
            "[...document.querySelectorAll('input[name^=tier-]:checked')].map((box) => [box.name.at(-1), box.value])"
        )
    )


def expect_tiers(page: Page, **wanted: int) -> None:
    for letter, level in wanted.items():
        expect(page.locator(f"input[name=tier-{letter}]:checked")).to_have_value(str(level))


def opened(page: Page) -> Locator:
    page.keyboard.press("x")
    dialog = page.locator("dialog.compare")
    expect(dialog).to_be_visible()
    expect(dialog.locator(".pane-text").first).to_be_focused()
    return dialog


def stands(dialog: Locator, left: str, right: str) -> None:
    expect(dialog.get_by_role("heading", name=f"Compare {left} and {right}")).to_be_visible()


def put(page: Page, dialog: Locator, left: str, right: str) -> None:
    """Choose both sides by keys, as a person would: left first."""
    page.keyboard.press(f"Shift+{left}")
    page.keyboard.press(right.lower())
    stands(dialog, left, right)


def submitted(page: Page, before: str) -> dict[str, int]:
    expect(page).not_to_have_url(before)
    judgment = Judgment.objects.select_related("ranking", "assignment").latest("pk")
    order = judgment.assignment.display_order
    return {"ABCDEFGHI"[index]: judgment.ranking.tiers[position] for index, position in enumerate(order)}


def asked(page: Page) -> list[str]:
    heading = page.locator("#pairs-heading")
    expect(heading).to_have_text(re.compile("Which would you rather|Every candidate"))
    return re.findall(r"\b([A-I])\b", heading.inner_text())
