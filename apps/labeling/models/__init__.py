"""The heart: tasks, the leases on them, and what labelers said.

The invariants live in the database (constraints here, triggers and composite keys in the migrations);
the services only make them pleasant.
"""

from .assignment import ActivityBatch, Assignment
from .checks import CheckPace
from .judgment import Demonstration, Judgment, Ranking, Ratings
from .queue import OverlapStratum, QueueCursor
from .task import Cardinality, Task

__all__ = [
    "ActivityBatch",
    "Assignment",
    "Cardinality",
    "CheckPace",
    "Demonstration",
    "Judgment",
    "OverlapStratum",
    "QueueCursor",
    "Ranking",
    "Ratings",
    "Task",
]
