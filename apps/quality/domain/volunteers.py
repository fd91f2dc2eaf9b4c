"""What a project may ask its labelers about themselves: questions with a few answers each, in lines of text."""

from typing import Any

MOST_QUESTIONS, MOST_ANSWERS, LONGEST = 12, 30, 80


def questions_from(text: str) -> list[dict[str, Any]]:
    """A line a question: `Age: under 25 | 25 to 39 | 40 or more`. Raises ValueError with a sentence that names the line."""
    found: list[dict[str, Any]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        question, colon, rest = line.partition(":")
        answers = [answer.strip() for answer in rest.split("|") if answer.strip()]
        if not colon or not question.strip() or len(answers) < 2:
            raise ValueError(f"line {number}: a question, a colon, and two or more answers with | between them.")
        found.append({"question": question.strip(), "answers": answers})
        _check(number, found)
    return found


def _check(number: int, found: list[dict[str, Any]]) -> None:
    question, answers = found[-1]["question"], found[-1]["answers"]
    if len(found) > MOST_QUESTIONS:
        raise ValueError(f"line {number}: at most {MOST_QUESTIONS} questions.")
    if len(answers) > MOST_ANSWERS:
        raise ValueError(f"line {number}: at most {MOST_ANSWERS} answers.")
    if len(set(answers)) < len(answers):
        raise ValueError(f"line {number}: an answer is there twice.")
    if any(one["question"] == question for one in found[:-1]):
        raise ValueError(f"line {number}: the question is there twice.")
    if any(len(part) > LONGEST or "\x00" in part for part in (question, *answers)):
        raise ValueError(f"line {number}: at most {LONGEST} characters a question or answer.")


def questions_text(questions: list[dict[str, Any]]) -> str:
    """The lines that `questions_from` reads."""
    return "\n".join(f"{one['question']}: {' | '.join(one['answers'])}" for one in questions)


def still_offered(answers: dict[str, str], questions: list[dict[str, Any]]) -> dict[str, str]:
    """Those of `answers` that the questions offer."""
    offered = {one["question"]: one["answers"] for one in questions}
    return {question: answer for question, answer in answers.items() if answer in offered.get(question, ())}
