"""The one error that people see."""


class LauncherError(Exception):
    """Something a person can act on: the message is a sentence that says what to do.

    `details` are the last lines of the program that failed, shown above the sentence.
    """

    def __init__(self, message: str, *, details: str = "") -> None:
        super().__init__(message)
        self.details = details
