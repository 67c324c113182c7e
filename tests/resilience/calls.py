"""A breaker on virtual time, and calls that end as a case says."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from vexfsctl.resilience import BreakerOpen, CircuitBreaker, Transition
from vexfsctl.resilience.testing import VirtualClock

SECOND = 1_000_000_000


class Ignored(Exception):  # noqa: N818
    """What a breaker is to take no notice of."""


class Watched:
    """A `CircuitBreaker` from time 0 with its events; no settings are those of breaker-cases.md."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualClock(now_ns=0)
        self.events: list[Transition] = []
        settings = {"ignore": Ignored, **settings}
        self.breaker = CircuitBreaker(
            "case", clock=self.clock, listeners=(self.events.append,), **settings
        )

    @property
    def state(self) -> str:
        """State now."""
        return str(self.breaker.state)

    def at(self, seconds: float) -> "Watched":
        """Go to a time."""
        self.clock.advance(seconds - self.clock.now_ns() / SECOND)
        return self

    def play(self, letters: str, *, taking: float = 0.0) -> "Watched":
        """Make calls: F fails, S succeeds, X is ignored, ^ is interrupted."""
        for letter in letters.replace(" ", ""):
            with suppress(OSError, Ignored, KeyboardInterrupt):
                self.breaker.call(self.operation(letter, taking))
        return self

    def follow(self, script: str) -> None:
        """Carry out the words of *script*: `@60` goes to a time, `=open` claims a state.

        `FS~5` plays letters that take 5 s each, `FS` takes no time.
        """
        for number, word in enumerate(script.split()):
            if word.startswith("@"):
                self.at(float(word[1:]))
            elif word.startswith("="):
                assert self.state == word[1:], f"word {number} of {script}"
            else:
                letters, _, taking = word.partition("~")
                self.play(letters, taking=float(taking or 0))

    def operation(self, letter: str, taking: float = 0.0) -> Callable[[], str]:
        """Return the operation that ends so after *taking* seconds."""

        def operation() -> str:
            self.clock.advance(taking)
            match letter:
                case "F":
                    raise OSError(5, "from the device")
                case "X":
                    raise Ignored
                case "^":
                    raise KeyboardInterrupt
            return "data"

        return operation

    def refuses(self) -> BreakerOpen | None:
        """Return the rejection of a call, None if it is let through (and succeeds)."""
        try:
            self.breaker.call(self.operation("S"))
        except BreakerOpen as rejection:
            return rejection
        return None


class Flaky:
    """An operation that ends as each outcome says, in turn, the last for ever; counts its calls.

    An exception is raised, a type of exceptions as a new one, anything else returned.
    """

    def __init__(self, *outcomes: object) -> None:
        self.outcomes = outcomes
        self.calls = 0

    def __call__(self, *_: object) -> object:
        """Raise or return the next outcome."""
        outcome = self.outcomes[min(self.calls, len(self.outcomes) - 1)]
        self.calls += 1
        if isinstance(outcome, BaseException | type):
            raise outcome
        return outcome
