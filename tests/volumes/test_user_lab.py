"""A lab on a plain directory: without root, without a device, with faults of the driver."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ordinary_user import OrdinaryUser, ordinary_user
from tests.support.program import BOUND_S, Program
from tests.support.waiting import wait_until
from tests.volumes.conftest import leftovers, new_name
from vexfsctl.lab.assembly import bring_up, take_down
from vexfsctl.lab.layout import LabKind, Layout
from vexfsctl.system.processes import Process

pytestmark = pytest.mark.privileged("fuse", "fusermount3", "nsenter", "setpriv")


@pytest.fixture
def user() -> Iterator[OrdinaryUser]:
    """A user who may open /dev/fuse, as where udev has set it up."""
    with ordinary_user(fuse_mode=0o666) as user:
        yield user


@pytest.fixture
def lab(user: OrdinaryUser) -> Path:
    """The mount point of a lab of that user, called `lab`."""
    answer = user.vexfsctl("lab", "up", "--json")
    assert answer.exit_status == 0, answer.stderr
    return Path(answer.json["data"]["mountpoint"])


def labs_of(user: OrdinaryUser) -> list[dict[str, object]]:
    """What `lab list` says of this user's labs; root may have some as well."""
    listed = user.vexfsctl("lab", "list", "--json").json["data"]
    return [each for each in listed if each["mountpoint"].startswith(str(user.directory))]


def left_of(user: OrdinaryUser) -> list[str]:
    """Everything of labs and volumes that the user still has: files, mounts, processes."""
    found = user.run("find", "home", "runtime", "-mindepth", "1").stdout.splitlines()
    found += user.volume_mounts()
    return found + [str(process) for process in processes_of(user)]


def processes_of(user: OrdinaryUser, *words: str) -> list[Process]:
    """The processes of this user that run, with all *words* on their command lines."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            mine = entry.name.isdecimal() and entry.stat().st_uid == user.uid
            line = (entry / "cmdline").read_bytes().decode().split("\0") if mine else []
        except OSError:
            continue
        process = Process.find(int(entry.name)) if mine else None
        if process is not None and not process.gone and str(user.directory) in " ".join(line):
            found += [process] if set(words) <= set(line) else []
    return found


def driver_of(user: OrdinaryUser) -> Process:
    """The driver of the only volume of the user."""
    (driver,) = processes_of(user, "--foreground")
    return driver


def start(user: OrdinaryUser, *words: str) -> "subprocess.Popen[str]":
    """Start a program as the user, its output in a pipe."""
    return subprocess.Popen(
        user.argv(*words),
        env=user.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_life_of_a_lab(user: OrdinaryUser, lab: Path) -> None:
    """Up, used, failing on demand, healed, down; of it all nothing is left."""
    (user.outside(user.directory) / "words").write_text("content")
    assert user.run("cp", "words", str(lab)).exit_status == 0

    failing = user.vexfsctl("lab", "inject", "read", "--path", "words")
    failed = user.run("cat", f"{lab}/words")
    healed = user.vexfsctl("lab", "inject", "--clear")
    fine = user.run("cat", f"{lab}/words")
    down = user.vexfsctl("lab", "down")

    assert failing.stdout == "read path=words errno=EIO\n"
    assert failed.stderr == f"cat: {lab}/words: Input/output error\n"
    assert healed.stdout == "no fault is in force\n"
    assert fine.stdout == "content"
    assert (down.stdout, down.stderr) == ("lab lab is gone\n", "")
    assert left_of(user) == []


def test_what_a_lab_is(user: OrdinaryUser, lab: Path) -> None:
    """The list tells a plain lab from one on a device; it is below the user's own directory."""
    assert labs_of(user) == [
        {
            "name": "lab",
            "kind": "plain",
            "volume": "lab",
            "mountpoint": f"{user.directory}/runtime/vexfsctl/lab/lab/mnt",
            "backing": f"{user.directory}/runtime/vexfsctl/lab/lab/files",
            "device": None,
            "image": None,
            "mounted": True,
        }
    ]
    rows = [line.split() for line in user.vexfsctl("lab", "list").stdout.splitlines()]
    assert rows[:2] == [
        ["NAME", "KIND", "DEVICE", "MOUNTED", "MOUNTPOINT"],
        ["lab", "plain", "-", "yes", str(lab)],
    ]


def test_the_incident_is_traced_without_root(user: OrdinaryUser, lab: Path) -> None:
    """The kernel log is not the user's to read; the driver's own file tells what happened."""
    (user.outside(lab.parent) / "files/data").write_text("content")
    user.vexfsctl("lab", "inject", "read", "--path", f"{lab}/data", "--count", "3")
    assert user.run("cat", f"{lab}/data").exit_status == 1

    traced = user.vexfsctl("trace", "lab")
    records = user.vexfsctl("log", "-V", "lab", "--format", "ndjson")

    assert "storage" in traced.stdout
    assert "EIO" in traced.stdout
    *told, last = records.rows
    assert [row["text"] for row in told if "errno=EIO" in row["text"]] != []
    # The kernel log is not a user's where kernel.dmesg_restrict is on.
    assert {gap["source"] for gap in last.get("coverage", {}).get("gaps", [])} <= {"kmsg"}


def test_any_call_of_the_driver_can_fail(user: OrdinaryUser, lab: Path) -> None:
    """Not only reads and writes: a listing, and a sync of one file."""
    (user.outside(lab.parent) / "files/data").write_text("content")
    user.vexfsctl("lab", "inject", "readdir", "--errno", "EACCES")
    user.vexfsctl("lab", "inject", "fsync", "--path", "data", "--count", "1")

    listing = user.run("ls", str(lab))
    synced = [user.run("sync", f"{lab}/data").exit_status for _ in range(2)]

    assert "Permission denied" in listing.stderr
    assert synced == [1, 0]


def test_what_makes_no_sense_is_wrong_usage(user: OrdinaryUser, lab: Path) -> None:
    """The mistake is named, nothing is set and nothing made."""
    mistakes = {
        ("inject", "bogus"): "vexfsctl: not a call: 'bogus'",
        ("inject", "read", "--errno", "EBOGUS"): "vexfsctl: not an errno: 'EBOGUS'",
        ("inject", "read", "--path", "/etc/passwd"): "vexfsctl: /etc/passwd is not in the volume",
        ("inject", "read", "--path", "../../x"): "vexfsctl: ../../x is not in the volume",
        ("up", "--name", "other", "--size", "1M"): "vexfsctl: a plain lab has no device",
    }

    answers = {words: user.vexfsctl("lab", *words) for words in mistakes}

    for words, answer in answers.items():
        assert answer.exit_status == 2
        assert answer.stderr.startswith(mistakes[words])
    assert user.vexfsctl("lab", "inject", "--list").stdout == "no fault is in force\n"
    assert [each["name"] for each in labs_of(user)] == ["lab"]


def test_a_second_lab_of_one_name_is_refused(user: OrdinaryUser, lab: Path) -> None:
    """The one that is there is not touched."""
    answer = user.vexfsctl("lab", "up")

    assert (answer.exit_status, answer.stderr) == (
        1,
        "vexfsctl: there is a lab 'lab' already\nhint: vexfsctl lab down --name lab\n",
    )
    assert user.run("ls", str(lab)).exit_status == 0


def test_down_releases_a_delayed_call(user: OrdinaryUser, lab: Path) -> None:
    """A read that would wait for a minute ends with the lab."""
    (user.outside(lab.parent) / "files/data").write_text("content")
    user.vexfsctl("lab", "inject", "read", "--path", "data", "--delay", "60")
    reader = start(user, "cat", f"{lab}/data")
    wait_until(lambda: "delay_ms" in user.vexfsctl("lab", "inject", "--list").stdout)

    down = user.vexfsctl("lab", "down")
    reader.communicate(timeout=BOUND_S)

    assert down.exit_status == 0, down.stderr
    assert left_of(user) == []


def test_after_the_driver_was_killed(user: OrdinaryUser, lab: Path) -> None:
    """Its records can be read, its mounts answer nobody; the user takes it down without root."""
    driver = driver_of(user)
    os.kill(driver.pid, signal.SIGKILL)
    wait_until(lambda: driver.gone)

    injected = user.vexfsctl("lab", "inject", "read")
    logged = user.vexfsctl("log", "-V", "lab")
    down = user.vexfsctl("lab", "down")

    assert (injected.exit_status, injected.stderr) == (
        1,
        "vexfsctl: cannot set 'read errno=EIO' in lab lab: Transport endpoint is not connected\n"
        "hint: vexfsctl lab down --name lab\n",
    )
    assert "to=initialized" in logged.stdout
    assert down.exit_status == 0, down.stderr
    assert left_of(user) == []


def test_down_of_a_lab_whose_driver_is_stopped(user: OrdinaryUser, lab: Path) -> None:
    """It cannot answer, and is ended."""
    os.kill(driver_of(user).pid, signal.SIGSTOP)
    impatient = """
from vexfsctl.lab.assembly import take_down
from vexfsctl.lab.layout import find_layout
take_down(find_layout("lab"), patience_s=0.2)
"""

    down = user.run(sys.executable, "-c", impatient)

    assert down.exit_status == 0, down.stderr
    assert left_of(user) == []


@pytest.mark.parametrize("after_ms", [0, 150])
def test_down_after_an_up_that_was_killed(user: OrdinaryUser, after_ms: int) -> None:
    """Half a lab, perhaps with a driver that still starts: `down` finds all of it."""
    up = start(user, *user.program("lab", "up"))
    wait_until((user.outside(user.directory) / "runtime/vexfsctl/lab/lab").exists)
    # Not to wait for anything: only to meet `up` at different places.
    time.sleep(after_ms / 1000)
    up.kill()
    up.communicate()

    down = user.vexfsctl("lab", "down")

    assert down.exit_status == 0, down.stderr
    assert left_of(user) == []


def test_down_removes_what_modes_protect_and_follows_no_link(user: OrdinaryUser, lab: Path) -> None:
    """Directories that their owner cannot search go; what a link leads to stays as it is."""
    script = """
mkdir keep && chmod 500 keep
mkdir -p "$1/d/e" && echo x > "$1/d/e/f" && chmod 000 "$1/d/e" "$1/d"
ln -s "$PWD/keep" "$1/link"
"""
    assert user.run("sh", "-ec", script, "sh", str(lab)).exit_status == 0

    down = user.vexfsctl("lab", "down")

    assert down.exit_status == 0, down.stderr
    assert user.run("stat", "-c", "%a", "keep").stdout == "500\n"
    assert left_of(user) == []


def test_down_removes_nothing_of_what_is_mounted_inside(user: OrdinaryUser, lab: Path) -> None:
    """Somebody mounted another volume below the lab's files: said so, until that is gone."""
    files = lab.parent / "files"
    user.run("mkdir", "source", f"{files}/inside")
    user.run("sh", "-c", "echo kept > source/file")
    mounted = user.vexfsctl("mount", "source", f"{files}/inside", "--name", "other")
    assert mounted.exit_status == 0, mounted.stderr

    refused = user.vexfsctl("lab", "down")
    user.vexfsctl("umount", "other")
    down = user.vexfsctl("lab", "down")

    assert refused.exit_status == 1
    assert f"other is mounted on {files}/inside" in refused.stderr
    assert down.exit_status == 0, down.stderr
    assert user.run("cat", "source/file").stdout == "kept\n"


def test_run_passes_the_status_on_and_leaves_nothing(user: OrdinaryUser) -> None:
    """The command finds the volume in its environment, and no device."""
    script = 'echo "[$VEXFSCTL_LAB_DEVICE]" > "$VEXFSCTL_LAB_MOUNTPOINT/x" && '
    script += 'cat "$VEXFSCTL_LAB_MOUNTPOINT/x" && exit 7'

    ended = user.vexfsctl("lab", "run", "--", "sh", "-c", script)

    assert (ended.exit_status, ended.stdout, ended.stderr) == (7, "[]\n", "")
    assert left_of(user) == []


def test_run_that_is_ended_takes_its_lab_down(user: OrdinaryUser) -> None:
    """SIGTERM goes to the command, whose end is the lab's."""
    run = start(user, *user.program("lab", "run", "--", "sh", "-c", "echo ready; exec sleep 60"))
    assert run.stdout is not None
    assert run.stdout.readline() == "ready\n"

    run.terminate()

    assert run.wait(BOUND_S) == 128 + signal.SIGTERM
    run.communicate()
    assert left_of(user) == []


@pytest.mark.parametrize(
    ("runtime", "message"),
    [
        (None, "there is no runtime directory /run/user/65534"),
        ("/run", "the runtime directory /run is not yours"),
        ("/missing", "there is no runtime directory /missing"),
    ],
)
def test_without_a_runtime_directory_the_user_is_told(
    user: OrdinaryUser, runtime: str | None, message: str
) -> None:
    """cron sets none, su keeps another's: what to set is said, for labs and for mounts."""
    hint = "hint: export XDG_RUNTIME_DIR=$(mktemp -d), in every shell that is to see the volume\n"
    user.run("mkdir", "source", "mnt")

    for words in (("lab", "up"), ("mount", "source", "mnt")):
        answer = user.vexfsctl(*words, env={"XDG_RUNTIME_DIR": runtime})
        assert (answer.exit_status, answer.stderr) == (1, f"vexfsctl: {message}\n{hint}")


def test_the_lab_of_root_is_seen_and_not_touched(user: OrdinaryUser) -> None:
    """It is in the list; to change it is root's, and the message says so."""
    layout = Layout(new_name(), kind=LabKind.PLAIN)
    bring_up(layout)
    try:
        listed = user.vexfsctl("lab", "list", "--json").json["data"]
        refused = [
            user.vexfsctl("lab", *words, "--name", layout.name)
            for words in (("down",), ("inject", "read"))
        ]
    finally:
        take_down(layout)

    assert layout.name in {each["name"] for each in listed}
    for answer in refused:
        assert (answer.exit_status, answer.stderr) == (
            1,
            f"vexfsctl: lab {layout.name} belongs to root\n"
            "hint: run it with sudo; or make your own: vexfsctl lab up --name NAME\n",
        )


def test_a_volume_of_root_is_not_a_users_to_unmount() -> None:
    """The message says whose it is, not what fusermount3 made of it."""
    layout = Layout(new_name(), kind=LabKind.PLAIN)
    bring_up(layout)
    try:
        with ordinary_user(sees=layout.name) as user:
            unmounted = user.vexfsctl("umount", layout.name)
    finally:
        take_down(layout)

    assert (unmounted.exit_status, unmounted.stderr) == (
        1,
        f"vexfsctl: volume {layout.name} belongs to root\nhint: run it with sudo\n",
    )


def test_root_has_plain_labs_too(host_program: Program) -> None:
    """With `--plain` there is no device, the same faults, and nothing is left."""
    layout = Layout(new_name(), kind=LabKind.PLAIN)
    named = ("--name", layout.name)
    try:
        up = host_program("lab", "up", "--plain", *named)
        (layout.mountpoint / "data").write_bytes(b"content")
        host_program("lab", "inject", "read", "--path", "data", "--count", "3", *named)
        with pytest.raises(OSError):
            (layout.mountpoint / "data").read_bytes()
        healed = (layout.mountpoint / "data").read_bytes()
    finally:
        down = host_program("lab", "down", *named)

    assert up.stdout == (
        f"lab {layout.name} is up: volume {layout.name} on {layout.mountpoint}, "
        f"a plain directory, {layout.backing}\n"
    )
    assert healed == b"content"
    assert down.exit_status == 0, down.stderr
    assert leftovers(layout) == []
