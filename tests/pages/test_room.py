"""The room without scripts: a real form that ranks, keeps drafts, skips and corrects."""

import json

import pytest
from django.utils import timezone

from apps.labeling.domain.submission import DEMONSTRATION_MAX
from apps.labeling.models import Assignment, Judgment, Task
from apps.projects.services import guideline_publish
from tests.make import make_completions, make_demonstrate_task, make_prompt, make_rank_task

HTMX = {"HX-Request": "true"}


@pytest.fixture
def assignment(cast, claimed):
    make_rank_task(cast.project, k=3)
    return claimed()


def room(assignment: Assignment, verb: str = "") -> str:
    return f"/work/{assignment.uid}/{verb}"


def test_start_ranking_leads_to_the_room(cast, labeler):
    make_rank_task(cast.project)
    answer = labeler.post("/p/clinic/work/", {"kind": "rank"})
    assert answer.status_code == 303
    page = labeler.get(answer["Location"]).content.decode()
    assert "Overall quality" in page
    assert page.count('name="tier-A"') == 3


def test_nothing_is_selected_before_the_labeler_does(labeler, assignment):
    page = labeler.get(room(assignment)).content.decode()
    assert page.count("checked") == 1  # formatted rather than raw
    assert 'name="rendering" value="rendered" form="judgment" checked' in page


def test_the_room_says_nothing_of_models_or_purposes(cast, labeler, claimed):
    prompt = make_prompt(cast.project, source={"file": "secret-source"}, external_ids=["secret-id"])
    completions = make_completions(prompt, ["One", "Two"], model="secret-model")
    Task.objects.create(
        project=cast.project, prompt=prompt, kind="rank", candidates=[c.pk for c in completions],
        candidate_set=sorted(c.pk for c in completions), required=1, open_slots=1, priority=77,
        external_id="secret-line", source={"s": "secret"}, metadata={"m": "secret"},
    )  # fmt: skip
    answer = labeler.get(room(claimed()))
    told = (answer.content.decode() + str(answer.headers)).lower()
    for secret in ("secret", "production", "purpose", "priority", str(completions[0].uid), str(prompt.uid)):
        assert secret not in told


def test_submit_leads_to_the_next_task(cast, labeler, assignment):
    make_rank_task(cast.project)
    answer = labeler.post(room(assignment, "submit/"), {"tier-A": 1, "tier-B": 1, "tier-C": 2, "rating-A-overall": 6})
    assert answer.status_code == 303
    following = Assignment.objects.get(membership=cast.labeler, state="leased")
    assert answer["Location"] == room(following)
    judgment = Judgment.objects.get(assignment=assignment)
    assert judgment.ranking.tiers == [1, 1, 2]
    assert judgment.ratings.values == [{"overall": 6}, {}, {}]


def test_with_htmx_the_answer_is_the_next_room(cast, labeler, assignment):
    make_rank_task(cast.project)
    answer = labeler.post(room(assignment, "submit/"), {"tier-A": 1, "tier-B": 2, "tier-C": 3}, headers=HTMX)
    following = Assignment.objects.get(membership=cast.labeler, state="leased")
    assert answer.status_code == 200
    assert answer["HX-Push-Url"] == room(following)
    assert room(following, "submit/") in answer.content.decode()


def test_after_the_last_task_a_page_explains(labeler, assignment):
    answer = labeler.post(room(assignment, "submit/"), {"tier-A": 1, "tier-B": 2, "tier-C": 3}, follow=True)
    assert answer.redirect_chain == [("/p/clinic/work/", 303)]
    assert "Nothing is waiting for you right now" in answer.content.decode()


def test_a_gap_is_refused_with_a_sentence_and_the_ranks_stay(labeler, assignment):
    answer = labeler.post(room(assignment, "submit/"), {"tier-A": 3, "tier-B": 1, "tier-C": 3})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "othing is on tier 2, yet something is below it" in page
    assert page.count('value="3" checked') == 2
    assert not Judgment.objects.exists()


@pytest.mark.parametrize("forged", ["tier-D", "tier-Z", "tier-a", "note-Z", "rating-Z-overall"])
def test_a_forged_letter_is_refused_by_name(labeler, assignment, forged):
    answer = labeler.post(room(assignment, "submit/"), {"tier-A": 1, "tier-B": 2, "tier-C": 3, forged: "1"})
    assert answer.status_code == 422
    assert "his task has no such candidate" in answer.content.decode()
    assert not Judgment.objects.exists()


def test_an_untouched_ladder_is_refused(labeler, assignment):
    answer = labeler.post(room(assignment, "submit/"), {})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "3 things are missing" in page
    assert 'href="#tier-B"' in page
    assert not Judgment.objects.exists()


def test_a_refused_form_keeps_what_was_said(labeler, assignment):
    sent = {
        "tier-A": "2", "rating-B-overall": "6", "flag-B-hallucination": "na", "note-C": "<b>odd</b>",
        "prompt-flag-ambiguous": "yes", "use_case": "chat", "note": "whole", "rendering": "raw",
    }  # fmt: skip
    answer = labeler.post(room(assignment, "submit/"), sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    for control in (
        'name="tier-A" value="2" checked', 'name="rating-B-overall" value="6" checked',
        'name="flag-B-hallucination" value="na" checked', 'name="prompt-flag-ambiguous" value="yes" checked',
        '<option value="chat" selected>', 'value="raw" form="judgment" checked', "&lt;b&gt;odd&lt;/b&gt;",
    ):  # fmt: skip
        assert control in page, control
    assert "B has no place on the ladder yet." in page


def test_a_step_outside_the_scale_is_named(labeler, assignment):
    answer = labeler.post(room(assignment, "submit/"), {"tier-A": 1, "tier-B": 2, "tier-C": 3, "rating-A-overall": "9"})
    assert answer.status_code == 422
    assert "A: Is a whole number from 1 to 7." in answer.content.decode()


def test_sending_the_same_twice_is_harmless_and_something_else_is_offered_as_correction(labeler, assignment):
    first = {"tier-A": 1, "tier-B": 2, "tier-C": 3}
    labeler.post(room(assignment, "submit/"), first)
    assert labeler.post(room(assignment, "submit/"), first).status_code == 303
    answer = labeler.post(room(assignment, "submit/"), {"tier-A": 3, "tier-B": 2, "tier-C": 1})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "You have submitted this task already" in page
    assert 'name="tier-A" value="3" checked' in page
    assert room(assignment, "correct/") in page


def test_a_correction_starts_from_what_was_said(labeler, assignment):
    labeler.post(room(assignment, "submit/"), {"tier-A": 1, "tier-B": 2, "tier-C": 2, "note-B": "so"})
    page = labeler.get(room(assignment, "correct/")).content.decode()
    assert 'name="tier-C" value="2" checked' in page
    assert "\nso</textarea>" in page
    answer = labeler.post(room(assignment, "correct/"), {"tier-A": 2, "tier-B": 1, "tier-C": 2})
    assert answer["Location"] == "/p/clinic/history/"
    assert Judgment.objects.get(supersedes__isnull=False).ranking.tiers == [2, 1, 2]
    assert "B &gt; A = C" in labeler.get("/p/clinic/history/").content.decode()


def test_a_draft_comes_back(labeler, assignment):
    sent = {"draft": {"tier-A": "2", "rating-A-overall": "5", "note": "hm"}, "revision": 0}
    answer = labeler.post(room(assignment, "draft/"), sent, content_type="application/json")
    assert answer.status_code == 200
    assert answer.json()["revision"] == 1
    assignment.refresh_from_db()
    assert assignment.draft == {"tiers": {"A": 2}, "ratings": {"A": {"overall": 5}}, "note": "hm"}
    page = labeler.get(room(assignment)).content.decode()
    assert 'name="tier-A" value="2" checked' in page
    assert 'data-revision="1"' in page


def test_a_stale_draft_is_told_in_json(labeler, assignment):
    for draft, status in (({"note": "one"}, 200), ({"note": "two"}, 409)):
        answer = labeler.post(
            room(assignment, "draft/"), json.dumps({"draft": draft, "revision": 0}),
            content_type="application/json", headers={"Accept": "application/json"},
        )  # fmt: skip
        assert answer.status_code == status
    assert answer.json()["error"]["code"] == "stale_draft"


def test_a_draft_is_saved_without_scripts(labeler, assignment):
    answer = labeler.post(room(assignment, "draft/"), {"tier-B": "1", "revision": "0"})
    assert answer["Location"] == room(assignment)
    assert 'name="tier-B" value="1" checked' in labeler.get(room(assignment)).content.decode()


def test_a_heartbeat_renews_the_lease(labeler, assignment):
    before = assignment.lease_expires_at
    answer = labeler.post(room(assignment, "heartbeat/"), headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assignment.refresh_from_db()
    assert assignment.lease_expires_at > before


def test_a_lost_lease_is_a_clear_page_and_the_work_can_still_be_sent(labeler, assignment):
    Assignment.objects.update(lease_expires_at=timezone.now())
    page = labeler.get(room(assignment)).content.decode()
    assert "Your time on this task ran out" in page
    assert "Claim it again" in page
    beat = labeler.post(room(assignment, "heartbeat/"), headers={"Accept": "application/json"})
    assert beat.json()["error"]["code"] == "lease_lost"
    labeler.post(room(assignment, "submit/"), {"tier-A": 1, "tier-B": 2, "tier-C": 3})
    assert Judgment.objects.count() == 1


def test_skipping_takes_a_reason_and_leads_on(cast, labeler, assignment):
    make_rank_task(cast.project)
    answer = labeler.post(room(assignment, "skip/"), {"code": "knowledge", "details": "no idea"})
    following = Assignment.objects.get(membership=cast.labeler, state="leased")
    assert answer["Location"] == room(following)
    assignment.refresh_from_db()
    assert (assignment.state, assignment.skip_code, assignment.skip_reason) == ("skipped", "knowledge", "no idea")
    assert "You skipped this task" in labeler.get(room(assignment)).content.decode()


def test_putting_back_leads_to_the_work_page(labeler, assignment):
    assert labeler.post(room(assignment, "release/"))["Location"] == "/p/clinic/work/"
    assignment.refresh_from_db()
    assert assignment.state == "released"


def test_an_unread_guideline_comes_first(cast, labeler):
    make_rank_task(cast.project)
    guideline_publish(actor=None, project=cast.project, body="# G\n\n## Ties\n\nTie freely.\n\n## Flags\n\nSparingly.")
    answer = labeler.post("/p/clinic/work/", {"kind": "rank"})
    assert answer["Location"] == "/p/clinic/guideline/?next=/p/clinic/work/"
    page = labeler.get(answer["Location"]).content.decode()
    assert '<a href="#rule-ties">Ties</a>' in page
    assert '<h3 id="rule-ties" dir="auto">Ties</h3>' in page
    assert page.count("<h1") == 1
    onward = labeler.post("/p/clinic/guideline/1/acknowledge/", {"next": "/p/clinic/work/"})
    assert onward["Location"] == "/p/clinic/work/"
    assert labeler.post("/p/clinic/work/", {"kind": "rank"})["Location"].startswith("/work/")


def test_next_never_leads_away(cast, labeler):
    guideline_publish(actor=None, project=cast.project, body="G")
    onward = labeler.post("/p/clinic/guideline/1/acknowledge/", {"next": "https://evil.example/"})
    assert onward["Location"] == "/p/clinic/"


def test_writing_a_demonstration(cast, labeler, claimed):
    make_demonstrate_task(cast.project)
    assignment = claimed("demonstrate")
    answer = labeler.post(room(assignment, "submit/"), {"text": "  "})
    assert answer.status_code == 422
    assert "Write the reply you would want to receive." in answer.content.decode()
    shown = labeler.post(room(assignment, "preview/"), {"text": "**So**"}, headers=HTMX).content.decode()
    assert "<strong>So</strong>" in shown
    assert "<html" not in shown
    kept = labeler.post(room(assignment, "preview/"), {"text": "**So**"}).content.decode()
    assert "\n**So**</textarea>" in kept
    labeler.post(room(assignment, "submit/"), {"text": "Dear all,"})
    assert Judgment.objects.get().demonstration.completion.body == "Dear all,"
    assert "\nDear all,</textarea>" in labeler.get(room(assignment, "correct/")).content.decode()


def test_a_text_beyond_the_limit_is_not_formatted(cast, labeler, claimed):
    """Markdown of megabytes would keep a worker busy for half a minute, on every pause of the typing."""
    make_demonstrate_task(cast.project)
    assignment = claimed("demonstrate")
    most = "**a** " * (DEMONSTRATION_MAX // 6)
    shown = labeler.post(room(assignment, "preview/"), {"text": most}, headers=HTMX).content.decode()
    assert "<strong>a</strong>" in shown
    shown = labeler.post(room(assignment, "preview/"), {"text": most + "more than that"}, headers=HTMX).content.decode()
    assert "<strong>" not in shown
    assert "longer than 100000 characters" in shown


def test_rating_without_ranking(cast, labeler, claimed):
    prompt = make_prompt(cast.project)
    completions = [c.pk for c in make_completions(prompt, ["One", "Two"])]
    Task.objects.create(
        project=cast.project, prompt=prompt, kind="rate", candidates=completions, candidate_set=sorted(completions),
        required=1, open_slots=1,
    )  # fmt: skip
    assignment = claimed("rate")
    page = labeler.get(room(assignment)).content.decode()
    assert "tier-A" not in page
    labeler.post(room(assignment, "submit/"), {"rating-A-overall": "3", "rating-B-overall": "4"})
    assert Judgment.objects.get().ratings.values == [{"overall": 3}, {"overall": 4}]


def test_another_persons_assignment_is_none(cast, as_member, assignment):
    other = as_member(cast.second_labeler)
    assert other.get(room(assignment)).status_code == 404
    assert other.post(room(assignment, "submit/"), {"tier-A": 1}).status_code == 404


@pytest.mark.parametrize(
    ("who", "status"), [("manager", 403), ("researcher", 403), ("suspended", 403), ("invited", 403)]
)
def test_who_may_not_label(cast, as_member, who, status):
    client = as_member(getattr(cast, who))
    assert client.get("/p/clinic/work/").status_code == status
    assert client.post("/p/clinic/work/", {"kind": "rank"}).status_code == status


def test_strangers_are_sent_to_sign_in_and_back_to_the_room(client, assignment):
    assert client.get("/p/clinic/work/")["Location"] == "/sign-in/?next=/p/clinic/work/"
    answer = client.post(room(assignment, "submit/"), {"tier-A": 1})
    assert answer["Location"] == f"/sign-in/?next={room(assignment)}"
    assert client.post(room(assignment, "draft/"), headers={"Accept": "application/json"}).status_code == 401


def test_a_posting_address_opened_by_link_leads_to_the_room(labeler, assignment):
    assert labeler.get(room(assignment, "submit/"))["Location"] == room(assignment)


def test_raw_texts_by_link(labeler, assignment):
    page = labeler.get(room(assignment) + "?view=raw").content.decode()
    assert 'value="raw" form="judgment" checked' in page
