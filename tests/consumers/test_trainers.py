"""A snapshot as a folder and as a URL, in the hands of `datasets`, TRL's trainers and OpenRLHF's readers."""

import json
from pathlib import Path

import pytest

from apps.datasets.domain.derived import file_names
from apps.datasets.models import DatasetSnapshot
from apps.datasets.services.artifacts import artifact_path
from apps.datasets.services.derive import file_make
from tests.api.client import caller_for
from tests.consumers.conftest import run_program
from tests.datasets.scene import snapshot
from tests.imports.test_workers import here

# K = 3 with a tie, K = 2, and one that is all a tie: five pairs.
RANKS = [[1, 2, 2], [2, 1], [1, 1], [2, 1, 3]]
PAIRS = 2 + 1 + 0 + 3


def lines() -> bytes:
    ranked = [
        {
            "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": f"Question {n}, é?"}],
            "completions": [{"text": f"answer {n}.{place}"} for place in range(len(ranks))],
            "rankings": [{"labeler": "ann", "ranks": ranks}], "source": {"n": n}, "metadata": {"only": {str(n): n}},
        }
        for n, ranks in enumerate(RANKS)
    ]  # fmt: skip
    shown = [{"prompt": f"Show {n}.", "demonstration": f"Like this, {n}."} for n in range(3)]
    return "\n".join(map(json.dumps, [*ranked, *shown])).encode()


def lay_down(made: DatasetSnapshot, folder: Path) -> Path:
    """Every file of the snapshot under its name, as a person who downloads all of them has it."""
    folder.mkdir()
    for name in file_names(made.kind):
        data = artifact_path(file_make(snapshot=made, name=name).sha256).read_bytes()
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_trains(cast, live_server, tmp_path):
    imported = here(cast.project, lines())
    assert (imported.errors_total, imported.rankings, imported.demonstrations) == (0, 4, 3)
    ranked, shown = snapshot(cast, "rankings"), snapshot(cast, "demonstrations")

    seen = run_program(
        "trainers", tmp_path,
        rankings=str(lay_down(ranked, tmp_path / "rankings")),
        demonstrations=str(lay_down(shown, tmp_path / "demonstrations")),
        url=f"{live_server.url}/api/v1/snapshots/{ranked.uid}/files/",
        token=caller_for(cast.researcher.user).token,
    )  # fmt: skip

    assert seen["folder"] == seen["streamed"] == len(RANKS)
    assert seen["url"] == {"rankings.jsonl": len(RANKS), "pairs.jsonl": PAIRS, "pairs.parquet": PAIRS}
    assert seen["same"]
    rows = {"reward": PAIRS, "dpo": PAIRS, "sft": 3, "kto": 3 + 2 + 0 + 2}
    for name, count in rows.items():
        assert (seen[name]["steps"], seen[name]["moved"], seen[name]["rows"]) == (2, True, count), (name, seen[name])
        assert all(0 < loss < 20 for loss in seen[name]["losses"]), (name, seen[name])
    assert seen["openrlhf"]["rows"] == PAIRS
    assert seen["openrlhf"]["shape"][0] == 2
    start = "[s]Be kind.[u]Question 0, é?[a]answer 0."
    assert seen["openrlhf"]["chosen"].removesuffix("<|end|>").rstrip() == start + "0"
    assert seen["openrlhf"]["rejected"].removesuffix("<|end|>").rstrip() == start + "1"
    assert seen["hh"] == [f"Be kind.\n\nHuman: Question 0, é?\n\nAssistant: answer 0.{place}" for place in (0, 1)]
