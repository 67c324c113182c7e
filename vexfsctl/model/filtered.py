"""Part of a collection that is too large to be copied."""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Filtered(Generic[_T]):
    """Those items of a collection that a function accepts; iterate as often as it allows."""

    def __init__(self, items: Iterable[_T], accepts: Callable[[_T], bool]) -> None:
        self._items = items
        self._accepts = accepts

    def __iter__(self) -> Iterator[_T]:
        """Yield them in their order."""
        return filter(self._accepts, self._items)
