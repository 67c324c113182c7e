"""Breakers by name, made when they are first asked for."""

from collections.abc import Iterator
from typing import Any

from vexfsctl.resilience.breaker import CircuitBreaker


class Registry:
    """Breakers by name, all with the same settings unless a name is given others first."""

    def __init__(self, **defaults: Any) -> None:
        # Made once, so that wrong settings are reported here and not at the first call.
        CircuitBreaker(**defaults)
        self._defaults = defaults
        self._breakers: dict[str, CircuitBreaker] = {}

    def breaker(self, name: str, **changes: Any) -> CircuitBreaker:
        """Return the breaker *name*; *changes* to the settings apply if it is made now."""
        found = self._breakers.get(name)
        if found is not None:
            return found
        made = CircuitBreaker(name, **{**self._defaults, **changes})
        return self._breakers.setdefault(name, made)

    def remove(self, name: str) -> None:
        """Forget the breaker *name*, if there is one; who has it keeps it."""
        self._breakers.pop(name, None)

    def __contains__(self, name: object) -> bool:
        return name in self._breakers

    def __iter__(self) -> Iterator[CircuitBreaker]:
        return iter(self._breakers.copy().values())

    def __len__(self) -> int:
        return len(self._breakers)


REGISTRY = Registry()
"""Where `resilient(breaker="name")` looks."""
