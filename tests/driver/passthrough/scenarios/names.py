"""Scenarios about names: links, renames, removals, listings."""

import os

from tests.driver.passthrough.scenarios.tools import (
    NOBODY,
    attempt,
    become,
    look,
    make,
    make_own,
    opened,
    read,
    renameat2,
    say,
    scenario,
)


@scenario
def hard_links() -> None:
    """A second name is the same file, also of a symbolic link, and of what one may not read."""
    make("file", b"data", 0o666)
    make("secret", b"data", 0o600)
    os.symlink("file", "link")
    os.mkdir("directory")
    os.link("file", "directory/second")
    os.link("link", "second-link", follow_symlinks=False)
    for path in ("file", "directory/second", "second-link"):
        look(path)
    say("same", os.stat("file").st_ino == os.stat("directory/second").st_ino)
    attempt("existing", os.link, "file", "directory/second")
    attempt("directory", os.link, "directory", "other")
    attempt("missing", os.link, "missing", "other")
    os.unlink("file")
    say("content", read("directory/second"))
    look("directory/second")
    become(NOBODY)
    attempt("to what is not mine", os.link, "secret", "/proc/self/cwd/mine")


@scenario
def symbolic_links() -> None:
    """Links are followed, dangle, loop, and hold what was put into them."""
    become(NOBODY)
    targets = {"up": "..", "long": "x" * 4000, "loop": "loop", "dangling": "missing", "to": "up/.."}
    for name, target in targets.items():
        os.symlink(target, name)
        say(name, os.readlink(name) == target)
        look(name)
    attempt("loop", os.stat, "loop")
    attempt("dangling", os.stat, "dangling")
    attempt("no link", os.readlink, "..")
    attempt("not followed", os.open, "up", os.O_RDONLY | os.O_NOFOLLOW)
    attempt("empty", os.symlink, "", "empty")
    os.close(os.open("dangling", os.O_CREAT | os.O_WRONLY, 0o600))
    look("missing")
    with opened("missing", os.O_RDONLY | os.O_NOFOLLOW):
        say("opened")


@scenario
def renames() -> None:
    """rename(2) replaces what it may, refuses what it must, and has its flags."""
    become(NOBODY)
    for name in ("a", "b", "c"):
        make_own(name, name.encode())
    for name in ("empty", "full", "full/inner"):
        os.mkdir(name)
    os.rename("a", "b")
    say("replaced", read("b"))
    attempt("missing", os.rename, "a", "d")
    attempt("file over directory", os.rename, "b", "empty")
    attempt("directory over file", os.rename, "empty", "b")
    attempt("over a full one", os.rename, "empty", "full")
    attempt("into itself", os.rename, "full", "full/inner/deeper")
    attempt("over an empty one", os.rename, "full", "empty")
    attempt("keep", renameat2, "b", "c", 1)
    attempt("free", renameat2, "b", "d", 1)
    attempt("swap", renameat2, "c", "empty", 2)
    attempt("swap missing", renameat2, "c", "missing", 2)
    attempt("both flags", renameat2, "c", "d", 3)
    attempt("unknown flag", renameat2, "c", "d", 64)
    say("names", sorted(os.listdir(".")))
    say("inside", sorted(os.listdir("c")))
    say("content", [read("d"), read("empty")])
    os.link("d", "e")
    attempt("onto the same file", os.rename, "d", "e")
    say("names", sorted(os.listdir(".")))


@scenario
def removals() -> None:
    """unlink(2) and rmdir(2) say no where they should."""
    become(NOBODY)
    make_own("file")
    os.mkdir("full")
    os.mkdir("full/inner")
    os.symlink("full", "link")
    attempt("missing", os.unlink, "missing")
    attempt("unlink directory", os.unlink, "full")
    attempt("rmdir file", os.rmdir, "file")
    attempt("rmdir link", os.rmdir, "link")
    attempt("rmdir full", os.rmdir, "full")
    attempt("rmdir dot", os.rmdir, "full/inner/.")
    attempt("rmdir up", os.rmdir, "full/inner/..")
    attempt("below a file", os.unlink, "file/below")
    attempt("rmdir", os.rmdir, "full/inner")
    attempt("rmdir", os.rmdir, "full")
    attempt("unlink", os.unlink, "link")


@scenario
def a_removed_file_lives_on() -> None:
    """What is unlinked while open keeps its bytes, attributes and limits."""
    become(NOBODY)
    with opened("file", os.O_CREAT | os.O_RDWR, 0o600) as file:
        os.write(file, b"before")
        os.unlink("file")
        os.write(file, b" after")
        os.ftruncate(file, 10)
        os.fchmod(file, 0o640)
        os.fchown(file, -1, NOBODY)
        os.utime(file, ns=(5, 6))
        os.setxattr(file, "user.key", b"value")
        say("xattr", os.getxattr(file, "user.key"))
        status = os.fstat(file)
        say("status", (status.st_nlink, status.st_size, status.st_mode, status.st_mtime_ns))
        say("content", os.pread(file, 100, 0))
    os.mkdir("directory")
    descriptor = os.open("directory", os.O_RDONLY)
    os.rmdir("directory")
    say("directory", os.fstat(descriptor).st_nlink)
    attempt("list", os.listdir, descriptor)
    attempt("make in it", os.mkdir, "inner", dir_fd=descriptor)


@scenario
def replaced_while_open() -> None:
    """A file that is renamed over keeps serving those who have it open."""
    become(NOBODY)
    make_own("old", b"old")
    make_own("new", b"new")
    with opened("old", os.O_RDONLY) as file:
        os.rename("new", "old")
        say("open", os.read(file, 10))
    say("by name", read("old"))


@scenario
def names_are_bytes() -> None:
    """Names need not be text; they may be as long as the backing filesystem lets them."""
    become(NOBODY)
    names = [b"\xff\xfe", b"new\nline", b" ", b"-", b"...", "ü".encode(), b"x" * 255, b"\\", b"*"]
    for name in names:
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o600))
        os.mkdir(name[:200] + b".d")
    say("listed", sorted(os.listdir(b".")))
    attempt("too long", os.stat, b"x" * 256)
    attempt("make too long", os.open, b"x" * 256, os.O_CREAT | os.O_WRONLY)
    for name in names:
        os.unlink(name)


@scenario
def deep_paths() -> None:
    """A path deeper than any one name for it can be."""
    become(NOBODY)
    top = os.open(".", os.O_RDONLY)
    for _ in range(60):
        os.mkdir("d" * 100)
        os.chdir("d" * 100)
    make_own("deepest", b"data")
    say("content", read("deepest"))
    os.setxattr("deepest", "user.key", b"value")
    look("deepest")
    say("up", len(os.getcwd()) > 6000)
    os.fchdir(top)


@scenario
def large_directories() -> None:
    """2000 entries are listed, once each, with their types; also while they are being removed."""
    become(NOBODY)
    os.mkdir("many")
    names = {f"{number}-{'n' * (number % 50)}" for number in range(2000)}
    for name in names:
        os.close(os.open(f"many/{name}", os.O_CREAT | os.O_WRONLY, 0o600))
    os.mkdir("many/directory")
    os.symlink("x", "many/link")
    os.mkfifo("many/fifo")
    listed = os.listdir("many")
    say("all", len(listed) == len(set(listed)) and set(listed) == names | special_names())
    with os.scandir("many") as entries:
        kinds = {entry.name: (entry.is_dir(), entry.is_symlink()) for entry in entries}
    say("kinds", [kinds[name] for name in sorted(special_names())])
    with os.scandir("many") as entries:
        inos = {entry.name: entry.inode() for entry in entries}
    say("inos", all(os.lstat(f"many/{name}").st_ino == inos[name] for name in list(inos)[::50]))
    removed = 0
    with os.scandir("many") as entries:
        for entry in entries:
            if entry.name in names:
                os.unlink(entry.path)
                removed += 1
    say("removed", removed)
    say("left", sorted(os.listdir("many")))


def special_names() -> set[str]:
    """What is not a plain file in `large_directories`."""
    return {"directory", "link", "fifo"}
