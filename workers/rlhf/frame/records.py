"""Reading an input file of records."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from apps.datasets.domain.records import DemonstrationRecord, PromptRecord, RankingRecord, parse_record
from workers.rlhf.frame.errors import BadInput

R = TypeVar("R", DemonstrationRecord, PromptRecord, RankingRecord)


def read_records(path: Path, kind: type[R]) -> Iterator[R]:
    """The records of a file, one a line. Raises BadInput that names the file, the line and what is wrong."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                record = parse_record(line)
            except (ValueError, TypeError) as error:
                raise BadInput(path.name, f"{path.name}: line {number}: {error}.") from error
            if not isinstance(record, kind):
                raise BadInput(path.name, f"{path.name}: line {number} is a {record.record}, not a {kind.record}.")
            yield record
