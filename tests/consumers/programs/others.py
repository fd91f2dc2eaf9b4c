"""Makes records with Argilla's own classes and annotations with Label Studio's, and exports them as each of them does.

In: {"folder": where to write}. Out: the files.
"""

import json
import sys
import uuid
from pathlib import Path
from typing import Any

import argilla as rg
from argilla.records._io import GenericIO, JsonIO
from label_studio_sdk.converter import Converter
from label_studio_sdk.label_interface import LabelInterface

USERS = [str(uuid.UUID(int=number)) for number in (1, 2)]
RANKER = """
<View>
  <Text name="prompt" value="$prompt"/>
  <List name="answers" value="$items"/>
  <Ranker name="rank" toName="answers"/>
  <TextArea name="note" toName="prompt"/>
</View>
"""
PAIRWISE = """
<View>
  <Text name="question" value="$prompt"/>
  <Pairwise name="pw" toName="a,b"/>
  <Text name="a" value="$answer1"/>
  <Text name="b" value="$answer2"/>
  <TextArea name="response" toName="question"/>
</View>
"""


def argilla_files(folder: Path) -> None:
    """A ranking, ranks with a tie, a label, and two demonstrations; one record nobody answered."""
    fields = {"instruction": "Say hi.", "response-1": "Hi.", "response-2": "No.", "response-3": "Hello!"}
    tied = [{"value": "response-1", "rank": 1}, {"value": "response-2", "rank": 2}, {"value": "response-3", "rank": 1}]
    records = [
        rg.Record(
            id="ranked", fields=fields, metadata={"batch": 1},
            responses=[
                rg.Response("preference", ["response-3", "response-1", "response-2"], USERS[0], status="submitted"),
                rg.Response("preference", tied, USERS[1], status="submitted"),
                rg.Response("clarity", 4, USERS[0], status="submitted"),
            ],
            suggestions=[rg.Suggestion("preference", ["response-1", "response-2", "response-3"], agent="judge")],
        ),
        rg.Record(
            id="labeled", fields={"prompt": "Which?", "response_1": "This.", "response_2": "That."},
            responses=[
                rg.Response("better", "response_2", USERS[0], status="submitted"),
                rg.Response("better", "tie", USERS[1], status="submitted"),
            ],
        ),
        rg.Record(
            id="written", fields={"prompt": "Write."},
            responses=[
                rg.Response("response", "One.", USERS[0], status="submitted"),
                rg.Response("response", "Two.", USERS[1], status="submitted"),
            ],
        ),
        rg.Record(id="open", fields={"prompt": "Unanswered?"}),
    ]  # fmt: skip
    JsonIO.to_json(records, folder / "argilla.json")
    flat = [GenericIO.to_list([record], flatten=True)[0] for record in records]
    (folder / "argilla-flat.jsonl").write_text("".join(json.dumps(one) + "\n" for one in flat))


def region(interface: LabelInterface, name: str, kind: str, to: str, value: dict[str, Any]) -> dict[str, Any]:
    """A result that Label Studio's own check of this configuration accepts."""
    result = {"from_name": name, "to_name": to, "type": kind, "value": value}
    assert interface.get_control(name).validate_value(value), (name, value)
    return result


def label_studio_files(folder: Path) -> None:
    ranked, paired = LabelInterface(RANKER), LabelInterface(PAIRWISE)
    items = [
        {"id": name, "title": f"Model {name}", "body": text}
        for name, text in (("x", "Ex."), ("y", "Why?"), ("z", "Zed."))
    ]
    tasks = [{
        "id": 11, "data": {"prompt": "Rank.", "items": items},
        "annotations": [
            {
                "id": 1, "completed_by": 5, "created_at": "2026-01-01T00:00:00Z", "lead_time": 3.5, "result": [
                    region(ranked, "rank", "ranker", "answers", {"ranker": {"rank": ["y", "x", "z"]}}),
                    {"from_name": "note", "to_name": "prompt", "type": "textarea", "value": {"text": ["Close."]}},
                ],
            },
            {
                "id": 2, "completed_by": {"id": 6, "email": "six@example.org"}, "created_at": "2026-01-02T00:00:00Z",
                "result": [region(ranked, "rank", "ranker", "answers", {"ranker": {"rank": ["x", "y", "z"]}})],
            },
            {"id": 3, "completed_by": 7, "was_cancelled": True, "result": []},
        ],
    }]  # fmt: skip
    pairs = [{
        "id": 12, "data": {"prompt": "Pick.", "answer1": "One.", "answer2": "Two."},
        "annotations": [{
            "id": 4, "completed_by": 5, "created_at": "2026-01-01T00:00:00Z",
            "result": [region(paired, "pw", "pairwise", "pw", {"selected": "right"})],
        }],
    }]  # fmt: skip
    for name, config, made in (("ranker", RANKER, tasks), ("pairwise", PAIRWISE, pairs)):
        source = folder / f"label-studio-{name}.json"
        source.write_text(json.dumps(made))
        converter = Converter(config=config, project_dir=None)
        for kind in ("JSON", "JSON_MIN"):
            converter.convert(str(source), str(folder / f"{name}-{kind}"), kind, is_dir=False)


def main() -> None:
    folder = Path(json.load(sys.stdin)["folder"])
    argilla_files(folder)
    label_studio_files(folder)
    print(json.dumps({"files": sorted(str(path.relative_to(folder)) for path in folder.rglob("*.json*"))}))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
