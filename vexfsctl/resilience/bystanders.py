"""Those who only listen: what they raise is a bug of theirs and must not decide about a call."""

from collections import deque
from collections.abc import Callable
from typing import Any


class Bystanders:
    """Calls listeners, and keeps the latest exception of one for somebody who can report it."""

    def __init__(self) -> None:
        self._bugs: deque[Exception] = deque(maxlen=1)

    def tell(self, listener: Callable[..., object], *what: Any) -> None:
        """Call *listener* and return, whatever it raises."""
        try:
            listener(*what)
        except Exception as bug:  # noqa: BLE001 - kept, and raised where it hurts nobody
            self._bugs.append(bug)

    def raise_bug(self) -> None:
        """Raise what a listener raised since the last time, if one did."""
        if self._bugs:
            raise self._bugs.pop()
