"""JSON values that a store can hold and give back unchanged."""

from typing import Any

from apps.core.domain.errors import RuleBroken

from .conversation import clean_text

DEPTH_MAX = 64
# Beyond 64 bits, numbers change on the way through a parser or the database.
_WHOLE_MIN, _WHOLE_MAX = -(2**63), 2**64


def clean_json(value: Any, where: str, *, depth: int = 0) -> Any:
    """`value` itself, checked all the way down. Raises RuleBroken that names the place.

    Texts hold no NUL and no half characters, numbers fit in 64 bits, nesting ends somewhere.
    """
    if depth > DEPTH_MAX:
        raise RuleBroken(f"{where}: nested more than {DEPTH_MAX} levels deep.", field=where)
    match value:
        case None | bool():
            pass
        case str():
            clean_text(value, where)
        case int() | float():
            # Also false for NaN. A parser makes the next smaller whole number a float that equals the smallest.
            if not _WHOLE_MIN <= value < _WHOLE_MAX or (isinstance(value, float) and value == _WHOLE_MIN):
                raise RuleBroken(f"{where}: this number is too large to be kept exactly.", field=where)
        case dict():
            for key, inner in value.items():
                clean_text(key, where)
                clean_json(inner, f"{where}.{key}", depth=depth + 1)
        case list():
            for index, inner in enumerate(value):
                clean_json(inner, f"{where}[{index}]", depth=depth + 1)
        case _:
            raise RuleBroken(f"{where}: not a JSON value ({type(value).__name__}).", field=where)
    return value
