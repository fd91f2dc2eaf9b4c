"""What a labeler is refused is said in a sentence that translators were offered."""

import ast
from pathlib import Path

import pytest

APPS = Path(__file__).parents[2] / "apps"
REFUSALS = {"Conflict", "Forbidden", "NotFound", "RuleBroken", "TooLarge"}
# What labelers pass through. Domain rules know no framework, and programs read English (docs/translating.md).
FILES = sorted(
    path
    for pattern in (
        "labeling/access.py", "labeling/services/*.py", "labeling/views/room.py", "labeling/views/history.py",
        "labeling/views/desk.py", "feedback/services/*.py", "prompts/access.py", "prompts/views.py",
    )
    for path in APPS.glob(pattern)
    if path.name != "tasks.py"  # a manager's verb, over the API alone
)  # fmt: skip


def is_offered(message: ast.expr) -> bool:
    """`_("...")`, or that with values put in."""
    if isinstance(message, ast.BinOp):
        message = message.left
    return isinstance(message, ast.Call) and isinstance(message.func, ast.Name) and message.func.id == "_"


def untranslated_in(source: str) -> list[int]:
    """The lines of refusals whose sentence is nobody's to translate."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    refusals = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in REFUSALS]
    return [call.lineno for call in refusals if not (call.args and is_offered(call.args[0]))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(APPS)))
def test_a_refusal_is_offered_to_translators(path):
    assert untranslated_in(path.read_text()) == []


def test_it_sees_those_that_are_not():
    assert untranslated_in('raise Conflict(f"This is {state}.")\nraise NotFound(_("No %(n)s.") % {"n": 1})') == [1]
