"""`vexfsctl mount`: where a volume may be, and what happens when it cannot come up."""

import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.program import Finished
from tests.support.waiting import wait_until
from tests.volumes.conftest import ROOT, LiveLab, LiveVolume, Volumes
from vexfsctl.devices.mountinfo import read_mounts

pytestmark = pytest.mark.privileged("fuse")


def test_mount_and_umount(volumes: Volumes) -> None:
    """One command brings up data and tree, one takes both away and leaves nothing."""
    volume = volumes.place()
    (volume.source / "file").write_text("content")

    mounted = volumes.try_mount(volume, "--json")

    assert mounted.exit_status == 0
    assert mounted.json["data"] == {
        "name": volume.name,
        "source": str(volume.source),
        "mountpoint": str(volume.mountpoint),
        "tree": str(volume.tree),
        "log": "kmsg",
        "pid": volume.driver.pid,
        "warnings": [],
    }
    assert (volume.mountpoint / "file").read_text() == "content"
    assert volume.attribute("state") == "initialized"
    driver = volume.driver

    ended = volume.run("umount", volume.name)

    assert (ended.exit_status, ended.stdout) == (0, f"unmounted {volume.name}\n")
    assert volume.mounts() == 0
    assert not volume.tree.exists()
    assert not driver.running
    assert not volume.tree.with_name(f".{volume.name}.pid").exists()


@pytest.mark.parametrize(
    "directory", ["a b", "line\nbreak", "größe", os.fsdecode(b"\xff\xfe"), "-x"]
)
def test_mount_points_of_any_name(volumes: Volumes, directory: str) -> None:
    """A path may hold everything but a zero byte; the tree names it escaped."""
    volume = volumes.place()
    point = volume.mountpoint / directory
    point.mkdir()
    (volume.source / "file").write_text("content")
    odd = LiveVolume(volume.name, volume.source, point, volume.vexfsctl)

    mounted = volumes.try_mount(odd)

    assert mounted.exit_status == 0, mounted.stderr
    assert (point / "file").read_text() == "content"
    assert volume.run("status", volume.name, "--json").exit_status == 0
    assert volume.run("umount", "--", str(point)).exit_status == 0
    assert volume.mounts() == 0


@pytest.mark.parametrize("name", ["a b", "", "../x", "x/y", "-x", ".hidden", "x\n", "ä", "x" * 65])
def test_names_that_are_refused(volumes: Volumes, name: str) -> None:
    """A name is a directory's and a word of the log."""
    volume = volumes.place()

    refused = volumes.try_mount(volume, f"--name={name}")

    assert refused.exit_status == 2
    assert "not a name for a volume" in refused.stderr
    assert not any(m.mount_point == str(volume.mountpoint) for m in read_mounts())


def test_places_that_are_refused(volumes: Volumes) -> None:
    """Each refusal is wrong usage, names the path, and mounts nothing."""
    volume = volumes.place()
    inside = volume.source / "inside"
    inside.mkdir()
    file = volume.mountpoint / "file"
    file.touch()
    missing = volume.mountpoint / "missing"

    def refusal(source: Path, mountpoint: Path) -> str:
        answer = volume.run("mount", str(source), str(mountpoint), "--name", volume.name)
        assert answer.exit_status == 2, answer.stdout
        return answer.stderr.splitlines()[0].removeprefix("vexfsctl: ")

    assert refusal(missing, volume.mountpoint) == (
        f"cannot use {missing} as source: No such file or directory"
    )
    assert refusal(file, volume.mountpoint) == f"the source {file} is not a directory"
    assert refusal(volume.source, missing) == (
        f"cannot use {missing} as mount point: No such file or directory"
    )
    assert refusal(volume.source, file) == f"the mount point {file} is not a directory"
    assert refusal(volume.source, volume.source) == (
        f"the mount point {volume.source} lies inside the source {volume.source}"
    )
    assert refusal(volume.source, inside) == (
        f"the mount point {inside} lies inside the source {volume.source}"
    )
    assert refusal(inside, volume.source) == (
        f"the source {inside} lies inside the mount point {volume.source}, which would hide it"
    )
    assert not any(m.mount_point.startswith(str(volumes.directory)) for m in read_mounts())


def test_a_volume_of_a_volume_is_refused(volumes: Volumes) -> None:
    """One driver behind another is twice the errors and no more safety."""
    below, above = volumes.mount(), volumes.place()
    above = LiveVolume(above.name, below.mountpoint, above.mountpoint, above.vexfsctl)

    refused = volumes.try_mount(above)

    assert refused.exit_status == 2
    assert f"the source {below.mountpoint} is itself on a VexFS mount" in refused.stderr


def test_a_mount_point_with_something_in_it(volumes: Volumes) -> None:
    """As with mount(8) it is hidden while the volume is there, and unharmed afterwards."""
    volume = volumes.place()
    (volume.mountpoint / "hidden").write_text("kept")

    assert volumes.try_mount(volume).exit_status == 0
    assert os.listdir(volume.mountpoint) == []
    assert volume.run("umount", volume.name).exit_status == 0

    assert (volume.mountpoint / "hidden").read_text() == "kept"


def test_a_live_name_is_refused(volumes: Volumes) -> None:
    """A second volume of the same name is not mounted, and the first one is not disturbed."""
    first, second = volumes.mount(), volumes.place()
    second = LiveVolume(first.name, second.source, second.mountpoint, second.vexfsctl)

    refused = volumes.try_mount(second)

    assert refused.exit_status == 1
    assert refused.stderr == (
        f"vexfsctl: there is a live volume {first.name}, mounted on {first.mountpoint}\n"
        f"hint: --name NAME for another name, or vexfsctl umount {first.name}\n"
    )
    assert first.presence() == "present"
    assert first.mounts() == 2


def test_a_live_mount_point_is_refused(volumes: Volumes) -> None:
    """Mounted over each other the lower one could be neither seen nor unmounted."""
    first, second = volumes.mount(), volumes.place()
    second = LiveVolume(second.name, second.source, first.mountpoint, second.vexfsctl)

    refused = volumes.try_mount(second)

    assert refused.exit_status == 1
    assert f"volume {first.name} is mounted on {first.mountpoint} already" in refused.stderr
    assert second.mounts() == 0


def test_two_mounts_of_one_name_at_once(volumes: Volumes) -> None:
    """One comes up and the other is refused, however close together they start."""
    volume, other = volumes.place(), volumes.place()
    other = LiveVolume(volume.name, other.source, other.mountpoint, other.vexfsctl)
    answers = at_once(
        lambda: volumes.try_mount_apart(volume), lambda: volumes.try_mount_apart(other)
    )

    assert sorted(answer.exit_status for answer in answers) == [0, 1]
    assert volume.mounts() == 2
    assert volume.presence() == "present"


def test_two_mounts_on_one_place_at_once(volumes: Volumes) -> None:
    """They cannot end up on top of each other."""
    volume, other = volumes.place(), volumes.place()
    other = LiveVolume(other.name, other.source, volume.mountpoint, other.vexfsctl)
    answers = at_once(
        lambda: volumes.try_mount_apart(volume), lambda: volumes.try_mount_apart(other)
    )

    assert sorted(answer.exit_status for answer in answers) == [0, 1]
    assert volume.mounts() + other.mounts() == 2


def test_the_mount_point_names_the_volume(volumes: Volumes) -> None:
    """Two directories of one disk are two volumes, in whatever order they are mounted."""
    first, second = volumes.place(), volumes.place()
    for volume in (first, second):
        volumes.names.append(volume.mountpoint.name)

    answers = [
        volume.run("mount", str(volume.source), str(volume.mountpoint), "--json")
        for volume in (first, second)
    ]

    for volume, answer in zip((first, second), answers, strict=True):
        name = volume.mountpoint.name
        assert answer.json["data"]["name"] == name
        assert Path(f"/run/vexfs/{name}/mountpoint").read_text() == f"{volume.mountpoint}\n"
        assert volume.run("umount", name).exit_status == 0


def test_a_mount_point_that_gives_no_name_asks_for_one(volumes: Volumes) -> None:
    """Nothing is made up from a directory whose name cannot be a volume's."""
    volume = volumes.place()
    point = volume.mountpoint / "a b"
    point.mkdir()

    refused = volume.run("mount", str(volume.source), str(point))

    assert (refused.exit_status, refused.stderr) == (
        2,
        f"vexfsctl: the mount point {point} does not give the volume a name\n"
        "hint: --name NAME: letters, digits and any of _ . : + -, at most 64\n",
    )


def test_a_dead_name_is_taken_over_at_its_own_mount_point_only(volumes: Volumes) -> None:
    """Elsewhere it is refused: what is left there is still seen by applications."""
    dead, other = volumes.mount(), volumes.place()
    dead.kill_driver()
    elsewhere = LiveVolume(dead.name, other.source, other.mountpoint, other.vexfsctl)

    refused = volumes.try_mount(elsewhere)

    assert (refused.exit_status, refused.stderr) == (
        1,
        f"vexfsctl: there is a dead volume {dead.name}, mounted on {dead.mountpoint}\n"
        f"hint: --name NAME for another name, or vexfsctl umount --force {dead.name}\n",
    )
    assert dead.mounts() == 2

    assert volumes.try_mount(dead).exit_status == 0
    assert dead.presence() == "present"


def test_a_volume_on_a_source_without_a_device(volumes: Volumes) -> None:
    """Tmpfs, overlay and btrfs have none: the tree says so, and no record names one."""
    volume = volumes.place()
    subprocess.run(["mount", "-t", "tmpfs", volume.name, volume.source], check=True)
    try:
        assert volumes.try_mount(volume).exit_status == 0
        assert volume.attribute("device") == "-"
        assert not any("dev=" in record for record in volume.records())
        assert volume.run("umount", volume.name).exit_status == 0
    finally:
        subprocess.run(["umount", volume.source], check=True)


def test_a_source_without_user_attributes_comes_up_degraded(volumes: Volumes) -> None:
    """ramfs keeps no vectors: the volume is `light`, with a warning, and everything else works."""
    volume = volumes.place()
    subprocess.run(["mount", "-t", "ramfs", volume.name, volume.source], check=True)
    try:
        mounted = volumes.try_mount(volume)

        assert mounted.exit_status == 0
        assert f"vector operations fail on {volume.source}" in mounted.stderr
        assert volume.attribute("degradation") == "light"
        (volume.mountpoint / "file").write_text("content")
        assert (volume.mountpoint / "file").read_text() == "content"
        assert volume.run("umount", volume.name).exit_status == 0
    finally:
        subprocess.run(["umount", volume.source], check=True)


@pytest.mark.privileged("loop")
def test_a_source_that_hangs_is_refused_and_nothing_stays(live: LiveLab, volumes: Volumes) -> None:
    """The start gives up at its bound; neither mounts nor a driver are left, or in the way."""
    place = volumes.place()
    (live.source / "directory").mkdir()
    assert live.run("umount", live.name).exit_status == 0
    forget_cached(live)
    live.fail("read", delay_ms=60_000)
    hanging = LiveVolume(place.name, live.source / "directory", place.mountpoint, place.vexfsctl)

    refused = volumes.try_mount(hanging)

    assert refused.exit_status == 1
    assert "did not end within" in refused.stderr
    assert hanging.mounts() == 0
    live.heal()
    wait_until(lambda: not ROOT.joinpath(f".{hanging.name}.pid").exists())


def forget_cached(live: LiveLab) -> None:
    """Mount the lab's ext4 anew, so that nothing of it is in memory."""
    subprocess.run(["umount", live.source], check=True)
    subprocess.run(["mount", "-t", "ext4", live.lab.device or "", live.source], check=True)


@pytest.mark.privileged("loop", shares=("caches",))
def test_a_source_that_vanishes(live: LiveLab) -> None:
    """With its device gone from below, calls fail with errors that are counted; nothing hangs."""
    live.make_file("data", 4096)
    live.fail("read")
    live.fail("write")
    Path("/proc/sys/vm/drop_caches").write_text("3")

    with pytest.raises(OSError):
        (live.mountpoint / "data").read_bytes()

    assert int(live.attribute("errors/total")) > 0
    assert live.run("umount", live.name).exit_status == 0


def at_once(*actions: Callable[[], Finished]) -> list[Finished]:
    """Run all *actions* in threads of their own and return what they gave."""
    with ThreadPoolExecutor() as threads:
        return [running.result() for running in [threads.submit(action) for action in actions]]


@pytest.mark.privileged(shares=("caches",))
def test_nodes_that_the_kernel_forgets_by_the_hundred(volumes: Volumes) -> None:
    """Under memory pressure it forgets many at once, of the tree and of the data."""
    volume = volumes.mount()
    for number in range(300):
        (volume.source / str(number)).touch()
    for place in (volume.tree, volume.mountpoint):
        assert all(file.stat() for file in place.rglob("*"))

    Path("/proc/sys/vm/drop_caches").write_text("2")

    for place in (volume.tree, volume.mountpoint):
        assert all(file.stat() for file in place.rglob("*"))
    assert volume.presence() == "present"
