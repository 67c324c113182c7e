"""What a recovery does on a device, on real ones that fail as they are told to.

One lab serves all tests here, its filesystem unmounted: what is asked for is a disk with faults.
Each test that ends well leaves every byte of the disk as it was.
"""

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import VirtualClock
from tests.support.partitions import add_partition, delete_partition
from tests.support.waiting import wait_until
from tests.volumes.conftest import new_name
from vexfsctl.devices.disks import BlockDevice, read_block_device
from vexfsctl.devices.loop import attach, detach
from vexfsctl.devices.mountinfo import mount_at, read_mounts
from vexfsctl.devices.mounts import make_mount, unmount
from vexfsctl.exceptions import DeviceVanished, InvalidInput, VexfsctlException
from vexfsctl.lab import faults
from vexfsctl.lab.assembly import bring_up, take_down
from vexfsctl.lab.layout import Layout
from vexfsctl.lab.processes import drivers
from vexfsctl.model.clock import Clock
from vexfsctl.model.hints import HintKind
from vexfsctl.model.volume import RetrySettings
from vexfsctl.recovery.device.actions import DeviceActions
from vexfsctl.recovery.plan.steps import (
    ByteRange,
    FaultState,
    Outcome,
    Risk,
    Step,
    StepResult,
    Verification,
)
from vexfsctl.system.clock import MonotonicClock
from vexfsctl.system.programs import run

pytestmark = pytest.mark.privileged("fuse", "loop")

MIB = 1 << 20
NOBODY = 65534
RANGE = ByteRange(64 * MIB, 128 << 10)
"""Where the disk has random bytes, and where it is made to fail."""


def take(actions: DeviceActions, hint: HintKind, delay_ms: int | None = None) -> StepResult:
    """Carry out one step as a plan has it."""
    step = Step(hint, "the disk", "", "", "", Risk.SAFE, "", "", delay_ms=delay_ms)
    return actions.take(step)


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk whose faults one controls, nothing mounted from it."""

    layout: Layout
    device: BlockDevice

    @property
    def node(self) -> Path:
        """Its node."""
        return self.device.path

    def fail(self, kind: str = "read", **what: Any) -> None:
        """Make requests of *kind* fail in RANGE, or as *what* says."""
        given = {"offset": RANGE.offset, "length": RANGE.length} if kind != "fsync" else {}
        if "errno" not in what and "delay_ms" not in what:
            what["errno"] = "EIO"
        faults.inject(self.layout, faults.FaultRequest(kind=kind, **given | what))

    def actions(
        self, ranges: Sequence[ByteRange] = (RANGE,), fault_in: str = "read", **given: Any
    ) -> DeviceActions:
        """Actions on it; time passes only where a clock is given."""
        clock: Clock = given.pop("clock", VirtualClock())
        retry = RetrySettings(base_delay_ms=100, jitter_pct=0)
        return DeviceActions(
            self.device, ranges, fault_in=fault_in, retry=retry, clock=clock, **given
        )

    def digest(self) -> str:
        """Of every byte of it."""
        with self.layout.image_file.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @contextmanager
    def mounted(self, *options: str) -> Iterator[Path]:
        """Its ext4, mounted; given back as it was before."""
        content = self.layout.image_file.read_bytes()
        make_mount(self.node, self.layout.backing, "ext4", ("noatime", *options))
        try:
            yield self.layout.backing
        finally:
            while mount_at(self.layout.backing, read_mounts()):
                unmount(self.layout.backing)
            self.layout.image_file.write_bytes(content)
            run(["blockdev", "--flushbufs", str(self.node)])


@pytest.fixture(scope="module")
def lab_disk() -> Iterator[Disk]:
    """One lab for all tests here."""
    layout = Layout(new_name())
    try:
        lab = bring_up(layout)
        unmount(layout.mountpoint)
        # The driver ends after its mount, and until then it has the directory under it open.
        wait_until(lambda: all(each.process.gone for each in drivers(layout)))
        unmount(layout.backing)
        with layout.image_file.open("r+b") as file:
            file.seek(RANGE.offset)
            file.write(os.urandom(MIB))
        assert lab.device is not None
        yield Disk(layout, read_block_device(lab.device))
    finally:
        take_down(layout)


@pytest.fixture
def disk(lab_disk: Disk) -> Iterator[Disk]:
    """The disk without a fault; at the end not a byte of it may be another than before."""
    before = lab_disk.digest()
    try:
        yield lab_disk
    finally:
        faults.clear(lab_disk.layout)
        run(["blockdev", "--setrw", str(lab_disk.node)])
    assert lab_disk.digest() == before


def test_a_range_that_heals_after_some_reads(disk: Disk) -> None:
    """It is read again with the waits of the settings until it can be, and then is gone."""
    clock = VirtualClock()
    actions = disk.actions(clock=clock)
    began_ns = clock.now_ns()
    disk.fail(count=3)

    before = actions.verify()
    retried = take(actions, HintKind.RETRY, delay_ms=150)
    after = actions.verify()

    where = f"128KiB at sector 131072 of {disk.node}"
    assert (before.state, after.state) == (FaultState.PRESENT, FaultState.GONE)
    assert before.message == f"{where}: EIO (Input/output error) at sector 131072, in 0.0 ms"
    assert (retried.outcome, retried.changed) == (Outcome.OK, False)
    assert retried.message == f"{where}: read in 0.0 ms; 3 attempts"
    assert retried.evidence == (
        "attempt 1 after 150 ms: EIO (Input/output error) at sector 131072, in 0.0 ms",
        "attempt 2 after 150 ms: EIO (Input/output error) at sector 131072, in 0.0 ms",
        "attempt 3 after 150 ms: read in 0.0 ms",
    )
    assert [each["errno"] for each in retried.details["attempts"]] == ["EIO", "EIO", None]
    assert clock.now_ns() - began_ns == 450_000_000


def test_a_range_that_never_heals(disk: Disk) -> None:
    """All attempts are used up, and the fault is still there."""
    disk.fail(errno="ENODATA")
    actions = disk.actions()

    retried = take(actions, HintKind.RETRY)
    verified = actions.verify()

    assert retried.outcome is Outcome.FAILED
    assert [each["errno"] for each in retried.details["attempts"]] == ["ENODATA"] * 3
    assert verified.state is FaultState.PRESENT
    assert verified.details["failing"] == {
        "offset": RANGE.offset,
        "length": RANGE.length,
        "sector": 131072,
        "sectors": 256,
    }


@pytest.mark.parametrize(
    ("fault_in", "reason"),
    [
        ("write", "the fault was in writing: only the next write can tell"),
        ("flush", "the fault was in writing out: only the next sync can tell"),
        ("other", "the fault was not in reading the device: that it can be read proves nothing"),
    ],
)
def test_reads_prove_nothing_about_writes(disk: Disk, fault_in: str, reason: str) -> None:
    """What can be read stays unproven, with the reason; what cannot is a fault all the same."""
    disk.fail("write")
    actions = disk.actions(fault_in=fault_in)

    readable = actions.verify()
    disk.fail("read", count=1)
    unreadable = actions.verify()

    assert readable.state is FaultState.UNPROVEN
    assert readable.message.endswith(f"read in 0.0 ms; {reason}")
    assert unreadable.state is FaultState.PRESENT


def test_without_a_range_a_sample_is_read(disk: Disk) -> None:
    """What it finds is a fault; that it finds none does not say that there is none."""
    actions = disk.actions(())

    spared = actions.verify()
    disk.fail(offset=0, length=None)
    met = actions.verify()

    assert spared.state is FaultState.UNPROVEN
    assert spared.message == (
        f"a sample of {disk.node} (64 places): read in 0.0 ms;"
        " the failing range is not known: give it with --offset and --length"
    )
    assert (met.state, met.details["failing"]["offset"]) == (FaultState.PRESENT, 0)
    assert met.details["sampled"] is True


def test_a_small_device_is_read_as_a_whole(disk: Disk, tmp_path: Path) -> None:
    """Where nobody knows what failed, and all of it can be read, nothing is left to doubt."""
    image = tmp_path / "image"
    run(["truncate", "--size", "256K", str(image)])
    node = attach(image)
    try:
        verified = Disk(disk.layout, read_block_device(node)).actions(()).verify()
    finally:
        detach(node)

    assert verified.state is FaultState.GONE
    assert verified.message == f"256KiB at sector 0 of {node}: read in 0.0 ms"


def test_a_range_beyond_the_device_is_refused(disk: Disk) -> None:
    """There would be nothing to read, and nothing read is no proof."""
    with pytest.raises(
        InvalidInput, match=r"the range is beyond the end of .*: it has 134217728 bytes"
    ):
        disk.actions((ByteRange(128 * MIB, 4096),))


def test_a_device_of_large_blocks(disk: Disk, tmp_path: Path) -> None:
    """The blocks that a range touches are read as a whole: the kernel reads no less."""
    image = tmp_path / "image"
    run(["truncate", "--size", "1M", str(image)])
    node = attach(image)
    try:
        run(["losetup", "--sector-size", "4096", str(node)])
        large = Disk(disk.layout, read_block_device(node))
        verified = large.actions((ByteRange(4608, 512),)).verify()
    finally:
        run(["losetup", "--sector-size", "512", str(node)])
        detach(node)

    assert verified.state is FaultState.GONE
    assert verified.message == f"4KiB at sector 8 of {node}: read in 0.0 ms"


def test_a_slow_device_is_read_and_called_slow(disk: Disk) -> None:
    """A late answer is an answer; how late is told."""
    disk.fail(delay_ms=1_100, count=1)

    verified = disk.actions(clock=MonotonicClock()).verify()

    assert verified.state is FaultState.GONE
    assert verified.details["slow"] is True
    assert verified.details["latency_us"] > 1_100_000
    assert " (slow: 1." in verified.message


def test_a_read_that_does_not_end_is_left_behind(disk: Disk) -> None:
    """At the deadline it is said, and not tried again: each would leave a process stuck."""
    disk.fail(delay_ms=600_000)
    actions = disk.actions(read_timeout_s=0.3)

    results = {
        hint: take(actions, hint)
        for hint in (HintKind.RETRY, HintKind.REDUCE_SCOPE, HintKind.INVALIDATE_CACHE)
    }
    verified = actions.verify()

    assert {result.outcome for result in results.values()} == {Outcome.ABANDONED}
    assert results[HintKind.RETRY].message == (
        f"128KiB at sector 131072 of {disk.node}:"
        " no answer within 0.3 s at sector 131072, left behind; 1 attempt"
    )
    assert results[HintKind.REDUCE_SCOPE].evidence == (
        "did not answer: sectors 131072 to 131327 (128KiB)",
    )
    assert (verified.state, verified.details["answered"]) == (FaultState.PRESENT, False)


def test_the_bad_sectors_are_found_exactly(disk: Disk) -> None:
    """To the sector, neighbours as one extent, with progress up to the whole."""
    bad = [(512 * 9, 512), (4096, 512), (65536, 4096), (RANGE.length - 512, 512)]
    for offset, length in bad:
        disk.fail(offset=RANGE.offset + offset, length=length)
    told: list[tuple[str, int, int]] = []

    reduced = take(disk.actions(progress=lambda *each: told.append(each)), HintKind.REDUCE_SCOPE)

    assert reduced.outcome is Outcome.OK
    assert reduced.message == (
        f"11 bad sectors in 3 extents of 128KiB at sector 131072 of {disk.node}, after"
        f" {reduced.details['reads']} reads"
    )
    assert reduced.evidence == (
        "cannot be read: sectors 131080 to 131081 (1KiB)",
        "cannot be read: sectors 131200 to 131207 (4KiB)",
        "cannot be read: sector 131327 (512B)",
    )
    assert [each["sector"] for each in reduced.details["extents"]] == [131080, 131200, 131327]
    assert reduced.details["complete"] is True
    assert told[-1] == ("halving what fails", RANGE.length, RANGE.length)


def test_a_fault_that_is_gone_leaves_nothing_to_reduce(disk: Disk) -> None:
    """One read says so."""
    reduced = take(disk.actions(), HintKind.REDUCE_SCOPE)

    assert (reduced.outcome, reduced.evidence) == (Outcome.OK, ())
    assert reduced.message == (
        f"every sector of 128KiB at sector 131072 of {disk.node} can be read, after 1 read"
    )


@pytest.mark.privileged(shares=("caches",))
def test_what_is_cached_is_forgotten(disk: Disk) -> None:
    """After it the cache has what the medium has, whatever it had before."""
    with disk.node.open("rb") as reader:
        reader.seek(RANGE.offset)
        old = reader.read(4096)
        with disk.layout.image_file.open("r+b") as file:
            file.seek(RANGE.offset)
            file.write(b"new" + old[3:])
        try:
            assert os.pread(reader.fileno(), 4096, RANGE.offset) == old

            result = take(disk.actions(), HintKind.INVALIDATE_CACHE)

            assert os.pread(reader.fileno(), 4096, RANGE.offset) == b"new" + old[3:]
        finally:
            with disk.layout.image_file.open("r+b") as file:
                file.seek(RANGE.offset)
                file.write(old)
    assert result.outcome is Outcome.OK
    assert result.evidence == (
        "writing out what was cached: ok",
        "dropping what was cached: ok",
        "from the medium: read in 0.0 ms",
        "through the cache: read in 0.0 ms",
    )


def test_data_that_was_lost_earlier_is_told(disk: Disk) -> None:
    """A write that the cache took and the device did not: the sync says it, and so do we."""
    disk.fail("write")
    with disk.node.open("r+b", buffering=0) as writer:
        os.pwrite(writer.fileno(), bytes(4096), RANGE.offset)

        result = take(disk.actions(), HintKind.INVALIDATE_CACHE)

    assert result.outcome is Outcome.FAILED
    assert result.message.endswith(
        f"; {disk.node} has lost data that was written earlier: EIO (Input/output error)"
    )
    assert result.details["sync"]["errno"] == "EIO"
    assert result.details["medium"]["readable"] is True


def test_writing_out_that_does_not_end_is_left_behind(disk: Disk) -> None:
    """Nor is anything else tried that would wait for the same; a loop device then reads nothing."""
    disk.fail("fsync", delay_ms=600_000)

    result = take(disk.actions(sync_timeout_s=0.3, read_timeout_s=0.2), HintKind.INVALIDATE_CACHE)

    assert result.outcome is Outcome.ABANDONED
    assert result.evidence == (
        "writing out what was cached: no answer within 0.3 s",
        "dropping what was cached: not tried",
        "from the medium: no answer within 0.2 s at sector 131072, left behind",
        "through the cache: not tried",
    )


@pytest.fixture
def copy(disk: Disk, tmp_path: Path) -> Iterator[BlockDevice]:
    """A second disk with the same bytes."""
    image = tmp_path / "copy"
    run(["cp", "--sparse=always", str(disk.layout.image_file), str(image)])
    node = attach(image)
    try:
        yield read_block_device(node)
    finally:
        detach(node)


def test_a_fallback_has_what_fails(disk: Disk, copy: BlockDevice) -> None:
    """It is the same where both can be read, and what only it can read is named."""
    disk.fail(offset=RANGE.offset + 4096, length=1024)

    result = take(disk.actions(fallback=copy), HintKind.USE_FALLBACK)

    assert (result.outcome, result.changed) == (Outcome.OK, False)
    assert result.message == (
        f"{copy.path} is the same in all 254 blocks that both can read; it has 1KiB of what"
        " fails here"
    )
    assert result.evidence == (f"only {copy.path} can read: sectors 131080 to 131081 (1KiB)",)


def test_a_fallback_that_differs(disk: Disk, copy: BlockDevice, tmp_path: Path) -> None:
    """How much differs and where it begins; such a one is no help."""
    with (tmp_path / "copy").open("r+b") as file:
        for offset in (8192, 16384):
            file.seek(RANGE.offset + offset)
            file.write(b"another")
    disk.fail(offset=RANGE.offset, length=512)

    result = take(disk.actions(fallback=copy), HintKind.USE_FALLBACK)

    assert result.outcome is Outcome.FAILED
    assert result.message == (
        f"{copy.path} differs from {disk.node} in 2 of 255 blocks, first at"
        " sector 131088; it has 512B of what fails here"
    )
    assert result.details["differing_blocks"] == 2


def test_a_fallback_that_is_smaller(disk: Disk, tmp_path: Path) -> None:
    """What lies behind its end it cannot serve; without a block of both nothing is compared."""
    image = tmp_path / "small"
    image.write_bytes(disk.layout.image_file.read_bytes()[: RANGE.offset + 4096])
    disk.fail(length=8192)
    node = attach(image)
    try:
        actions = disk.actions((ByteRange(RANGE.offset, 8192),), fallback=read_block_device(node))
        result = take(actions, HintKind.USE_FALLBACK)
    finally:
        detach(node)

    assert result.outcome is Outcome.FAILED
    assert result.message == (
        f"no block of 8KiB at sector 131072 of {disk.node} can be read from both: nothing could"
        " be compared; it has 4KiB of what fails here; 4KiB can be read from neither"
    )
    assert result.evidence == (
        f"{node} is smaller: 65540KiB of 128MiB",
        f"only {node} can read: sectors 131072 to 131079 (4KiB)",
        "neither can read: sectors 131080 to 131087 (4KiB)",
    )


def test_what_is_no_fallback(disk: Disk, tmp_path: Path) -> None:
    """None, the device itself, and what is made of it: refused before a byte is read."""
    add_partition(Path(disk.node), 1, 2048, 2048)
    partition = Path(f"{disk.node}p1")
    try:
        part = read_block_device(_node_of(partition, tmp_path))
        refused = [
            take(disk.actions(fallback=each), HintKind.USE_FALLBACK)
            for each in (None, disk.device, part)
        ]
    finally:
        delete_partition(Path(disk.node), 1)

    assert {each.outcome for each in refused} == {Outcome.REFUSED}
    assert [each.message for each in refused] == [
        "no fallback was given (--fallback DEV)",
        f"{disk.node} is {disk.node} itself",
        f"{part.path} and {disk.node} overlap: a fault in one is in both",
    ]


def _node_of(partition: Path, directory: Path) -> Path:
    """A node of the partition: /dev has none without udev."""
    number = Path(f"/sys/class/block/{partition.name}/dev").read_text().split(":")
    node = directory / partition.name
    os.mknod(node, 0o060600, os.makedev(*map(int, number)))
    return node


def test_a_device_nobody_uses_is_set_read_only(disk: Disk) -> None:
    """The kernel refuses writes from then on; a second time there is nothing to do."""
    result = take(disk.actions(), HintKind.READ_ONLY)
    again = take(disk.actions(), HintKind.READ_ONLY)

    assert (result.outcome, result.changed) == (Outcome.OK, True)
    assert result.message == f"{disk.node} set read-only"
    assert result.details["undo"] == [f"blockdev --setrw {disk.node}"]
    assert read_block_device(disk.node).read_only
    assert (again.outcome, again.changed) == (Outcome.OK, False)
    assert again.message == f"{disk.node} was read-only already"


def test_what_is_mounted_is_remounted_read_only(disk: Disk) -> None:
    """The filesystem is, which mountinfo confirms; the device itself is left alone."""
    with disk.mounted("errors=remount-ro") as point:
        result = take(disk.actions(), HintKind.READ_ONLY)

        mount = mount_at(point, read_mounts())
        assert mount is not None
        assert mount.super_options[0] == "ro"
    assert (result.outcome, result.changed) == (Outcome.OK, True)
    assert result.message == f"{point} remounted read-only"
    assert result.details["undo"] == [f"mount -o remount,rw {point}"]
    assert not read_block_device(disk.node).read_only


def test_a_file_open_for_writing_keeps_a_mount_writable(disk: Disk) -> None:
    """It fails, says who could be asked, and has changed nothing."""
    with disk.mounted() as point, (point / "open").open("w"):
        result = take(disk.actions(), HintKind.READ_ONLY)

    assert (result.outcome, result.changed) == (Outcome.FAILED, False)
    assert result.message == (
        f"{point} still writes: mount failed with status 32: {point}: mount point is busy."
    )
    assert result.evidence[1] == f"close what is in use there; `fuser -vm {point}` names it"


def test_a_filesystem_gone_emergency_read_only(disk: Disk) -> None:
    """After a journal abort it writes nothing any more and cannot be remounted: so it is said."""
    with disk.mounted() as point:
        run(["mount", "-o", "remount,abort", str(point)])
        result = take(disk.actions(), HintKind.READ_ONLY)

    assert (result.outcome, result.changed) == (Outcome.OK, False)
    assert result.message == (
        f"nothing writes to {disk.node} any more: {point} has gone emergency_ro"
    )
    assert "emergency_ro" in result.details["mounts"][0]["options"]


def test_a_mount_that_this_process_cannot_see(disk: Disk) -> None:
    """In another mount namespace it would write on: the device is not set, and it is said."""
    with disk.mounted() as point:
        elsewhere = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", "echo there; exec sleep 600"],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert elsewhere.stdout is not None
            assert elsewhere.stdout.readline() == "there\n"
            unmount(point)
            result = take(disk.actions(), HintKind.READ_ONLY)
        finally:
            elsewhere.kill()
            elsewhere.communicate()

    assert (result.outcome, result.changed) == (Outcome.REFUSED, False)
    assert result.message == (
        f"{disk.node} is in use by something this process does not see as a mount"
    )
    assert not read_block_device(disk.node).read_only


def as_nobody(node: Path, mode: int, act: Callable[[], object]) -> str:
    """What *act* comes to for a user who has nothing but *mode* on the device *node*."""
    node.chmod(mode)
    answer, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            try:
                told = str(act())
            except VexfsctlException as failure:
                told = f"{type(failure).__name__}: {failure.message}"
            os.write(write_end, told.encode())
        finally:
            os._exit(0)
    os.close(write_end)
    with os.fdopen(answer) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    node.chmod(0o600)
    return told


def test_a_user_reads_what_he_may_and_changes_nothing(disk: Disk) -> None:
    """Who may read the device gets all that reading tells; the rest is refused with the reason."""
    cache, read_only = (
        as_nobody(disk.node, 0o644, partial(take, disk.actions(), hint))
        for hint in (HintKind.INVALIDATE_CACHE, HintKind.READ_ONLY)
    )
    unreadable = as_nobody(disk.node, 0o600, disk.actions().verify)

    assert "outcome=<Outcome.OK: 'ok'>" in cache
    assert (
        "dropping what was cached: EACCES (Permission denied), only what was read again is"
        " dropped" in cache
    )
    assert "from the medium: read in" in cache
    assert "<Outcome.REFUSED: 'refused'>" in read_only
    assert "setting a device or a mount read-only needs root" in read_only
    assert not read_block_device(disk.node).read_only
    assert unreadable == (f"FacilityUnavailable: {disk.node} may not be opened: Permission denied")


def test_a_loop_device_is_not_restarted(disk: Disk) -> None:
    """There is nothing that could be, with the reason."""
    assert take(disk.actions(), HintKind.RESTART) == StepResult(
        Outcome.REFUSED,
        f"nothing can be restarted for {disk.node}: a loop device has no transport; what its file"
        " lies on may have one",
    )


def test_a_person_is_needed(disk: Disk) -> None:
    """Manual intervention is never automated."""
    result = take(disk.actions(), HintKind.MANUAL)

    assert (result.outcome, result.changed) == (Outcome.PERSON_NEEDED, False)


@pytest.mark.parametrize("what", ["verify", *HintKind])
def test_a_device_that_went_away(disk: Disk, tmp_path: Path, what: str) -> None:
    """Detached, and with another disk in its place: neither is touched, whatever was to be done."""
    image = tmp_path / "image"
    run(["truncate", "--size", "1M", str(image)])
    node = attach(image)
    gone = Disk(disk.layout, read_block_device(node)).actions((ByteRange(0, 4096),))
    detach(node)

    def act() -> Verification | StepResult:
        return gone.verify() if what == "verify" else take(gone, HintKind(what))

    with pytest.raises(DeviceVanished, match=rf"{node} went away: {node} has no medium"):
        act()
    run(["losetup", str(node), str(image)])
    try:
        with pytest.raises(DeviceVanished, match=rf"{node} is not the same device as before"):
            act()
        assert image.read_bytes() == bytes(MIB)
        assert not read_block_device(node).read_only
    finally:
        detach(node)


def test_a_device_that_goes_away_while_it_is_read(disk: Disk, tmp_path: Path) -> None:
    """The step ends with it; nothing goes on at another device."""
    image = tmp_path / "image"
    run(["truncate", "--size", "8M", str(image)])
    node = attach(image)

    def pull(what: str, done: int, total: int) -> None:
        if done == 2 * MIB:
            detach(node)

    pulled = Disk(disk.layout, read_block_device(node)).actions(
        (ByteRange(0, 8 * MIB),), progress=pull
    )

    with pytest.raises(DeviceVanished):
        pulled.verify()
