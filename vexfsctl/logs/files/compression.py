"""Compressed logs as the text they hold: gzip, xz, bzip2, zstd, lz4, known by their first bytes.

Python itself reads them, but not lz4, and not zstd before Python 3.14: these are read through the
programs of that name. Where those are not installed, such logs are refused with the command that
helps. Text in UTF-16, as shells of Windows write it into files, is read the same way.
"""

import codecs
from collections.abc import Iterator

_SKIPPABLE = tuple(bytes((first,)) + b"\x2a\x4d\x18" for first in range(0x50, 0x60))
"""Frames without text (RFC 8878); pzstd(1) begins with one."""
_MAGIC = {
    "gzip": (b"\x1f\x8b",),
    "xz": (b"\xfd7zXZ\x00",),
    "bzip2": (b"BZh",),
    "zstd": (b"\x28\xb5\x2f\xfd", *_SKIPPABLE),
    "lz4": (b"\x04\x22\x4d\x18",),
}
_LONGEST_MAGIC = 6
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def is_compressed(start: bytes) -> bool:
    """Whether a log whose first bytes are *start* is compressed, supported or not."""
    return _kind_of(start) is not None


def decompressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the text of a log; what is neither compressed nor in UTF-16 comes out as it is.

    Raises LogUnreadable with the reason, also in the middle: the archive is damaged or ends too
    early, or is of a kind that cannot be read.
    """
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) >= _LONGEST_MAGIC:
            break
    name = _kind_of(start)
    if name is None:
        unchanged = _unchanged(start, chunks)
        return _from_utf_16(unchanged) if start.startswith(_UTF_16) else unchanged
    # Deferred: most logs are text, and the libraries cost more than a fast look.
    from vexfsctl.logs.files.archives import can_expand, expand

    if can_expand(name):
        return expand(name, _MAGIC[name], start, chunks)
    from vexfsctl.logs.files.unpacking import unpack

    return unpack(name, start, chunks)


def _kind_of(start: bytes) -> str | None:
    return next((name for name, magic in _MAGIC.items() if start.startswith(magic)), None)


def _from_utf_16(chunks: Iterator[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode()
    yield decoder.decode(b"", final=True).encode()


def _unchanged(start: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    if start:
        yield start
    yield from chunks
