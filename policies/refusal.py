"""The one base class of every expected refusal: a stable code and a sentence with the values and the cure."""

from __future__ import annotations


class Refusal(Exception):
    """Something that is not done, for a reason a person can act on.

    ``code`` is stable and documented; the message says what is wrong, with the values, and what to do.  GraphQL turns a
    refusal, and nothing else, into a typed member of a result union; the command line prints it and exits with 1.
    """

    code = "refused"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return self.message
