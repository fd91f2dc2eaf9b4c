"""The pages of guidelines: reading and acknowledging, what changed, writing the next."""

import re

import pytest
from django.test import Client

from apps.core.documents import render_document
from apps.projects.domain.rules import Subject, rules_of_fields, rules_without_field
from apps.projects.models import GuidelineVersion
from apps.projects.services import guideline_acknowledge, guideline_publish
from tests.make import make_rank_task
from tests.pages.conftest import as_member, labeler  # noqa: F401
from tests.pages.untranslated import left_in_english, speak_pseudo

NEXT = "/p/clinic/guidelines/next/"
FIRST = "# Guideline\n\n## Ties\n\nTie rarely.\n\n## Facts\n\nBe exact."


@pytest.fixture
def boss(cast, as_member) -> Client:  # noqa: F811
    return as_member(cast.manager)


def publish(cast, body=FIRST, **fields) -> GuidelineVersion:
    return guideline_publish(actor=cast.manager.user, project=cast.project, body=body, **fields)


def text(answer) -> str:
    return answer.content.decode()


# --- acknowledging ------------------------------------------------------------------------------


def test_who_must_acknowledge_sees_what_changed_since_what_they_read_themselves(cast, labeler):  # noqa: F811
    publish(cast)
    guideline_acknowledge(member=cast.labeler, number=1)
    publish(cast, FIRST.replace("exact", "precise"), changes_meaning=False, change="A better word.")
    publish(cast, FIRST.replace("exact", "precise").replace("rarely", "freely"), change="Ties are welcome.")
    make_rank_task(cast.project)
    there = labeler.post("/p/clinic/work/", {"kind": "rank"})["Location"]
    page = text(labeler.get(there))
    changed = page[page.index('id="what-changed"') : page.index('id="guideline-body"')]
    assert "What changed since version 1, which you read on" in changed
    for said in ("A better word.", "Ties are welcome.", "the meaning stays", "the meaning changes"):
        assert said in changed
    marked = re.findall(r'<(ins|del) class="differs"><span class="visually-hidden">\[(\w+): </span>(\w+)', changed)
    assert marked == [
        ("del", "deleted", "rarely"), ("ins", "inserted", "freely"), ("del", "deleted", "exact"), ("ins", "inserted", "precise"),
    ]  # fmt: skip
    assert "I have read guideline 3" in page
    labeler.post("/p/clinic/guideline/3/acknowledge/")
    assert "what-changed" not in text(labeler.get("/p/clinic/guideline/"))


def test_who_never_read_one_reads_all_of_it(cast, labeler):  # noqa: F811
    publish(cast)
    publish(cast, "Else.")
    page = text(labeler.get("/p/clinic/guideline/"))
    assert "what-changed" not in page
    assert "I have read guideline 2" in page


def test_an_older_version_says_which_is_in_force(cast, labeler):  # noqa: F811
    publish(cast)
    publish(cast, "Else.")
    page = text(labeler.get("/p/clinic/guideline/1/"))
    assert "Tie rarely." in page
    assert "Version 2 is in force now." in page
    assert "I have read" not in page
    assert labeler.get("/p/clinic/guideline/7/").status_code == 404
    assert labeler.get("/p/clinic/guideline/1/?track=evaluation").status_code == 404


# --- differences ----------------------------------------------------------------------------------


def test_any_two_versions_of_a_track_are_compared(cast, labeler):  # noqa: F811
    for number in range(3):
        publish(cast, f"Same.\n\nWord{number} here <b>and</b> there.")
    page = text(labeler.get("/p/clinic/guideline/changes/?from=1&to=3"))
    assert "Word0" in page
    assert "Word2" in page
    assert "&lt;b&gt;and&lt;/b&gt;" in page
    assert "Word1" in text(labeler.get("/p/clinic/guideline/changes/"))
    backwards = text(labeler.get("/p/clinic/guideline/changes/?from=3&to=1"))
    assert backwards.index("Word2") < backwards.index("Word0")
    assert "Not a word is different." in text(labeler.get("/p/clinic/guideline/changes/?from=2&to=2"))


@pytest.mark.parametrize("query", ["from=x", "to=99", "from=-1", "from=%D9%A1", "from=" + "9" * 30, "to=0&from=0"])
def test_versions_that_are_not_there_are_not_found(cast, labeler, query):  # noqa: F811
    publish(cast)
    publish(cast, "Else.")
    assert labeler.get(f"/p/clinic/guideline/changes/?{query}").status_code == 404


def test_one_version_has_nothing_to_compare_with(cast, labeler):  # noqa: F811
    publish(cast)
    assert "no second version" in text(labeler.get("/p/clinic/guideline/changes/?track=nonsense"))


# --- writing the next -------------------------------------------------------------------------------


def test_the_first_is_acknowledged_and_the_next_says_what_it_changes(cast, boss):
    assert boss.post(NEXT, {"track": "collection", "body": FIRST, "do": "publish"}).status_code == 303
    assert GuidelineVersion.objects.get().requires_acknowledgement
    page = text(boss.get(NEXT))
    assert "Tie rarely." in page
    sent = {"track": "collection", "based_on": "1", "body": "Else.", "do": "publish"}
    refused = boss.post(NEXT, sent)
    assert refused.status_code == 422
    for said in ("Say whether the meaning changes.", "Say in a sentence what is different.", "Else."):
        assert said in text(refused)
    assert boss.post(NEXT, sent | {"changes_meaning": "no", "change": "Shorter."}).status_code == 303
    second = GuidelineVersion.objects.get(number=2)
    assert (second.changes_meaning, second.change, second.author) == (False, "Shorter.", cast.manager.user)
    versions = text(boss.get("/p/clinic/guidelines/"))
    assert "Shorter." in versions
    assert "the meaning stays" in versions


def test_looking_publishes_nothing_and_lists_fields_and_rules(cast, boss):
    publish(cast)
    body = (
        FIRST.replace("## Ties", "## Ties {#ranking}").replace("rarely", "freely") + "\n\n## Overal\n\nx\n\n## Tea\n\ny"
    )
    page = text(
        boss.post(NEXT, {"track": "collection", "based_on": "1", "body": body, "do": "look", "change": "Kept."})
    )
    assert GuidelineVersion.objects.count() == 1
    assert 'value="Kept."' in page
    assert "Say whether" not in page
    table = re.sub(r"<[^>]+>|\s+", " ", page[page.index('class="rules"') : page.index("Rules that no field opens")])
    rules = re.sub(" +", " ", table)
    assert "Ranking ranking Ties" in rules
    assert "Overall quality overall Overal only alike in words" in rules
    assert "Hallucination hallucination no rule" in rules
    unasked = page[page.index("Rules that no field opens") : page.index("As labelers will read it")]
    assert re.findall(r'<li dir="auto">([^<]*)', unasked) == ["Facts", "Tea"]
    assert "freely" in page[page.index('id="look"') : page.index('id="rules-heading"')]


def test_another_version_meanwhile_is_not_overruled_unseen(cast, boss):
    publish(cast)
    publish(cast, "Theirs.")
    sent = {
        "track": "collection",
        "based_on": "1",
        "body": "Mine.",
        "changes_meaning": "yes",
        "change": "x",
        "do": "publish",
    }
    refused = boss.post(NEXT, sent)
    assert refused.status_code == 422
    assert "Version 2 was published meanwhile" in text(refused)
    assert 'name="based_on" value="2"' in text(refused)
    assert boss.post(NEXT, sent | {"based_on": "2"}).status_code == 303


@pytest.mark.parametrize("body", ["", " ", "x" * 200_001, "\x00"])
def test_no_text_and_too_much_text_are_refused_beside_the_field(cast, boss, body):
    assert boss.post(NEXT, {"track": "collection", "body": body}).status_code == 422
    assert boss.post(NEXT, {"track": "collection", "body": body, "do": "look"}).status_code == 200
    assert not GuidelineVersion.objects.exists()


def test_hostile_markdown_stays_harmless_in_all_views(cast, boss, labeler):  # noqa: F811
    hostile = (
        '## <img src=x onerror=alert(1)> {#main}\n\n<script>alert(1)</script> [x](javascript:alert(1)) {#a" onclick=b}'
    )
    publish(cast)
    guideline_acknowledge(member=cast.labeler, number=1)
    publish(cast, hostile, change="<script>alert(2)</script>")
    pages = [
        labeler.get("/p/clinic/guideline/"), labeler.get("/p/clinic/guideline/changes/"), boss.get("/p/clinic/guidelines/"),
        boss.post(NEXT, {"track": "collection", "body": hostile, "do": "look"}),
    ]  # fmt: skip
    for answer in pages:
        live = re.sub(r"<textarea.*?</textarea>", "", text(answer), flags=re.DOTALL)
        assert "<script>alert" not in live
        assert "<img" not in live
        assert not re.search(r"<[^>]*\s(onerror|onclick)=", live)
        assert 'href="javascript' not in live
        assert live.count('id="main"') == 1


# --- translators ----------------------------------------------------------------------------------

PEOPLES_WORDS = re.compile(
    r"labelstudio_rlhf|Clinic|\S+@example\.org|(labeler|manager)\S*|\bUTC\b|\b(November|Qqq\w*)\b"
)


def english(answer) -> list[str]:
    return [words for words in left_in_english(answer) if re.search(r"[^\W\d_]{2,}", PEOPLES_WORDS.sub("", words))]


def test_the_pages_are_all_translatable(cast, boss, labeler, monkeypatch):  # noqa: F811
    publish(cast, "## Qqqa\n\nQqqb.\n\n## Qqqc\n\nQqqd.")
    guideline_acknowledge(member=cast.labeler, number=1)
    body = "## Qqqa\n\nQqqz.\n\n## Qqqc\n\nQqqd."
    publish(cast, body, change="Qqq.")
    speak_pseudo(monkeypatch)
    for client, path in (
        (labeler, "/p/clinic/guideline/"), (labeler, "/p/clinic/guideline/1/"), (labeler, "/p/clinic/guideline/changes/"),
        (boss, "/p/clinic/guidelines/"), (boss, NEXT), (boss, f"{NEXT}?track=evaluation"),
    ):  # fmt: skip
        assert english(client.get(path)) == [], path
    looked = boss.post(NEXT, {"track": "collection", "based_on": "1", "body": body, "do": "look"})
    assert english(looked) == []


# --- which rule is whose -------------------------------------------------------------------------------


def test_a_name_wins_over_words_and_words_over_likeness():
    rules = render_document(
        "## Hallucination\n\n## Facts {#hallucination}\n\n## Harmful advice\n\n## Hallucinations"
    ).rules
    fields = [
        Subject("hallucination", "Hallucination"),
        Subject("harmful", "Gives harmful advice"),
        Subject("x", "Of a"),
    ]
    found = rules_of_fields(rules, fields)
    told = [(one.rule.title if one.rule else None, one.sure) for one in found]
    assert told == [("Facts", True), ("Harmful advice", False), (None, False)]
    assert [rule.title for rule in rules_without_field(rules, found)] == ["Hallucination", "Hallucinations"]
