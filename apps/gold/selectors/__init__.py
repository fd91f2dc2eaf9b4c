"""What gold and silent retests say of labelers. Plain values, for this app's pages and for later apps."""

from .consistency import SelfConsistency, retests_of, self_consistency
from .scores import GoldAnswer, GoldScore, gold_answers, gold_scores

__all__ = [
    "GoldAnswer", "GoldScore", "SelfConsistency", "gold_answers", "gold_scores", "retests_of", "self_consistency",
]  # fmt: skip
