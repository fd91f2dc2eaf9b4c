"""Gold over the API: made, listed, scored, retired."""

from typing import Any

import pytest

from apps.audit.models import AuditEntry
from apps.gold.models import GoldItem
from apps.labeling.models import Task
from apps.prompts.models import Completion
from tests.api.client import Caller, caller_for
from tests.cast import Cast
from tests.gold.make import claim, judge, make_gold, set_rates
from tests.make import make_completions, make_prompt, make_rank_task

pytestmark = pytest.mark.django_db
GOLD = "projects/clinic/gold/"
ANSWERS = "projects/clinic/gold-answers/"


@pytest.fixture
def researcher(cast: Cast) -> Caller:
    return caller_for(cast.researcher.user)


def uids_of(task: Task) -> list[str]:
    texts = Completion.objects.in_bulk(task.candidates)
    return [str(texts[pk].uid) for pk in task.candidates]


def test_a_task_becomes_gold_by_pairs(cast: Cast, researcher: Caller):
    task = make_rank_task(cast.project, requires=["domain:medicine"])
    one, two, three = uids_of(task)
    body = {
        "task": str(task.uid), "may_miss": 1, "explanation": "The first is right.",
        "pairs": [{"better": one, "worse": two}, {"better": two, "worse": three, "may_tie": True}],
    }  # fmt: skip
    made = researcher.post(GOLD, body)
    assert made.status_code == 201, made.content
    assert made.json()["pairs"] == [
        {"better": one, "worse": two, "may_tie": False}, {"better": one, "worse": three, "may_tie": False},
        {"better": two, "worse": three, "may_tie": True},
    ]  # fmt: skip
    task.refresh_from_db()
    assert task.state == "closed"
    gold = Task.objects.get(purpose="gold")
    assert (gold.required, gold.open_slots, gold.candidates) == (None, None, task.candidates)
    assert gold.requires == ["domain:medicine"]
    again = researcher.post(GOLD, body)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "gold_exists")
    assert AuditEntry.objects.filter(verb="gold.created").count() == 1


def test_a_prompts_completions_become_gold_by_tiers(cast: Cast, researcher: Caller):
    prompt = make_prompt(cast.project)
    uids = [str(reply.uid) for reply in make_completions(prompt, ["good", "middling", "bad", "other"])]
    made = researcher.post(GOLD, {
        "prompt": str(prompt.uid), "candidates": uids, "tiers": {uids[0]: 1, uids[1]: 2, uids[2]: 2}, "explanation": "So.",
    })  # fmt: skip
    assert made.status_code == 201, made.content
    assert [(one["better"], one["worse"]) for one in made.json()["pairs"]] == [(uids[0], uids[1]), (uids[0], uids[2])]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pairs": []}, "pairs"),
        ({"pairs": [{"better": "A", "worse": "B"}, {"better": "B", "worse": "A"}]}, "pairs"),
        ({"pairs": [{"better": "A", "worse": "1f0e0000-0000-7000-8000-000000000000"}]}, "pairs"),
        ({"pairs": [{"better": "A", "worse": "A"}]}, "pairs"),
        ({"tiers": {"x": 1}}, "tiers"),
        ({"tiers": {"A": 0}}, "tiers"),
        ({"may_miss": 1}, "may_miss"),
        ({"may_miss": True}, "may_miss"),
        ({"explanation": "  "}, "explanation"),
        ({"task": "1f0e0000-0000-7000-8000-000000000000"}, "tasks"),
        ({"prompt": "1f0e0000-0000-7000-8000-000000000000"}, "task"),
    ],
)
def test_what_is_no_gold_names_its_field(cast: Cast, researcher: Caller, change: dict[str, Any], field: str):
    task = make_rank_task(cast.project)
    names = dict(zip("ABC", uids_of(task), strict=True))
    body: dict[str, Any] = {
        "task": str(task.uid), "pairs": [{"better": "A", "worse": "B"}], "explanation": "So.", **change
    }  # fmt: skip
    body["pairs"] = [{side: names.get(name, name) for side, name in pair.items()} for pair in body["pairs"]]
    if "tiers" in body:
        body["tiers"] = {names.get(name, name): tier for name, tier in body["tiers"].items()}
    refused = researcher.post(GOLD, body)
    assert refused.status_code == 422, refused.content
    assert refused.json()["error"]["details"]["field"].split(".")[0] == field
    assert not GoldItem.objects.exists()
    task.refresh_from_db()
    assert task.state == "open"


def test_a_task_of_another_project_or_a_gold_one_is_none(cast: Cast, researcher: Caller):
    item = make_gold(cast)
    one, two, _ = uids_of(item.task)
    body = {"task": str(item.task.uid), "pairs": [{"better": one, "worse": two}], "explanation": "So."}
    assert researcher.post(GOLD, body).status_code == 422


def test_scores_and_doubts(cast: Cast, researcher: Caller):
    items = [make_gold(cast) for _ in range(6)]
    set_rates(cast.project, gold_rate=1)
    bad = items[2].task_id
    for member in (cast.labeler, cast.second_labeler, cast.held_out_labeler):
        for _ in items:
            given = claim(member)
            judge(given, [3, 2, 1] if given.task_id == bad else [1, 2, 3])
    listed = researcher.get(GOLD).json()["results"]
    assert [one["uid"] for one in listed if one["proposed_as_bad"]] == [str(items[2].uid)]
    told = next(one for one in listed if one["proposed_as_bad"])
    assert (told["answers"], told["passed"], told["good_labelers"], told["good_labelers_failed"]) == (3, 0, 3, 3)
    scores = researcher.get("projects/clinic/gold-scores/").json()
    assert {one["labeler"]: (one["items"], one["passed"]) for one in scores["gold"]} == {
        member.pseudonym: (6, 5) for member in (cast.labeler, cast.second_labeler, cast.held_out_labeler)
    }
    assert (scores["gold"][0]["below"], scores["threshold"]) == (False, 0.75)

    path = f"{ANSWERS}?labeler={cast.labeler.pseudonym}"
    newest, *earlier = researcher.get(path).json()["results"]
    assert [one["passed"] for one in (newest, *earlier)].count(False) == 1
    assert newest["submitted_at"] > earlier[-1]["submitted_at"]
    (failed,) = researcher.get(f"{path}&gold={items[2].uid}").json()["results"]
    assert failed == failed | {
        "labeler": cast.labeler.pseudonym, "gold": str(items[2].uid), "passed": False, "counts": True, "pairs_right": 0,
        "pairs_tied": 0, "pairs_reversed": 3,
    }  # fmt: skip
    assert len(researcher.get(ANSWERS).json()["results"]) == 3 * 6

    path = f"{GOLD}{items[2].uid}/retire/"
    retired = researcher.post(path, {"retired_as": "wrong", "because": "The third is better."})
    assert (retired.status_code, retired.json()["proposed_as_bad"], retired.json()["retired_as"]) == (
        200,
        False,
        "wrong",
    )
    assert researcher.post(path, {"retired_as": "wrong"}).status_code == 200
    assert researcher.post(path, {"retired_as": "worn"}).json()["error"]["code"] == "gold_retired"
    assert researcher.post(path, {"retired_as": "gone"}).status_code == 422
    entry = AuditEntry.objects.get(verb="gold.retired")
    assert entry.data == {"retired_as": "wrong", "because": "The third is better."}
    scores = researcher.get("projects/clinic/gold-scores/").json()
    assert {(one["items"], one["passed"]) for one in scores["gold"]} == {(5, 5)}
    again = researcher.get(f"{ANSWERS}?gold={items[2].uid}").json()["results"]
    assert [one["counts"] for one in again] == [False] * 3
    assert len(researcher.get(f"{GOLD}?retired=true").json()["results"]) == 1
    assert len(researcher.get(f"{GOLD}?retired=false").json()["results"]) == 5
    assert researcher.get(f"{GOLD}?retired=perhaps").status_code == 422


def test_a_correction_counts_as_it_stands(cast: Cast, researcher: Caller):
    make_gold(cast)
    set_rates(cast.project, gold_rate=1)
    given = claim(cast.labeler)
    judge(given, [3, 2, 1])
    letters = dict(zip(given.display_order, "ABC", strict=True))
    told = {letters[place]: place + 1 for place in range(3)}
    assert (
        caller_for(cast.labeler.user).post(f"assignments/{given.uid}/corrections/", {"tiers": told}).status_code == 201
    )
    (score,) = researcher.get("projects/clinic/gold-scores/").json()["gold"]
    assert (score["items"], score["passed"], score["pairs_right"], score["share"]) == (1, 1, 3, 1)
    assert [one["passed"] for one in researcher.get(ANSWERS).json()["results"]] == [True]


def test_consistency_with_oneself(cast: Cast, researcher: Caller):
    make_rank_task(cast.project, k=4)
    judge(claim(cast.labeler), [1, 2, 3, 4])
    set_rates(cast.project, retest_rate=1, retest_after_judgments=0, retest_after_hours=0)
    judge(claim(cast.labeler), [2, 1, 3, 3])
    (told,) = researcher.get("projects/clinic/gold-scores/").json()["consistency"]
    assert (told["labeler"], told["retests"]) == (cast.labeler.pseudonym, 1)
    assert told["agreement"]["value"] == pytest.approx(4 / 6, abs=1e-4)
    assert told["agreement_without_ties"]["value"] == 0.8


def test_adjudicators_who_get_gold_see_none_of_it(cast: Cast):
    make_gold(cast)
    caller = caller_for(cast.adjudicator.user)
    for path in (GOLD, ANSWERS, "projects/clinic/gold-scores/", "projects/clinic/gold/?retired=true"):
        assert caller.get(path).status_code == 403
