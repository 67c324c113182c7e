"""`lab inject`: the bytes named are the bytes that fail, and what cannot be meant is refused."""

import errno
import json
import mmap
import os
from collections.abc import Iterator

import pytest

from tests.support.program import HostProgram, Program, patient_environment
from tests.volumes.conftest import LiveLab, await_kernel_words, bring_up_live, new_name
from vexfsctl.lab.assembly import take_down
from vexfsctl.lab.layout import Layout

pytestmark = pytest.mark.privileged("fuse", "loop")

PAGE = 4096


@pytest.fixture(scope="module")
def lab() -> Iterator[LiveLab]:
    """One lab for all tests here but the one that ends its filesystem."""
    layout = Layout(new_name())
    try:
        yield bring_up_live(layout, HostProgram(patient_environment()))
    finally:
        take_down(layout)


@pytest.fixture
def live(lab: LiveLab) -> Iterator[LiveLab]:
    """The lab; its files and faults go with the test."""
    yield lab
    lab.heal()
    for entry in lab.mountpoint.iterdir():
        if entry.name != "lost+found":
            entry.rmdir() if (entry.is_dir() and not entry.is_symlink()) else entry.unlink()


def read_pages(live: LiveLab, name: str, count: int) -> list[bool]:
    """Whether each of the first *count* pages of a file can be read: one request to the device."""
    # Not through the page cache, which asks twice where a readahead has failed.
    descriptor = os.open(live.source / name, os.O_RDONLY | os.O_DIRECT)
    try:
        with mmap.mmap(-1, PAGE) as buffer:
            return [_readable(descriptor, buffer, page * PAGE) for page in range(count)]
    finally:
        os.close(descriptor)


def _readable(descriptor: int, buffer: mmap.mmap, offset: int) -> bool:
    try:
        os.preadv(descriptor, [buffer], offset)
    except OSError:
        return False
    return True


def test_faults_can_be_listed_and_cleared(live: LiveLab) -> None:
    """`--list` shows what is in force with what is left of its count; `--clear` heals."""
    live.inject("read", "--offset", "1MiB", "--length", "64KiB", "--count", "3")
    listed = live.inject("--list", "--json")
    cleared = live.inject("--clear", "--json")

    assert listed.json["data"]["active"] == ["read offset=1048576 length=65536 errno=EIO count=3"]
    assert cleared.json["data"]["active"] == []


def test_a_fault_that_has_run_out_is_gone(live: LiveLab) -> None:
    """After *count* requests the device is healed by itself, and the list says so."""
    live.make_file("data", PAGE)
    live.inject("read", "--path", "data", "--count", "1")

    assert read_pages(live, "data", 1) == [False]

    assert live.inject("--list", "--json").json["data"]["active"] == []
    assert read_pages(live, "data", 1) == [True]


@pytest.mark.parametrize("absolute", [False, True])
def test_a_range_of_a_file(live: LiveLab, absolute: bool) -> None:
    """Exactly the pages named fail, whether the path is the volume's or the host's."""
    live.make_file("data", 8 * PAGE)
    path = str(live.mountpoint / "data") if absolute else "data"

    set_ = live.inject("read", "--path", path, "--offset", "8KiB", "--length", "4KiB")

    assert set_.exit_status == 0, set_.stderr
    assert read_pages(live, "data", 8) == [n != 2 for n in range(8)]
    assert live.inject("--clear").exit_status == 0
    live.inject("read", "--path", path, "--offset", "24KiB")
    assert read_pages(live, "data", 8) == [n < 6 for n in range(8)]


def test_a_file_in_several_pieces(live: LiveLab) -> None:
    """Each extent gets a fault of its own; the holes between them read as zeros."""
    with (live.source / "pieces").open("wb") as file:
        for page in (0, 2, 4):
            file.seek(page * PAGE)
            file.write(os.urandom(PAGE))
            file.flush()
            os.fsync(file.fileno())

    set_ = live.inject("read", "--path", "pieces", "--json")

    assert len(set_.json["data"]["active"]) >= 1
    assert read_pages(live, "pieces", 5) == [False, True, False, True, False]


def test_files_without_data_are_refused(live: LiveLab) -> None:
    """An empty file, a hole and space that was never written have nothing that could fail."""
    (live.source / "empty").touch()
    with (live.source / "hole").open("wb") as hole:
        hole.truncate(1 << 20)
    with (live.source / "reserved").open("wb") as reserved:
        os.posix_fallocate(reserved.fileno(), 0, 1 << 20)
    live.make_file("data", PAGE)

    for words in (["empty"], ["hole"], ["reserved"], ["data", "--offset", "1MiB"]):
        refused = live.inject("read", "--path", *words)
        assert refused.exit_status == 2
        assert f"{words[0]} has no data on the device in that range" in refused.stderr
    assert live.inject("--list", "--json").json["data"]["active"] == []


def test_paths_that_are_refused(live: LiveLab) -> None:
    """What is no file of the volume is not looked for on the device."""
    (live.source / "directory").mkdir()
    (live.source / "link").symlink_to("/etc/passwd")

    outside = live.inject("read", "--path", "/etc/passwd")
    above = live.inject("read", "--path", "../../../../../etc/passwd")
    through = live.inject("read", "--path", "link")
    missing = live.inject("read", "--path", "missing")
    directory = live.inject("read", "--path", "directory")

    for refused in (outside, above, through):
        assert refused.exit_status == 2
        assert f"is not in the volume of lab {live.name}" in refused.stderr
    for refused in (missing, directory):
        assert refused.exit_status == 1
        assert "there is no file" in refused.stderr
        assert "hint: a fault needs an existing file of the volume" in refused.stderr


REFUSALS = (
    ("read --errno ENOTHING", "ENOTHING"),
    ("read --offset 1GiB", "is beyond the device's"),
    ("read --length 0", "is outside of 1"),
    ("read --delay 2h", "is outside of 1"),
    ("fsync --offset 0", "an fsync is for the whole device"),
    ("fsync --path data", "an fsync is for the whole device"),
    ("write --count 0", "--count"),
    ("melt", "melt"),
    ("", "one of KIND"),
    ("read --clear", "one of KIND"),
)


def test_what_makes_no_sense_is_refused(live: LiveLab) -> None:
    """Wrong usage, named, and no fault is set."""
    live.make_file("data", PAGE)

    for words, complaint in REFUSALS:
        refused = live.inject(*words.split())
        assert refused.exit_status == 2, words
        assert complaint in refused.stderr
    assert live.inject("--list", "--json").json["data"]["active"] == []


def test_a_lab_that_is_not_there(live: LiveLab) -> None:
    """The hint is the command that makes it."""
    refused = live.run("lab", "inject", "--name", "test-none", "--list")

    assert refused.exit_status == 1
    assert refused.stderr == (
        "vexfsctl: there is no lab 'test-none'\nhint: vexfsctl lab up --name test-none\n"
    )


def test_a_failing_fsync_of_the_device(layout: Layout, host_program: Program) -> None:
    """A device that cannot flush its cache: the application's fsync says so, once per try."""
    live = bring_up_live(layout, host_program)
    live.make_file("data", PAGE)
    live.inject("fsync", "--errno", "EIO")
    descriptor = os.open(live.mountpoint / "data", os.O_WRONLY)
    try:
        os.pwrite(descriptor, b"x", 0)
        with pytest.raises(OSError) as failed:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)

    assert failed.value.errno == errno.EIO
    assert live.counters("sync", "retries") == {"retries": 0}


KERNEL_WORDS = {
    "EIO": "I/O error",
    "ENODATA": "critical medium error",
    "ETIMEDOUT": "timeout error",
    "EREMOTEIO": "critical target error",
}


def test_the_errno_is_the_kernels_word(live: LiveLab) -> None:
    """The lab makes the kernel say what it says of a disk, not a flattened I/O error."""
    live.make_file("data", PAGE)
    device = os.path.basename(live.lab.device or "")
    await_kernel_words()

    for name in KERNEL_WORDS:
        live.fail("read", "data", errno=name, count=1)
        assert read_pages(live, "data", 1) == [False]

    lines = live.run("log", "-d", device, "--format", "tsv").stdout
    for words in KERNEL_WORDS.values():
        assert f"{words}, dev {device}, sector" in lines

    shown = json.loads(live.run("device", "show", device, "--json").stdout)["data"]["devices"]
    report = next(each for each in shown if each["name"] == device)
    errnos = {kind["errno"] for kind in report["trouble"]["kinds"] if kind["kind"] == "block"}
    assert {getattr(errno, name) for name in KERNEL_WORDS} <= errnos
    assert report["trouble"]["sectors"] != []
    assert live.lab.name in report["volumes"]
