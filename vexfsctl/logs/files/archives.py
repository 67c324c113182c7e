"""The text of an archive that Python can read, in pieces of bounded size, however far it expands.

These are gzip, xz, bzip2, and zstd from Python 3.14 on.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import Protocol

from vexfsctl.exceptions import LogUnreadable

_PIECE = 1 << 16
_XZ_MEMORY = 256 << 20
"""Most memory the dictionary of an xz file may ask for; `xz -9` needs 65 MiB."""
_ZSTD_WINDOW_LOG = 27
"""Most memory that a zstd file may ask for, as a power of two; `zstd --long` needs 128 MiB."""
_HARMLESS = 4 << 20
"""Bytes of text that any archive may expand to."""
_LARGEST_RATIO = 500
"""Beyond that, bytes of text per byte of archive; logs have 10 to 100."""


class Decompressor(Protocol):
    """What bz2, lzma and zstd give; zlib is made to look like it."""

    @property
    def eof(self) -> bool:
        """Whether the end of the compressed stream was reached."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes without further input."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What follows that end."""
        ...

    def decompress(self, data: bytes, max_length: int = ...) -> bytes:
        """Return at most *max_length* bytes of text."""
        ...


class _Gzip:
    """A gzip member, in the manner of bz2 and lzma."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._full and not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = _PIECE) -> bytes:
        text = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self._full = len(text) == max_length
        return text


def _zstd_library() -> ModuleType | None:
    """Return the standard library's module; None if this Python has none, or without zstd."""
    try:
        # Not an import statement: type checkers of an older Python would not know it.
        return import_module("compression.zstd")
    except ImportError:
        return None


class _Zstd:
    """A zstd frame; what is wrong with it is a ValueError."""

    def __init__(self) -> None:
        library = _zstd_library()
        assert library is not None
        options = {library.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
        self._inner: Decompressor = library.ZstdDecompressor(options=options)
        self._error = library.ZstdError

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return self._inner.needs_input

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = _PIECE) -> bytes:
        try:
            return self._inner.decompress(data, max_length)
        except self._error as cause:
            raise ValueError(str(cause)) from cause


_DECOMPRESSORS: Mapping[str, Callable[[], Decompressor]] = {
    "gzip": _Gzip,
    "xz": lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_XZ_MEMORY),
    "bzip2": bz2.BZ2Decompressor,
    "zstd": _Zstd,
}
_BROKEN = (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)


def can_expand(name: str) -> bool:
    """Whether this Python can read *name* archives."""
    if name == "zstd":
        return _zstd_library() is not None
    return name in _DECOMPRESSORS


def expand(
    name: str, magic: tuple[bytes, ...], start: bytes, chunks: Iterator[bytes]
) -> Iterator[bytes]:
    """Yield the text of all members of a *name* archive; LogUnreadable where it is damaged.

    Each member begins with one of *magic*; *start* is what was read of *chunks* before.
    """
    archive = Counted(start, chunks)
    stream = _DECOMPRESSORS[name]()
    data = start
    given = 0
    while True:
        try:
            text = stream.decompress(data, _PIECE)
        except _BROKEN as cause:
            raise LogUnreadable(f"its {name} data is damaged ({cause})") from cause
        given += len(text)
        refuse_bomb(name, given, archive.taken)
        if text:
            yield text
        data = b""
        if stream.eof:
            # Archives may be written one after the other; anything else that follows is padding.
            data = stream.unused_data
            while len(data) < max(map(len, magic)) and (more := archive.next()):
                data += more
            if not data.startswith(magic):
                return
            stream = _DECOMPRESSORS[name]()
        elif stream.needs_input:
            data = archive.next()
            if not data:
                raise LogUnreadable(f"its {name} data ends too early")


def refuse_bomb(name: str, given: int, taken: int) -> None:
    """Raise LogUnreadable if *taken* bytes of an archive cannot be a log with *given* of text."""
    if given > max(_HARMLESS, _LARGEST_RATIO * taken):
        raise LogUnreadable(
            f"its {name} data expands more than {_LARGEST_RATIO} times, as no log does",
            hint=f"if it is one: {name} -dc FILE | vexfsctl … --log -",
        )


class Counted:
    """Chunks of an archive, with how many bytes of them have been taken."""

    def __init__(self, start: bytes, chunks: Iterator[bytes]) -> None:
        """*start* is what was read of *chunks* before."""
        self.taken = len(start)
        """Bytes so far."""
        self._chunks = chunks

    def next(self) -> bytes:
        """Return the next chunk, empty at the end."""
        chunk = next(self._chunks, b"")
        self.taken += len(chunk)
        return chunk
