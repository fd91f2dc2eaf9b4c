"""The managers' list of demonstrations: what is known of each, narrowed, ordered, as CSV."""

import csv
import io

import pytest

from apps.labeling.models import Demonstration, Judgment, Task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_correct, judgment_submit
from tests.make import make_completions, make_demonstrate_task, make_prompt

ADDRESS = "/p/clinic/demonstrations/"
ANSWER = "one two three four five six seven eight nine ten"


def write(member, text: str, pasted: int | None = None) -> Judgment:
    assignment = assignment_claim(member=member, kind="demonstrate")
    assert assignment is not None
    return judgment_submit(assignment=assignment, body={"text": text}, pasted=pasted).judgment


@pytest.fixture
def manager(cast, as_member):
    return as_member(cast.manager)


@pytest.fixture
def three(cast) -> list[Judgment]:
    """Copied from a model; half pasted; uncounted."""
    copied_from = make_demonstrate_task(cast.project)
    make_completions(copied_from.prompt, [ANSWER], model="gpt")
    make_demonstrate_task(cast.project)
    make_demonstrate_task(cast.project)
    return [
        write(cast.labeler, ANSWER, pasted=0),
        write(cast.labeler, "0123456789", pasted=5),
        write(cast.second_labeler, "Written without a script."),
    ]


def shown(client, query: str = "") -> list[str]:
    rows = client.get(ADDRESS + query).context["rows"]
    return [row.demonstration.completion.body for row in rows]


def test_each_row_says_how_it_came_about(cast, manager, three):
    page = manager.get(ADDRESS).content.decode()
    assert "3 demonstrations." in page
    assert "50 %" in page
    assert "100 % <a" in page
    assert ">gpt-0</a>" in page
    assert f"/p/clinic/prompts/{three[0].task.prompt.uid}/" in page
    assert page.count("not counted") == 1
    assert cast.labeler.pseudonym in page
    assert cast.labeler.user.email not in page


def test_order_and_filters(cast, manager, three):
    assert shown(manager) == ["Written without a script.", "0123456789", ANSWER]
    assert shown(manager, "?order=pasted") == ["0123456789", ANSWER, "Written without a script."]
    assert shown(manager, "?order=similar")[0] == ANSWER
    assert shown(manager, "?pasted=50") == ["0123456789"]
    assert shown(manager, "?pasted=51") == []
    assert "No demonstration fits." in manager.get(ADDRESS + "?pasted=51").content.decode()
    assert shown(manager, "?similar=90") == [ANSWER]
    assert shown(manager, f"?labeler={cast.second_labeler.pseudonym}") == ["Written without a script."]
    assert len(shown(manager, "?order=x&pasted=-1&similar=9999&labeler=")) == 3


def test_only_what_stands_now_is_listed(manager, three):
    judgment_correct(assignment=three[1].assignment, body={"text": "A better one."}, pasted=0)
    assert shown(manager) == ["A better one.", "Written without a script.", ANSWER]
    assert manager.get(ADDRESS).context["rows"][0].pasted == 38  # five characters were pasted before: 5 of 13


def test_as_csv(manager, three):
    answer = manager.get(ADDRESS + "?format=csv&order=pasted&pasted=0")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row["text"] for row in rows] == ["0123456789", ANSWER, "Written without a script."]
    assert [row["pasted_share"] for row in rows] == ["0.5", "0.0", ""]
    assert rows[1]["nearest_author"] == "gpt-0"
    assert rows[1]["judgment"] == str(three[0].uid)


def test_no_cell_is_a_formula(cast, manager):
    prompt = make_prompt(cast.project, '=HYPERLINK("http://evil.example")')
    Task.objects.create(project=cast.project, prompt=prompt, kind="demonstrate", required=1, open_slots=1, priority=9)
    write(cast.labeler, "@SUM(1+1)*cmd|' /C calc'!A0")
    text = b"".join(manager.get(ADDRESS + "?format=csv").streaming_content).decode()
    assert "'=HYPERLINK" in text
    assert "'@SUM" in text


def test_nobody_meets_the_words_of_a_sensitive_prompt_in_the_list(cast, manager, three):
    Task.objects.filter(pk=three[0].task_id).update(sensitive=True)
    page = manager.get(ADDRESS).content.decode()
    assert "A prompt marked sensitive" in page
    assert three[0].demonstration.completion.body[:40] not in page


def test_researchers_read_it_and_labelers_do_not(cast, as_member, three):
    assert as_member(cast.researcher).get(ADDRESS).status_code == 200
    assert as_member(cast.labeler).get(ADDRESS).status_code == 403


def test_an_empty_list_says_so(manager):
    assert "Nobody has written one yet." in manager.get(ADDRESS).content.decode()


def test_the_navigation_leads_there(manager):
    assert f'<a href="{ADDRESS}" aria-current="page">' in manager.get(ADDRESS).content.decode()


def test_the_list_takes_as_many_queries_for_many_as_for_few(cast, manager, django_assert_max_num_queries):
    def queries() -> int:
        with django_assert_max_num_queries(40) as captured:
            manager.get(ADDRESS)
        return len(captured)

    make_demonstrate_task(cast.project)
    write(cast.labeler, ANSWER)
    few = queries()
    for _ in range(4):
        make_demonstrate_task(cast.project)
        write(cast.labeler, ANSWER)
    assert queries() == few


def test_a_preview_while_correcting_stays_a_correction(cast, labeler, three):
    address = f"/work/{three[1].assignment.uid}/"
    page = labeler.post(f"{address}preview/", {"text": "Better."}).content.decode()
    assert f'action="{address}correct/"' in page
    assert "\nBetter.</textarea>" in page


def test_the_count_comes_with_the_form_and_no_nonsense_does_harm(cast, labeler, claimed):
    for given, share in (("7", 0.5), ("99999", 1.0), ("-1", None), ("x", None), ("", None), ("9" * 5_000, None)):
        make_demonstrate_task(cast.project)
        address = f"/work/{claimed('demonstrate').uid}/submit/"
        assert labeler.post(address, {"text": "fourteen signs", "pasted": given}).status_code == 303
        assert Demonstration.objects.latest("pk").pasted_share == share
