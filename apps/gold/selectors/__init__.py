"""What gold and silent retests say of labelers. Plain values, for this app's pages and for later apps."""

from .consistency import retests_of
from .scores import GoldAnswer, GoldScore, gold_answers, gold_scores

__all__ = ["GoldAnswer", "GoldScore", "gold_answers", "gold_scores", "retests_of"]
