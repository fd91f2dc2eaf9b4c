"""An item of an exam in the labeling room's own form: the same controls, names and words."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.core.domain.errors import RuleBroken
from apps.labeling.domain.letters import letters_of, to_letters
from apps.labeling.form_body import Problem, body_of, fields_of, problems_of
from apps.labeling.forms import RoomForm, room_form
from apps.labeling.models import Assignment
from apps.labeling.selectors.desk import Candidate, Desk
from apps.prompts.selectors import PromptView

from .domain.answers import KINDS, order_of, schema_of
from .domain.exam import Exam, Item


def desk_of_item(item: Item, exam: Exam, order: Sequence[int]) -> Desk:
    """`item` as it would lie on a labeler's desk. The assignment is of no task and is never saved."""
    messages = [{"role": "user", "content": item.prompt}] if item.prompt else []
    return Desk(
        assignment=Assignment(display_order=list(order)),
        kind=KINDS[item.part],
        prompt=PromptView(messages=messages, context=None, use_case="", sensitive=item.sensitive),
        candidates=[
            Candidate(letter, text)
            for letter, text in zip(letters_of(order), to_letters(order, item.texts), strict=True)
        ],
        schema=schema_of(item, exam),
        schema_body={},
        guideline=None,
    )


def item_context(
    item: Item, exam: Exam, seed: str, body: Any, problems: Sequence[Problem] = (), rendering: str = "rendered"
) -> dict[str, Any]:
    """What `screening/parts/item.html` shows: the item, and the form with `body` in it."""
    desk = desk_of_item(item, exam, order_of(item, seed))
    form: RoomForm = room_form(desk, fields_of(body), problems, rendering)
    return {"item": item, "desk": desk, "form": form}


def body_sent(item: Item, fields: Mapping[str, str]) -> dict[str, Any]:
    """What the form says, as the body that the API takes too. Only an item's own controls are read."""
    return body_of(KINDS[item.part], {name: value for name, value in fields.items() if _is_control(name)})


def _is_control(name: str) -> bool:
    return name == "text" or name.startswith(("tier-", "flag-"))


def problems_in(error: RuleBroken, item: Item, body: Mapping[str, Any]) -> list[Problem]:
    return problems_of(error, body, letters_of(range(len(item.texts))))


def tiers_sent(item: Item, fields: Mapping[str, str]) -> list[int]:
    """A ranking sent from a ladder in the texts' own order. What is missing is 0, which the rules refuse."""
    tiers = body_of("rank", {name: value for name, value in fields.items() if name.startswith("tier-")})["tiers"]
    return [tiers.get(letter, 0) for letter in letters_of(range(len(item.texts)))]
