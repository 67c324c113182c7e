"""Names of calls: FUSE requests in lower case, and upstream's (`read_block`, `lookup_inode`)."""

import re

READ, WRITE, FLUSH = "read", "write", "flush"
"""Directions, as a line of the kernel about a request has them."""

_BY_NAME = (
    (FLUSH, re.compile(r"sync|flush")),
    (READ, re.compile(r"read|lookup|getattr|getxattr|lseek|statfs|access")),
    (WRITE, re.compile(r"write|truncate|fallocate|copy_file_range")),
)


def direction_of_call(name: str) -> str | None:
    """Return what the call does to the device; None if it may do either: it changes a directory."""
    return next((direction for direction, words in _BY_NAME if words.search(name)), None)
