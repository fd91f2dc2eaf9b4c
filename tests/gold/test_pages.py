"""The pages on gold as a manager and a researcher use them."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from apps.gold.models import GoldItem
from apps.gold.selectors import gold_answers, retests_of
from apps.gold.services.items import gold_retire
from apps.labeling.models import Assignment
from tests.cast import Cast
from tests.gold.make import claim, judge, make_gold, set_rates
from tests.make import make_rank_task
from tests.pages.conftest import as_member  # noqa: F401

pytestmark = pytest.mark.django_db
AsMember = Callable[..., Client]


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def researcher(cast: Cast, as_member: AsMember) -> Client:  # noqa: F811
    return as_member(cast.researcher)


def test_an_item_is_made_of_a_task_by_places_and_pairs(cast: Cast, researcher: Client):
    task = make_rank_task(cast.project, k=4)
    choose = text_of(researcher.get("/p/clinic/gold/new/"))
    assert f"?task={task.uid}" in choose
    page = researcher.get(f"/p/clinic/gold/new/?task={task.uid}")
    assert text_of(page).count("Answer") >= 4
    sent = {
        "place-1": "1", "place-2": "2", "place-3": "2", "place-4": "", "better-1": "3", "worse-1": "4", "may-tie-1": "on",
        "may_miss": "1", "explanation": "Only the first answers the question.",
    }  # fmt: skip
    made = researcher.post(f"/p/clinic/gold/new/?task={task.uid}", sent, follow=True)
    item = GoldItem.objects.get()
    assert made.redirect_chain == [(f"/p/clinic/gold/items/{item.uid}/", 303)]
    # From 1 over 3 and 3 over or beside 4 follows 1 over 4.
    assert item.pairs == [[0, 1, False], [0, 2, False], [0, 3, False], [2, 3, True]]
    said = text_of(made)
    assert "must beat 2, 3, 4" in said
    assert "must beat or tie with 4" in said
    assert "4 pairs; 1 may be missed." in said
    assert "No gold is given out: its rate is 0." in text_of(researcher.get("/p/clinic/gold/"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"place-1": "", "place-2": ""}, "at least one pair"),
        ({"better-1": "2", "worse-1": "1"}, "circle"),
        ({"better-1": "2"}, "Name both candidates of the pair, or none."),
        ({"may_miss": "9"}, "may_miss"),
        ({"explanation": " "}, "required"),
        ({"place-1": "7"}, "Select a valid choice"),
    ],
)
def test_a_key_that_is_none_is_refused_and_what_was_said_stays(
    cast: Cast, researcher: Client, change: dict[str, str], sentence: str
):
    task = make_rank_task(cast.project)
    sent = {"place-1": "1", "place-2": "2", "place-3": "", "may_miss": "0", "explanation": "It is so."} | change
    refused = researcher.post(f"/p/clinic/gold/new/?task={task.uid}", sent)
    assert refused.status_code == 422
    assert sentence in text_of(refused)
    assert not GoldItem.objects.exists()


@pytest.mark.parametrize("query", ["task=x", "task=1f0e0000-0000-7000-8000-000000000000", "task=%00"])
def test_no_such_task(researcher: Client, query: str):
    assert researcher.get(f"/p/clinic/gold/new/?{query}").status_code == 404


@pytest.fixture
def judged(cast: Cast) -> Cast:
    """Six items: two labelers pass five of them, a third none; nobody passes the first. And a retest each."""
    for _ in range(3):
        make_rank_task(cast.project, required=3)
    for member in (cast.labeler, cast.second_labeler, cast.adjudicator, cast.held_out_labeler):
        judge(claim(member))
    items = [make_gold(cast) for _ in range(6)]
    set_rates(cast.project, gold_rate=1)
    for member in (cast.labeler, cast.second_labeler, cast.adjudicator, cast.held_out_labeler):
        for _ in items:
            given = claim(member)
            assert given is not None
            fails = member == cast.held_out_labeler or given.task_id == items[0].task_id
            judge(given, [3, 2, 1] if fails else [1, 2, 3])
    set_rates(cast.project, gold_rate=0, retest_rate=1, retest_after_judgments=0, retest_after_hours=0)
    for member in (cast.labeler, cast.held_out_labeler):
        judge(claim(member), [1, 2, 3])
    assert Assignment.objects.filter(task__repeats__isnull=False).count() == 2
    return cast


def test_who_stands_out_and_which_item(judged: Cast, researcher: Client):
    page = text_of(researcher.get("/p/clinic/gold/"))
    proposed = page.split('id="proposed"')[1].split('id="live"')[0]
    assert proposed.count("/gold/items/") == 1
    assert "3 of 3" in proposed
    labelers = text_of(researcher.get("/p/clinic/gold/labelers/"))
    first, rest = labelers.split("<tbody>")[1].split("</tr>", 1)
    assert judged.held_out_labeler.pseudonym in first
    assert "surely below" in first
    assert "surely below" not in rest.split("</tbody>")[0]
    assert "Consistency with oneself" in labelers
    one = text_of(researcher.get(f"/p/clinic/gold/labelers/{judged.held_out_labeler.uid}/"))
    assert "Surely below the project's 75 %" in one.replace("&#x27;", "'")
    assert one.count(">failed<") == 6
    assert "Gold by week" in one
    nobody = text_of(researcher.get(f"/p/clinic/gold/labelers/{judged.suspended.uid}/"))
    assert "No answer to gold yet" in nobody


def test_one_labelers_page_reads_their_answers_alone(judged: Cast):
    for member, retests in ((judged.labeler, 1), (judged.second_labeler, 0)):
        assert {one.member for one in gold_answers(judged.project, member)} == {member.pk}
        assert len(gold_answers(judged.project, member)) == 6
        assert len(retests_of(judged.project, member)) == retests
    assert (len(gold_answers(judged.project)), len(retests_of(judged.project))) == (24, 2)


def test_a_bad_item_is_retired_on_its_page(judged: Cast, researcher: Client):
    item = GoldItem.objects.order_by("id").first()
    page = text_of(researcher.get(f"/p/clinic/gold/items/{item.uid}/"))
    assert "3 of 3 labelers who do well on other items failed here" in page
    refused = researcher.post(f"/p/clinic/gold/items/{item.uid}/retire/", {"because": "x"})
    assert refused.status_code == 422
    done = researcher.post(
        f"/p/clinic/gold/items/{item.uid}/retire/", {"retired_as": "wrong", "because": "I misread it."}, follow=True
    )
    assert "I misread it." in text_of(done)
    assert 'id="proposed"' not in text_of(done)
    item.refresh_from_db()
    assert (item.retired_as, item.task.state) == ("wrong", "closed")
    one = text_of(researcher.get(f"/p/clinic/gold/labelers/{judged.labeler.uid}/"))
    assert "does not count: the key was wrong" in one
    assert "100.0 %" in one


def test_every_table_is_a_file(judged: Cast, researcher: Client):
    def lines(path: str) -> list[str]:
        answer = researcher.get(f"/p/clinic/gold/{path}")
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        return b"".join(answer).decode().splitlines()

    assert len(lines("items.csv")) == 7
    labelers = lines("labelers.csv")
    assert labelers[0].startswith("labeler,items,passed,pass_share,low,high")
    assert labelers[1].startswith(f"{judged.held_out_labeler.pseudonym},6,0,0.0,")
    assert labelers[1].endswith("yes,yes")
    assert len(lines("consistency.csv")) == 4  # everybody, and two
    assert lines("consistency.csv")[0].startswith("labeler,retests,agreement,")
    assert len(lines("over-time/weeks.csv")) == 2
    assert lines(f"over-time/weeks.csv?labeler={judged.labeler.uid}")[1].split(",")[1:3] == ["6", "5"]
    assert len(lines("over-time/months.csv")) == 2
    first, other = GoldItem.objects.order_by("id")[:2]
    assert len(lines("answers.csv")) == 1 + 24
    of_labeler = lines(f"answers.csv?labeler={judged.labeler.uid}")[1:]
    assert {line.split(",")[0] for line in of_labeler} == {judged.labeler.pseudonym}
    assert [line.split(",")[2] for line in of_labeler].count("failed") == 1
    (one,) = [line for line in of_labeler if str(first.uid) in line]
    assert one.split(",")[1:8] == [str(first.uid), "failed", "yes", "0", "0", "3", "3 2 1"]
    assert {line.split(",")[1] for line in lines(f"answers.csv?item={other.uid}")[1:]} == {str(other.uid)}
    assert len(lines(f"answers.csv?labeler={judged.labeler.uid}&item={other.uid}")) == 2
    for missing in ("people.csv", "over-time/years.csv", "over-time/weeks.csv?labeler=x", "answers.csv?item=x"):
        assert researcher.get(f"/p/clinic/gold/{missing}").status_code == 404


def test_nothing_yet_says_so(cast: Cast, researcher: Client):
    assert "None yet." in text_of(researcher.get("/p/clinic/gold/"))
    labelers = text_of(researcher.get("/p/clinic/gold/labelers/"))
    assert "Nobody has answered gold yet." in labelers
    assert "No retests are given out: their rate is 0." in labelers
    item = make_gold(cast)
    assert "Nobody has judged it yet." in text_of(researcher.get(f"/p/clinic/gold/items/{item.uid}/"))
    gold_retire(actor=cast.manager.user, item=item, retired_as="worn")
    page = text_of(researcher.get(f"/p/clinic/gold/items/{item.uid}/"))
    assert "It has served" in page
    assert 'id="retire"' not in page
