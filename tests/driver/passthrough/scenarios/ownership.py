"""Scenarios about who owns what."""

import os
import shutil
import socket
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.driver.passthrough.scenarios.tools import (
    NOBODY,
    TEAM,
    attempt,
    become,
    fallocate,
    look,
    make,
    opened,
    say,
    scenario,
)


@scenario
def new_things_belong_to_their_maker() -> None:
    """Files, directories, links, FIFOs and sockets belong to the caller, by the caller's umask."""
    become(NOBODY, gid=TEAM)
    os.umask(0o027)
    make_one_of_each("")
    os.umask(0o077)
    make_one_of_each("private-")


def make_one_of_each(prefix: str) -> None:
    """One thing of each type that a user may make."""
    os.close(os.open(prefix + "file", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    os.mkdir(prefix + "directory", 0o777)
    os.symlink("anywhere", prefix + "link")
    os.mkfifo(prefix + "fifo", 0o666)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(prefix + "socket")
    os.mknod(prefix + "node", 0o666 | stat.S_IFREG)
    for kind in ("file", "directory", "link", "fifo", "socket", "node"):
        look(prefix + kind)


@scenario
def set_group_id_directories_pass_on_their_group() -> None:
    """What is made in a set-group-id directory has its group; a directory the bit as well."""
    os.mkdir("team")
    os.chown("team", 0, TEAM)
    os.chmod("team", 0o2777)
    become(NOBODY)
    os.mkdir("team/inner")
    os.close(os.open("team/file", os.O_CREAT | os.O_WRONLY, 0o2775))
    for path in ("team/inner", "team/file"):
        look(path)
    os.mkdir("team/inner/deeper")
    look("team/inner/deeper")


@scenario
def writing_clears_set_user_id() -> None:
    """Every way to change the bytes of somebody's set-user-id file takes the bits away."""
    source = b"x" * 8192
    make("source", source, 0o644)
    ways: dict[str, Callable[[int], object]] = {
        "write": lambda file: os.write(file, b"data"),
        "pwritev": lambda file: os.pwritev(file, [b"a", b"b"], 4000),
        "ftruncate": lambda file: os.ftruncate(file, 10),
        "fallocate": lambda file: fallocate(file, 0, 0, 100_000),
        "punch": lambda file: fallocate(file, 3, 0, 4096),
        "copy": lambda file: copy_from("source", file),
        "nothing": lambda file: os.fsync(file),
    }
    for way in (*ways, "truncate", "open"):
        for mode in (0o6777, 0o2767, 0o4777):
            make(f"{way}-{mode:o}", source, mode)
    become(NOBODY)
    for mode in (0o6777, 0o2767, 0o4777):
        for way, change in ways.items():
            with opened(f"{way}-{mode:o}", os.O_WRONLY) as file:
                change(file)
        os.truncate(f"truncate-{mode:o}", 5)
        os.close(os.open(f"open-{mode:o}", os.O_WRONLY | os.O_TRUNC))
        for way in (*ways, "truncate", "open"):
            look(f"{way}-{mode:o}")


@scenario
def a_changed_program_runs_as_its_caller() -> None:
    """Once somebody has written to a set-user-ID program it gives no rights, from then on."""
    for way in ("write", "truncate"):
        make(way, Path(shutil.which("id") or "/usr/bin/id").read_bytes(), 0o4777)
    become(NOBODY)
    for way in ("write", "truncate"):
        say("before", subprocess.run([f"./{way}", "-u"], stdout=-1, check=True).stdout)
        with opened(way, os.O_WRONLY | os.O_APPEND) as file:
            if way == "write":
                os.write(file, b"more")
            else:
                os.ftruncate(file, os.fstat(file).st_size + 1)
        say("after", subprocess.run([f"./{way}", "-u"], stdout=-1, check=True).stdout)


def copy_from(path: str, descriptor: int) -> int:
    """copy_file_range(2) of the beginning of *path*."""
    with opened(path, os.O_RDONLY) as source:
        return os.copy_file_range(source, descriptor, 5000, 0, 0)


@scenario
def root_writes_keep_set_user_id() -> None:
    """Root may write to a set-user-id file and the bits stay."""
    make("file", b"data", 0o6755)
    with opened("file", os.O_WRONLY) as file:
        os.write(file, b"more")
    look("file")
    os.truncate("file", 1)
    look("file")


@scenario
def changing_owner_and_group() -> None:
    """chown(2) by owner, root and stranger, and what it does to set-user-id bits."""
    for name in ("own", "group", "alien"):
        make(name, b"", 0o6755, (NOBODY, NOBODY))
    os.chown("group", -1, TEAM)
    look("group")
    make("alien", b"", 0o644)
    os.symlink("own", "link")
    os.lchown("link", NOBODY, NOBODY)
    become(NOBODY, TEAM)
    attempt("give away", os.chown, "own", 0, -1)
    attempt("to a group I am in", os.chown, "own", -1, TEAM)
    attempt("to a group I am not in", os.chown, "own", -1, 77)
    attempt("to nobody in particular", os.chown, "own", -1, -1)
    attempt("alien", os.chown, "alien", -1, TEAM)
    attempt("link", os.lchown, "link", -1, TEAM)
    for name in ("own", "group", "alien", "link"):
        look(name)


@scenario
def changing_modes() -> None:
    """chmod(2) by owner and stranger; set-group-id needs membership."""
    make("own", b"", 0o644, (NOBODY, TEAM))
    make("alien", b"", 0o666)
    os.mkdir("directory")
    os.chown("directory", NOBODY, TEAM)
    become(NOBODY)
    attempt("alien", os.chmod, "alien", 0o600)
    for mode in (0o000, 0o7777, 0o2755, 0o4711, 0o1644):
        attempt(f"{mode:o}", os.chmod, "own", mode)
        look("own")
    attempt("directory", os.chmod, "directory", 0o3777)
    look("directory")
