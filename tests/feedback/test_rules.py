"""Questions about a rule of the guideline, and answers that everybody reads beside it."""

import re

import pytest
from django.db import DatabaseError, transaction

from apps.audit.models import AuditEntry
from apps.core.domain.errors import Conflict, RuleBroken
from apps.feedback.models import Question
from apps.feedback.services.questions import answer_hide, answer_show, question_answer, question_ask
from apps.labeling.models import Assignment
from apps.projects.domain.seed_schema import SEED_SCHEMA
from apps.projects.services import guideline_acknowledge, guideline_publish
from tests.api.client import Caller, caller_for
from tests.make import make_rank_task
from tests.pages.untranslated import left_in_english, speak_pseudo

HTMX = {"HX-Request": "true"}
BODY = "# Guideline\n\nBe kind.\n\n## Ties {#ranking}\n\nFreely.\n\n## Hallucination\n\nNone."


@pytest.fixture
def guideline(cast):
    version = guideline_publish(actor=cast.manager.user, project=cast.project, body=BODY)
    for member in (cast.labeler, cast.second_labeler):
        guideline_acknowledge(member=member, number=1)
    return version


@pytest.fixture
def held(cast, guideline, hold) -> Assignment:
    return hold(make_rank_task(cast.project, k=3), guideline=guideline)


def asked(held, body="May I tie three, as in the Smith case?", rule="ties") -> Question:
    return question_ask(assignment=held, body=body, rule=rule).question


def shown(cast, held, **fields) -> Question:
    question = asked(held, **fields)
    question_answer(actor=cast.manager.user, question=question, answer="Yes, <b>any</b> number.")
    return answer_show(actor=cast.manager.user, question=question, words="May three be tied?")


def page(client, path) -> str:
    return client.get(path).content.decode()


# --- asking -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"), [("ranking", "ranking"), ("Ties", "ranking"), ("", ""), ("hallucination", "hallucination")]
)
def test_a_question_knows_its_version_and_rule(held, guideline, given, kept):
    question = asked(held, rule=given)
    assert (question.guideline, question.rule) == (guideline, kept)
    assert asked(held, rule=given) == question


def test_the_same_words_about_another_rule_are_another_question(held):
    assert len({asked(held, rule=rule).pk for rule in ("ties", "hallucination", "")}) == 3


@pytest.mark.parametrize("rule", ["nothing", 7, "rule-", "\x00"])
def test_a_rule_that_is_not_there_is_refused_by_name(held, rule):
    with pytest.raises(RuleBroken, match="rule: the guideline has no rule of that name; it has ranking, hallucination"):
        asked(held, rule=rule)


def test_a_task_without_a_guideline_has_no_rules(assignment):
    with pytest.raises(RuleBroken, match="without a guideline"):
        asked(assignment, rule="")


def test_the_database_refuses_another_guideline_and_a_shown_question_without_answer(cast, held):
    other = guideline_publish(actor=None, project=cast.project, body="Else.", track="evaluation")
    base = {"project": cast.project, "assignment": held, "member": cast.labeler, "body": "x", "sha256": "x"}
    for wrong, name in (
        ({"guideline": other}, "question_of_own_guideline"),
        ({"rule": "ties"}, "question_rule_of_a_guideline"),
        ({"guideline": held.guideline, "shown_question": "x"}, "question_shown_once_answered"),
    ):
        with (
            pytest.raises(DatabaseError, match=name.replace("question_of_own_guideline", "of its assignment")),
            transaction.atomic(),
        ):
            Question.objects.create(**base, **wrong)
    question = asked(held)
    with pytest.raises(DatabaseError), transaction.atomic():
        Question.objects.filter(pk=question.pk).update(rule="hallucination")


# --- showing ------------------------------------------------------------------------------------


def test_an_answer_is_shown_when_a_manager_says_so_and_taken_away(cast, held):
    question = asked(held)
    with pytest.raises(Conflict, match="Answer the question first"):
        answer_show(actor=cast.manager.user, question=question, words="x")
    question = shown(cast, held)
    assert question.shown_question == "May three be tied?"
    answer_show(actor=cast.manager.user, question=question, words="May three be tied?")
    assert answer_hide(actor=cast.manager.user, question=question).shown_question == ""
    verbs = AuditEntry.objects.filter(verb__in=["question.shown", "question.hidden"]).order_by("pk")
    assert [entry.verb for entry in verbs] == ["question.shown", "question.hidden"]


def test_a_question_about_a_task_has_no_place_in_the_guideline(cast, assignment):
    question = question_ask(assignment=assignment, body="Why?").question
    question_answer(actor=cast.manager.user, question=question, answer="So.")
    with pytest.raises(Conflict, match="about a task"):
        answer_show(actor=cast.manager.user, question=question, words="x")


def test_everybody_reads_it_beside_its_rule_and_nobody_learns_who_asked(cast, held, as_member):
    shown(cast, held)
    reader = as_member(cast.second_labeler)
    text = page(reader, "/p/clinic/guideline/")
    beside = text[text.index("Freely.") : text.index('id="rule-hallucination"')]
    assert "May three be tied?" in beside
    assert "Yes, &lt;b&gt;any&lt;/b&gt; number." in beside
    for secret in ("Smith", cast.labeler.pseudonym, "labeler@example.org", "manager@example.org"):
        assert secret not in text
    answers = caller_for(cast.second_labeler.user).get("projects/clinic/guidelines/1/answers/")
    assert set(answers.json()["results"][0]) == {"rule", "question", "answer", "answered_at", "guideline"}
    assert "Smith" not in answers.content.decode()


def test_it_stays_beside_the_rule_in_the_next_version_also_under_another_title(cast, held, as_member):
    shown(cast, held)
    for body, there in (
        ("## Equal ones {#ranking}\n\nFreely.", True), ("## Ties\n\nFreely.", False), ("## Ranking\n\nFreely.", True),
    ):  # fmt: skip
        guideline_publish(actor=None, project=cast.project, body=body, changes_meaning=False)
        text = page(as_member(cast.second_labeler), "/p/clinic/guideline/")
        assert ("May three be tied?" in text) == there
        assert ("asked about version 1" in text) == there


# --- the drawer and its page ----------------------------------------------------------------------


def test_the_drawer_brings_the_version_of_the_task_its_rules_and_the_form(cast, held, as_member):
    guideline_publish(actor=None, project=cast.project, body="## New\n\nOther.")
    client = as_member(cast.labeler)
    drawer = client.get(f"/work/{held.uid}/guideline/", headers=HTMX).content.decode()
    assert "<html" not in drawer
    assert "Freely." in drawer
    assert "Other." not in drawer
    assert "&quot;ranking&quot;: &quot;rule-ranking&quot;" in drawer
    assert "&quot;hallucination&quot;: &quot;rule-hallucination&quot;" in drawer
    assert "<html" in page(client, f"/work/{held.uid}/guideline/")


def test_asking_from_the_drawer_and_without_scripts(cast, held, as_member):
    client, path = as_member(cast.labeler), f"/work/{held.uid}/guideline/ask/"
    sent = {"feedback-rule": "hallucination", "feedback-question": "What of dates?"}
    drawer = client.post(path, sent, headers=HTMX)
    assert (drawer.status_code, "<html" in drawer.content.decode()) == (200, False)
    assert "Your question is with the project" in drawer.content.decode()
    assert client.post(path, sent)["Location"] == f"/work/{held.uid}/guideline/"
    assert Question.objects.get().rule == "hallucination"
    wrong = client.post(path, sent | {"feedback-question": " "})
    assert (wrong.status_code, "Write something first." in wrong.content.decode()) == (422, True)
    wrong = client.post(path, {"feedback-rule": "x", "feedback-question": "kept words"}, headers=HTMX)
    assert (wrong.status_code, "kept words" in wrong.content.decode()) == (422, True)


def test_the_drawer_and_the_managers_page_are_all_translatable(cast, held, as_member, monkeypatch):
    question, again = shown(cast, held), asked(held, rule="")
    speak_pseudo(monkeypatch)
    names = re.compile(r"labelstudio_rlhf|Clinic|\S+@example\.org|(labeler|manager)\S*|Answer \d|Question \d+\?")
    pages = [
        as_member(cast.labeler).get(f"/work/{held.uid}/guideline/"),
        as_member(cast.labeler).get(f"/work/{held.uid}/"),
        *(as_member(cast.manager).get(f"/p/clinic/feedback/questions/{one.uid}/") for one in (question, again)),
    ]
    labels = {words for field in SEED_SCHEMA["fields"] for words in (field["label"], field["help"])}
    for answer in pages:
        found = [words for words in left_in_english(answer) if words not in labels]
        assert [words for words in found if re.search(r"[^\W\d_]{2,}", names.sub("", words))] == []


def test_a_task_without_a_guideline_has_no_drawer(cast, assignment, as_member):
    client = as_member(cast.labeler)
    assert client.get(f"/work/{assignment.uid}/guideline/").status_code == 404
    assert "guideline-drawer" not in page(client, f"/work/{assignment.uid}/")


def test_the_room_links_to_rules_and_pays_no_query_for_it(cast, held, as_member, django_assert_max_num_queries):
    client = as_member(cast.labeler)
    client.get(f"/work/{held.uid}/")
    Assignment.objects.filter(pk=held.pk).update(guideline=None)
    with django_assert_max_num_queries(60) as without:
        page(client, f"/work/{held.uid}/")
    Assignment.objects.filter(pk=held.pk).update(guideline=held.guideline)
    with django_assert_max_num_queries(len(without.captured_queries)):
        text = page(client, f"/work/{held.uid}/")
    assert f'href="/work/{held.uid}/guideline/#rule-hallucination"' in text


# --- a manager's page, and the API --------------------------------------------------------------------


def test_a_manager_answers_and_shows_on_one_page(cast, held, as_member):
    question, boss = asked(held), as_member(cast.manager)
    path = f"/p/clinic/feedback/questions/{question.uid}/"
    text = page(boss, path)
    assert '#rule-ranking" dir="auto">Ties</a>' in text
    assert "Show it to everybody" not in text
    assert boss.post(path, {"answer": "Yes."})["Location"] == path
    assert "Show it to everybody" in page(boss, path)
    assert boss.post(f"{path}shown/", {"question": "May three?"})["Location"] == path
    assert "It is shown now." in page(boss, path)
    assert boss.post(f"{path}shown/", {"question": " "}).status_code == 422
    boss.post(f"{path}shown/", {"hide": "1"})
    assert Question.objects.get().shown_question == ""


def test_the_same_over_the_api(cast, held, manager: Caller, labeler: Caller):
    said = {"body": "What of dates?", "rule": "Hallucination"}
    own = labeler.post(f"assignments/{held.uid}/questions/", said).json()
    assert (own["guideline"], own["rule"]) == (1, "hallucination")
    assert "shown_question" not in own
    refused = labeler.post(f"assignments/{held.uid}/questions/", said | {"rule": "none"})
    assert (refused.status_code, refused.json()["error"]["details"]["field"]) == (422, "rule")
    path = f"projects/clinic/questions/{own['uid']}/"
    assert manager.call("put", f"{path}shown/", {"question": "Dates?"}).json()["error"]["code"] == "not_answered"
    manager.post(f"{path}answer/", {"answer": "They too."})
    told = manager.call("put", f"{path}shown/", {"question": "Dates?"}).json()
    assert (told["shown_question"], told["labeler"]) == ("Dates?", cast.labeler.pseudonym)
    assert labeler.get("projects/clinic/questions/").json()["results"][0]["shown_question"] is None
    assert labeler.call("put", f"{path}shown/", {"question": "x"}).status_code == 403
    assert manager.call("delete", f"{path}shown/").status_code == 204
    assert labeler.get("projects/clinic/guidelines/1/answers/").json() == {"results": []}
