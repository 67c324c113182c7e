"""The lab: several side by side, nothing left behind, whatever happens in between."""

import errno
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.program import BOUND_S, Program
from tests.support.waiting import wait_until
from tests.volumes.conftest import LiveLab, Volumes, leftovers, new_name
from vexfsctl.exceptions import DeviceActionFailed, LabFailed
from vexfsctl.lab.assembly import bring_up, take_down
from vexfsctl.lab.layout import Layout
from vexfsctl.lab.processes import image_servers

pytestmark = pytest.mark.privileged("fuse", "loop")


def test_labs_side_by_side(live: LiveLab) -> None:
    """A second lab has a device, a volume and faults of its own."""
    other = Layout(new_name())
    try:
        lab = bring_up(other)
        content = live.make_file("data")
        live.fail("read", "data")

        assert lab.device != live.lab.device
        (other.mountpoint / "data").write_bytes(content)
        assert (other.mountpoint / "data").read_bytes() == content
        with pytest.raises(OSError):
            (live.mountpoint / "data").read_bytes()
    finally:
        take_down(other)
    assert leftovers(other) == []


def test_labs_made_and_removed_at_once(volumes: Volumes) -> None:
    """Loop devices and the common directory are fought over, and nobody loses."""
    layouts = [Layout(new_name()) for _ in range(4)]
    words = ["-m", "vexfsctl", "lab", "run", "--name"]

    running = [volumes.start([sys.executable, *words, x.name, "--", "true"]) for x in layouts]

    try:
        said = [process.communicate(timeout=BOUND_S) for process in running]
        assert [(each.returncode, *words) for each, words in zip(running, said, strict=True)] == [
            (0, "", "")
        ] * 4
        assert [leftovers(layout) for layout in layouts] == [[], [], [], []]
    finally:
        for layout in layouts:
            take_down(layout)


def test_a_second_lab_of_one_name_is_refused(live: LiveLab) -> None:
    """The one that is there is not touched."""
    with pytest.raises(LabFailed, match="already"):
        bring_up(live.layout)

    assert os.listdir(live.mountpoint) == ["lost+found"]


def test_what_others_may_not_read_is_not_in_the_image_for_them(live: LiveLab) -> None:
    """The image holds the bytes of every file of the volume, whoever owns it."""
    assert live.layout.image_file.stat().st_mode & 0o077 == 0


def test_down_releases_delayed_requests_first(live: LiveLab) -> None:
    """With a read stuck for a minute the lab goes, and nothing of it stays."""
    live.make_file("data")
    live.set("operations/storage/timeout_ms", 200)
    live.fail("read", "data", delay_ms=60_000)
    with pytest.raises(OSError) as late:
        (live.mountpoint / "data").read_bytes()
    assert late.value.errno == errno.ETIMEDOUT

    take_down(live.layout)

    assert leftovers(live.layout) == []


def test_down_of_a_lab_in_use(live: LiveLab) -> None:
    """A lab is there to be taken down: its user gets errors."""
    user = subprocess.Popen(["sleep", "60"], cwd=live.mountpoint)
    try:
        take_down(live.layout)
        assert leftovers(live.layout) == []
    finally:
        user.kill()
        user.wait()


def test_down_while_its_backing_directory_is_in_use(live: LiveLab) -> None:
    """The device cannot go yet: said so, and the same command finishes it when it can."""
    user = subprocess.Popen(["sleep", "60"], cwd=live.source)
    try:
        with pytest.raises(LabFailed, match=r"still has .* attached") as refused:
            take_down(live.layout, patience_s=0.2)
        assert f"vexfsctl lab down --name {live.name}" in (refused.value.hint or "")
        assert live.layout.directory.exists()
    finally:
        user.kill()
        user.wait()

    take_down(live.layout)

    assert leftovers(live.layout) == []


def test_down_after_every_process_was_killed(live: LiveLab) -> None:
    """What belongs to a lab is found from the kernel, not remembered."""
    (server,) = image_servers(live.layout)
    os.kill(live.driver.pid, signal.SIGKILL)
    server.signal(signal.SIGKILL)

    take_down(live.layout)

    assert leftovers(live.layout) == []


def test_a_stopped_image_server_holds_up_no_command(live: LiveLab) -> None:
    """Each answers within its deadline, and `lab down` takes even that lab apart."""
    live.make_file("data")
    (server,) = image_servers(live.layout)
    server.signal(signal.SIGSTOP)

    inject = ("lab", "inject", "--name", live.name)
    asked = (["--list"], ["read", "--offset", "0"], ["read", "--path", "data"])
    with ThreadPoolExecutor() as operators:
        answers = list(operators.map(lambda words: live.run_apart(*inject, *words), asked))
    status = live.run_apart("status", live.name)
    labs = live.run_apart("lab", "list")
    down = live.run_apart("lab", "down", "--name", live.name)

    for answer in answers:
        assert answer.exit_status == 1
        assert "does not answer" in answer.stderr or "did not answer" in answer.stderr
    assert status.exit_status == 0
    assert live.name in labs.stdout
    assert down.exit_status == 0, down.stderr
    assert leftovers(live.layout) == []


def test_down_touches_no_volume_of_the_same_name(volumes: Volumes) -> None:
    """A failed `up` is undone without harm to the volume whose name it wanted."""
    volume = volumes.mount()
    layout = Layout(volume.name)

    failed = volume.run("lab", "up", "--name", volume.name)

    assert failed.exit_status == 1
    assert f"there is a live volume {volume.name}" in failed.stderr
    assert volume.presence() == "present"
    assert volume.mounts() == 2
    assert not layout.directory.exists()


def test_a_failed_up_leaves_nothing() -> None:
    """A device too small for a filesystem: the reason, and no loop device or process stays."""
    layout = Layout(new_name())

    with pytest.raises(DeviceActionFailed, match=r"mkfs\.ext4"):
        bring_up(layout, size=1 << 12)

    assert leftovers(layout) == []


@pytest.mark.parametrize("program", ["losetup", "mkfs.ext4", "mount"])
def test_up_without_a_program_leaves_nothing(
    host_program: Program, tmp_path: Path, program: str
) -> None:
    """Whatever fails on the way, what was made before it is removed."""
    name = new_name()
    fake = tmp_path / program
    fake.write_text("#!/bin/sh\necho 'out of order' >&2\nexit 3\n")
    fake.chmod(0o755)
    path = f"{tmp_path}:{host_program.environ['PATH']}"

    failed = host_program("lab", "up", "--name", name, env={"PATH": path})

    assert failed.exit_status == 1
    assert f"{program} failed with status 3: out of order" in failed.stderr
    assert leftovers(Layout(name)) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_up_that_is_interrupted_leaves_nothing(volumes: Volumes, number: int) -> None:
    """Wherever it was, it undoes what it has made before it ends."""
    layout = Layout(new_name())
    up = volumes.start([sys.executable, "-m", "vexfsctl", "lab", "up", "--name", layout.name])
    wait_until(layout.image_file.exists)

    up.send_signal(number)

    assert up.wait(60) == 130
    assert leftovers(layout) == []


@pytest.mark.parametrize("after_ms", [0, 60, 150, 250, 400])
def test_down_after_an_up_that_was_killed(volumes: Volumes, after_ms: int) -> None:
    """SIGKILL leaves half a lab, sometimes with a part still starting; `down` finds all of it."""
    layout = Layout(new_name())
    up = volumes.start([sys.executable, "-m", "vexfsctl", "lab", "up", "--name", layout.name])
    wait_until(layout.directory.exists)
    # Not to wait for anything: only to meet `up` at different places.
    time.sleep(after_ms / 1000)
    up.kill()
    up.wait()

    def is_down() -> bool:
        down = volumes.vexfsctl("lab", "down", "--name", layout.name)
        # On a busy machine, what `up` began may outlast the patience of one `down`.
        assert down.exit_status == 0 or "again, when that has ended" in down.stderr, down.stderr
        return down.exit_status == 0

    wait_until(is_down)
    assert leftovers(layout) == []


def test_down_of_a_lab_that_is_not_there(host_program: Program) -> None:
    """Nothing to do is no failure, and nothing has changed."""
    answer = host_program("lab", "down", "--name", "test-none", "--json")

    assert answer.exit_status == 0
    assert answer.json["data"]["changed"] is False


def test_run_passes_the_status_on_and_leaves_nothing(host_program: Program) -> None:
    """The command finds the volume in its environment; its status is the lab's."""
    name = new_name()
    script = 'echo "$VEXFSCTL_LAB" > "$VEXFSCTL_LAB_MOUNTPOINT/x" && exit 7'

    ended = host_program.as_process("lab", "run", "--name", name, "--", "sh", "-c", script)

    assert ended.exit_status == 7
    assert leftovers(Layout(name)) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_run_that_is_signalled_takes_its_lab_down(volumes: Volumes, number: int) -> None:
    """The signal goes to the command, whose end is the lab's."""
    name = new_name()
    script = "echo ready; exec sleep 60"
    words = ["-m", "vexfsctl", "lab", "run", "--name", name, "--", "sh", "-c", script]
    run = volumes.start([sys.executable, *words])
    assert run.stdout is not None
    assert run.stdout.readline() == "ready\n"

    run.send_signal(number)

    assert run.wait(60) == 128 + number
    assert leftovers(Layout(name)) == []


def test_run_of_a_command_that_dies_of_a_signal(host_program: Program) -> None:
    """128 + its number, as a shell reports it."""
    name = new_name()

    ended = host_program.as_process("lab", "run", "--name", name, "--", "sh", "-c", "kill -9 $$")

    assert ended.exit_status == 137
    assert leftovers(Layout(name)) == []


def test_run_of_a_command_that_leaves_something_behind(host_program: Program) -> None:
    """A process that still sits in the volume does not keep the lab."""
    name = new_name()
    script = 'cd "$VEXFSCTL_LAB_MOUNTPOINT" && { sleep 30 >&- 2>&- <&- & }'

    ended = host_program.as_process("lab", "run", "--name", name, "--", "sh", "-c", script)

    assert ended.exit_status == 0
    assert leftovers(Layout(name)) == []


def test_run_of_a_command_that_is_not_there(host_program: Program) -> None:
    """Wrong usage, and the lab that was made for it is gone."""
    name = new_name()

    ended = host_program.as_process("lab", "run", "--name", name, "--", "no-such-program")

    assert ended.exit_status == 2
    assert "cannot run no-such-program" in ended.stderr
    assert leftovers(Layout(name)) == []
