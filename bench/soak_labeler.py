"""One window of one labeler that does whatever labelers do, in any order, and remembers what it was told."""

import json
import random
import threading
import time
from collections import Counter

from bench.load import Answer, Line, judgments, uid_in

# How often each, for whoever holds a task.
DEEDS = {"submit": 42, "submit, next": 34, "reserve": 8, "skip": 4, "release": 6, "claim": 4, "leave": 2}


class Ledger:
    """What was asked and answered in one phase, by everybody."""

    def __init__(self, *, stop_at: float, operations: int, ends: bool) -> None:
        self._lock = threading.Lock()
        self._stop_at, self._most = stop_at, operations
        self._start = self._last = time.monotonic()
        self.ends = ends  # the queue does: nothing left is an answer then
        self.done = self.cut = self.nothing_left = 0
        self.answers: Counter[str] = Counter()
        self.confirmed: list[str] = []

    @property
    def over(self) -> bool:
        return self.done >= self._most or time.monotonic() >= self._stop_at

    @property
    def seconds(self) -> float:
        return self._last - self._start

    def answered(self, deed: str, answer: Answer) -> None:
        words = f"{deed}: {answer.status}"
        if answer.status >= 400:
            words += f" {_code(answer.body)}"
        with self._lock:
            self.done += 1
            self._last = time.monotonic()
            self.answers[words] += 1

    def told_nothing_left(self) -> None:
        with self._lock:
            self.nothing_left += 1

    def cut_off(self) -> None:
        with self._lock:
            self.done += 1
            self.cut += 1

    def judged(self, uid: str) -> None:
        with self._lock:
            self.confirmed.append(uid)


class Worker:
    def __init__(self, address: str, token: str, session: str, slug: str, seed: int) -> None:
        self._line = Line(address, token, timeout=30.0)
        self._page = Line(address, "", timeout=30.0, session=session)
        self._claim = f"/api/v1/projects/{slug}/assignments/"
        self._chance = random.Random(seed)
        self._bodies = judgments()
        self._held: str | None = None
        self._body = b""  # of the submit that was cut off: it is sent again

    def work(self, ledger: Ledger) -> None:
        self._held = None
        while not ledger.over:
            if self._held is None:
                if not self._take(ledger):
                    return
                continue
            deeds = ("submit", "submit, next") if ledger.ends else tuple(DEEDS)
            deed = self._chance.choices(deeds, [DEEDS[name] for name in deeds])[0]
            self._do(deed, ledger)
        self._line.close()
        self._page.close()

    def _take(self, ledger: Ledger) -> bool:
        """False when there is nothing left and that ends the work."""
        answer = self._ask("claim", self._claim, b'{"kind":"rank"}', ledger)
        if answer is None:
            return True
        if answer.status == 204:
            ledger.told_nothing_left()
            return not ledger.ends
        if answer.status == 200:
            self._held = uid_in(answer.body)
        return True

    def _do(self, deed: str, ledger: Ledger) -> None:
        here = f"/api/v1/assignments/{self._held}/"
        if deed.startswith("submit"):
            self._submit(here, deed, ledger)
        elif deed in ("skip", "release"):
            self._ask(deed, f"{here}{deed}/", b"{}", ledger)
            self._held = None
        elif deed == "reserve":
            self._ask(deed, f"/work/{self._held}/ahead/", b"", ledger, self._page)
        else:  # another claim resumes it; whoever leaves comes back to it by a claim
            self._held = None

    def _submit(self, here: str, deed: str, ledger: Ledger) -> None:
        self._body = self._body or next(self._bodies)
        path = f"{here}submit/" + ("?next=1" if deed == "submit, next" else "")
        answer = self._ask(deed, path, self._body, ledger)
        if answer is None:
            return  # whether it is in is not known: the same again
        self._held, self._body = None, b""
        if answer.status in (200, 201):
            said = json.loads(answer.body)
            ledger.judged(said["judgment"])
            if following := said.get("next"):
                self._held = following["uid"]
            elif "next" in said and "next_blocked" not in said:
                ledger.told_nothing_left()

    def _ask(self, deed: str, path: str, body: bytes, ledger: Ledger, line: Line | None = None) -> Answer | None:
        try:
            answer = (line or self._line).post(path, body)
        except OSError:
            ledger.cut_off()
            time.sleep(0.02)
            return None
        ledger.answered(deed, answer)
        return answer


def _code(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return body[:60].decode(errors="replace")
