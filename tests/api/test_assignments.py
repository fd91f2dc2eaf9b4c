"""Claim, draft, heartbeat, skip, release, submit, correct: the contract's calls, with a labeler's eyes."""

import json

import pytest

from apps.labeling.models import Assignment, Judgment, Ranking, Task
from apps.labeling.services.leases import leases_reap
from tests.api.calls import CLAIM, claim, code, run_out, tiers
from tests.api.client import Caller
from tests.cast import Cast
from tests.make import make_demonstrate_task, make_rank_task


def test_an_assignment_holds_what_the_contract_says_and_no_more(cast: Cast, labeler: Caller):
    make_rank_task(cast.project, k=3)
    body = claim(labeler)

    assert set(body) == {
        "uid", "kind", "lease_expires_at", "prompt", "candidates", "schema", "guideline", "draft", "revision",
    }  # fmt: skip
    assert [c["letter"] for c in body["candidates"]] == ["A", "B", "C"]
    assert all(set(c) == {"letter", "text"} for c in body["candidates"])
    assert set(body["prompt"]) == {"messages", "use_case"}
    assert labeler.get(f"assignments/{body['uid']}/").json() == body
    assert "secret-model" not in str(body)
    assert "production" not in str(body)


def test_candidates_are_shuffled_and_stored_by_position(cast: Cast, labeler: Caller):
    make_rank_task(cast.project, k=9)
    body = claim(labeler)
    shown = [int(c["text"].split()[-1]) for c in body["candidates"]]

    assert sorted(shown) == list(range(9))
    assert labeler.post(f"assignments/{body['uid']}/submit/", tiers(body, *range(1, 10))).status_code == 201
    stored = Ranking.objects.get().tiers
    assert [stored[position] for position in shown] == list(range(1, 10))


def test_a_second_tab_resumes_the_first_ones_lease(cast: Cast, labeler: Caller):
    make_rank_task(cast.project), make_rank_task(cast.project)

    assert claim(labeler)["uid"] == claim(labeler)["uid"]


def test_nothing_left_says_when_to_come_back(cast: Cast, labeler: Caller, second: Caller):
    assert labeler.post(CLAIM, {"kind": "rank"}).status_code == 204
    assert "Retry-After" not in labeler.post(CLAIM, {"kind": "rank"}).headers
    make_rank_task(cast.project)
    claim(labeler)

    nothing = second.post(CLAIM, {"kind": "rank"})
    assert nothing.status_code == 204
    assert 0 < int(nothing.headers["Retry-After"]) <= 20 * 60
    queue = second.get("projects/clinic/queue/").json()
    assert (queue["available"], queue["held_by_others"]) == (0, 1)
    assert queue["next_free_at"]


def test_submit_once_twice_and_otherwise(cast: Cast, labeler: Caller):
    make_rank_task(cast.project, k=3)
    body = claim(labeler)
    submit = f"assignments/{body['uid']}/submit/"
    first = labeler.post(submit, tiers(body, 1, 1, 2))
    again = labeler.post(submit, tiers(body, 1, 1, 2) | {"note": "  ", "ratings": {}})
    other = labeler.post(submit, tiers(body, 1, 2, 2))

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["surplus"] is False
    assert code(other) == (409, "already_submitted")
    assert Judgment.objects.count() == 1


def test_submit_and_next_in_one_answer(cast: Cast, labeler: Caller):
    make_rank_task(cast.project, k=2), make_rank_task(cast.project, k=2)
    first = claim(labeler)
    second = labeler.post(f"assignments/{first['uid']}/submit/?next=1", tiers(first, 1, 2)).json()["next"]

    assert second["uid"] != first["uid"]
    last = labeler.post(f"assignments/{second['uid']}/submit/?next=1", tiers(second, 1, 2)).json()
    assert last["next"] is None


def test_ratings_flags_notes_and_prompt_flags_are_kept(cast: Cast, labeler: Caller):
    make_rank_task(cast.project, k=2)
    body = claim(labeler)
    said = tiers(body, 1, 2) | {
        "ratings": {"A": {"overall": 6, "flags": {"hallucination": "na"}, "note": "clear"}},
        "prompt_flags": {"ambiguous": "yes"}, "use_case": "chat", "note": "fine",
    }  # fmt: skip
    assert labeler.post(f"assignments/{body['uid']}/submit/", said).status_code == 201

    judgment = Judgment.objects.get()
    assert {"overall": 6, "flags": {"hallucination": "na"}, "note": "clear"} in judgment.ratings.values
    assert {} in judgment.ratings.values
    assert (judgment.prompt_flags, judgment.use_case, judgment.note) == ({"ambiguous": "yes"}, "chat", "fine")


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({}, "tiers", "missing_candidate"),
        ({"tiers": {"A": 1, "B": 2}}, "tiers.C", "missing_candidate"),
        ({"tiers": {"A": 1, "B": 2, "C": 4}}, "tiers.C", "tier_out_of_range"),
        ({"tiers": {"A": 1, "B": 3, "C": 3}}, "tiers", "tiers_not_dense"),
        ({"tiers": {"A": 2, "B": 2, "C": 2}}, "tiers", "tiers_not_dense"),
        ({"tiers": {"A": 0, "B": 1, "C": 1}}, "tiers.A", "tier_out_of_range"),
        ({"tiers": {"A": "1", "B": 1, "C": 1}}, "tiers.A", "tier_out_of_range"),
        ({"tiers": {"A": True, "B": 1, "C": 1}}, "tiers.A", "tier_out_of_range"),
        ({"tiers": {"A": 1, "B": 1, "C": 1, "D": 1}}, "tiers.D", "unknown_candidate"),
        ({"tiers": {"A": 1, "B": 1, "C": 1, "": 1}}, "tiers.", "unknown_candidate"),
        ({"tiers": [1, 2, 3]}, "tiers", "missing_candidate"),
        ({"tiers": {"A": 1, "B": 1, "C": 1}, "ratings": {"Z": {}}}, "ratings.Z", "unknown_candidate"),
        ({"tiers": {"A": 1, "B": 1, "C": 1}, "ratings": {"A": {"overall": 8}}}, "ratings.A.overall", "rule_broken"),
        ({"tiers": {"A": 1, "B": 1, "C": 1}, "ratings": {"A": {"nice": 1}}}, "ratings.A.nice", "rule_broken"),
        ({"tiers": {"A": 1, "B": 1, "C": 1}, "ratings": {"A": {"flags": {"sexual_content": "na"}}}}, "ratings.A.flags.sexual_content", "rule_broken"),
        ({"tiers": {"A": 1, "B": 1, "C": 1}, "prompt_flags": {"x": "yes"}}, "prompt_flags.x", "rule_broken"),
        ({"tiers": {"A": 1, "B": 1, "C": 1}, "note": 5}, "note", "rule_broken"),
        ({"tiers": {"A": 1, "B": 1, "C": 1}, "text": "hi"}, "text", "unknown_field"),
        ({"tiers": {"A": 1, "B": 1, "C": 1}, "note": "x" * 5000}, "note", "rule_broken"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named_and_nothing_is_written(cast: Cast, labeler: Caller, said, field, code):
    make_rank_task(cast.project, k=3)
    body = claim(labeler)
    answer = labeler.post(f"assignments/{body['uid']}/submit/", said)

    assert answer.status_code == 422
    error = answer.json()["error"]
    assert (error["code"], error["details"]["field"]) == (code, field)
    assert not Judgment.objects.exists()
    assert labeler.post(f"assignments/{body['uid']}/heartbeat/").status_code == 200, "the lease goes on"


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b'{"note": NaN}', b'"\\ud800"', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(cast: Cast, labeler: Caller, raw):
    make_rank_task(cast.project)
    body = claim(labeler)
    answer = labeler.client.post(
        f"/api/v1/assignments/{body['uid']}/submit/", data=raw, content_type="application/json",
        headers={"Authorization": f"Token {labeler.token}"},
    )  # fmt: skip

    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]


def test_a_note_of_5_mb_is_too_large(cast: Cast, labeler: Caller):
    make_rank_task(cast.project, k=2)
    body = claim(labeler)
    answer = labeler.post(f"assignments/{body['uid']}/submit/", tiers(body, 1, 2) | {"note": "x" * 5_000_000})

    assert code(answer) == (413, "too_large")


def test_a_draft_is_kept_and_a_stale_one_refused(cast: Cast, labeler: Caller):
    make_rank_task(cast.project)
    uid = claim(labeler)["uid"]
    first = labeler.post(f"assignments/{uid}/draft/", {"draft": {"tiers": {"A": 1}}, "revision": 0})
    assert first.status_code == 200
    assert first.json()["revision"] == 1
    assert first.json()["saved_at"]
    repeated = labeler.post(f"assignments/{uid}/draft/", {"draft": {"tiers": {"A": 1}}, "revision": 0})
    assert repeated.json() == first.json(), "a retry after a lost answer"
    stale = labeler.post(f"assignments/{uid}/draft/", {"draft": {"tiers": {"B": 1}}, "revision": 0})
    assert code(stale) == (409, "stale_draft")
    assert stale.json()["error"]["details"]["draft"] == {"tiers": {"A": 1}}
    again = claim(labeler)
    assert (again["draft"], again["revision"]) == ({"tiers": {"A": 1}}, 1)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"draft": [], "revision": 0}, 422),
        ({"draft": {}, "revision": "0"}, 422),
        ({"revision": 0}, 422),
        ({"draft": {"a": "\x00"}, "revision": 0}, 422),
        ({"draft": {"a": "the escape \\u0000 as text"}, "revision": 0}, 200),
        ({"draft": {"a": json.loads("[" * 300 + "]" * 300)}, "revision": 0}, 422),
        ({"draft": {"a": "x" * 500_000}, "revision": 0}, 413),
    ],
)
def test_a_bad_draft(cast: Cast, labeler: Caller, body, status):
    make_rank_task(cast.project)
    uid = claim(labeler)["uid"]

    assert labeler.post(f"assignments/{uid}/draft/", body).status_code == status


def test_after_expiry_heartbeat_skip_and_release_say_lease_lost(cast: Cast, labeler: Caller):
    make_rank_task(cast.project)
    uid = claim(labeler)["uid"]
    run_out(uid)
    for verb in ("heartbeat", "skip", "release"):
        assert code(labeler.post(f"assignments/{uid}/{verb}/")) == (409, "lease_lost")
    leases_reap()
    for verb in ("heartbeat", "skip", "release"):
        assert code(labeler.post(f"assignments/{uid}/{verb}/")) == (409, "lease_lost")


def test_an_expired_draft_comes_back_on_the_same_row(cast: Cast, labeler: Caller):
    make_rank_task(cast.project, priority=5), make_rank_task(cast.project, priority=9)
    uid = claim(labeler)["uid"]
    labeler.post(f"assignments/{uid}/draft/", {"draft": {"x": 1}, "revision": 0})
    run_out(uid)
    assert leases_reap() == 1
    assert labeler.post(f"assignments/{uid}/draft/", {"draft": {"x": 2}, "revision": 1}).status_code == 200

    again = claim(labeler)
    assert (again["uid"], again["draft"]) == (uid, {"x": 2})


def test_submit_after_expiry_retakes_a_free_slot(cast: Cast, labeler: Caller):
    task = make_rank_task(cast.project, k=2)
    body = claim(labeler)
    run_out(body["uid"])
    leases_reap()
    answer = labeler.post(f"assignments/{body['uid']}/submit/", tiers(body, 1, 2))

    assert (answer.status_code, answer.json()["surplus"]) == (201, False)
    task.refresh_from_db()
    assert task.open_slots == 0


def test_submit_after_the_slot_is_gone_is_kept_as_surplus(cast: Cast, labeler: Caller, second: Caller):
    task = make_rank_task(cast.project, k=2)
    late = claim(labeler)
    run_out(late["uid"])
    other = claim(second)
    assert second.post(f"assignments/{other['uid']}/submit/", tiers(other, 1, 2)).json()["surplus"] is False
    answer = labeler.post(f"assignments/{late['uid']}/submit/", tiers(late, 1, 2))

    assert (answer.status_code, answer.json()["surplus"]) == (201, True)
    task.refresh_from_db()
    assert (task.open_slots, Judgment.objects.count()) == (0, 2)


def test_skipped_never_comes_back_released_does(cast: Cast, labeler: Caller):
    make_rank_task(cast.project)
    uid = claim(labeler)["uid"]
    assert labeler.post(f"assignments/{uid}/release/").json() == {"state": "released"}
    assert claim(labeler)["uid"] == uid
    assert labeler.post(f"assignments/{uid}/skip/", {"reason": "unclear"}).json() == {"state": "skipped"}
    assert labeler.post(CLAIM, {"kind": "rank"}).status_code == 204
    assert Task.objects.get().open_slots == 1
    assert Assignment.objects.get().skip_reason == "unclear"


def test_a_correction_supersedes_and_the_first_row_stays(cast: Cast, labeler: Caller):
    make_rank_task(cast.project, k=2)
    body = claim(labeler)
    corrections = f"assignments/{body['uid']}/corrections/"
    assert code(labeler.post(corrections, tiers(body, 1, 2))) == (409, "not_submitted")
    labeler.post(f"assignments/{body['uid']}/submit/", tiers(body, 1, 2))
    corrected = labeler.post(corrections, tiers(body, 2, 1))
    repeated = labeler.post(corrections, tiers(body, 2, 1))
    back = labeler.post(corrections, tiers(body, 1, 2))

    assert [a.status_code for a in (corrected, repeated, back)] == [201, 200, 201]
    chain = list(Judgment.objects.order_by("id"))
    assert [j.supersedes for j in chain] == [None, chain[0], chain[1]]


def test_a_correction_after_the_window_is_refused(cast: Cast, labeler: Caller):
    cast.project.correction_minutes = 0
    cast.project.save()
    make_rank_task(cast.project, k=2)
    body = claim(labeler)
    labeler.post(f"assignments/{body['uid']}/submit/", tiers(body, 1, 2))

    answer = labeler.post(f"assignments/{body['uid']}/corrections/", tiers(body, 2, 1))
    assert code(answer) == (409, "correction_window_over")


def test_anothers_assignment_is_not_there(cast: Cast, labeler: Caller, second: Caller):
    make_rank_task(cast.project)
    uid = claim(labeler)["uid"]

    assert second.get(f"assignments/{uid}/").status_code == 404
    for verb in ("draft", "heartbeat", "skip", "release", "submit", "corrections"):
        assert second.post(f"assignments/{uid}/{verb}/").status_code == 404


def test_a_labeler_suspended_at_work_keeps_the_row_but_not_the_door(cast: Cast, labeler: Caller):
    make_rank_task(cast.project)
    uid = claim(labeler)["uid"]
    cast.labeler.status = "suspended"
    cast.labeler.save()

    assert code(labeler.post(f"assignments/{uid}/submit/", {})) == (403, "suspended")


def test_a_demonstration(cast: Cast, labeler: Caller):
    make_demonstrate_task(cast.project)
    body = claim(labeler, "demonstrate")
    empty = labeler.post(f"assignments/{body['uid']}/submit/", {"text": "  "})
    assert code(empty) == (422, "empty_text")
    assert labeler.post(f"assignments/{body['uid']}/submit/", {"text": "Hello.\r\nBye."}).status_code == 201

    completion = Judgment.objects.get().demonstration.completion
    assert (completion.body, completion.origin, completion.member) == ("Hello.\nBye.", "member", cast.labeler)


def test_a_rating_task_needs_every_candidate(cast: Cast, labeler: Caller):
    task = make_rank_task(cast.project, k=2)
    Task.objects.create(
        project=cast.project, prompt=task.prompt, kind="rate", candidates=task.candidates,
        candidate_set=task.candidate_set, required=1, open_slots=1,
    )  # fmt: skip
    body = claim(labeler, "rate")
    half = labeler.post(f"assignments/{body['uid']}/submit/", {"ratings": {"A": {"overall": 3}}})
    assert half.json()["error"]["details"]["field"] == "ratings.B"
    whole = {"ratings": {"A": {"overall": 3}, "B": {"overall": 4}}}
    assert labeler.post(f"assignments/{body['uid']}/submit/", whole).status_code == 201


def test_an_unknown_kind_of_claim(cast: Cast, labeler: Caller):
    assert labeler.post(CLAIM, {"kind": "sing"}).status_code == 422
    assert labeler.get("projects/clinic/queue/?kind=sing").status_code == 422
