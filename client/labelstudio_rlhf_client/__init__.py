"""The client of labelstudio_rlhf: import prompts, watch labelers work, load what they said."""

from .agreement import Agreement, Estimate
from .client import Client
from .comparison import Comparison, Measure, Preferred
from .errors import (
    ApiError,
    Broken,
    Conflict,
    Forbidden,
    NotFound,
    RuleBroken,
    SnapshotFailed,
    TooMany,
    Unauthenticated,
    Unreachable,
)
from .imports import Import
from .labeling import Assignment
from .questions import AnswerBeside, Guideline, Question, Rule
from .snapshots import Snapshot
from .watching import Glance

__all__ = [
    "Agreement", "AnswerBeside", "ApiError", "Assignment", "Broken", "Client", "Comparison", "Conflict", "Estimate",
    "Forbidden", "Glance", "Guideline", "Import", "Measure", "NotFound", "Preferred", "Question", "Rule", "RuleBroken",
    "Snapshot", "SnapshotFailed", "TooMany", "Unauthenticated", "Unreachable",
]  # fmt: skip
