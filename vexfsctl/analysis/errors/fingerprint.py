"""The fingerprint of an error: the same wherever and whenever it arises.

It is made of what the error is, the operation, and its message without what differs from one time
to the next. Programs that collect crashes (ABRT, Sentry) join reports by the same means.
"""

import re
from typing import NamedTuple

from vexfsctl.model.operations import OperationType

_DIGITS = 12
_VARIABLE = re.compile(
    r"CORR-[0-9A-Fa-f]+|CALL-\d+|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    r"|\b0x[0-9A-Fa-f]+|\b(?=[a-f]*\d)[0-9a-f]{8,}\b|\b(?:s|v|xv|h)d[a-z]{1,4}\d*\b"
    r"|\d+(?:\.\d+)?|'[^']*'|\"[^\"]*\"|(?<!\S)/[^\s:,;)]+"
)
"""Ids, addresses, names of disks, numbers, what stands in quotes, paths."""
_PREFIX = re.compile(r"VexFS: (?:\[[^\]]*\] )?")
_ANYTHING = "*"
_SEPARATOR = "\x1f"


class Fingerprint(NamedTuple):
    """What makes errors the same."""

    digits: str
    """12 lower-case hexadecimal digits of SHA-256, in every version and on every host the same."""
    message: str | None
    """The message, with `*` for what differs; None if the record has none."""


def fingerprint_of(
    operation: OperationType | None, error: str, errno: int | None, message: str | None
) -> Fingerprint:
    """Return the fingerprint of an error with this *message*, which may be a whole line."""
    text = None if message is None else _VARIABLE.sub(_ANYTHING, _PREFIX.sub("", message, count=1))
    parts = (operation or "", error, errno or "", text or "")
    # Deferred, as most logs have no errors: it loads the whole of OpenSSL.
    from hashlib import sha256

    digest = sha256(_SEPARATOR.join(map(str, parts)).encode(errors="replace"))
    return Fingerprint(digest.hexdigest()[:_DIGITS], text or None)
