"""A file that this process may not read, whoever runs the tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NOBODY = 65534


@contextmanager
def without_permission(file: Path) -> Iterator[None]:
    """Be somebody who may not read *file*, which only its owner may: as root, user nobody."""
    if os.geteuid() != 0:
        file.chmod(0)
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
