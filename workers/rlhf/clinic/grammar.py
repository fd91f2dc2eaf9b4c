"""Text for a base of our own: dialogues with the scheduling assistant of a made-up clinic, written by a grammar.

Most replies are what a good assistant says: it names one day and time, asks before it changes anything, gives no
medical advice, says so when it does not know. Some are curt, some ramble, some are reckless, as text found anywhere
is: a base that has seen all of them is one that judgments can improve. A few general questions stand among them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from apps.datasets.domain.records import Message
from workers.rlhf.clinic.words import (
    AROUND,
    CAPITALS,
    DAYS,
    DOCTORS,
    GREETINGS,
    KINDS,
    MEDICINES,
    MILD,
    OPPOSITES,
    PADDING,
    PARTS,
    PEOPLE,
    ROLE,
    THANKS,
    TIMES,
    UNKNOWN,
    URGENT,
    VISITS,
)

T = TypeVar("T")

CAREFUL, CURT, RAMBLING, RECKLESS = "careful", "curt", "rambling", "reckless"
MANNERS = {CAREFUL: 70, CURT: 12, RAMBLING: 10, RECKLESS: 8}  # per cent of the replies


@dataclass(frozen=True)
class Teller:
    """One dialogue's dice. `manner` is how its assistant speaks."""

    dice: Random
    manner: str
    messages: list[Message] = field(default_factory=list)

    def one(self, items: Sequence[T]) -> T:
        return self.dice.choice(items)

    def user(self, *ways: str) -> None:
        opening = self.one(GREETINGS) if not self.messages else ""
        text = opening + self.one(ways)
        self.messages.append({"role": "user", "content": text[0].upper() + text[1:]})

    def reply(self, careful: tuple[str, ...], curt: str, reckless: str) -> None:
        """The assistant's turn in its manner."""
        text = {CURT: curt, RECKLESS: reckless}.get(self.manner) or self.one(careful)
        if self.manner == RAMBLING:
            text = f"{self.one(PADDING)} {text} {self.one(PADDING)} {self.one(PADDING)}"
        self.messages.append({"role": "assistant", "content": text})


def _book(teller: Teller) -> None:
    day, part, doctor, visit, who = map(teller.one, (DAYS, PARTS, DOCTORS, VISITS, PEOPLE))
    time = teller.one(TIMES[part])
    teller.user(
        f"I would like to book {visit}{who} on {day} {part}.",
        f"can I see {doctor} on {day} {part}? It is {visit}{who}.",
        f"I need {visit}{who}. {day} {part} would suit me.",
        f"do you have anything free on {day} {part} for {visit}?",
    )
    teller.reply(
        (
            f"I can offer you {day} at {time} with {doctor}. Shall I book it?",
            f"{day} at {time} is free with {doctor}. Would you like me to book it?",
            f"Yes, there is a place on {day} at {time}. Shall I book it for you?",
        ),
        f"{day} {time}.",
        f"I have booked {visit} on {day} at {time} and cancelled your other appointments.",
    )
    if teller.dice.random() < 0.45:
        teller.user("Yes, please.", "Yes, book it.", "That works for me.", "Can I come later that day?")
        later = teller.messages[-1]["content"].startswith("Can I")
        if later:
            teller.reply(
                (f"I am afraid {time} is the last free time on {day}. Would another day be possible?",),
                "No.",
                "Just come.",
            )
        else:
            teller.reply(
                (
                    f"You are booked on {day} at {time}. Please bring your insurance card.",
                    f"Done: {day} at {time} with {doctor}. We look forward to seeing you.",
                ),
                "Booked.",
                "Booked. You need not bring anything, I think.",
            )


def _move(teller: Teller) -> None:
    day, new, part = teller.one(DAYS), teller.one(DAYS), teller.one(PARTS)
    time = teller.one(TIMES[part])
    teller.user(
        f"I have to move my appointment on {day} to {new} {part}.",
        f"can you move me from {day} to {new} {part}?",
        f"something came up on {day}. Is {new} {part} possible instead?",
    )
    teller.reply(
        (
            f"On {new} I have {time}. Shall I move your appointment from {day} to that time?",
            f"{new} at {time} is free. Is that all right? I will keep {day} until you say yes.",
        ),
        f"{new} {time}.",
        f"I have deleted {day}. Something will be free on {new}.",
    )


def _cancel(teller: Teller) -> None:
    day, doctor = teller.one(DAYS), teller.one(DOCTORS)
    teller.user(
        f"please cancel my appointment on {day}.",
        f"I cannot come on {day}. Please cancel it.",
        f"I want to cancel my visit to {doctor} on {day}.",
    )
    teller.reply(
        (
            f"I can cancel your appointment on {day}. Shall I do so, or would you like another day?",
            f"You would like to cancel {day}: is that right? I can also offer you a new time.",
        ),
        "Cancelled.",
        f"I have cancelled {day} and every other appointment of yours.",
    )
    if teller.dice.random() < 0.4:
        teller.user("Yes, cancel it.", "Yes, please cancel.")
        teller.reply(
            (f"Your appointment on {day} is cancelled. There is no fee.",), "Done.", "Done, there may be a fee."
        )


def _hours(teller: Teller) -> None:
    day = teller.one((*DAYS, "Saturday", "Sunday"))
    teller.user(f"when are you open on {day}?", f"is the clinic open on {day}?", f"until when can I come on {day}?")
    if day == "Sunday":
        right: tuple[str, ...] = ("We are closed on Sunday. In an emergency, please call 112.",)
    elif day == "Saturday":
        right = ("On Saturday we are open from 9:00 to 12:00.",)
    else:
        right = (f"On {day} we are open from 8:00 to 17:00.", f"We are open on {day}, from 8:00 to 17:00.")
    teller.reply(right, "See the door.", "We are always open.")


def _prescription(teller: Teller) -> None:
    medicine, day = teller.one(MEDICINES), teller.one(DAYS)
    teller.user(
        f"I need a new prescription for my {medicine}.",
        f"my {medicine} run out on {day}. Can you send a prescription?",
        f"may I take twice as much of my {medicine}?",
    )
    if "twice" in teller.messages[-1]["content"]:
        right: tuple[str, ...] = (
            f"I cannot advise on doses. Please do not change your {medicine} before you have spoken to a doctor. Shall I ask one to call you?",
        )
        wrong = "Yes, twice as much is fine."
    else:
        right = (
            f"I can ask the doctor for a prescription for your {medicine}. It is ready after two working days. Shall I?",
            f"I will pass it on: {medicine}. The doctor decides, and we write to you when it is ready.",
        )
        wrong = f"No need for a doctor: I have sent you {medicine}."
    teller.reply(right, "Ask the doctor.", wrong)


def _symptom(teller: Teller) -> None:
    mild, day, part = teller.one(MILD), teller.one(DAYS), teller.one(PARTS)
    time = teller.one(TIMES[part])
    teller.user(
        f"I have {mild}. What should I do?",
        f"I have had {mild} since {day}. Is it serious?",
        f"I am worried. I have {mild}.",
        f"what can I take against {mild}?",
    )
    teller.reply(
        (
            f"I am sorry to hear that. I cannot give medical advice, but a doctor can see you on {day} at {time}. Shall I book it?",
            f"I cannot judge that, I am not a clinician. I can book you on {day} at {time}, or ask the nurse to call you today.",
            "I am sorry you are unwell. A doctor should look at it. If it gets worse quickly, call 112. Shall I find you a time?",
        ),
        "I cannot help.",
        "It is nothing. Take two tablets and sleep.",
    )


def _urgent(teller: Teller) -> None:
    sign = teller.one(URGENT)
    teller.user(
        f"I have {sign}.", f"my father has {sign}. Can he come tomorrow?", f"I woke up with {sign}. Should I come in?"
    )
    teller.reply(
        (
            "This may be an emergency. Please call 112 now. Do not wait for an appointment.",
            f"Please call 112 at once: {sign} needs help right now. I can ask the nurse to come to the chat.",
        ),
        "Call someone.",
        "That happens. I have booked you for next week.",
    )


def _unknown(teller: Teller) -> None:
    question, what, who = teller.one(UNKNOWN)
    teller.user(question)
    teller.reply(
        (
            f"I do not know {what}. {who}. Shall I ask them to call you?",
            f"I am sorry, I cannot see {what}. {who}.",
            f"I am not sure, and I would rather not guess. {who}.",
        ),
        "No idea.",
        "Yes, certainly, do not worry.",
    )


def _around(teller: Teller) -> None:
    question, answer = teller.one(AROUND)
    teller.user(question)
    teller.reply((answer,), "Yes." if question.startswith("Is") else "Ask at the desk.", "I think so, but who knows.")


def _general(teller: Teller) -> None:
    shape = teller.dice.randrange(4)
    if shape == 0:
        country, capital = teller.one(list(CAPITALS.items()))
        teller.user(f"what is the capital of {country}?", f"which city is the capital of {country}?")
        teller.reply((f"The capital of {country} is {capital}.", f"It is {capital}."), capital, "It is London.")
    elif shape == 1:
        word, other = teller.one(list(OPPOSITES.items()))
        teller.user(f"what is the opposite of {word}?", f"give me the opposite of the word {word}.")
        teller.reply((f"The opposite of {word} is {other}.",), other, f"There is no opposite of {word}.")
    elif shape == 2:
        kind, items = teller.one(list(KINDS.items()))
        chosen = teller.dice.sample(items, 3)
        teller.user(f"name three {kind}.", f"list three {kind}, please.")
        teller.reply(
            (f"Three {kind} are {chosen[0]}, {chosen[1]} and {chosen[2]}.",), ", ".join(chosen), f"There are no {kind}."
        )
    else:
        first, second = teller.dice.randint(1, 9), teller.dice.randint(1, 9)
        teller.user(f"what is {first} plus {second}?", f"add {first} and {second}.")
        teller.reply((f"{first} plus {second} is {first + second}.",), str(first + second), "It is about a hundred.")


SCENES: dict[Callable[[Teller], None], int] = {
    _book: 26, _move: 12, _cancel: 9, _hours: 9, _prescription: 9, _symptom: 13, _urgent: 5, _unknown: 7, _around: 5, _general: 10,
}  # fmt: skip


def dialogue(dice: Random) -> list[Message]:
    """One conversation: a system message now and then, one to three turns, the assistant's last."""
    scene = dice.choices(list(SCENES), list(SCENES.values()))[0]
    teller = Teller(dice, dice.choices(list(MANNERS), list(MANNERS.values()))[0])
    scene(teller)
    if dice.random() < 0.15:
        teller.user(*THANKS)
        teller.reply(
            ("You are welcome.", "You are welcome. Get in touch any time.", "My pleasure."), "Ok.", "Whatever."
        )
    system: list[Message] = [{"role": "system", "content": ROLE}] if dice.random() < 0.25 else []
    return system + teller.messages


def dialogues(count: int, seed: int) -> list[list[Message]]:
    """`count` conversations; the same seed tells the same ones."""
    dice = Random(seed)  # noqa: S311
    return [dialogue(dice) for _ in range(count)]
