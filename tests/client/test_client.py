"""A researcher's day with the client: import, label, watch, snapshot, load."""

import gzip
import hashlib
import json

import pytest
from labelstudio_rlhf_client import (
    AnswerBeside,
    Client,
    Conflict,
    Forbidden,
    NotFound,
    RuleBroken,
    Snapshot,
    SnapshotFailed,
    Unauthenticated,
)

from apps.prompts.models import Prompt
from tests.cast import PASSWORD

ROWS = [
    {"prompt": f"Question {number}?", "completions": [{"text": f"a{number}"}, {"text": f"b{number}"}]}
    for number in range(3)
]


def ranked(client_of, cast, count):
    """The labeler ranks `count` tasks, each claimed with the answer before."""
    bot = client_of(cast.labeler)
    assignment = bot.claim("clinic")
    for left in range(count, 0, -1):
        submitted = assignment.submit({"tiers": {"A": 1, "B": 2}}, then_next=left > 1)
        assignment = submitted.following
    return bot


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_a_file_goes_in_packed_or_not(researcher, project, tmp_path, name):
    text = "\n".join(map(json.dumps, ROWS)).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    imported = researcher.import_file("clinic", path, priority=3, requires=["domain:law"])
    assert (imported.state, imported.prompts, imported.tasks_created) == ("done", 3, 3)
    assert imported.answer["options"] == {"priority": 3, "requires": ["domain:law"]}
    assert imported.answer["filename"] == name
    assert researcher.import_file("clinic", path, priority=3, requires=["domain:law"]).duplicates == 3
    assert [one["uid"] for one in researcher.imports("clinic")][1] == imported.uid


def test_rows_of_any_iterable_go_in_and_wrong_ones_are_named(researcher, project):
    imported = researcher.import_file(
        "clinic", (row for row in [*ROWS, {"prompt": ""}, {"prompt": "I am jane@corp.org"}]), pii="mask"
    )
    assert (imported.prompts, imported.errors_total) == (4, 1)
    assert imported.errors[0]["line"] == 4
    assert imported.screened == {"pii_email": 1, "pii_masked": 1}
    assert Prompt.objects.filter(messages__contains="[email]").exists()


def test_a_row_with_half_a_character_is_named_and_the_others_go_in(researcher, project):
    imported = researcher.import_file("clinic", [{"prompt": "Hi\ud83d"}, {"prompt": "Hi \U0001f600"}])
    assert (imported.prompts, [(one["line"], one["code"]) for one in imported.errors]) == (1, [(1, "not_utf8")])


def test_an_import_that_is_not_over_is_followed(researcher, project):
    imported = researcher.import_file("clinic", ROWS, wait=False, **{"async": True})
    assert imported.state == "queued"
    asked = []

    def worker(seconds):
        asked.append(seconds)
        from apps.imports.services.resume import import_take

        import_take(uid=imported.uid)

    researcher.calls._sleep = worker
    assert researcher.wait_import(imported.uid, every=7.0).prompts == 3
    assert asked == [7.0]


def test_a_program_labels(researcher, client_of, cast):
    researcher.import_file("clinic", ROWS)
    bot = client_of(cast.labeler)
    first = bot.claim("clinic")
    assert first.messages[-1]["role"] == "user"
    assert set(first.texts) == {"A", "B"}
    assert bot.claim("clinic").uid == first.uid
    first.heartbeat()
    assert first.draft({"tiers": {"A": 1}}, first.answer["revision"])["revision"] == first.answer["revision"] + 1
    submitted = first.submit({"tiers": {"A": 1, "B": 1}}, then_next=True)
    assert not submitted.surplus
    assert first.rank({"A": 1, "B": 1}).judgment == submitted.judgment
    with pytest.raises(Conflict) as caught:
        first.rank({"A": 1, "B": 2})
    assert caught.value.code == "already_submitted"
    submitted.following.skip("unclear", "cannot tell")
    last = bot.claim("clinic")
    last.release()
    assert bot.claim("clinic").uid == last.uid


def test_nothing_left_is_none(client_of, cast):
    assert client_of(cast.labeler).claim("clinic") is None


def test_watching_counts_what_is_new(researcher, client_of, cast):
    researcher.import_file("clinic", ROWS)
    researcher.calls._sleep = lambda seconds: ranked(client_of, cast, 1)
    glances = researcher.watch("clinic", every=1)
    assert [next(glances).judgments for _ in range(3)] == [0, 1, 2]
    glance = next(glances)
    assert glance.labelers == {cast.labeler.pseudonym: 3}
    assert str(glance).split()[1:3] == ["3", "new"]
    assert glance.queue == {"available": 0, "more": False}
    with pytest.raises(Forbidden):
        next(client_of(cast.labeler).watch("clinic"))


def test_a_snapshot_is_made_fetched_and_read(researcher, client_of, cast, built_at_once, tmp_path):
    researcher.import_file("clinic", ROWS)
    ranked(client_of, cast, 3)
    snapshot = researcher.snapshot("clinic", kind="rankings", purpose="evaluation")
    assert (snapshot.state, snapshot.rows_total) == ("ready", 3)
    rows = list(snapshot.rows())
    assert [sorted(row["tiers"]) for row in rows] == [[1, 2]] * 3
    paths = snapshot.download(tmp_path)
    records = tmp_path / "rankings.jsonl"
    assert records in paths
    assert hashlib.sha256(records.read_bytes()).hexdigest() == snapshot.sha256
    assert len(list(snapshot.rows("pairs.jsonl"))) == 3
    assert [found.uid for found in researcher.snapshots("clinic")] == [snapshot.uid]
    assert researcher.get_snapshot(snapshot.uid).sha256 == snapshot.sha256


def test_a_download_goes_on_where_it_broke_off(researcher, client_of, cast, built_at_once, tmp_path):
    researcher.import_file("clinic", ROWS)
    ranked(client_of, cast, 3)
    snapshot = researcher.snapshot("clinic", purpose="evaluation")
    (whole,) = snapshot.download(tmp_path / "whole", "rankings.jsonl")
    (tmp_path / "rankings.jsonl.part").write_bytes(whole.read_bytes()[:100])
    asked = []
    stream = researcher.calls.stream
    researcher.calls.stream = lambda path, headers: (asked.append(headers), stream(path, headers))[1]
    (path,) = snapshot.download(tmp_path, "rankings.jsonl")
    assert path.read_bytes() == whole.read_bytes()
    assert asked == [{"Range": "bytes=100-"}]
    snapshot.download(tmp_path, "rankings.jsonl")
    assert len(asked) == 1, "what is whole is not fetched again"
    (tmp_path / "rankings.jsonl").unlink()
    (tmp_path / "rankings.jsonl.part").write_bytes(b"x" * 100)
    assert snapshot.download(tmp_path, "rankings.jsonl")[0].read_bytes() == whole.read_bytes()


def test_a_snapshot_of_nothing_says_so(researcher, project):
    with pytest.raises(RuleBroken) as caught:
        researcher.snapshot("clinic")
    assert caught.value.status == 422
    assert caught.value.message


def test_a_failed_snapshot_raises_with_its_reason(researcher, project, monkeypatch):
    snapshot = Snapshot(researcher.calls, {"uid": "u", "state": "building"})
    monkeypatch.setattr(
        researcher.calls, "get", lambda path: {"uid": "u", "state": "failed", "error": "The disk is full."}
    )
    with pytest.raises(SnapshotFailed, match=r"The disk is full\."):
        snapshot.wait()


def test_lists_go_on_behind_the_first_page(researcher, project):
    researcher.import_file("clinic", ({"prompt": f"q{number}"} for number in range(7)))
    uids = [prompt["uid"] for prompt in researcher.prompts("clinic", limit=3)]
    assert len(uids) == len(set(uids)) == 7
    assert len(list(researcher.tasks("clinic"))) == 0


def test_the_manager_sets_a_project_up(client_of, cast):
    manager = client_of(cast.manager)
    member = manager.add_member("clinic", "bot@example.org", "labeler", password=PASSWORD)
    assert member["role"] == "labeler"
    assert manager.publish_guideline("clinic", "Be helpful.", requires_acknowledgement=True)["number"] == 1
    assert [guideline["number"] for guideline in manager.guidelines("clinic")] == [1]
    assert "bot@example.org" in {one["email"] for one in manager.members("clinic")}
    assert [one["slug"] for one in manager.projects()] == ["clinic"]
    bot = client_of(cast.labeler)
    with pytest.raises(Conflict) as caught:
        bot.claim("clinic")
    assert caught.value.code == "guideline_unacknowledged"
    bot.acknowledge_guideline("clinic", 1)
    assert bot.claim("clinic") is None


def test_guidelines_rule_by_rule_and_what_was_asked_about_them(client_of, cast):
    manager, bot = client_of(cast.manager), client_of(cast.labeler)
    manager.publish_guideline("clinic", "Read all.\n\n# Be kind\n\nAlways.", requires_acknowledgement=False)
    manager.publish_guideline(
        "clinic", "Read all.\n\n# Be kind\n\nNearly always.", changes_meaning=False, change="Nearly."
    )
    guideline = bot.guideline("clinic", 2)
    (rule,) = guideline.rules
    assert (guideline.number, rule.title) == (2, "Be kind")
    assert [one["number"] for one in bot.guideline_changes("clinic", 2, since=1)["versions"]] == [2]
    manager.import_file("clinic", ROWS)
    assignment = bot.claim("clinic")
    bot.calls.post(f"assignments/{assignment.uid}/questions/", {"body": "To whom?", "rule": rule.name})
    (asked,) = manager.questions("clinic", state="open")
    assert (asked.body, asked.rule, asked.guideline, asked.open) == ("To whom?", rule.name, 2, True)
    assert asked.labeler == cast.labeler.pseudonym
    manager.calls.post(f"projects/clinic/questions/{asked.uid}/answer/", {"answer": "To all."})
    manager.calls.call("PUT", f"projects/clinic/questions/{asked.uid}/shown/", json={"question": "Kind to whom?"})
    assert bot.guideline_answers("clinic", 2) == [AnswerBeside(rule.name, "Kind to whom?", "To all.")]
    (own,) = bot.questions("clinic")
    assert (own.answer, own.open, own.labeler) == ("To all.", False, None)


def test_agreement_is_told_with_intervals_and_with_reasons(researcher, client_of, cast):
    cast.project.judgments_per_task = 2
    cast.project.save()
    researcher.import_file("clinic", ROWS)
    for member in (cast.labeler, cast.second_labeler):
        bot = client_of(member)
        while assignment := bot.claim("clinic"):
            best = next(letter for letter, text in assignment.texts.items() if text.startswith("a"))
            assignment.rank({letter: 1 if letter == best else 2 for letter in assignment.texts})
    found = researcher.agreement("clinic")
    assert (found.judgments, found.tasks) == (6, 3)
    assert found.statistics["agreement"].value == 1.0
    assert set(found.labelers) == {cast.labeler.pseudonym, cast.second_labeler.pseudonym}
    unknown = [one for one in found.statistics.values() if one.value is None]
    assert all(" " in str(one) for one in unknown)
    with pytest.raises(Forbidden):
        client_of(cast.labeler).agreement("clinic")


def test_what_is_not_allowed_has_a_type_a_code_and_a_field(client_of, cast, live_server):
    labeler = client_of(cast.labeler)
    with pytest.raises(Forbidden):
        labeler.import_file("clinic", ROWS)
    with pytest.raises(NotFound):
        labeler.project("elsewhere")
    with pytest.raises(RuleBroken) as caught:
        client_of(cast.manager).import_file("clinic", ROWS, pii="hide")
    assert caught.value.field == "options.pii"
    with Client(live_server.url, "no token") as stranger, pytest.raises(Unauthenticated):
        list(stranger.projects())


def test_signing_in(live_server, cast):
    with Client.sign_in(live_server.url, "researcher@example.org", PASSWORD) as client:
        assert [one["role"] for one in client.projects()] == ["researcher"]
    with pytest.raises(Unauthenticated):
        Client.sign_in(live_server.url, "researcher@example.org", "wrong")
