"""`vexfsctl recover` as a program, on a volume whose device fails as it is told to.

One lab and one incident serve all tests here; each has its own faults and its own ledger, and
leaves every byte of the device as it was.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.ordinary_user import ordinary_user
from tests.support.program import BOUND_S, Finished, HostProgram, patient_environment
from tests.support.waiting import wait_until
from tests.volumes.conftest import LiveLab, await_kernel_words, bring_up_live, new_name
from vexfsctl.devices.loop import attach, detach
from vexfsctl.devices.mountinfo import mount_at, read_mounts
from vexfsctl.devices.mounts import make_mount, unmount
from vexfsctl.exceptions import ExitStatus
from vexfsctl.lab.assembly import take_down
from vexfsctl.lab.layout import Layout
from vexfsctl.system.programs import run

pytestmark = pytest.mark.privileged("fuse", "loop", "kmsg")

FILE = "data"
SIZE = 128 << 10


@dataclass(slots=True)
class Sick:
    """A volume that has had an incident: a file on it could not be read."""

    lab: LiveLab
    incident: str
    """Root id."""
    start: int
    """First byte of the file on the device."""
    state: Path
    """State directory of this test."""

    @property
    def device(self) -> str:
        """Its node."""
        assert self.lab.lab.device is not None
        return self.lab.lab.device

    @property
    def target(self) -> str:
        """The operation that failed."""
        return f"{self.lab.name}/storage"

    @property
    def program(self) -> HostProgram:
        """The program, with the state directory of this test."""
        return HostProgram(patient_environment() | {"VEXFSCTL_STATE_DIR": str(self.state)})

    def fail(self, kind: str = "read", **what: Any) -> None:
        """Make requests for the file's bytes fail, which nothing has cached."""
        number = os.open(self.lab.layout.backing / FILE, os.O_RDONLY)
        os.posix_fadvise(number, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(number)
        given = {} if kind == "fsync" else {"offset": self.start, "length": SIZE}
        self.lab.fail(kind, **given | what)

    def replay(self, *words: str) -> Finished:
        """Replay the incident on its device."""
        return self.run("replay", self.incident, "--device", self.device, "--yes", *words)

    def run(self, *words: str) -> Finished:
        """Run `vexfsctl recover` to its end."""
        return self.program("recover", *words)

    def start_replay(self, until: str, *words: str) -> subprocess.Popen[str]:
        """Begin to replay the incident on its device; return when the ledger has *until*."""
        options = ("recover", "replay", self.incident, "--device", self.device, "--yes")
        process = subprocess.Popen(
            [sys.executable, "-m", "vexfsctl", *options, *words],
            env=self.program.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until(lambda: until in self.kinds())
        return process

    def wait_long(self) -> None:
        """Let every attempt of a retry wait as long as may be, five seconds."""
        self.lab.set("retry/base_delay_ms", 5_000)

    def ledger(self) -> list[dict[str, Any]]:
        """Every entry."""
        file = self.state / "ledger.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def kinds(self) -> list[str]:
        """What they are."""
        return [entry["kind"] for entry in self.ledger()]

    def history(self) -> list[tuple[str, list[str | None]]]:
        """Result and outcomes of every replay."""
        answer = self.run("history", "--json")
        assert answer.exit_status == 0, answer.stderr
        return [
            (each["result"], [step["outcome"] for step in each["steps"]])
            for each in answer.json["data"]
        ]

    def traced(self, incident: str | None = None) -> list[tuple[str, str]]:
        """Steps and results that `trace` shows under an incident, the latest last."""
        answer = self.program("trace", incident or self.incident, "--json")
        [story] = answer.json["data"]
        lines = [
            each["record"]["event"] for each in story["timeline"] if each["actor"] == "recovery"
        ]
        return [(each["step"], each["result"]) for each in lines]

    def digest(self) -> str:
        """Of every byte of the device."""
        with self.lab.layout.image_file.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.fixture(scope="module")
def sick_lab() -> Iterator[Sick]:
    """The lab with its incident."""
    layout = Layout(new_name())
    try:
        live = bring_up_live(layout, HostProgram(patient_environment()))
        live.make_file(FILE, SIZE)
        # Not to have the breaker open in tests that are about the device.
        live.set("operations/storage/breaker/failure_threshold", 100)
        await_kernel_words()
        active = live.inject("read", "--path", FILE, "--json").json["data"]["active"]
        start = int(active[0].partition("offset=")[2].split()[0])
        with pytest.raises(OSError):
            (live.mountpoint / FILE).read_bytes()
        live.heal()
        [told] = live.run("trace", f"{live.name}/storage", "--json").json["data"]
        # What ext4 has to write from its own making is written before bytes are compared.
        run(["sync", "-f", str(layout.backing)])
        run(["mount", "-o", "remount,noatime", str(layout.backing)])
        yield Sick(live, told["root"], start, layout.directory)
    finally:
        take_down(layout)


@pytest.fixture
def sick(sick_lab: Sick, tmp_path: Path) -> Iterator[Sick]:
    """The same without a fault, with a ledger of its own; its device must stay as it is."""
    run(["sync", "-f", str(sick_lab.lab.layout.backing)])
    before = sick_lab.digest()
    sick_lab.state = tmp_path / "state"
    try:
        yield sick_lab
    finally:
        sick_lab.lab.heal()
        sick_lab.lab.set("retry/base_delay_ms", 100)
    assert sick_lab.digest() == before


def test_a_range_that_heals_after_some_reads(sick: Sick) -> None:
    """0; the step and what was seen are in the ledger, in the log, in `history`."""
    traced = len(sick.traced())
    sick.fail(count=3)

    replayed = sick.replay("--json")

    assert replayed.exit_status == ExitStatus.OK, replayed.stderr
    data = replayed.json["data"]
    assert (data["result"], data["before"]["state"]) == ("gone", "present")
    [step] = data["steps"]
    assert (step["step"]["hint"], step["result"]["outcome"]) == ("retry", "ok")
    assert [each["errno"] for each in step["result"]["details"]["attempts"]] == ["EIO", "EIO", None]
    assert sick.kinds() == ["begin", "verified", "step_begin", "step_end", "verified", "end"]
    begin = sick.ledger()[0]
    assert (begin["subject"], begin["device"]["node"]) == (sick.incident, sick.device)
    assert sick.history() == [("gone", ["ok"])]
    assert sick.traced()[traced:] == [("retry", "ok")]


def test_a_range_that_never_heals(sick: Sick) -> None:
    """4, after every step; the range is what the kernel's log named."""
    traced = len(sick.traced())
    sick.fail()

    replayed = sick.replay("--json")

    assert replayed.exit_status == ExitStatus.STILL_FAULTY
    data = replayed.json["data"]
    assert data["plan"]["ranges_from"] == "kernel_log"
    assert sick.start in [each["offset"] for each in data["plan"]["ranges"]]
    assert sick.history() == [("still_there", ["failed", "failed", "refused"])]
    assert sick.traced()[traced:] == [
        ("retry", "failed"),
        ("invalidate_cache", "failed"),
        ("use_fallback", "refused"),
    ]


def test_a_fault_that_is_gone_already(sick: Sick) -> None:
    """0, and not a step; with --all every one."""
    replayed = sick.replay()
    everything = sick.replay("--all")

    assert replayed.exit_status == ExitStatus.OK
    assert "there is nothing to do" in replayed.stdout
    assert everything.exit_status == ExitStatus.OK
    assert sick.history() == [("gone", []), ("gone", ["ok", "ok", "refused"])]


def test_a_fault_in_writing_alone(sick: Sick) -> None:
    """4: reads prove nothing, and what would is said."""
    sick.fail("write")
    options = ("--device", sick.device, "--offset", str(sick.start), "--length", "4096", "--yes")

    replayed = sick.run("replay", "--error", "IoError.WriteError", "--json", *options)

    assert replayed.exit_status == ExitStatus.STILL_FAULTY, replayed.stderr
    data = replayed.json["data"]
    assert (data["result"], data["before"]["state"]) == ("unproven", "unproven")
    assert "only the next write can tell" in data["message"]
    assert sick.history() == [("unproven", ["ok", "ok", "refused"])]
    # There was no incident: the records have an id of their own, under the device's volume.
    assert sick.traced(data["incident"]) == [
        ("retry", "ok"),
        ("invalidate_cache", "ok"),
        ("use_fallback", "refused"),
    ]


def test_an_incident_of_a_write(live: LiveLab, tmp_path: Path) -> None:
    """A write that was synced and failed: 4, and its bytes are where the kernel said."""
    live.make_file(FILE)
    await_kernel_words()
    assert live.inject("write", "--path", FILE).exit_status == 0
    writer = os.open(live.mountpoint / FILE, os.O_WRONLY | os.O_SYNC)
    with pytest.raises(OSError):
        os.pwrite(writer, b"x" * 4096, 0)
    os.close(writer)
    live.heal()
    # The loss is reported once more, to the first sync of the filesystem.
    subprocess.run(["sync", "-f", str(live.source)], check=False, capture_output=True)
    run(["mount", "-o", "remount,noatime", str(live.source)])
    run(["sync", "-f", str(live.source)])
    sick = Sick(live, f"{live.name}/storage", 0, tmp_path / "state")
    before = sick.digest()

    replayed = sick.replay("--json")

    assert replayed.exit_status == ExitStatus.STILL_FAULTY, replayed.stderr
    plan = replayed.json["data"]["plan"]
    assert (plan["subject"]["errors"], plan["subject"]["call"]) == (["IoError.WriteError"], "write")
    assert plan["ranges_from"] == "kernel_log"
    assert sick.history() == [("unproven", ["ok", "ok", "refused"])]
    assert sick.traced() == [
        ("retry", "ok"),
        ("invalidate_cache", "ok"),
        ("use_fallback", "refused"),
    ]
    assert sick.digest() == before


def test_an_error_that_needs_a_person(sick: Sick) -> None:
    """5, with what to do and how one knows that it is done."""
    replayed = sick.run("replay", "--error", "IoError.FlushError", "--device", sick.device, "--yes")

    assert replayed.exit_status == ExitStatus.PERSON_NEEDED, replayed.stderr
    for words in ("A person must act", "  impact: ", "  what to do: ", "  done when: "):
        assert words in replayed.stdout
    incident = sick.ledger()[0]["incident"]
    assert sick.traced(incident) == [("manual", "person_needed")]
    assert sick.history() == [("person_needed", ["person_needed"])]


def test_a_slow_device_is_waited_for_and_one_that_hangs_is_left(sick: Sick) -> None:
    """Late is an answer; past --read-timeout it is abandoned, and said so."""
    sick.fail(delay_ms=1_200, count=1)
    slow = sick.replay()
    sick.lab.heal()
    sick.fail(delay_ms=600_000)
    hung = sick.replay("--read-timeout", "0.3s")

    assert slow.exit_status == ExitStatus.OK
    assert "(slow: 1." in slow.stdout
    assert hung.exit_status == ExitStatus.STILL_FAULTY
    assert "no answer within 0.3 s" in hung.stdout
    assert sick.history()[-1] == ("still_there", ["abandoned", "abandoned", "refused"])


def test_a_fallback_that_differs(sick: Sick, tmp_path: Path) -> None:
    """It is compared and not copied: both stay as they are."""
    image = tmp_path / "copy"
    run(["cp", "--sparse=always", str(sick.lab.layout.image_file), str(image)])
    with image.open("r+b") as file:
        file.seek(sick.start + 8192)
        file.write(b"another")
    before = image.read_bytes()
    fallback = attach(image)
    try:
        sick.lab.fail("read", offset=sick.start, length=512)
        replayed = sick.replay("--fallback", str(fallback), "--json")
    finally:
        detach(fallback)

    assert replayed.exit_status == ExitStatus.STILL_FAULTY, replayed.stderr
    compared = replayed.json["data"]["steps"][-1]
    assert compared["step"]["hint"] == "use_fallback"
    assert "differs" in compared["result"]["message"]
    assert image.read_bytes() == before
    assert sick.history()[-1][1][-1] == compared["result"]["outcome"]


def test_a_killed_replay_is_interrupted_and_hinders_no_other(sick: Sick) -> None:
    """SIGKILL in its first step: running before, interrupted after; the next one heals."""
    sick.fail()
    sick.wait_long()
    process = sick.start_replay("step_begin")
    assert sick.history() == [("running", [None])]

    process.send_signal(signal.SIGKILL)
    process.communicate()
    sick.lab.heal()

    assert sick.history() == [("interrupted", [None])]
    assert sick.replay().exit_status == ExitStatus.OK
    assert [result for result, _ in sick.history()] == ["interrupted", "gone"]


def test_two_on_one_device_exclude_each_other(sick: Sick) -> None:
    """The second is told who is at work; ended in a read that hangs, the first lets go."""
    sick.fail(delay_ms=600_000)
    first = sick.start_replay("begin", "--read-timeout", "600")

    second = sick.replay()
    first.terminate()
    out, _ = first.communicate(timeout=BOUND_S)
    sick.lab.heal()

    assert second.exit_status == ExitStatus.FAILED
    assert f"another replay is running on {sick.device}: pid {first.pid}, since " in second.stderr
    assert first.returncode == 128 + signal.SIGTERM
    assert "The replay was interrupted: ended by SIGTERM" in out
    assert sick.replay().exit_status == ExitStatus.OK
    assert sick.history() == [("interrupted", []), ("gone", [])]


def test_an_interrupt_ends_it(sick: Sick) -> None:
    """Ctrl-C in a step: 130, the step noted as interrupted."""
    sick.fail()
    sick.wait_long()
    process = sick.start_replay("step_begin")

    process.send_signal(signal.SIGINT)
    process.communicate(timeout=BOUND_S)

    assert process.returncode == 130
    assert sick.history() == [("interrupted", ["interrupted"])]
    assert sick.kinds() == ["begin", "verified", "step_begin", "step_end", "end"]


def test_the_breaker_is_probed_when_the_device_is_well(sick: Sick) -> None:
    """Not before: without --probe the command is told, with it the breaker closes."""
    state = "operations/storage/breaker/state"
    sick.lab.set("operations/storage/breaker/control", "trip")
    sick.fail()
    ill = sick.replay("--probe")
    sick.lab.heal()
    told = sick.replay()
    assert sick.lab.attribute(state) == "forced_open"

    probed = sick.replay("--probe", "--json")

    assert ill.exit_status == ExitStatus.STILL_FAULTY
    assert (told.exit_status, probed.exit_status) == (ExitStatus.OK, ExitStatus.OK)
    assert f"next: vexfsctl breaker reset {sick.target} --probe" in told.stdout
    [change] = probed.json["data"]["probe"]
    assert (change["before"], change["after"]) == ("forced_open", "closed")
    assert sick.lab.attribute(state) == "closed"
    assert len((sick.lab.mountpoint / FILE).read_bytes()) == SIZE


def test_through_the_volume_a_probe_closes_the_breaker(sick: Sick) -> None:
    """Without a device: half-open, harmless reads of the file that failed, closed, gone."""
    sick.lab.set("operations/storage/breaker/control", "trip")

    replayed = sick.run("replay", sick.incident, "--yes", "--json", "--reason", "cable reseated")

    assert replayed.exit_status == ExitStatus.OK, replayed.stderr
    [step] = replayed.json["data"]["steps"]
    assert step["result"]["details"] == {"before": "forced_open", "after": "closed", "calls": 3}
    assert all(FILE in line for line in step["result"]["evidence"])
    assert any("cable reseated" in record for record in sick.lab.records())
    assert sick.history() == [("gone", ["ok"])]


def test_the_time_limit_is_for_each_wait_of_a_replay(sick: Sick) -> None:
    """A call that hangs is given up by it, and what it takes all in all is nobody's limit."""
    sick.fail(delay_ms=60_000)
    sick.lab.set("operations/storage/breaker/control", "trip")
    try:
        replayed = sick.run("replay", sick.incident, "--yes", "--json", "--timeout", "0.5")
    finally:
        sick.lab.heal()
        sick.lab.set("operations/storage/breaker/control", "reset")

    assert replayed.exit_status == ExitStatus.STILL_FAULTY, replayed.stderr
    step = replayed.json["data"]["steps"][0]
    assert (step["step"]["hint"], step["result"]["outcome"]) == ("retry", "failed")
    assert [each.endswith(": no answer within 0.5 s") for each in step["result"]["evidence"]] == [
        True
    ]


def test_a_plan_for_the_device_shows_what_is_known(sick: Sick) -> None:
    """The range by the kernel's log, the mount, the command; nothing is read or begun."""
    planned = sick.run("plan", sick.target, "--device", sick.device)

    assert planned.exit_status == ExitStatus.OK, planned.stderr
    assert f"sector {sick.start // 512}" in planned.stdout
    assert f"{sick.device} is mounted on {sick.lab.source}: others use it" in planned.stdout
    assert planned.stdout.endswith(
        f"next: vexfsctl recover replay {sick.incident} --device {sick.device}  carries this out\n"
    )
    assert not sick.state.exists()


def test_a_plan_suggests_the_device_and_knows_a_wrong_one(sick: Sick, tmp_path: Path) -> None:
    """The volume tells on what it lies."""
    image = tmp_path / "image"
    run(["truncate", "--size", "1M", str(image)])
    other = attach(image)
    try:
        suggested = sick.run("plan", sick.incident)
        wrong = sick.run("plan", sick.incident, "--device", str(other))
    finally:
        detach(other)

    assert suggested.stdout.endswith(
        f"      vexfsctl recover plan {sick.incident} --device {sick.device}"
        "  plans the same for its device\n"
    )
    told = f"{sick.lab.name} lies on {sick.device}, and {other} is not part of it"
    assert told in wrong.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--length", "0"), "a range of 0 bytes cannot be read"),
        (("--offset", "1TiB"), f"offset {1 << 40} is beyond the {128 << 20} bytes of "),
    ],
)
def test_a_range_that_cannot_be_meant(sick: Sick, words: tuple[str, ...], message: str) -> None:
    """It is wrong usage, before anything is read."""
    planned = sick.run("plan", "--hints", "0x01", "--device", sick.device, *words)

    assert (planned.exit_status, planned.stdout) == (ExitStatus.USAGE, "")
    assert message in planned.stderr


def test_a_user_plans_and_may_not_read(sick: Sick) -> None:
    """The plan needs no more than everybody may see; the replay says who may read the device."""
    hints = ("--hints", "0x07", "--device", sick.device)
    with ordinary_user(sees=sick.lab.name) as user:
        planned = user.vexfsctl("recover", "plan", *hints)
        replayed = user.vexfsctl("recover", "replay", *hints, "--yes")
        history = user.vexfsctl("recover", "history")

    assert planned.exit_status in (ExitStatus.OK, ExitStatus.INCOMPLETE), planned.stderr
    assert f"1. retry on {sick.device}\n" in planned.stdout
    assert (replayed.exit_status, replayed.stdout) == (ExitStatus.FAILED, "")
    assert f"{sick.device} may not be read by you" in replayed.stderr
    assert "run it with sudo" in replayed.stderr
    assert "CORR-" not in history.stdout


@dataclass(slots=True)
class Disk:
    """The device of a lab whose volume and filesystem are unmounted."""

    layout: Layout
    node: str
    state: Path

    def run(self, *words: str) -> Finished:
        """Run `vexfsctl recover` with a ledger of its own."""
        environ = patient_environment() | {"VEXFSCTL_STATE_DIR": str(self.state)}
        return HostProgram(environ)("recover", *words)


@pytest.fixture
def disk(live: LiveLab, tmp_path: Path) -> Disk:
    """One that may go away."""
    assert live.run("umount", live.name).exit_status == 0
    wait_until(lambda: not mount_at(live.mountpoint, read_mounts()))
    wait_until(lambda: not live.mounts())
    assert live.lab.device is not None
    unmount(live.source)
    return Disk(live.layout, live.lab.device, tmp_path / "state")


def test_a_device_that_vanishes_in_the_middle(live: LiveLab, disk: Disk) -> None:
    """1: the step is noted as failed, and what comes in its place is let alone."""
    live.fail("read", offset=1 << 20, length=4096)
    words = ("recover", "replay", "--hints", "retry:4000", "--offset", "1MiB", "--length", "4096")
    process = subprocess.Popen(
        [sys.executable, "-m", "vexfsctl", *words, "--device", disk.node, "--yes"],
        env=patient_environment() | {"VEXFSCTL_STATE_DIR": str(disk.state)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    ledger = disk.state / "ledger.jsonl"
    wait_until(lambda: ledger.exists() and "step_begin" in ledger.read_text())
    before = disk.layout.image_file.read_bytes()

    detach(disk.node)
    out, err = process.communicate(timeout=BOUND_S)

    assert process.returncode == ExitStatus.FAILED, err
    assert "The replay could not continue: " in out
    assert f"{disk.node} went away" in err
    [past] = disk.run("history", "--json").json["data"]
    assert (past["result"], [each["outcome"] for each in past["steps"]]) == ("failed", ["failed"])
    assert disk.layout.image_file.read_bytes() == before


def test_a_filesystem_that_has_stopped_writing_is_left_as_it_is(live: LiveLab, disk: Disk) -> None:
    """ext4 gone emergency_ro: nothing to remount, and the person is called."""
    make_mount(disk.node, live.source, "ext4")
    try:
        run(["mount", "-o", "remount,abort", str(live.source)])
        before = hashlib.sha256(live.layout.image_file.read_bytes()).digest()

        replayed = disk.run(
            "replay", "--error", "CorruptedData", "--device", disk.node, "--yes", "--json"
        )

        after = hashlib.sha256(live.layout.image_file.read_bytes()).digest()
    finally:
        unmount(live.source)
    assert replayed.exit_status == ExitStatus.PERSON_NEEDED, replayed.stderr
    first, last = replayed.json["data"]["steps"]
    assert (first["step"]["hint"], first["result"]["outcome"]) == ("read_only", "ok")
    assert "has gone emergency_ro" in first["result"]["message"]
    assert first["result"]["changed"] is False
    assert last["result"]["outcome"] == "person_needed"
    assert replayed.json["data"]["runbook"][0]["error"] == "CorruptedData"
    [mount] = replayed.json["data"]["plan"]["mounts"]
    assert "emergency_ro" in mount["super_options"]
    assert after == before


def test_records_of_a_volume_with_a_log_of_its_own_are_in_the_ledger(
    layout: Layout, tmp_path: Path
) -> None:
    """`trace` reads it too: the kernel log has nothing of that volume's."""
    log, state = tmp_path / "volume.kmsg", tmp_path / "state"
    environ = patient_environment() | {"VEXFSCTL_STATE_DIR": str(state)}
    program = HostProgram(environ)
    live = bring_up_live(layout, program, log_to=str(log))
    live.make_file(FILE)
    live.fail("read", FILE)
    # And everywhere: the kernel's rate limit may leave out the lines that say where.
    live.fail("read")
    with pytest.raises(OSError):
        (live.mountpoint / FILE).read_bytes()
    assert live.lab.device is not None
    options = ("--device", live.lab.device, "--yes")

    replayed = program("recover", "replay", f"{live.name}/storage", *options)
    trace = program("trace", f"{live.name}/storage", "--json")

    assert replayed.exit_status == ExitStatus.STILL_FAULTY, replayed.stderr
    [story] = trace.json["data"]
    records = [each["record"] for each in story["timeline"] if each["actor"] == "recovery"]
    assert [(each["source"], each["origin"], each["event"]["step"]) for each in records] == [
        ("ledger", "driver", "retry"),
        ("ledger", "driver", "invalidate_cache"),
        ("ledger", "driver", "use_fallback"),
    ]
    assert b"recovery vol=" not in log.read_bytes()


def test_every_hint_on_a_device(live: LiveLab, disk: Disk) -> None:
    """In bit order, each as the table has it; what is stored stays as it is, and 5 at the end."""
    live.fail("read", offset=(1 << 20) + 512, length=1024)
    before = disk.layout.image_file.read_bytes()
    options = ("--offset", "1MiB", "--length", "64KiB", "--device", disk.node, "--yes", "--json")
    try:
        replayed = disk.run("replay", "--hints", "0x7f", *options)
    finally:
        run(["blockdev", "--setrw", disk.node])

    assert replayed.exit_status == ExitStatus.PERSON_NEEDED, replayed.stderr
    steps = {each["step"]["hint"]: each["result"] for each in replayed.json["data"]["steps"]}
    assert {hint: (each["outcome"], each["changed"]) for hint, each in steps.items()} == {
        "retry": ("failed", False),
        "use_fallback": ("refused", False),
        "invalidate_cache": ("failed", False),
        "reduce_scope": ("ok", False),
        "read_only": ("ok", True),
        "restart": ("refused", False),
        "manual": ("person_needed", False),
    }
    [extent] = steps["reduce_scope"]["details"]["extents"]
    assert (extent["sector"], extent["sectors"]) == (2049, 2)
    assert steps["read_only"]["details"]["undo"] == [f"blockdev --setrw {disk.node}"]
    assert disk.layout.image_file.read_bytes() == before
