"""Snapshots over the API: asking, polling, downloading."""

import io
import json
import threading

import pyarrow.parquet as pq
import pytest
import yaml
from django.db import connection

from apps.core.domain.canonical import sha256_hex
from apps.datasets.models import DatasetSnapshot, SnapshotFile
from apps.datasets.services.artifacts import artifact_path
from apps.datasets.services.build import snapshot_build
from apps.datasets.services.create import snapshot_create
from apps.datasets.services.derive import file_make
from apps.labeling.services.imported import ImportedJudgment, judgments_insert
from apps.projects.services import external_labeler_named, schema_publish
from tests.api.client import Caller, caller_for
from tests.datasets.scene import demonstrate, import_rankings, rank, snapshot


def fetch(caller, uid, name, **headers):
    return caller.client.get(
        f"/api/v1/snapshots/{uid}/files/{name}", headers={"Authorization": f"Token {caller.token}", **headers}
    )


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


def test_from_asking_to_the_file(cast, researcher, django_capture_on_commit_callbacks, monkeypatch):
    rank(cast.labeler)
    rings = []
    monkeypatch.setattr("apps.core.ring.ring", lambda name, uid: rings.append((name, str(uid))))
    with django_capture_on_commit_callbacks(execute=True):
        asked = researcher.post("projects/clinic/snapshots/", {"kind": "rankings", "purpose": "training", "filter": {}})

    assert asked.status_code == 202
    uid = asked.json()["uid"]
    assert asked.json() == {"uid": uid, "state": "building"}
    assert rings == [("datasets.build", uid)]
    waiting = researcher.get(f"snapshots/{uid}/").json()
    assert (waiting["sha256"], waiting["rows"], waiting["files"], waiting["derived"]) == (None, None, [], [])
    assert fetch(researcher, uid, "rankings.jsonl").status_code == 409

    assert snapshot_build(uid=uid)

    ready = researcher.get(f"snapshots/{uid}/").json()
    assert (ready["state"], ready["rows"], ready["error"]) == ("ready", 1, "")
    (file,) = ready["files"]
    assert (file["name"], file["sha256"]) == ("rankings.jsonl", ready["sha256"])
    answer = fetch(researcher, uid, "rankings.jsonl")
    data = body(answer)
    assert answer.status_code == 200
    assert (len(data), sha256_hex(data)) == (file["size"], ready["sha256"])
    assert answer["ETag"] == f'"{ready["sha256"]}"'
    assert answer["Content-Type"] == "application/x-ndjson"
    assert int(answer["Content-Length"]) == len(data)
    assert researcher.get("projects/clinic/snapshots/").json()["results"][0]["uid"] == uid


@pytest.mark.parametrize(
    ("given", "status", "code", "field"),
    [
        ({"kind": "pairs", "purpose": "training"}, 422, "rule_broken", "kind"),
        ({"kind": "rankings"}, 422, "rule_broken", "purpose"),
        ({"kind": "rankings", "purpose": "training", "filter": {"colour": 1}}, 422, "unknown_filter", "filter.colour"),
        ({"kind": "rankings", "purpose": "training", "filter": "all"}, 422, "rule_broken", "filter"),
        (
            {"kind": "rankings", "purpose": "training", "filter": {"from": "0001-01-01T00:00:00+23:59"}},
            *(422, "rule_broken", "filter.from"),
        ),
        ({"kind": "rankings", "purpose": "training", "licence": "My own"}, 422, "rule_broken", "licence"),
        ({"kind": "rankings", "purpose": "training"}, 422, "nothing_to_export", "filter"),
    ],
)
def test_what_cannot_be_asked(manager, project, given, status, code, field):
    answer = manager.post("projects/clinic/snapshots/", given)
    assert answer.status_code == status
    assert (answer.json()["error"]["code"], answer.json()["error"]["details"]["field"]) == (code, field)


def test_conditions_and_ranges(cast, researcher):
    rank(cast.labeler)
    ready = snapshot(cast)
    whole = body(fetch(researcher, ready.uid, "rankings.jsonl"))
    etag = f'"{ready.sha256}"'

    for condition in (etag, f'"other", W/{etag}', "*"):
        same = fetch(researcher, ready.uid, "rankings.jsonl", **{"If-None-Match": condition})
        assert (same.status_code, same["ETag"], same.content) == (304, etag, b"")
    assert fetch(researcher, ready.uid, "rankings.jsonl", **{"If-None-Match": '"other"'}).status_code == 200

    part = fetch(researcher, ready.uid, "rankings.jsonl", Range="bytes=5-14")
    assert (part.status_code, body(part)) == (206, whole[5:15])
    assert (part["Content-Range"], part["Content-Length"]) == (f"bytes 5-14/{len(whole)}", "10")
    assert body(fetch(researcher, ready.uid, "rankings.jsonl", Range="bytes=-10")) == whole[-10:]
    assert body(fetch(researcher, ready.uid, "rankings.jsonl", Range="bytes=7-")) == whole[7:]
    behind = fetch(researcher, ready.uid, "rankings.jsonl", Range=f"bytes={len(whole)}-")
    assert (behind.status_code, behind["Content-Range"]) == (416, f"bytes */{len(whole)}")
    huge = fetch(researcher, ready.uid, "rankings.jsonl", Range=f"bytes={'9' * 5000}-")
    assert huge.status_code == 416
    other = fetch(researcher, ready.uid, "rankings.jsonl", Range="bytes=5-14", **{"If-Range": '"old"'})
    assert (other.status_code, body(other)) == (200, whole)
    same = fetch(researcher, ready.uid, "rankings.jsonl", Range="bytes=5-14", **{"If-Range": etag})
    assert same.status_code == 206


def test_kto_goes_by_the_scale_of_the_form_that_each_judgment_was_given_on(cast, researcher):
    def rated(*overall: int) -> None:
        rank(cast.labeler, k=2, ratings=dict(zip("AB", ({"overall": one} for one in overall), strict=True)))

    rated(5, 6)
    field = {"name": "overall", "kind": "scale", "subject": "completion", "label": "All in all", "min": 1, "max": 9}
    schema_publish(actor=cast.manager.user, project=cast.project, body={"fields": [field]})
    rated(4, 6)
    ready = snapshot(cast)
    labels = [json.loads(line)["label"] for line in body(fetch(researcher, ready.uid, "kto.jsonl")).splitlines()]
    assert sorted(labels) == [False, True, True, True]  # of 1 to 7 the 4 would give no row


def test_derived_files_are_made_once_and_remembered(cast, researcher):
    rank(cast.labeler, k=4)
    import_rankings(cast, "person")
    ready = snapshot(cast)
    pairs = [json.loads(line) for line in body(fetch(researcher, ready.uid, "pairs.jsonl")).splitlines()]
    assert [pair["weight"] for pair in pairs] == [1 / 3] * 3 + [1.0]
    assert set(pairs[0]) == {"prompt", "chosen", "rejected", "prompt_uid", "ranking_uid", "weight"}

    table = pq.read_table(io.BytesIO(body(fetch(researcher, ready.uid, "pairs.parquet")))).to_pylist()
    assert table == pairs
    rankings = pq.read_table(io.BytesIO(body(fetch(researcher, ready.uid, "rankings.parquet")))).to_pylist()
    assert [len(row["completions"]) for row in rankings] == [4, 2]
    assert json.loads(rankings[1]["source"]) == {"kind": "person"}

    answer = fetch(researcher, ready.uid, "pairs.jsonl")
    assert sha256_hex(body(answer)) == answer["ETag"].strip('"')
    assert SnapshotFile.objects.filter(snapshot=ready, name="pairs.jsonl").count() == 1
    files = researcher.get(f"snapshots/{ready.uid}/").json()
    assert {file["name"] for file in files["files"]} == {
        "rankings.jsonl", "pairs.jsonl", "pairs.parquet", "rankings.parquet",
    }  # fmt: skip
    assert files["derived"][-1] == "README.md"
    folder = researcher.get(f"snapshots/{ready.uid}/files/").json()
    assert {one["name"]: one["sha256"] for one in folder if one["sha256"]} == {
        one["name"]: one["sha256"] for one in files["files"]
    }
    assert [one["name"] for one in folder if one["size"] is None] == files["derived"]
    assert fetch(researcher, ready.uid, "sft.jsonl").status_code == 404


@pytest.mark.parametrize("name", ["%00", "%00.jsonl", "%ED%A0%80", "demonstrations.jsonl", "README.MD"])
def test_a_name_that_no_file_has(cast, researcher, name):
    rank(cast.labeler)
    answer = fetch(researcher, snapshot(cast).uid, name)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_demonstrations_and_prompts_have_their_files_too(cast, researcher):
    demonstrate(cast.labeler, "Hello.")
    ready = snapshot(cast, "demonstrations")
    (line,) = body(fetch(researcher, ready.uid, "sft.jsonl")).splitlines()
    assert json.loads(line)["messages"][-1] == {"role": "assistant", "content": "Hello."}
    for name in ("sft.parquet", "demonstrations.parquet"):
        assert pq.read_table(io.BytesIO(body(fetch(researcher, ready.uid, name)))).num_rows == 1
    prompts = snapshot(cast, "prompts")
    assert pq.read_table(io.BytesIO(body(fetch(researcher, prompts.uid, "prompts.parquet")))).num_rows == 1


def test_the_card_says_what_is_in_it(cast, researcher):
    rank(cast.labeler)
    import_rankings(cast, "pool")
    ready = snapshot(cast, split=["train", "validation", "test"])
    answer = fetch(researcher, ready.uid, "README.md")
    card = body(answer).decode()
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    front = yaml.safe_load(card.split("---")[1])
    assert front["size_categories"] == ["n<1K"]
    assert front["configs"] == [{"config_name": "default", "data_files": "rankings.jsonl"}]
    assert "license" not in front
    assert ready.sha256 in card
    assert "2 rankings on 2 prompts" in card
    assert "split: test, train, validation" in card or "split: train, validation, test" in card
    assert f"| {cast.labeler.pseudonym} | member | training | 1 |" in card
    assert "| the pool | pool | training | 1 |" in card
    assert "| 2 | 1 |\n| 3 | 1 |" in card
    assert "25.0% of all pairs are ties" in card
    assert "by pools" in card
    assert "## Agreement" not in card
    assert "example.org" not in card


def test_the_card_names_the_licence_and_how_far_labelers_agree(cast, researcher):
    judgment = rank(cast.labeler)
    order = judgment.assignment.display_order
    tiers = [1 if position == order[0] else 2 for position in range(3)]
    opposite = [3 - tier for tier in tiers]
    for name, said in (("one", tiers), ("two", opposite)):
        somebody = external_labeler_named(project=cast.project, pseudonym=name)
        judgments_insert(
            judgments=[
                ImportedJudgment(
                    task_id=judgment.task_id, external_labeler_id=somebody.pk, cohort="training", tiers=said
                )
            ]
        )
    asked = snapshot_create(
        actor=None, project=cast.project, kind="rankings", purpose="evaluation", licence="cc-by-4.0"
    )
    assert snapshot_build(uid=asked.uid)
    card = body(fetch(researcher, asked.uid, "README.md")).decode()
    assert yaml.safe_load(card.split("---")[1])["license"] == "cc-by-4.0"
    assert "licence: cc-by-4.0" in card
    # Of three pairs of labelers one says the same of all three pairs of texts, two of the tied one only.
    assert "1 tasks were ranked by several labelers" in card
    assert "in 55.6% of 9 comparisons" in card
    assert "Do not train on it" in card


def test_every_kind_has_a_card(cast, researcher):
    demonstrate(cast.labeler, "Hello.")
    for kind in ("demonstrations", "prompts"):
        card = body(fetch(researcher, snapshot(cast, kind).uid, "README.md")).decode()
        assert f"1 {kind} on 1 prompts" in card


def test_a_lost_artifact_is_said(cast, researcher):
    rank(cast.labeler)
    ready = snapshot(cast)
    artifact_path(ready.sha256).unlink()
    answer = fetch(researcher, ready.uid, "rankings.jsonl")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "artifact_lost")


def test_a_failed_one_shows_its_error(cast, researcher):
    failed = DatasetSnapshot.objects.create(
        project=cast.project, kind="rankings", purpose="training", state="failed", error="OSError: No space left"
    )
    answer = researcher.get(f"snapshots/{failed.uid}/").json()
    assert (answer["state"], answer["error"]) == ("failed", "OSError: No space left")


def test_who_may_see_snapshots(cast, labeler, researcher):
    rank(cast.labeler)
    ready = snapshot(cast)
    outsider, suspended = caller_for(cast.outsider), caller_for(cast.suspended.user)
    for caller, status in ((labeler, 403), (suspended, 403), (outsider, 404), (Caller(), 401)):
        asked = caller.post("projects/clinic/snapshots/", {"kind": "rankings", "purpose": "training"})
        assert asked.status_code == status
        assert caller.get("projects/clinic/snapshots/").status_code == status
        assert caller.get(f"snapshots/{ready.uid}/").status_code == status
        assert caller.get(f"snapshots/{ready.uid}/files/").status_code == status
        assert caller.get(f"snapshots/{ready.uid}/files/rankings.jsonl").status_code == status
    missing = outsider.get("snapshots/01a1fbef-7892-72a7-b286-0eb645ee9dd4/")
    assert missing.json() == outsider.get(f"snapshots/{ready.uid}/").json()
    assert DatasetSnapshot.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_first_requests_make_one_file(cast):
    rank(cast.labeler)
    ready = snapshot(cast)
    start, made = threading.Barrier(3), []

    def work():
        start.wait(60)
        made.append(file_make(snapshot=ready, name="pairs.jsonl").pk)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(made) == 3
    assert len(set(made)) == 1
