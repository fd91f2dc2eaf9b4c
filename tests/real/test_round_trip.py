"""Real files go in through the API as they are, and come back out of snapshots unchanged."""

import json
from collections import Counter
from typing import Any

import pytest

from apps.core.domain.ranking import dense
from apps.datasets.services.build import snapshot_build
from tests.api.client import Caller
from tests.real.files import lines_of, real_file

RANKED = ["oasst_kwise", "pandalm_kwise", "pandalm_pairs", "hh_helpful_kwise"]
UNLABELLED = [
    "vicuna80_k9_unlabelled",
    "tulu_human_eval_k4_unlabelled",
    "self_instruct_user_oriented_k8_unlabelled",
    "oasst_eval_k6_unlabelled",
]
DEMONSTRATED = ["self_instruct_user_oriented_demos", "self_instruct_seed_demos"]
NOT_METADATA = {"prompt_id", "messages", "completions", "rankings", "demonstration", "source"}


def bring_in(caller: Caller, name: str) -> list[dict[str, Any]]:
    """Import the file through the API, gzipped as it lies there; its lines."""
    path = real_file(name)
    answer = caller.client.post(
        f"/api/v1/projects/clinic/imports/?filename={path.name}",
        data=path.read_bytes(),
        content_type="application/x-ndjson",
        headers={"Authorization": f"Token {caller.token}", "Content-Encoding": "gzip"},
    )
    lines = lines_of(path)
    assert answer.status_code == 200
    assert answer.json()["state"] == "done"
    assert answer.json()["errors"] == []
    assert answer.json()["lines"] == len(lines)
    return lines


def take_out(caller: Caller, kind: str) -> list[dict[str, Any]]:
    asked = caller.post("projects/clinic/snapshots/", {"kind": kind, "purpose": "evaluation"})
    assert asked.status_code == 202, asked.json()
    uid = asked.json()["uid"]
    assert snapshot_build(uid=uid)
    assert caller.get(f"snapshots/{uid}/").json()["state"] == "ready"
    file = b"".join(caller.get(f"snapshots/{uid}/files/{kind}.jsonl").streaming_content)
    return [json.loads(line) for line in file.splitlines()]


def same(*parts: Any) -> str:
    return json.dumps(parts, sort_keys=True, ensure_ascii=False)


def extras(line: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in line.items() if key not in NOT_METADATA}


def given_candidates(line: dict[str, Any]) -> list[Any]:
    return [[one["id"], one["model"], one["text"]] for one in line["completions"]]


@pytest.mark.parametrize("name", RANKED)
def test_rankings_come_back_as_they_were(manager: Caller, project, name: str):
    lines = bring_in(manager, name)
    given = Counter(
        same(
            line["prompt_id"], line["messages"], given_candidates(line), line["source"], extras(line),
            ranking["labeler"], dense(ranking["ranks"]),
        )
        for line in lines
        for ranking in line["rankings"]
    )  # fmt: skip

    records = take_out(manager, "rankings")

    back = Counter(
        same(
            record["external_ids"][0], record["messages"],
            [[one["external_id"], one["model"], one["text"]] for one in record["completions"]], record["source"],
            record["metadata"], record["labeler"]["pseudonym"], record["tiers"],
        )
        for record in records
    )  # fmt: skip
    assert back == given
    assert all(record["imported"] for record in records)


@pytest.mark.parametrize("name", UNLABELLED)
def test_candidate_sets_come_back_as_they_were(manager: Caller, project, name: str):
    lines = bring_in(manager, name)
    given = Counter(
        same(line["prompt_id"], line["messages"], given_candidates(line), line["source"], extras(line))
        for line in lines
    )

    back: Counter[str] = Counter()
    for record in take_out(manager, "prompts"):
        known = {one["uid"]: one for one in record["completions"]}
        for found in record["candidate_sets"]:
            assert found["external_id"] in record["external_ids"]
            candidates = [
                [one["external_id"], known[one["uid"]]["model"], known[one["uid"]]["text"]]
                for one in found["candidates"]
            ]
            back[same(found["external_id"], record["messages"], candidates, found["source"], found["metadata"])] += 1

    assert back == given


@pytest.mark.parametrize("name", DEMONSTRATED)
def test_demonstrations_come_back_as_they_were(manager: Caller, project, name: str):
    lines = bring_in(manager, name)
    given = Counter(same(line["prompt_id"], line["messages"], line["demonstration"], line["source"]) for line in lines)

    back = Counter(
        same(record["external_ids"][0], record["messages"], record["text"], record["source"])
        for record in take_out(manager, "demonstrations")
    )

    assert back == given


def test_files_that_share_prompts_live_in_one_project(manager: Caller, project):
    """The same user-oriented tasks come as demonstrations and as eight-way candidates."""
    demonstrated = bring_in(manager, "self_instruct_user_oriented_demos")
    unlabelled = bring_in(manager, "self_instruct_user_oriented_k8_unlabelled")

    records = take_out(manager, "prompts")

    texts = {same(line["messages"]) for line in [*demonstrated, *unlabelled]}
    assert len(records) == len(texts)
    assert sum(len(record["candidate_sets"]) for record in records) == len(unlabelled)
    assert len(take_out(manager, "demonstrations")) == len(demonstrated)


def test_a_file_sent_twice_adds_nothing(manager: Caller, project):
    lines = bring_in(manager, "pandalm_pairs")
    before = take_out(manager, "rankings")
    path = real_file("pandalm_pairs")
    with path.open("rb") as file:
        again = manager.client.post(
            "/api/v1/projects/clinic/imports/", {"file": file}, headers={"Authorization": f"Token {manager.token}"}
        ).json()

    assert (again["duplicates"], again["created"], again["errors_total"]) == (len(lines), 0, 0)
    assert take_out(manager, "rankings") == before
