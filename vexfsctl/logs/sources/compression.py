"""Compressed logs as the text they hold: gzip, xz, bzip2, zstd, lz4, known by their first bytes.

zstd and lz4 are read through the programs of that name. Where those are not installed, such logs
are refused with the command that helps.
"""

from collections.abc import Iterator

_SUPPORTED = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\x00": "xz", b"BZh": "bzip2"}
_BY_PROGRAM = {b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4"}
_LONGEST_MAGIC = 6


def is_compressed(start: bytes) -> bool:
    """Whether a log whose first bytes are *start* is compressed, supported or not."""
    return any(start.startswith(magic) for magic in (*_SUPPORTED, *_BY_PROGRAM))


def decompressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the text of a log; what is not compressed comes out as it is.

    Raises LogUnreadable with the reason, also in the middle: the archive is damaged or ends too
    early, or is of a kind that cannot be read.
    """
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) >= _LONGEST_MAGIC:
            break
    for magic, name in _BY_PROGRAM.items():
        if start.startswith(magic):
            from vexfsctl.logs.sources.unpacking import unpack

            return unpack(name, start, chunks)
    for magic, name in _SUPPORTED.items():
        if start.startswith(magic):
            # Deferred: most logs are text, and the libraries cost more than a fast look.
            from vexfsctl.logs.sources.archives import expand

            return expand(name, magic, start, chunks)
    return _unchanged(start, chunks)


def _unchanged(start: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    if start:
        yield start
    yield from chunks
