"""Finding prompts by what was said in them, and the story of one."""

import re

import pytest
from django.test import Client

from apps.labeling.models import Task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_correct, judgment_submit
from apps.lineage.selectors import prompts_page
from tests.cast import Cast
from tests.make import make_completions, make_prompt, make_rank_task

TEXTS = ['Please say "hello" twice', "One\nline, back\\slash", "100% of_it", "Grüße, 你好"]


@pytest.fixture
def prompts(cast: Cast) -> Cast:
    for text in TEXTS:
        make_prompt(cast.project, text)
    return cast


def found(cast: Cast, text: str) -> list[str]:
    return [prompt.messages for prompt in prompts_page(cast.project, text=text)]


@pytest.mark.parametrize(
    ("needle", "hits"),
    [
        ('say "hello"', 1), ("SAY", 1), ("back\\slash", 1), ("one\nline", 1), ("100%", 1), ("of_it", 1), ("grüße", 1),
        ("你好", 1), ("ofxit", 0), ("role", 0), ('"role"', 0), ("content", 0), ("user", 0), ("\\n", 0), ("{", 0),
    ],
)  # fmt: skip
def test_search_looks_into_what_was_said(prompts, needle, hits):
    assert len(found(prompts, needle)) == hits


def test_both_counts_are_of_the_prompt_alone(cast: Cast):
    task = make_rank_task(cast.project, k=3, required=2)
    for member in (cast.labeler, cast.second_labeler):
        assignment = assignment_claim(member=member, kind="rank")
        judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 1, "C": 2}})
    judgment_correct(assignment=assignment, body={"tiers": {"A": 1, "B": 1, "C": 1}})
    make_prompt(cast.project)
    counts = [(row.completion_count, row.judgment_count) for row in prompts_page(cast.project)]
    assert counts == [(0, 0), (3, 2)]
    assert task.judgments.count() == 3


def test_a_rating_task_shows_one_rating_a_candidate(cast: Cast, client: Client):
    prompt = make_prompt(cast.project)
    completions = [completion.pk for completion in make_completions(prompt, ["One", "Two", "Three"])]
    Task.objects.create(
        project=cast.project, prompt=prompt, kind="rate", candidates=completions, candidate_set=sorted(completions),
        required=1, open_slots=1,
    )  # fmt: skip
    assignment = assignment_claim(member=cast.labeler, kind="rate")
    judgment_submit(assignment=assignment, body={"ratings": {x: {"overall": 5} for x in "ABC"}})
    client.force_login(cast.researcher.user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/p/clinic/prompts/{prompt.uid}/").content.decode()
    assert "<bdi>secret-model-0</bdi>" in page  # whatever way a name runs, it turns nothing around beside it
    table = page[page.index("<table>") :]
    cells = [re.findall(r"<t[hd]\b", row) for row in re.findall(r"<tr>.*?</tr>", table, flags=re.S)]
    assert len(cells[0]) == len(cells[1]) == 6
    assert table.count('<td class="number">5</td>') == 3
