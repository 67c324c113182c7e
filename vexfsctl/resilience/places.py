"""A limited number of places, each of which lasts no longer than the object that holds it.

A place is taken by an object and free again when it is given back, when the object is gone (its
frame ended, was interrupted, was collected), or when its lease is over.
"""

from weakref import ReferenceType, ref


class Places:
    """The holders, in the order in which they came. Safe in threads and signal handlers."""

    __slots__ = ("_holders",)

    def __init__(self) -> None:
        # One C call each: an entry, its removal, and the copy that a decision is made on.
        self._holders: dict[ReferenceType[object], int | None] = {}

    def take(self, holder: object, limit: int, now_ns: int = 0, due_ns: int | None = None) -> bool:
        """Give *holder* a place until *due_ns*, if fewer than *limit* are taken; say whether.

        Whoever came first has the place, so two that come at once cannot both have the last one.
        """
        own = ref(holder)
        self._holders[own] = due_ns
        if len(self._holders) <= limit or own in self._live(now_ns)[:limit]:
            return True
        self.give_back(holder)
        return False

    def give_back(self, holder: object) -> bool:
        """Free the place of *holder*; False if it has none (any more)."""
        return self._holders.pop(ref(holder), _ABSENT) is not _ABSENT

    def has(self, holder: object, now_ns: int = 0) -> bool:
        """Whether *holder* has a place, and its lease is not over."""
        due_ns = self._holders.get(ref(holder), _ABSENT)
        return due_ns is None or now_ns < due_ns

    def taken(self, now_ns: int = 0) -> int:
        """How many places are taken."""
        return len(self._live(now_ns))

    def holders(self) -> list[object]:
        """Whoever has a place."""
        return [holder for own in self._live(0) if (holder := own()) is not None]

    def _live(self, now_ns: int) -> list[ReferenceType[object]]:
        live = []
        # A copy, not list(items): that makes tuples on the way, for which the collector may run,
        # and a finaliser that takes a place meanwhile would break the loop.
        for holder, due_ns in self._holders.copy().items():
            if holder() is None or (due_ns is not None and now_ns >= due_ns):
                self._holders.pop(holder, None)
            else:
                live.append(holder)
        return live


_ABSENT = -1
