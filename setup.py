"""Makes an sdist the same bytes whenever and wherever it is made: SOURCE_DATE_EPOCH is its time.

All else is in pyproject.toml. Wheels need nothing of this kind.
"""

import gzip
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from setuptools import setup
from setuptools.command.sdist import sdist


class Sdist(sdist):
    """The usual command, but with an archive that depends on the names and bytes of files only."""

    def make_archive(self, base_name: Any, format: str, **options: Any) -> Any:  # noqa: A002
        """Return the path of the archive; without SOURCE_DATE_EPOCH that of the usual one."""
        epoch = os.environ.get("SOURCE_DATE_EPOCH")
        if epoch is None or format != "gztar":
            return super().make_archive(base_name, format, **options)
        path = Path(f"{base_name}.tar.gz")
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            path.open("wb") as file,
            gzip.GzipFile("", "wb", fileobj=file, mtime=int(epoch)) as packed,
            tarfile.open(fileobj=packed, mode="w") as archive,
        ):
            archive.add(options["base_dir"], filter=_dated(int(epoch)))
        return str(path)


def _dated(epoch: int) -> Callable[[tarfile.TarInfo], tarfile.TarInfo]:
    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.mtime = epoch
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
        return member

    return plain


setup(cmdclass={"sdist": Sdist})
