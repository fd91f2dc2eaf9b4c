"""The nightly look at counters: what differs is logged and written to the audit of its project, never mended by itself."""

import logging
from collections import Counter
from collections.abc import Iterable

from apps.audit.services import record
from apps.imports.services.check import import_differences
from apps.labeling.services.check import counter_differences
from apps.projects.models import Project

DIFFER, AGREE = "counters.differ", "counters.agree"
EXAMPLES = 20

logger = logging.getLogger(__name__)


def counters_check() -> list[str]:
    """A sentence for each counter that differs; each project they are of gets an audit entry."""
    found = [(one.project, str(one)) for one in counter_differences()]
    found += import_differences()
    for sentence in (sentence for _, sentence in found):
        logger.error("A counter differs from its rows: %s", sentence)
    for project, count in Counter(project for project, _ in found).items():
        examples = [sentence for other, sentence in found if other == project][:EXAMPLES]
        record(actor=None, verb=DIFFER, target=project, differences=count, examples=examples)
    return [sentence for _, sentence in found]


def counters_agree(projects: Iterable[Project]) -> None:
    """Write down that what differed in these projects was mended."""
    for project in projects:
        record(actor=None, verb=AGREE, target=project)
