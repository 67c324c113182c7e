"""Scenarios about who may do what."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.driver.passthrough.scenarios.tools import (
    ACL_GROUP_OBJ,
    ACL_MASK,
    ACL_OTHER,
    ACL_UNDEFINED,
    ACL_USER,
    ACL_USER_OBJ,
    NOBODY,
    STRANGER,
    TEAM,
    acl,
    attempt,
    become,
    look,
    make,
    make_own,
    opened,
    read,
    say,
    scenario,
)


@scenario
def closed_directories_stay_closed() -> None:
    """What a 0700 directory hides stays hidden, though root looked at all of it just before."""
    os.mkdir("closed", 0o700)
    make("closed/open-file", b"secret", 0o666)
    os.mkdir("closed/inner", 0o777)
    for _ in range(2):
        read("closed/open-file")
        os.listdir("closed/inner")
    become(NOBODY)
    attempt("list", os.listdir, "closed")
    attempt("stat", os.stat, "closed/open-file")
    attempt("open", os.open, "closed/open-file", os.O_RDONLY)
    attempt("write", os.open, "closed/open-file", os.O_WRONLY)
    attempt("make", os.open, "closed/new", os.O_CREAT | os.O_WRONLY)
    attempt("below", os.listdir, "closed/inner")
    attempt("remove", os.unlink, "closed/open-file")
    attempt("move out", os.rename, "closed/open-file", "taken")
    attempt("link out", os.link, "closed/open-file", "taken")
    attempt("enter", os.chdir, "closed")
    attempt("xattr", os.getxattr, "closed/open-file", "user.any")
    attempt("times", os.utime, "closed/open-file")


@scenario
def an_open_directory_keeps_working() -> None:
    """A directory opened before the rights went can be listed, and entered no more."""
    os.mkdir("directory", 0o755)
    make("directory/file", b"data")
    descriptor = os.open("directory", os.O_RDONLY)
    os.chmod("directory", 0o700)
    become(NOBODY)
    attempt("list", os.listdir, descriptor)
    attempt("stat through it", os.stat, "file", dir_fd=descriptor)


@scenario
def modes_are_enforced() -> None:
    """Owner, group and other bits decide, in this order."""
    for mode in (0o000, 0o004, 0o040, 0o044, 0o400, 0o444, 0o200, 0o020, 0o002, 0o222):
        make(f"own-{mode:03o}", b"data", mode, (NOBODY, 77))
        make(f"team-{mode:03o}", b"data", mode, (0, TEAM))
        make(f"other-{mode:03o}", b"data", mode)
    names = sorted(os.listdir("."))
    become(NOBODY, TEAM, 4, 5)
    for name in names:
        attempt(f"read {name}", lambda name=name: read(name))
        attempt(f"write {name}", lambda name=name: os.close(os.open(name, os.O_WRONLY)))
        attempt(f"truncate {name}", os.truncate, name, 4)
        say(f"access {name}", [os.access(name, right) for right in (os.R_OK, os.W_OK, os.X_OK)])


@scenario
def the_sticky_bit_protects() -> None:
    """In a sticky directory one removes and renames only what is one's own."""
    os.mkdir("sticky")
    os.chmod("sticky", 0o1777)
    make("sticky/alien", b"", 0o666)
    become(NOBODY)
    make_own("sticky/own")
    attempt("unlink alien", os.unlink, "sticky/alien")
    attempt("rename alien", os.rename, "sticky/alien", "sticky/mine")
    attempt("replace alien", os.rename, "sticky/own", "sticky/alien")
    attempt("unlink own", os.unlink, "sticky/own")


@scenario
def acls_are_enforced() -> None:
    """An access ACL gives and takes rights beyond the mode."""
    for name, rights, mask in (("read", 4, 7), ("write", 2, 7), ("masked", 7, 0), ("none", 0, 7)):
        make(name, b"data", 0o660)
        entries = (
            (ACL_USER_OBJ, 6, ACL_UNDEFINED),
            (ACL_USER, rights, NOBODY),
            (ACL_GROUP_OBJ, 6, ACL_UNDEFINED),
            (ACL_MASK, mask, ACL_UNDEFINED),
            (ACL_OTHER, 4, ACL_UNDEFINED),
        )
        os.setxattr(name, "system.posix_acl_access", acl(*entries))
        look(name)
    become(NOBODY)
    for name in ("read", "write", "masked", "none"):
        attempt(f"read {name}", lambda name=name: read(name))
        attempt(f"write {name}", lambda name=name: os.close(os.open(name, os.O_WRONLY)))
        attempt(f"acl of {name}", os.getxattr, name, "system.posix_acl_access")
        attempt(f"change {name}", os.removexattr, name, "system.posix_acl_access")


@scenario
def default_acls_outweigh_the_umask() -> None:
    """What is made in a directory with a default ACL gets it, and the umask does not matter."""
    os.mkdir("shared")
    os.chmod("shared", 0o777)
    entries = (
        (ACL_USER_OBJ, 7, ACL_UNDEFINED),
        (ACL_USER, 7, STRANGER),
        (ACL_GROUP_OBJ, 5, ACL_UNDEFINED),
        (ACL_MASK, 7, ACL_UNDEFINED),
        (ACL_OTHER, 0, ACL_UNDEFINED),
    )
    os.setxattr("shared", "system.posix_acl_default", acl(*entries))
    become(NOBODY)
    os.umask(0o077)
    make_own("shared/file", mode=0o666)
    make_own("shared/strict", mode=0o600)
    os.mkdir("shared/inner", 0o777)
    os.mkfifo("shared/fifo", 0o666)
    for name in ("file", "strict", "inner", "fifo"):
        look(f"shared/{name}")
        attempt(name, os.getxattr, f"shared/{name}", "system.posix_acl_access")
        attempt(name, os.getxattr, f"shared/{name}", "system.posix_acl_default")
    os.umask(0o027)
    make_own("plain", mode=0o666)
    look("plain")


@scenario
def a_chmod_changes_the_mask() -> None:
    """With an ACL the group bits are its mask, in both directions."""
    make("file", b"", 0o644, (NOBODY, NOBODY))
    become(NOBODY)
    entries = (
        (ACL_USER_OBJ, 6, ACL_UNDEFINED),
        (ACL_USER, 7, STRANGER),
        (ACL_GROUP_OBJ, 4, ACL_UNDEFINED),
        (ACL_MASK, 7, ACL_UNDEFINED),
        (ACL_OTHER, 4, ACL_UNDEFINED),
    )
    os.setxattr("file", "system.posix_acl_access", acl(*entries))
    look("file")
    os.chmod("file", 0o640)
    say("acl", os.getxattr("file", "system.posix_acl_access"))
    os.setxattr(
        "file",
        "system.posix_acl_access",
        acl(
            (ACL_USER_OBJ, 7, ACL_UNDEFINED),
            (ACL_GROUP_OBJ, 1, ACL_UNDEFINED),
            (ACL_OTHER, 0, ACL_UNDEFINED),
        ),
    )
    look("file")
    attempt("acl", os.getxattr, "file", "system.posix_acl_access")


@scenario
def programs_run_without_being_readable() -> None:
    """Execute permission is enough to run a program, and is needed."""
    program = shutil.which("true") or "/bin/true"
    for mode in (0o755, 0o711, 0o644):
        make(f"program-{mode:o}", Path(program).read_bytes(), mode)
    make("script", b"#!/bin/sh\necho ran\n", 0o755)
    become(NOBODY)
    for mode in (0o755, 0o711, 0o644):
        attempt(f"open {mode:o}", lambda mode=mode: len(read(f"program-{mode:o}")))
        attempt(f"run {mode:o}", run, f"./program-{mode:o}")
    attempt("script", run, "./script")


def run(path: str) -> int:
    """Exit status of the program *path*."""
    pid = os.posix_spawn(path, [path], {})
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@scenario
def an_open_file_outlives_its_rights() -> None:
    """What was opened can be written, truncated and synced whatever the mode is by now."""
    become(NOBODY)
    with opened("file", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o000) as file:
        os.write(file, b"0123456789")
        os.ftruncate(file, 5)
        os.fchmod(file, 0o200)
        say("content", os.pread(file, 100, 0))
        os.fsync(file)
        os.fdatasync(file)
        os.utime(file, ns=(1, 2))
        say("times", os.fstat(file).st_mtime_ns)
    attempt("again", os.open, "file", os.O_RDONLY)
    with opened("read-only", os.O_CREAT | os.O_RDWR, 0o444) as file:
        os.write(file, b"data")
        say("content", os.pread(file, 100, 0))


@scenario
def groups_count_from_one_call_to_the_next() -> None:
    """A process that takes and lays down groups is judged by those it has at each call."""
    make("team", b"data", 0o060, (0, TEAM))
    make("own", b"", 0o600, (NOBODY, TEAM))
    for number, groups in enumerate(((), (TEAM,), (5,), (5, TEAM), ()) * 2):
        os.setgroups(groups)
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
        say("groups", groups)
        attempt("read", read, "team")
        attempt("write", lambda: os.close(os.open("team", os.O_WRONLY)))
        attempt("chmod", os.chmod, "own", 0o2710)
        look("own")
        attempt("chgrp", os.chown, "own", -1, TEAM)
        make_own(f"made-{number}", mode=0o2770)
        look(f"made-{number}")
        os.seteuid(0)
        os.setegid(0)


ATTEMPTS = """
cat secret; echo more >> secret; ls closed; touch closed/new; cat none own-none; rm sticky/file
chmod 640 aliens; chown 7:7 aliens; chmod 2755 other-group; echo x >> set-id; mkdir closed/inner
setfattr -n trusted.key aliens; chmod 600 own-none; stat -c '%a %u:%g' *
"""
"""What a process tries whose capabilities are the question."""


@scenario
def layers_of_an_overlay() -> None:
    """overlayfs reads its marks in the name of who mounted it, whoever asks."""
    for layer in ("upper", "lower"):
        os.makedirs(f"{layer}/directory")
        make(f"{layer}/directory/{layer}-file", b"data")
    os.setxattr("upper/directory", "trusted.overlay.opaque", b"y")
    os.mkdir("merged")
    subprocess.run(
        ["mount", "-t", "overlay", "-o", "lowerdir=upper:lower", "none", "merged"], check=True
    )
    try:
        for command in ((), ("setpriv", "--bounding-set=-all"), ("setpriv", f"--reuid={NOBODY}")):
            done = subprocess.run([*command, "ls", "merged/directory"], stdout=-1, check=True)
            say(" ".join(command), done.stdout)
    finally:
        subprocess.run(["umount", "merged"], check=True)


@scenario
def capabilities_count_apart_from_uid_0() -> None:
    """Users with capabilities, root without some, and root of a user namespace do what they may."""
    user = ("setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups")
    sets = ("dac_override", "dac_read_search", "fowner", "chown", "fsetid", "sys_admin")
    capable = ((*user, f"--inh-caps=+{name}", f"--ambient-caps=+{name}") for name in sets)
    root = (("setpriv", f"--bounding-set=-{name}") for name in ("all", *sets))
    namespace = ("unshare", "--user", "--map-root-user")
    for number, command in enumerate((user, *capable, *root, namespace, (*user, *namespace))):
        os.mkdir(f"{number}")
        make(f"{number}/secret", b"secret\n", 0o600, (NOBODY, NOBODY))
        make(f"{number}/aliens")
        make(f"{number}/other-group", b"", 0o755, (STRANGER, TEAM))
        make(f"{number}/none", b"none\n", 0o000, (NOBODY, NOBODY))
        make(f"{number}/own-none", b"own\n", 0o000, (STRANGER, STRANGER))
        make(f"{number}/set-id", b"", 0o6777, (NOBODY, TEAM))
        os.mkdir(f"{number}/closed", 0o700)
        os.mkdir(f"{number}/sticky")
        os.chmod(f"{number}/sticky", 0o1777)
        make(f"{number}/sticky/file", b"", 0o666)
        script = ("sh", "-c", f"cd {number}\n{ATTEMPTS}")
        done = subprocess.run((*command, *script), stdout=-1, stderr=-2, text=True, check=False)
        say(" ".join(command), done.stdout)
        os.chmod(f"{number}/closed", 0o755)
