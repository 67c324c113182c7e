"""Things that belong together, directly or through others."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

_T = TypeVar("_T", bound=Hashable)


class Groups(Generic[_T]):
    """Groups of things, joined as one learns that they belong together (union-find)."""

    def __init__(self) -> None:
        self._leaders: dict[_T, _T] = {}

    def join(self, members: Iterable[_T]) -> None:
        """Note that *members* belong together."""
        first, *others = members
        leader = self._leader(first)
        for each in others:
            self._leaders[self._leader(each)] = leader

    def of(self, members: Iterable[_T]) -> set[_T]:
        """Return *members* and all that belong to any of them."""
        wanted = {self._leader(each) for each in members}
        return {each for each in self._leaders if self._leader(each) in wanted}

    def _leader(self, member: _T) -> _T:
        leaders = self._leaders
        while (leader := leaders.setdefault(member, member)) != member:
            # Each look halves the way for the next one.
            leaders[member] = leaders[leader]
            member = leader
        return member
