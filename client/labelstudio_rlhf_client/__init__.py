"""The client of labelstudio_rlhf: import prompts, watch labelers work, load what they said."""

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
from .snapshots import Snapshot
from .watching import Glance

__all__ = [
    "ApiError", "Assignment", "Broken", "Client", "Comparison", "Conflict", "Forbidden", "Glance", "Import", "Measure",
    "NotFound", "Preferred", "RuleBroken", "Snapshot", "SnapshotFailed", "TooMany", "Unauthenticated", "Unreachable",
]  # fmt: skip
