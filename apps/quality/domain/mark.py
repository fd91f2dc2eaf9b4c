"""How far somebody has looked at a project's judgments."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """All judgments with an id up to `read_to` are looked at, and of the project's above it so many."""

    read_to: int
    above: int
