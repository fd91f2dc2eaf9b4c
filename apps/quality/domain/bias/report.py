"""All bias reports of rankings at once; those of demonstrations and of coverage have input of their own."""

from dataclasses import dataclass

from .columns import Rankings
from .fatigue import Fatigue, fatigue
from .intervals import Bootstrap
from .length import Length, length
from .others import with_others
from .pairs import DEFAULT, Table
from .position import Position, position
from .rendering import Rendering, rendering
from .speed import Speed, speed
from .style import Style, styles
from .weight import Weight, weight


@dataclass(frozen=True, slots=True)
class Bias:
    """Each report says its numbers, what was found, and what it would teach a reward model (docs/bias.md)."""

    position: Position
    length: Length
    styles: tuple[Style, ...]
    rendering: Rendering
    fatigue: Fatigue
    speed: Speed
    weight: Weight


def bias(given: Rankings, bootstrap: Bootstrap = DEFAULT) -> Bias:
    table = Table(given, bootstrap)
    others = with_others(table)
    return Bias(
        position=position(table),
        length=length(table, others),
        styles=styles(table),
        rendering=rendering(table),
        fatigue=fatigue(table, others),
        speed=speed(table),
        weight=weight(table),
    )
