"""A small project to learn from: a clinic's questions, with replies of which the one that books is the better."""

import random

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
ASKS = ("move my visit to", "book a visit on", "cancel my visit on", "see the nurse on")


def import_lines(prompts: int, seed: int = 0) -> list[dict[str, object]]:
    """Import lines: three completions, ranked by two people who agree, and a demonstration for each prompt."""
    random_ = random.Random(seed)
    lines: list[dict[str, object]] = []
    for number in range(prompts):
        day, ask = random_.choice(DAYS), random_.choice(ASKS)
        texts = [f"Your visit on {day} is noted.", "I cannot say.", f"Maybe {random_.choice(DAYS)}, maybe not."]
        lines.append(
            {
                "prompt_id": f"p{number}",
                "prompt": f"Patient {number}: can I {ask} {day}?",
                "completions": [{"id": f"c{number}-{index}", "text": text} for index, text in enumerate(texts)],
                "rankings": [
                    {"labeler": who, "ranks": [1, 2, 2] if number % 3 else [1, 2, 3]} for who in ("ada", "bo")
                ],
                "demonstration": f"Of course. Your visit on {day} is noted, and the desk will write to you.",
            }
        )
    return lines
