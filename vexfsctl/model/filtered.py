"""Part of a collection that is too large to be copied."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Filtered(Generic[_T]):
    """Those of *items* that *accepts* is true of; iterate as often as *items* allow."""

    items: Iterable[_T]
    accepts: Callable[[_T], bool]

    def __iter__(self) -> Iterator[_T]:
        """Yield them in their order."""
        return filter(self.accepts, self.items)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return any(True for _ in self)
