"""Whatever comes in between, the labeler is answered in a sentence and what they sent is still there."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.labeling.models import Assignment, Judgment, Task
from apps.labeling.services.judgments import judgment_correct, judgment_submit
from apps.labeling.services.leases import assignment_skip, draft_save, leases_reap
from apps.projects.models import Project
from apps.projects.services import guideline_publish, member_set_status
from tests.make import make_demonstrate_task, make_rank_task

HTMX = {"HX-Request": "true"}
SENT = {"tier-A": "1", "tier-B": "2", "note": "my careful words"}
WORDS = "my careful words"


@pytest.fixture
def assignment(cast, claimed) -> Assignment:
    make_rank_task(cast.project, k=2)
    return claimed()


def room(assignment: Assignment, verb: str = "") -> str:
    return f"/work/{assignment.uid}/{verb}"


def saved_elsewhere(assignment: Assignment, *, revision: int = 0, seconds_ago: int = 60, note: str = "newer") -> None:
    draft_save(assignment=assignment, draft={"note": note}, revision=revision)
    Assignment.objects.filter(pk=assignment.pk).update(draft_saved_at=timezone.now() - timedelta(seconds=seconds_ago))


# --- two windows ----------------------------------------------------------------------------------


def test_an_older_window_does_not_submit_over_newer_work(labeler, assignment):
    saved_elsewhere(assignment)
    answer = labeler.post(room(assignment, "submit/"), SENT | {"revision": "0"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Another window saved newer work" in page
    assert WORDS in page
    assert 'name="tier-B" value="2" checked' in page
    assert f'href="{room(assignment)}"' in page
    assert 'name="revision" value="1"' in page
    assert not Judgment.objects.exists()
    assert "newer" in labeler.get(room(assignment)).content.decode()

    assert labeler.post(room(assignment, "submit/"), SENT | {"revision": "1"}).status_code == 303
    assert Judgment.objects.get().note == WORDS


@pytest.mark.parametrize(
    "revision", [{"revision": "1"}, {"revision": "7"}, {}, {"revision": "x"}, {"revision": "9" * 99}]
)
def test_a_window_that_knows_the_newest_draft_or_none_submits(labeler, assignment, revision):
    saved_elsewhere(assignment)
    assert labeler.post(room(assignment, "submit/"), SENT | revision).status_code == 303
    assert Judgment.objects.get().note == WORDS


def test_a_windows_own_save_on_its_way_does_not_stop_it(labeler, assignment):
    saved_elsewhere(assignment, seconds_ago=1)
    assert labeler.post(room(assignment, "submit/"), SENT | {"revision": "0"}).status_code == 303


def test_an_equal_draft_is_no_newer_work(labeler, assignment):
    draft = {"tiers": {"A": 1, "B": 2}, "ratings": {}, "note": WORDS}
    draft_save(assignment=assignment, draft=draft, revision=0)
    Assignment.objects.update(draft_saved_at=timezone.now() - timedelta(minutes=1))
    assert labeler.post(room(assignment, "submit/"), SENT | {"revision": "0"}).status_code == 303


def test_an_older_draft_saved_without_scripts_keeps_both(labeler, assignment):
    saved_elsewhere(assignment)
    answer = labeler.post(room(assignment, "draft/"), {"note": WORDS, "revision": "0"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Another window saved newer work" in page
    assert WORDS in page
    assignment.refresh_from_db()
    assert assignment.draft == {"note": "newer"}


@pytest.mark.parametrize("verb", ["submit/", "draft/"])
def test_a_task_skipped_in_another_window_leaves_what_was_sent_to_copy(labeler, assignment, verb):
    assignment_skip(assignment=assignment, reason="no")
    answer = labeler.post(room(assignment, verb), SENT)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "You skipped this task" in page
    assert WORDS in page
    assert 'href="/p/clinic/work/"' in page
    assert "data-draft-url" not in page
    assert 'id="submit"' not in page
    assert not Judgment.objects.exists()


def test_a_task_put_back_in_another_window_is_still_judged(labeler, assignment):
    labeler.post(room(assignment, "release/"))
    assert labeler.post(room(assignment, "submit/"), SENT).status_code == 303
    assert Judgment.objects.get().surplus is False


def test_a_different_second_submit_is_offered_as_a_correction_and_can_be_saved(labeler, assignment):
    labeler.post(room(assignment, "submit/"), SENT)
    answer = labeler.post(room(assignment, "submit/"), {"tier-A": "2", "tier-B": "1"})
    page = answer.content.decode()
    current = Judgment.objects.get()
    assert answer.status_code == 409
    assert "You have submitted this task already" in page
    assert f'name="corrects" value="{current.uid}"' in page
    saved = labeler.post(room(assignment, "correct/"), {"tier-A": "2", "tier-B": "1", "corrects": str(current.uid)})
    assert saved.status_code == 303
    assert Judgment.objects.get(supersedes=current).ranking.tiers == [2, 1]


def test_a_different_second_submit_after_the_time_for_corrections_is_there_to_copy(labeler, assignment):
    labeler.post(room(assignment, "submit/"), SENT)
    Project.objects.update(correction_minutes=0)
    page = labeler.post(room(assignment, "submit/"), {"tier-A": "2", "tier-B": "1", "note": "other"}).content.decode()
    assert "the time for corrections is over" in page
    assert "other</textarea>" in page
    assert 'id="submit"' not in page


def test_the_first_answer_sent_again_after_a_correction_changes_nothing_and_says_so(labeler, assignment):
    labeler.post(room(assignment, "submit/"), SENT)
    judgment_correct(assignment=assignment, body={"tiers": {"A": 2, "B": 1}})
    answer = labeler.post(room(assignment, "submit/"), SENT, follow=True)
    assert "corrected it since. The correction stands." in answer.content.decode()
    assert Judgment.objects.count() == 2


def test_a_correction_from_an_older_page_does_not_replace_a_newer_one_unseen(labeler, assignment):
    first = judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 2}}).judgment
    page = labeler.get(room(assignment, "correct/")).content.decode()
    assert f'name="corrects" value="{first.uid}"' in page
    second = judgment_correct(assignment=assignment, body={"tiers": {"A": 2, "B": 1}}).judgment

    answer = labeler.post(
        room(assignment, "correct/"), {"tier-A": "1", "tier-B": "1", "note": WORDS, "corrects": str(first.uid)}
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "You corrected this in another window" in page
    assert WORDS in page
    assert f'name="corrects" value="{second.uid}"' in page
    assert Judgment.objects.count() == 2


def test_a_refused_correction_still_knows_what_it_corrects(labeler, assignment):
    first = judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 2}}).judgment
    judgment_correct(assignment=assignment, body={"tiers": {"A": 2, "B": 1}})
    answer = labeler.post(room(assignment, "correct/"), {"tier-A": "1", "corrects": str(first.uid)})
    assert answer.status_code == 422
    assert f'name="corrects" value="{first.uid}"' in answer.content.decode()


# --- too much, forged, another's --------------------------------------------------------------------


@pytest.mark.parametrize("field", ["note", "note-A"])
def test_a_note_of_5_mb_is_refused_by_name_with_the_rest_of_the_page_as_it_was(labeler, assignment, field):
    draft_save(assignment=assignment, draft={"note": "saved before"}, revision=0)
    answer = labeler.post(room(assignment, "submit/"), SENT | {field: "x" * 5_000_000, "revision": "1"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "t most 4000 characters; this one has 5000000. Only its first 100,000 characters stand here." in page
    assert 'name="tier-B" value="2" checked' in page
    assert "x" * 100_000 in page
    assert "x" * 100_001 not in page  # megabytes in one text area hold a browser up for minutes
    assignment.refresh_from_db()
    assert assignment.draft == {"note": "saved before"}
    assert not Judgment.objects.exists()


def test_a_draft_of_5_mb_leaves_the_one_before(labeler, assignment):
    draft_save(assignment=assignment, draft={"note": "saved before"}, revision=0)
    by_script = labeler.post(
        room(assignment, "draft/"), {"draft": {"note": "x" * 5_000_000}, "revision": 1},
        content_type="application/json", headers={"Accept": "application/json"},
    )  # fmt: skip
    assert (by_script.status_code, by_script.json()["error"]["code"]) == (413, "too_large")
    by_form = labeler.post(room(assignment, "draft/"), SENT | {"note-A": "x" * 5_000_000, "revision": "1"})
    assert by_form.status_code == 413
    assert WORDS in by_form.content.decode()
    assignment.refresh_from_db()
    assert assignment.draft == {"note": "saved before"}


def test_a_body_that_nothing_could_take_is_told_so(labeler, assignment):
    answer = labeler.post(room(assignment, "submit/"), SENT | {"note": "x" * 9_000_000})
    assert answer.status_code == 413
    assert "too large" in answer.content.decode()
    assert labeler.get(room(assignment)).status_code == 200


@pytest.mark.parametrize(
    ("forged", "sentence"),
    [
        ({"tier-Z": "1"}, "This task has no such candidate"),
        ({"rating-Z-overall": "3"}, "This task has no such candidate"),
        ({"flag-Z-hallucination": "yes"}, "This task has no such candidate"),
        ({"note-Z": "so"}, "This task has no such candidate"),
        ({"rating-A-charm": "3"}, "not a field of this project"),
        ({"flag-A-charm": "yes"}, "not a flag of this project"),
        ({"prompt-flag-charm": "yes"}, "not a flag of this project"),
        ({"tier-A": "9"}, "A whole number from 1 to 2 is needed"),
    ],
)
def test_what_no_page_of_ours_sends_is_refused_by_name(labeler, assignment, forged, sentence):
    answer = labeler.post(room(assignment, "submit/"), SENT | forged)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence.lower() in page.lower()
    assert WORDS in page
    assert not Judgment.objects.exists()


def test_another_ones_assignment_is_none_and_says_nothing(cast, as_member, assignment):
    stranger = as_member(cast.second_labeler)
    for verb in ("", "correct/"):
        assert stranger.get(room(assignment, verb)).status_code == 404
    for verb in ("submit/", "draft/", "skip/", "release/", "correct/", "preview/"):
        answer = stranger.post(room(assignment, verb), SENT)
        assert answer.status_code == 404
        assert "Answer" not in answer.content.decode()
    assignment.refresh_from_db()
    assert (assignment.state, assignment.draft) == ("leased", None)


def test_the_senders_clock_counts_for_nothing(labeler, assignment):
    before = timezone.now()
    wrong = {"submitted_at": "1999-01-01T00:00:00Z", "saved_at": "2099-01-01", "Date": "Fri, 01 Jan 1999 00:00:00 GMT"}
    assert labeler.post(room(assignment, "submit/"), SENT | wrong, headers={"Date": wrong["Date"]}).status_code == 303
    assert before <= Judgment.objects.get().submitted_at <= timezone.now()


# --- time, people and projects ----------------------------------------------------------------------


@pytest.mark.parametrize("taken_meanwhile", [False, True])
def test_what_is_submitted_after_the_lease_ran_out_is_kept(cast, labeler, assignment, taken_meanwhile):
    Assignment.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    leases_reap()
    if taken_meanwhile:
        Task.objects.update(open_slots=0)
    answer = labeler.post(room(assignment, "submit/"), SENT, follow=True)
    assert Judgment.objects.get().surplus is taken_meanwhile
    assert ("Your judgment is kept." in answer.content.decode()) is taken_meanwhile


def test_signing_in_again_leads_back_to_the_room_with_the_draft(labeler, assignment, client):
    draft_save(assignment=assignment, draft={"note": "saved before"}, revision=0)
    answer = client.post(room(assignment, "submit/"), SENT)
    assert answer["Location"] == f"/sign-in/?next={room(assignment)}"
    back = client.post(
        answer["Location"], {"username": "labeler@example.org", "password": "correct horse battery"}, follow=True
    )
    assert back.redirect_chain[-1][0] == room(assignment)
    assert "saved before" in back.content.decode()


def test_signed_out_under_scripts_the_page_is_left_as_it_is(client, assignment):
    answer = client.post(room(assignment, "submit/"), SENT, headers=HTMX)
    assert answer.status_code == 403
    assert (answer["HX-Retarget"], answer["HX-Reselect"]) == ("#messages", "#kept")
    said = answer.content.decode()
    assert "Nothing on this page is lost" in said
    assert f'href="/sign-in/?next=%2Fwork%2F{assignment.uid}%2F" target="_blank"' in said


@pytest.fixture
def strict(cast) -> Client:
    """A browser whose forms must carry their token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.labeler.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_an_old_token_is_answered_with_what_to_do(strict, assignment):
    answer = strict.post(room(assignment, "submit/"), SENT, headers={"Referer": "http://testserver" + room(assignment)})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Please send that again" in page
    assert f'href="http://testserver{room(assignment)}"' in page
    foreign = strict.post(room(assignment, "submit/"), SENT, headers={"Referer": "https://elsewhere.example/"})
    assert "elsewhere.example" not in foreign.content.decode()


def test_an_old_token_under_scripts_is_mended_and_the_next_press_goes_through(strict, assignment):
    answer = strict.post(room(assignment, "submit/"), SENT, headers=HTMX)
    said = answer.content.decode()
    assert (answer.status_code, answer["HX-Retarget"]) == (403, "#messages")
    assert "Press the button once more" in said
    token = said.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    assert (
        strict.post(room(assignment, "submit/"), SENT | {"csrfmiddlewaretoken": token}, headers=HTMX).status_code == 200
    )
    assert Judgment.objects.count() == 1


def test_the_draft_saver_gets_a_token_to_go_on_with(strict, assignment):
    sent = {"draft": {"note": WORDS}, "revision": 0}
    json = {"content_type": "application/json"}
    answer = strict.post(room(assignment, "draft/"), sent, headers={"Accept": "application/json"}, **json)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (403, "csrf_failed")
    token = {"Accept": "application/json", "X-CSRFToken": error["details"]["token"]}
    assert strict.post(room(assignment, "draft/"), sent, headers=token, **json).status_code == 200


def test_a_paused_project_keeps_what_is_submitted_and_says_that_it_is_paused(labeler, assignment):
    Project.objects.update(state="paused")
    answer = labeler.post(room(assignment, "submit/"), SENT, follow=True)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Your judgment is kept." in page
    assert "paused" in page
    assert Judgment.objects.count() == 1


def test_a_suspended_member_is_told_and_the_draft_stays(cast, labeler, assignment):
    draft_save(assignment=assignment, draft={"note": "saved before"}, revision=0)
    member_set_status(actor=cast.manager.user, member=cast.labeler, status="suspended")
    answer = labeler.post(room(assignment, "submit/"), SENT)
    assert answer.status_code == 403
    assert "suspended" in answer.content.decode()
    assert "Your saved draft stays" in answer.content.decode()
    member_set_status(actor=cast.manager.user, member=cast.labeler, status="active")
    assert "saved before" in labeler.get(room(assignment)).content.decode()


def test_a_guideline_published_meanwhile_does_not_stop_what_was_begun(cast, labeler, assignment):
    make_rank_task(cast.project, k=2)
    guideline_publish(actor=cast.manager.user, project=cast.project, body="# New\n\nRead me.")
    answer = labeler.post(room(assignment, "submit/"), SENT)
    assert answer["Location"] == "/p/clinic/guideline/?next=/p/clinic/work/"
    assert Judgment.objects.get().guideline is None
    assert "Your judgment is kept." in labeler.get(answer["Location"]).content.decode()
    page = labeler.get("/p/clinic/work/").content.decode()
    assert "First, the guideline" in page
    assert "Nothing is waiting" not in page
    refused = labeler.post("/p/clinic/work/", {"kind": "rank"}, follow=True)
    assert "Your judgment is kept." not in refused.content.decode()


def test_a_demonstration_survives_the_same(cast, labeler, claimed):
    make_demonstrate_task(cast.project)
    writing = claimed("demonstrate")
    assignment_skip(assignment=writing, reason="no")
    page = labeler.post(room(writing, "submit/"), {"text": "A long reply."}).content.decode()
    assert "You skipped this task" in page
    assert "A long reply." in page
