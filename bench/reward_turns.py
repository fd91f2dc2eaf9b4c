"""How a program that is measured takes turns with another: it works when a line comes, and says what that took."""

import json
import sys
import time
from typing import Any


class Turns:
    def wait(self) -> None:
        sys.stdin.readline()
        self.began = time.process_time()

    def say(self, **more: Any) -> None:
        seconds = time.process_time() - self.began
        print(json.dumps({"seconds": seconds, **more}), flush=True)
