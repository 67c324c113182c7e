"""Scenarios drawn by lot: hundreds of calls by different users on a handful of names."""

import contextlib
import errno
import os
import random
import stat
from collections.abc import Callable, Iterator

from tests.driver.passthrough.scenarios.tools import (
    NOBODY,
    SCENARIOS,
    STRANGER,
    TEAM,
    fallocate,
    renameat2,
    say,
)

_CALLS = 400
_SEEDS = range(12)
_NAMES = ("a", "b", "c", "d/a", "d/b", "d/e/a", "d", "d/e", "e", "missing/a")
_USERS = ((0, ()), (NOBODY, ()), (NOBODY - 1, (TEAM,)), (STRANGER, (TEAM, 5)), (TEAM, ()))
_MODES = (0o000, 0o644, 0o600, 0o755, 0o777, 0o2775, 0o6755, 0o4711, 0o1777, 0o070, 0o640)


class Chance:
    """Draws calls and makes them."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._calls: dict[str, Callable[[], object]] = {
            name.removeprefix("do_"): getattr(self, name) for name in dir(self) if "do_" in name
        }

    def play(self) -> None:
        """Make the calls, each as a user of its own, and say what came of them."""
        for number in range(_CALLS):
            name = self._random.choice(sorted(self._calls))
            uid, groups = self._random.choice(_USERS)
            with acting_as(uid, groups):
                os.umask(self._random.choice((0, 0o022, 0o027, 0o077)))
                try:
                    outcome: object = self._calls[name]()
                except OSError as failure:
                    outcome = errno.errorcode[failure.errno or 0]
            say(f"{number} {name} {uid}", outcome)

    def name(self) -> str:
        """One of few names."""
        return self._random.choice(_NAMES)

    def do_create(self) -> None:
        """Make or open a file and write to it."""
        flags = self._random.choice((os.O_RDWR, os.O_WRONLY | os.O_TRUNC, os.O_RDWR | os.O_EXCL))
        mode = self._random.choice(_MODES)
        descriptor = os.open(self.name(), os.O_CREAT | flags | os.O_NONBLOCK, mode)
        try:
            os.pwrite(descriptor, b"x" * self._random.randrange(5000), self._random.randrange(9000))
        finally:
            os.close(descriptor)

    def do_append(self) -> int:
        """Append to a file."""
        descriptor = os.open(self.name(), os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)
        try:
            os.write(descriptor, b"appended")
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def do_read(self) -> bytes:
        """Read some of a file."""
        descriptor = os.open(self.name(), os.O_RDONLY | os.O_NONBLOCK)
        try:
            return os.pread(descriptor, 64, self._random.randrange(9000))
        finally:
            os.close(descriptor)

    def do_truncate(self) -> None:
        """Change a file's size by its name."""
        os.truncate(self.name(), self._random.choice((0, 1, 4095, 4096, 10_000)))

    def do_fallocate(self) -> None:
        """Allocate or punch."""
        descriptor = os.open(self.name(), os.O_WRONLY | os.O_NONBLOCK)
        try:
            fallocate(descriptor, self._random.choice((0, 1, 3, 16)), 4096, 8192)
        finally:
            os.close(descriptor)

    def do_mkdir(self) -> None:
        """Make a directory."""
        os.mkdir(self.name(), self._random.choice(_MODES))

    def do_mknod(self) -> None:
        """Make a FIFO, an empty file or a device."""
        kind = self._random.choice((stat.S_IFIFO, stat.S_IFREG, stat.S_IFCHR))
        os.mknod(self.name(), kind | self._random.choice(_MODES), os.makedev(1, 3))

    def do_symlink(self) -> None:
        """Make a symbolic link."""
        os.symlink(self._random.choice(("a", "d/b", "e", ".", "nowhere")), self.name())

    def do_link(self) -> None:
        """Give a file another name."""
        os.link(self.name(), self.name(), follow_symlinks=False)

    def do_unlink(self) -> None:
        """Remove a name."""
        os.unlink(self.name())

    def do_rmdir(self) -> None:
        """Remove a directory."""
        os.rmdir(self.name())

    def do_rename(self) -> None:
        """Move a name, sometimes with flags."""
        renameat2(self.name(), self.name(), self._random.choice((0, 0, 0, 1, 2)))

    def do_chmod(self) -> None:
        """Change a mode."""
        os.chmod(self.name(), self._random.choice(_MODES))

    def do_chown(self) -> None:
        """Change owner and group."""
        owners = (-1, 0, NOBODY, STRANGER, TEAM, 5)
        # Not (-1, -1): FUSE does not tell of it, so set-user-id bits stay that ext4 would clear.
        uid, gid = self._random.choice(owners), self._random.choice(owners[1:])
        os.lchown(self.name(), uid, gid)

    def do_utime(self) -> None:
        """Set times."""
        os.utime(self.name(), ns=(10**18, 10**18 + 1), follow_symlinks=False)

    def do_setxattr(self) -> None:
        """Set an attribute."""
        flags = self._random.choice((0, os.XATTR_CREATE, os.XATTR_REPLACE))
        os.setxattr(self.name(), "user.key", b"v" * self._random.randrange(100), flags)

    def do_getxattr(self) -> tuple[list[str], bytes]:
        """List the attributes and read one."""
        name = self.name()
        return sorted(os.listxattr(name)), os.getxattr(name, "user.key")

    def do_listdir(self) -> list[str]:
        """List a directory."""
        return sorted(os.listdir(self._random.choice((".", "d", "d/e", "e"))))

    def do_readlink(self) -> str:
        """Read a link."""
        return os.readlink(self.name())

    def do_access(self) -> list[bool]:
        """Ask what one may."""
        name = self.name()
        return [os.access(name, right, effective_ids=True) for right in (1, 2, 4)]

    def do_stat(self) -> tuple[object, ...]:
        """Look at a name, following links and not."""
        name = self.name()
        status = os.lstat(name)
        size = status.st_size if not stat.S_ISDIR(status.st_mode) else None
        return (
            stat.filemode(status.st_mode),
            (status.st_uid, status.st_gid, status.st_nlink, size, status.st_rdev),
            stat.filemode(os.stat(name).st_mode),
        )


@contextlib.contextmanager
def acting_as(uid: int, groups: tuple[int, ...]) -> Iterator[None]:
    """Be that user within the block, in what the kernel checks."""
    os.setgroups(groups)
    os.setegid(uid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def _play(seed: int) -> None:
    os.mkdir("d", 0o777)
    os.chmod("d", 0o2777)
    os.chown("d", 0, TEAM)
    os.chmod("d", 0o2777)
    Chance(seed).play()


for _seed in _SEEDS:
    SCENARIOS[f"chance-{_seed}"] = lambda seed=_seed: _play(seed)  # type: ignore[misc]
