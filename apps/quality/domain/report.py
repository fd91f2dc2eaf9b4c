"""The whole report of a table of rankings, in one call. A service that keeps tallies calls `sections` and `matrix`."""

from collections.abc import Mapping
from dataclasses import dataclass

from .matrix import Matrix, matrix
from .resampling import Bootstrap
from .section import DEFAULT, Section, section, sections
from .table import Judgments
from .tally import tally


@dataclass(frozen=True)
class Report:
    """`cohorts` by TRAINING, HELD_OUT and ACROSS (a training labeler beside a held-out one). `groups` by name, then code;
    two judgments count in a group where both are of it, else in ACROSS."""

    overall: Section
    cohorts: Mapping[int, Section]
    groups: Mapping[str, Mapping[int, Section]]
    labelers: Matrix


def report(table: Judgments, bootstrap: Bootstrap | None = DEFAULT) -> Report:
    """Of the persons in a table."""
    everybody = tally(table)
    return Report(
        overall=section(everybody, bootstrap=bootstrap),
        cohorts=sections(tally(table, "cohort"), bootstrap),
        groups={name: sections(tally(table, name), bootstrap) for name in table.groups},
        labelers=matrix(everybody),
    )
