"""Scenarios about times, extended attributes, and other facts."""

import ctypes
import fcntl
import os
import socket
import stat
import subprocess

from tests.driver.passthrough.scenarios.tools import (
    AT_SYMLINK_NOFOLLOW,
    NOBODY,
    UTIME_NOW,
    UTIME_OMIT,
    attempt,
    become,
    checked,
    libc,
    look,
    make,
    make_own,
    opened,
    say,
    scenario,
    utimensat,
)


@scenario
def times() -> None:
    """Times are exact, one-sided where asked, and need the right that they need."""
    make("alien", b"", 0o666)
    make("strict", b"", 0o644)
    make("own", b"", 0o644, (NOBODY, NOBODY))
    os.symlink("own", "link")
    os.lchown("link", NOBODY, NOBODY)
    become(NOBODY)
    omit, now = (0, UTIME_OMIT), (0, UTIME_NOW)
    utimensat("own", (1_000_000_000, 123_456_789), (2_000_000_000, 987_654_321))
    show_times("own")
    utimensat("own", omit, (3_000_000_000, 1))
    show_times("own")
    utimensat("own", (4_000_000_000, 999_999_999), omit)
    show_times("own")
    utimensat("own", (1, 1_000), (1, (1 << 30) - 1 - 73_741_824))
    show_times("own")
    utimensat("own", (-5, 500_000_000), (-1, 1))
    show_times("own")
    utimensat("own", omit, omit)
    show_times("own")
    utimensat("link", (7, 7), (8, 8), AT_SYMLINK_NOFOLLOW)
    show_times("link")
    show_times("own")
    for name in ("alien", "strict"):
        attempt(f"{name} now", utimensat, name, now, now)
        attempt(f"{name} half", utimensat, name, now, omit)
        attempt(f"{name} set", utimensat, name, (1, 1), (1, 1))
        attempt(f"{name} half set", utimensat, name, now, (1, 1))
        attempt(f"{name} nothing", utimensat, name, omit, omit)
    utimensat("own", now, omit)
    say("now", [os.stat("own").st_atime > 1_700_000_000, os.stat("own").st_mtime_ns])
    with opened("own", os.O_RDONLY) as file:
        os.utime(file, ns=(11, 22))
    show_times("own")


def show_times(path: str) -> None:
    """Print access and modification times."""
    status = os.lstat(path)
    say(path, (status.st_atime_ns, status.st_mtime_ns))


@scenario
def modification_times_follow_writes() -> None:
    """Writing, truncating and renaming move the times that they move on the backing filesystem."""
    become(NOBODY)
    os.mkdir("directory")
    make_own("directory/file", b"data")
    for path in ("directory/file", "directory"):
        os.utime(path, ns=(10**18, 10**18))
    with opened("directory/file", os.O_RDWR) as file:
        os.read(file, 4)
        say("read", os.fstat(file).st_mtime_ns)
        os.write(file, b"more")
        say("write", os.fstat(file).st_mtime_ns == 10**18)
        os.utime(file, ns=(10**18, 10**18))
        os.ftruncate(file, 2)
        say("truncate", os.fstat(file).st_mtime_ns == 10**18)
    say("directory", os.stat("directory").st_mtime_ns)
    os.rename("directory/file", "directory/other")
    say("rename", os.stat("directory").st_mtime_ns == 10**18)
    os.utime("directory/other", ns=(10**18, 10**18))
    os.chmod("directory/other", 0o600)
    say("chmod", os.stat("directory/other").st_mtime_ns)


@scenario
def extended_attributes() -> None:
    """Extended attributes are set, replaced, listed and removed by who may."""
    make("alien", b"", 0o644)
    make("secret", b"", 0o600)
    os.setxattr("alien", "user.key", b"value")
    os.setxattr("secret", "user.key", b"value")
    os.setxattr("alien", "trusted.key", b"root's")
    os.setxattr("alien", "security.key", b"label")
    say("root sees", sorted(os.listxattr("alien")))
    attempt("trusted", os.getxattr, "alien", "trusted.key")
    make("own", b"", 0o644, (NOBODY, NOBODY))
    os.symlink("own", "link")
    attempt("on a link", os.setxattr, "link", "user.key", b"", follow_symlinks=False)
    attempt("trusted on a link", os.setxattr, "link", "trusted.k", b"t", follow_symlinks=False)
    attempt("of a link", os.getxattr, "link", "trusted.k", follow_symlinks=False)
    become(NOBODY)
    say("nobody sees", sorted(os.listxattr("alien")))
    attempt("trusted", os.getxattr, "alien", "trusted.key")
    attempt("set trusted", os.setxattr, "own", "trusted.key", b"")
    attempt("set security", os.setxattr, "own", "security.key", b"")
    attempt("read alien", os.getxattr, "alien", "user.key")
    attempt("set alien", os.setxattr, "alien", "user.key", b"")
    attempt("read secret", os.getxattr, "secret", "user.key")
    attempt("list secret", os.listxattr, "secret")
    attempt("missing", os.getxattr, "own", "user.key")
    attempt("replace missing", os.setxattr, "own", "user.key", b"", os.XATTR_REPLACE)
    attempt("create", os.setxattr, "own", "user.key", b"\0\xff", os.XATTR_CREATE)
    attempt("create again", os.setxattr, "own", "user.key", b"", os.XATTR_CREATE)
    attempt("replace", os.setxattr, "own", "user.key", b"x" * 1000, os.XATTR_REPLACE)
    say("value", os.getxattr("own", "user.key"))
    attempt("empty", os.setxattr, "own", "user.empty", b"")
    say("empty", os.getxattr("own", "user.empty"))
    attempt("no namespace", os.setxattr, "own", "key", b"")
    attempt("no name", os.setxattr, "own", "user.", b"")
    attempt("too big", os.setxattr, "own", "user.big", b"x" * 65_537)
    attempt("long name", os.setxattr, "own", "user." + "n" * 250, b"")
    attempt("longer name", os.setxattr, "own", "user." + "n" * 251, b"")
    for number in range(30):
        os.setxattr("own", f"user.{number:02}", b"v")
    say("many", sorted(os.listxattr("own")))
    attempt("remove", os.removexattr, "own", "user.key")
    attempt("remove again", os.removexattr, "own", "user.key")
    small = ctypes.create_string_buffer(1)
    os.setxattr("own", "user.key", b"long")
    attempt("small buffer", lambda: checked(libc.getxattr(b"own", b"user.key", small, 1)))
    attempt("small list", lambda: checked(libc.listxattr(b"own", small, 1)))
    attempt("size", lambda: checked(libc.getxattr(b"own", b"user.key", None, 0)))


@scenario
def flags() -> None:
    """Flags are shown, set and obeyed as chattr(1) and lsattr(1) know them."""
    make("alien", b"data")
    make("own", b"data", 0o644, (NOBODY, NOBODY))
    os.mkdir("directory")
    os.symlink("own", "link")
    tell_flags()
    for change, path in (("+i", "own"), ("+a", "alien"), ("+S", "directory"), ("+F", "directory")):
        chattr(change, path)
    attempt("write immutable", os.open, "own", os.O_WRONLY)
    attempt("remove immutable", os.unlink, "own")
    attempt("chmod immutable", os.chmod, "own", 0o600)
    attempt("overwrite", os.open, "alien", os.O_WRONLY)
    with opened("alien", os.O_WRONLY | os.O_APPEND) as file:
        attempt("append", os.write, file, b"more")
        attempt("truncate", os.ftruncate, file, 0)
    tell_flags()
    for path in ("own", "alien"):
        chattr("-ia", path)
    become(NOBODY)
    for change, path in (("+i", "own"), ("+A", "own"), ("+j", "own"), ("+A", "alien")):
        chattr(change, path)
    tell_flags()
    with opened("own", os.O_RDONLY) as file:
        extended = fcntl.ioctl(file, 0x801C581F, bytes(28))  # FS_IOC_FSGETXATTR
        say("extended", (extended[:8], extended[12:]))


def chattr(change: str, path: str) -> None:
    """Print what chattr(1) says."""
    done = subprocess.run(["chattr", change, path], stdout=-1, stderr=-2, text=True, check=False)
    say(f"chattr {change} {path}", done.stdout)


def tell_flags() -> None:
    """Print all flags that lsattr(1) shows."""
    done = subprocess.run(["lsattr", "-d", *sorted(os.listdir())], stdout=-1, stderr=-2, text=True)
    say("flags", done.stdout)


@scenario
def device_nodes() -> None:
    """Root makes device nodes with their numbers; nobody does not."""
    for name, device in (
        ("null", os.makedev(1, 3)),
        ("high", os.makedev(4095, 255)),
        ("wide", os.makedev(259, 1_048_575)),
    ):
        os.mknod(name, 0o600 | stat.S_IFCHR, device)
        os.mknod(f"{name}-block", 0o600 | stat.S_IFBLK, device)
        look(name)
        look(f"{name}-block")
    become(NOBODY)
    attempt("nobody", os.mknod, "mine", 0o600 | stat.S_IFCHR, os.makedev(1, 3))


@scenario
def statistics() -> None:
    """statvfs(2) tells of the backing filesystem."""
    become(NOBODY)
    status = os.statvfs(".")
    say("same", (status.f_bsize, status.f_frsize, status.f_blocks, status.f_namemax))


@scenario
def syncing() -> None:
    """Files and directories can be synced, as can what is on a descriptor without write access."""
    become(NOBODY)
    make_own("file", b"data")
    for path in ("file", "."):
        with opened(path, os.O_RDONLY) as descriptor:
            attempt("fsync", os.fsync, descriptor)
            attempt("fdatasync", os.fdatasync, descriptor)
            attempt("syncfs", lambda fd=descriptor: checked(libc.syncfs(fd)))


@scenario
def fifos_and_sockets_connect() -> None:
    """A FIFO and a socket in the directory carry bytes."""
    become(NOBODY)
    os.mkfifo("fifo")
    reader = os.open("fifo", os.O_RDONLY | os.O_NONBLOCK)
    with opened("fifo", os.O_WRONLY) as writer:
        os.write(writer, b"through")
    say("fifo", os.read(reader, 100))
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind("socket")
        listener.listen()
        client.connect("socket")
        client.send(b"hello")
        say("socket", listener.accept()[0].recv(100))
