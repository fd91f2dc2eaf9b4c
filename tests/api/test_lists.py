"""Every list of the API: filters that work or are refused by name, cursors that miss and repeat nothing."""

from urllib.parse import urlsplit

import pytest
from drf_spectacular.generators import SchemaGenerator

from apps.labeling.models import Task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_correct, judgment_submit
from apps.projects.services import project_create
from tests.api.client import Caller
from tests.cast import Cast
from tests.make import make_completions, make_demonstrate_task, make_prompt, make_rank_task
from tests.training.turn import rank_imported

P = "projects/clinic/"
LISTS = [
    "projects/", *(P + name for name in (
        "members/", "guidelines/", "schemas/", "prompts/", "tasks/", "judgments/", "imports/", "snapshots/", "models/",
        "training-runs/", "generation-runs/", "candidate-sets/", "loops/", "reports/", "skips/", "questions/", "audit/", "demonstrations/",
        "adjudication/", "resolutions/", "gold/", "gold-answers/", "exams/", "exams/candidates/", "exams/demonstrations/",
    )),
]  # fmt: skip


@pytest.fixture
def judged(cast: Cast) -> Cast:
    """Two rankings, one of them corrected, one imported, and a demonstration."""
    make_rank_task(cast.project, k=3)
    assignment = assignment_claim(member=cast.labeler, kind="rank")
    judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 1, "C": 2}})
    judgment_correct(assignment=assignment, body={"tiers": {"A": 1, "B": 2, "C": 2}})
    make_demonstrate_task(cast.project)
    written = assignment_claim(member=cast.labeler, kind="demonstrate")
    judgment_submit(assignment=written, body={"text": "Like this."})
    rank_imported(cast.project, [1, 2])
    return cast


def results(caller: Caller, path: str) -> list[dict]:
    answer = caller.get(path)
    assert answer.status_code == 200, (path, answer.content)
    return answer.json()["results"]


@pytest.mark.parametrize("cursor", ["zzz", "cD1h", "cD0t"])
def test_a_cursor_that_is_none_of_ours_is_named(judged: Cast, manager: Caller, cursor: str):
    answer = manager.get(f"{LISTS[0]}?cursor={cursor}")
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (422, "cursor")


@pytest.mark.parametrize("path", LISTS)
def test_what_is_no_filter_is_refused_by_its_name(judged: Cast, manager: Caller, path: str):
    answer = manager.get(f"{path}?colour=red")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "unknown_filter")
    assert answer.json()["error"]["details"]["field"] == "colour"
    for limit in ("0", "201", "x", "-1", "1e3", ""):
        refused = manager.get(f"{path}?limit={limit}")
        assert (refused.status_code, refused.json()["error"]["details"]["field"]) == (422, "limit"), limit
    assert manager.get(path).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "tasks/?kind=sing", "tasks/?free=maybe", "tasks/?prompt=1", "tasks/?since=yesterday", "judgments/?cohort=x",
        "judgments/?guideline=0", "prompts/?split=half", "members/?role=king", "audit/?until=9", "models/?role=x",
        "training-runs/?snapshot=x", "imports/?state=x", "prompts/?external_id=%00", "questions/?state=x",
    ],
)  # fmt: skip
def test_a_filter_of_another_kind_is_refused_by_its_name(cast: Cast, manager: Caller, query: str):
    answer = manager.get(P + query)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == query.partition("?")[2].partition("=")[0]


def test_a_cursor_goes_through_everything_once_while_more_comes(cast: Cast, manager: Caller):
    made = [str(make_prompt(cast.project).uid) for _ in range(7)]
    seen, address = [], P + "prompts/?limit=3"
    while address:
        page = manager.get(address).json()
        seen += [row["uid"] for row in page["results"]]
        make_prompt(cast.project)  # newer than where the cursor stands
        parts = urlsplit(page["next"] or "")
        address = parts.path.removeprefix("/api/v1/") + "?" + parts.query if page["next"] else None
    assert seen == made[::-1]


def test_judgments_say_all_that_was_said(judged: Cast, researcher: Caller):
    path = P + "judgments/"
    rows = results(researcher, path)
    assert [row["kind"] for row in rows] == ["rank", "demonstrate", "rank", "rank"]
    imported, written, corrected, first = rows
    assert (first["superseded_by"], corrected["supersedes"]) == (corrected["uid"], first["uid"])
    assert corrected["labeler"] == {"pseudonym": judged.labeler.pseudonym, "kind": "member"}
    assert sorted(corrected["tiers"]) == [1, 2, 2]
    assert written["text"] == "Like this."
    assert (imported["imported"], imported["labeler"]["kind"], imported["tiers"]) == (True, "person", [1, 2])
    for query, expected in (
        ("standing=true", [imported, written, corrected]), ("standing=false", [first]), ("imported=true", [imported]),
        ("kind=demonstrate", [written]), (f"labeler={judged.labeler.pseudonym}", [written, corrected, first]),
        ("cohort=held-out", []), (f"task={written['task']}", [written]), (f"prompt={imported['prompt']}", [imported]),
        ("surplus=true", []), (f"since={written['submitted_at']}&imported=false", [written]), ("schema=1&standing=false", [first]),
    ):  # fmt: skip
        assert results(researcher, f"{path}?{query}") == expected, query


def test_candidates_stand_in_their_positions(cast: Cast, researcher: Caller):
    prompt = make_prompt(cast.project)
    backwards = make_completions(prompt, ["One", "Two", "Three"])[::-1]
    Task.objects.create(
        project=cast.project, prompt=prompt, kind="rank", candidates=[c.pk for c in backwards], required=1, open_slots=1
    )
    (task,) = results(researcher, P + "tasks/?kind=rank&free=true")
    assert task["candidates"] == [str(completion.uid) for completion in backwards]
    texts = results(researcher, P + f"prompts/{prompt.uid}/completions/?origin=external")
    assert [row["text"] for row in texts] == ["Three", "Two", "One"]
    assert results(researcher, P + "tasks/?free=false") == []


def test_prompts_are_found_by_what_the_import_called_them(cast: Cast, researcher: Caller):
    one = make_prompt(cast.project, external_ids=["p1", "q"], use_case="brainstorming", language="es")
    make_prompt(cast.project, author=cast.labeler)
    for query in ("external_id=q", "use_case=brainstorming", "language=es", "written=false"):
        assert [row["uid"] for row in results(researcher, P + f"prompts/?{query}")] == [str(one.uid)], query
    assert results(researcher, P + "prompts/?written=true")[0]["written_by"] == cast.labeler.pseudonym
    assert researcher.get(P + f"prompts/{one.uid}/").json()["external_ids"] == ["p1", "q"]


def test_a_managers_trail_is_of_the_project_alone(judged: Cast, manager: Caller):
    project_create(actor=judged.manager.user, slug="other", name="Other")
    rows = results(manager, P + "audit/?limit=200")
    verbs = {row["verb"] for row in rows}
    assert {"project.created", "member.added", "judgment.submitted", "judgment.corrected"} <= verbs
    assert not any("other" in str(row["data"]) for row in rows)
    submitted = results(manager, P + "audit/?verb=judgment.submitted&actor=LABELER@example.org")
    assert len(submitted) == 2
    assert results(manager, P + f"audit/?object_uid={submitted[0]['object_uid']}")[0] == submitted[0]


def test_as_many_queries_for_many_rows_as_for_few(judged: Cast, manager: Caller, django_assert_num_queries):
    for _ in range(3):
        make_rank_task(judged.project)
        judgment_submit(
            assignment=assignment_claim(member=judged.second_labeler, kind="rank"),
            body={"tiers": {"A": 1, "B": 1, "C": 2}},
        )
    for name in ("tasks/", "judgments/", "prompts/", "audit/", "members/"):
        with django_assert_num_queries(3):  # who calls, the door, the rows
            manager.get(P + name + "?limit=2")
        with django_assert_num_queries(3):
            manager.get(P + name)


def test_another_projects_prompt_is_not_there(cast: Cast, manager: Caller):
    other = project_create(actor=cast.manager.user, slug="other", name="Other")
    prompt = make_prompt(other)
    assert manager.get(P + f"prompts/{prompt.uid}/").status_code == 404
    assert manager.get(P + f"prompts/{prompt.uid}/completions/").status_code == 404


def test_no_list_was_forgotten():
    """A list is what the OpenAPI document gives a cursor; each is in LISTS, or hangs on an object of its own."""
    document = SchemaGenerator().get_schema(public=True)
    lists = {
        path.removeprefix("/api/v1/").replace("{slug}", "clinic")
        for path, calls in document["paths"].items()
        if any(parameter["name"] == "cursor" for parameter in calls.get("get", {}).get("parameters", []))
    }
    of_an_object = {path for path in lists if "{uid}" in path}
    assert lists - of_an_object == set(LISTS)
    assert of_an_object == {
        P + "prompts/{uid}/completions/", "training-runs/{uid}/metrics/", "candidate-sets/{uid}/findings/",
    }  # fmt: skip
