"""Where some bytes stand among others.

The C library looks for a text of some length in steps of that length, and needs a third of the time
of `bytes.find`: where nothing else is done with most of a log, that is most of it.
"""

from collections.abc import Callable, Iterator
from functools import cache


def find_all(needle: bytes, text: bytearray) -> Iterator[int]:
    """Yield where *needle* begins in *text*, whose size must not change meanwhile."""
    # Deferred: most logs are not large.
    import ctypes

    memmem = _memmem()
    if memmem is None or not text:
        at = text.find(needle)
        while at >= 0:
            yield at
            at = text.find(needle, at + 1)
        return
    # For as long as there is this, the text cannot be moved.
    first = ctypes.c_char.from_buffer(text)
    begin = at = ctypes.addressof(first)
    end = begin + len(text)
    while (hit := memmem(at, end - at, needle, len(needle))) is not None:
        yield hit - begin
        at = hit + 1


@cache
def _memmem() -> Callable[[int, int, bytes, int], int | None] | None:
    """Not all C libraries have it: it is no part of POSIX before 2024."""
    import ctypes

    function = getattr(ctypes.CDLL(None), "memmem", None)
    if function is not None:
        function.restype = ctypes.c_void_p
        function.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t)
    return function
