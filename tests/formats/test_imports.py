"""Other programs' files through the API, the page and a worker: one road for all."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F

from apps.datasets.services.artifacts import artifact_path
from apps.datasets.services.derive import file_make
from apps.imports.models import Import
from apps.imports.readers import stream_chunks
from apps.imports.services import batch
from apps.imports.services.create import import_spool
from apps.imports.services.resume import import_take
from apps.labeling.models import Judgment, Task
from apps.prompts.models import Prompt
from tests.api.conftest import manager  # noqa: F401
from tests.datasets.scene import rank, snapshot
from tests.formats.shapes import oasst_tree
from tests.formats.test_foreign import tree
from tests.imports.sending import send
from tests.imports.test_workers import STALE_BEAT
from tests.pages.conftest import as_member  # noqa: F401
from tests.real.files import lines_of, real_file


def said_of_all() -> set[tuple[str, str, str, tuple[int, ...]]]:
    """Who ranked which prompt how, as what: tiers by the texts' own order."""
    said = Judgment.objects.filter(external_labeler__isnull=False, ranking__isnull=False).annotate(
        name=F("external_labeler__pseudonym"), kind=F("external_labeler__kind"), tiers=F("ranking__tiers")
    )
    return {(one.name, one.kind, str(one.task.prompt.external_ids), tuple(one.tiers)) for one in said}


def test_real_trees_over_the_api(manager, project):  # noqa: F811
    lines = lines_of(real_file("oasst_kwise"))
    trees = [oasst_tree(line) for line in lines]

    answer = send(manager, json.dumps(trees).encode(), "?format=oasst", "application/json").json()

    assert (answer["state"], answer["errors"]) == ("done", [])
    assert answer["rankings"] == len(lines)
    assert answer["tasks_created"] == Task.objects.filter(kind="rank").count() == len(lines)
    assert {kind for _, kind, _, _ in said_of_all()} == {"pool"}
    again = send(manager, json.dumps(trees).encode(), "?format=oasst", "application/json").json()
    assert (again["prompts"], again["rankings"], again["duplicates"]) == (0, 0, again["lines"])
    splits = set(Prompt.objects.values_list("source_key", "split"))
    assert len(splits) == len(lines)  # a tree is never parted


def test_what_was_left_out_is_an_error_and_the_rest_is_in(manager, project):  # noqa: F811
    gone = {"message_id": "x", "role": "assistant", "text": "gone", "deleted": True}
    kept = [{"message_id": n, "role": "assistant", "text": n, "rank": place} for place, n in enumerate("ab")]
    answer = send(manager, [tree([gone, *kept])], "?format=oasst").json()
    (error,) = answer["errors"]
    assert (error["line"], error["field"]) == (1, "prompt.replies[0]")
    assert (answer["rankings"], answer["tasks_created"], answer["errors_total"]) == (1, 1, 1)


def test_a_mapping_over_the_api(manager, project):  # noqa: F811
    columns = {
        "prompt": "q",
        "completions": ["a", "b"],
        "scores": ["sa", "sb"],
        "labeler": {"value": "judge"},
        "labeler_kind": "model",
    }
    csv = b"q,a,b,sa,sb\r\nHi,x,y,1,2\r\n"
    answer = send(manager, csv, f"?columns={json.dumps(columns)}", "text/csv").json()
    assert (answer["state"], answer["rankings"], answer["errors"]) == ("done", 1, [])
    assert said_of_all() == {("judge", "model", "[]", (2, 1))}


@pytest.mark.parametrize(
    ("format", "columns", "field"),
    [
        ("csv", {"prompt": "q", "colour": "x"}, "options.columns.colour"),
        ("csv", {"completions": ["a", "b"]}, "options.columns.prompt"),
        ("hh", {"prompt": "q"}, "options.columns"),
    ],
)
def test_a_mapping_that_cannot_be_leaves_nothing(manager, project, format, columns, field):  # noqa: F811
    answer = send(manager, b"q\r\nHi\r\n", f"?format={format}&columns={json.dumps(columns)}", "text/csv")
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (422, field)
    assert Import.objects.count() == 0


def test_the_page_takes_the_format(cast, as_member):  # noqa: F811
    pair = {"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: a\n\nAssistant: c"}
    file = SimpleUploadedFile("train.json", json.dumps([pair]).encode())
    client = as_member(cast.manager)
    answer = client.post("/p/clinic/imports/", {"file": file, "format": "hh", "tasks": "open"})
    assert answer.status_code == 303
    assert (Import.objects.get().format, Import.objects.get().rankings) == ("hh", 1)
    file.seek(0)
    refused = client.post(
        "/p/clinic/imports/", {"file": file, "format": "hh", "tasks": "open", "columns": '{"prompt": "q"}'}
    )
    assert "takes no mapping" in refused.content.decode()
    assert Import.objects.count() == 1


def test_a_killed_import_loses_no_prompt_of_a_tree(project, monkeypatch):
    """Batches of three rows, trees of five: whatever batch dies, the next worker begins at a tree's beginning."""
    monkeypatch.setattr("apps.imports.services.run.BATCH_LINES", 3)
    trees = []
    for n in range(4):
        follow = [
            {"message_id": f"{n}-{m}", "role": "assistant", "text": f"reply {m}", "replies": [
                {"message_id": f"{n}-{m}-q", "role": "prompter", "text": f"And {n} {m}?", "replies": []}]}
            for m in range(4)
        ]  # fmt: skip
        trees.append({**tree(follow, text=f"Question {n}?"), "message_tree_id": str(n)})
    data = b"".join(json.dumps(one).encode() + b"\n" for one in trees)
    imported = import_spool(actor=None, project=project, chunks=stream_chunks(io.BytesIO(data)), format="oasst")
    whole = batch._store

    def killed(imported, *rest):
        known = whole(imported, *rest)
        if Prompt.objects.count() > 10:
            raise KeyboardInterrupt
        return known

    monkeypatch.setattr(batch, "_store", killed)
    with pytest.raises(KeyboardInterrupt):
        import_take(uid=imported.uid)
    monkeypatch.setattr(batch, "_store", whole)
    assert Prompt.objects.count() == 10
    Import.objects.update(heartbeat_at=F("heartbeat_at") - STALE_BEAT)

    assert import_take(uid=imported.uid)

    imported.refresh_from_db()
    assert (imported.state, imported.prompts, imported.duplicates, Prompt.objects.count()) == ("done", 20, 0, 20)


def test_what_goes_out_as_transcripts_comes_back_in(cast):
    rank(cast.labeler, k=3)
    made = file_make(snapshot=snapshot(cast), name="hh.jsonl")
    data = artifact_path(made.sha256).read_bytes()
    imported = import_spool(actor=None, project=cast.project, chunks=stream_chunks(io.BytesIO(data)), format="hh")
    assert import_take(uid=imported.uid)
    imported.refresh_from_db()
    assert (imported.prompts, imported.rankings, imported.errors_total) == (0, 2, 0)  # of a prompt that is known
