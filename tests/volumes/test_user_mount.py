"""Volumes of an ordinary user, mounted through fusermount3, and those of others seen by one."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.support.ordinary_user import OrdinaryUser, ordinary_user
from tests.support.program import Finished
from tests.support.waiting import wait_until
from tests.volumes.conftest import Volumes
from vexfsctl.driver.volume.ownership import owner
from vexfsctl.system.processes import Process

pytestmark = pytest.mark.privileged("fuse", "fusermount3", "nsenter", "setpriv")

SOMEBODY_ELSE = 65533


@pytest.fixture
def user() -> Iterator[OrdinaryUser]:
    """A user who may open /dev/fuse, with a directory to guard and one to mount it on."""
    with ordinary_user(fuse_mode=0o666) as user:
        user.run("mkdir", "source", "mnt")
        yield user


def mount(user: OrdinaryUser, *options: str) -> Finished:
    """Mount the volume `mine`."""
    return user.vexfsctl("mount", "source", "mnt", "--name", "mine", *options)


def presence_of(user: OrdinaryUser) -> dict[str, str]:
    """What `volume list` says of each volume of the user's own root."""
    listed = user.vexfsctl("volume", "list", "--json").json["data"]
    own = [each for each in listed if str(user.directory) in each["root"]]
    return {each["name"]: each["presence"] for each in own}


def driver_of(user: OrdinaryUser) -> Process:
    """Return the process that serves it."""
    driver = owner(user.outside(user.directory) / "runtime/vexfs/mine")
    assert driver is not None
    return driver


def test_a_volume_of_a_user(user: OrdinaryUser) -> None:
    """Mounted, seen, used and unmounted without root; its records are in the user's own state."""
    mounted = mount(user)
    written = user.run("sh", "-c", "echo content > mnt/file && cat source/file")
    status = user.vexfsctl("status", "mine")
    there = presence_of(user)
    ended = user.vexfsctl("umount", "mine")

    assert mounted.stdout == (
        f"mounted mine on {user.directory}/mnt, attributes in {user.directory}/runtime/vexfs/mine, "
        f"records in {user.directory}/home/.local/state/vexfs/mine.kmsg\n"
    )
    assert written.stdout == "content\n"
    assert status.exit_status == 0
    assert status.stdout.startswith("OK")
    assert there == {"mine": "present"}
    assert (ended.exit_status, ended.stdout) == (0, "unmounted mine\n")
    assert presence_of(user) == {}


def test_a_user_sets_what_is_the_users_own(user: OrdinaryUser) -> None:
    """The tree belongs to who mounted it: breakers and settings need no root."""
    mount(user)

    tripped = user.vexfsctl("breaker", "trip", "mine/file", "--yes")
    read = user.run("cat", "mnt/none")
    reset = user.vexfsctl("breaker", "reset", "mine/file", "--yes")

    assert tripped.exit_status == 0, tripped.stderr
    assert read.exit_status == 1
    assert reset.exit_status == 0, reset.stderr


def test_a_user_works_on_it(user: OrdinaryUser) -> None:
    """Files are written, synced, renamed, linked and removed, and what is below has them so."""
    mount(user)

    worked = user.run(
        "sh",
        "-ec",
        "echo one > mnt/a; echo two > mnt/b; mv mnt/a mnt/c; mv -f mnt/c mnt/b; cat mnt/b;"
        "mkdir mnt/d; mv mnt/b mnt/d/e; mv mnt/d mnt/g; ln mnt/g/e mnt/f; echo more >> mnt/f;"
        "dd if=/dev/zero of=mnt/big bs=64k count=16 conv=fsync status=none; truncate -s 5 mnt/big;"
        "chmod 600 mnt/big; rm mnt/f; cat source/g/e; stat -c '%n %s %a %U' source/big; ls source",
    )
    check = user.vexfsctl("check", "mine")
    errors = user.vexfsctl("errors", "-V", "mine", "--json")

    assert (worked.exit_status, worked.stderr) == (0, "")
    assert worked.stdout == "one\none\nmore\nsource/big 5 600 nobody\nbig\ng\n"
    assert (check.exit_status, check.stdout.partition(" | ")[0]) == (0, "OK - mine is healthy")
    assert errors.json["data"]["groups"] == []


def test_root_ends_the_volume_of_a_user(user: OrdinaryUser) -> None:
    """Without reading it: the driver syncs and goes, as for the user."""
    mount(user)
    root = replace(user, uid=0)
    user.run("sh", "-c", "echo content > mnt/file")

    check = root.vexfsctl("check", "mine", "--sysfs-root", f"{user.directory}/runtime/vexfs")
    ended = root.vexfsctl("umount", "mine")

    assert check.exit_status == 3
    assert check.stdout.startswith("UNKNOWN - mine: unreadable: Permission denied")
    assert (ended.exit_status, ended.stdout, ended.stderr) == (0, "unmounted mine\n", "")
    assert user.volume_mounts() == []
    assert user.run("cat", "source/file").stdout == "content\n"


def test_a_stopped_driver_of_a_user_is_seen_by_the_user(user: OrdinaryUser) -> None:
    """No right is needed to see that its CPU clock stands; going on, all is well."""
    mount(user)
    driver = driver_of(user)
    os.kill(driver.pid, signal.SIGSTOP)

    hung = user.vexfsctl("check", "mine", "--json", "--timeout", "0.5")
    os.kill(driver.pid, signal.SIGCONT)
    well = user.vexfsctl("check", "mine")

    assert hung.exit_status == 2
    finding = hung.json["data"]["findings"][0]
    assert (finding["code"], finding["hint"]) == (
        "volume_unresponsive",
        "vexfsctl umount --force mine",
    )
    assert finding["message"].endswith(f"process {driver.pid}, stands")
    assert well.exit_status == 0


def test_a_killed_driver_of_a_user_is_cleared_by_the_user(user: OrdinaryUser) -> None:
    """Its mounts stay behind as stale; `umount` says so and `umount --force` takes them away."""
    mount(user)
    driver = driver_of(user)
    os.kill(driver.pid, signal.SIGKILL)
    wait_until(lambda: driver.gone)

    stale, left = presence_of(user), user.volume_mounts()
    check = user.vexfsctl("check", "mine")
    refused = user.vexfsctl("umount", "mine")
    cleared = user.vexfsctl("umount", "--force", "mine")

    assert stale == {"mine": "stale"}
    assert len(left) == 2
    assert check.exit_status == 2
    assert check.stdout.startswith("CRITICAL - mine: stale: ")
    assert (refused.exit_status, refused.stderr) == (
        1,
        "vexfsctl: the driver of volume mine is gone: there is nothing to sync\n"
        "hint: vexfsctl umount --force mine\n",
    )
    assert cleared.exit_status == 0, cleared.stderr
    assert presence_of(user) == {}
    assert user.volume_mounts() == []


def test_the_volume_of_a_user_lets_nobody_else_in(user: OrdinaryUser) -> None:
    """Not even root (FUSE without allow_other): told with the name of who mounted it."""
    mount(user)
    runtime = {"XDG_RUNTIME_DIR": str(user.directory / "runtime")}
    root = f"{user.directory}/runtime/vexfs"

    by_root = replace(user, uid=0).vexfsctl("volume", "list", "--sysfs-root", root)
    by_other = replace(user, uid=SOMEBODY_ELSE).vexfsctl("volume", "list", env=runtime)

    assert by_root.exit_status == 3
    assert by_root.stderr == (
        "vexfsctl: incomplete: mine: unreadable\n"
        "vexfsctl: mine: Permission denied\n"
        "hint: run it as user nobody, who mounted it\n"
    )
    assert by_other.exit_status == 3
    assert by_other.stderr == (
        f"vexfsctl: incomplete: {root}: unreadable (Permission denied; "
        f"{user.directory}/runtime is 0700 nobody:nogroup: run it with sudo, or as user nobody)\n"
    )


def test_where_only_root_may_open_the_device_the_reason_is_clear() -> None:
    """Mount and lab say which file refuses, with its mode, and what would let every user in."""
    with ordinary_user(fuse_mode=0o600) as user:
        user.run("mkdir", "source", "mnt")
        for words in (("mount", "source", "mnt"), ("lab", "up")):
            answer = user.vexfsctl(*words)

            assert (answer.exit_status, answer.stdout, answer.stderr) == (
                1,
                "",
                "vexfsctl: FUSE cannot be used here: /dev/fuse: Permission denied\n"
                "hint: /dev/fuse is 0600 root:root: run it with sudo; "
                "for every user: sudo chmod 666 /dev/fuse\n",
            )


def test_a_volume_of_root_is_read_by_everybody_and_changed_by_root(volumes: Volumes) -> None:
    """Its tree is for all to read; a change is refused and says how it can be made."""
    volume = volumes.mount("--log-to", str(volumes.directory / "records.kmsg"))
    with ordinary_user(sees=volume.name) as user:
        shown = user.vexfsctl("volume", "show", volume.name, "--json")
        breakers = user.vexfsctl("breaker", "list", volume.name, "--json")
        status = user.vexfsctl("status", volume.name)
        refused = user.vexfsctl("breaker", "trip", f"{volume.name}/file", "--yes")

    assert (shown.exit_status, breakers.exit_status) == (0, 0)
    assert len(breakers.json["data"]) == 7
    assert status.exit_status == 0
    assert volume.name in status.stdout
    assert refused.exit_status == 1
    assert refused.stderr.endswith("not permitted\nhint: run it with sudo\n")
    assert volume.attribute("operations/file/breaker/state") == "closed"
