"""Imports hold the collector off, so what they drop has to go by itself: no circle keeps a batch in memory."""

import gc
import json
import weakref

import pytest

from apps.imports.domain.line import ImportLine, parse_line
from apps.imports.services import batch, lines
from apps.imports.services.create import import_here
from apps.imports.services.store import board_store


class Followed(ImportLine):
    """A line that can be asked whether it is still there."""

    __slots__ = ("__weakref__",)


@pytest.fixture
def alive(monkeypatch) -> list[int]:
    """How many lines that were made are in memory while each batch is stored."""
    counts: list[int] = []
    made: list[weakref.ref[Followed]] = []

    def follow(value):
        line = parse_line(value)
        copy = Followed(*[getattr(line, name) for name in ImportLine.__slots__])
        made.append(weakref.ref(copy))
        return copy

    def count(**given):
        counts.append(sum(one() is not None for one in made))
        board_store(**given)

    monkeypatch.setattr(lines, "plain_line", lambda value: None)
    monkeypatch.setattr(lines, "parse_line", follow)
    monkeypatch.setattr(batch, "board_store", count)
    monkeypatch.setattr("apps.imports.services.run.BATCH_LINES", 10)
    return counts


@pytest.mark.parametrize(
    "options", [{}, {"cap_per_source": 1, "dedupe_prefix": 20, "pii": "withhold"}], ids=["plain", "screened"]
)
def test_a_batch_with_bad_and_refused_lines_goes_when_it_is_in(project, alive, options):
    parts = [
        [{"prompt": f"{n} is fine"}] * 6
        + [{"prompt": ""}, {"prompt": f"{n} of jane@corp.org"}, {"prompt": f"{n} a", "source_key": "ann"}]
        + [{"prompt": f"So long a beginning that all share it {n}"}]
        for n in range(12)
    ]
    data = "\n".join(json.dumps(line) for part in parts for line in part).encode()
    gc.collect()
    imported = import_here(
        actor=None, project=project, chunks=iter([data]), from_disk=True, format="jsonl", options=options
    )
    assert (imported.lines, len(alive)) == (120, 12)
    assert max(alive) <= 40, alive  # the batch that is stored, and those that are read ahead
