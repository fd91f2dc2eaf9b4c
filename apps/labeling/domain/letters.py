"""Candidates go by letters, shuffled for each assignment, so that position tells nothing about the model.

A display order is made by the claim (`labeling_shuffled`): entry i is the candidate position shown as letter i.
"""

from collections.abc import Sequence
from typing import TypeVar

LETTERS = "ABCDEFGHI"

T = TypeVar("T")


def letters_of(order: Sequence[int]) -> str:
    return LETTERS[: len(order)]


def to_positions(order: Sequence[int], by_letter: Sequence[T]) -> list[T]:
    """Values listed by letter (A, B, ...) -> listed by candidate position."""
    by_position: list[T] = list(by_letter)
    for index, position in enumerate(order):
        by_position[position] = by_letter[index]
    return by_position


def to_letters(order: Sequence[int], by_position: Sequence[T]) -> list[T]:
    """Values listed by candidate position -> listed by letter."""
    return [by_position[position] for position in order]
