"""Reads of the labeling room, a subject a file. What a labeler must not see (model, purpose, others' answers) is in none."""

from .desk import Candidate, Desk, desk_of
from .history import correctable_until, history_of, judgments_of, standing_judgment
from .limits import Limits, limits_of
from .pace import Pace, Progress, done_in_all, pace_of, progress_of, stretch_of
from .queue import QueueState, Workload, held_assignment, queue_state, workload_of
from .reasons import Code, Reason

__all__ = [
    "Candidate",
    "Code",
    "Desk",
    "Limits",
    "Pace",
    "Progress",
    "QueueState",
    "Reason",
    "Workload",
    "correctable_until",
    "desk_of",
    "done_in_all",
    "held_assignment",
    "history_of",
    "judgments_of",
    "limits_of",
    "pace_of",
    "progress_of",
    "queue_state",
    "standing_judgment",
    "stretch_of",
    "workload_of",
]
