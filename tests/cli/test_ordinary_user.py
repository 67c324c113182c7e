"""Every command as user nobody: what can be read is shown, and of the rest who may read it."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.cli.recorded import INCIDENT, add_recorded_volume
from tests.support.every_command import ARGUMENTS
from tests.support.ordinary_user import OrdinaryUser, ordinary_user
from tests.support.program import Finished
from tests.support.tree import FakeTree

pytestmark = pytest.mark.privileged("nsenter", "setpriv")

ADM = 4
CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Visitor:
    """User nobody on a host that has one volume and its log, both root's."""

    user: OrdinaryUser
    log: Path
    """Where the volume says that its records are: 0640 root:adm."""

    @property
    def roots(self) -> dict[str, str]:
        """The environment that leads to the volume."""
        return {"VEXFSCTL_SYSFS_ROOT": str(self.user.directory / "sysfs")}

    def run(self, *words: str, groups: tuple[int, ...] = ()) -> Finished:
        """Run vexfsctl as this user."""
        return replace(self.user, groups=groups).vexfsctl(*words, env=self.roots)

    def run_each(self) -> dict[str, Finished]:
        """Run every command as this user, all in one process."""
        program = (sys.executable, "-P", "-m", "tests.support.every_command")
        ended = self.user.run(*program, env=self.roots | {"PYTHONPATH": str(CHECKOUT)})
        assert ended.exit_status == 0, ended.stderr
        return {name: Finished(**answer) for name, answer in ended.json.items()}


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    """nobody, on such a host."""
    with ordinary_user() as user:
        log = user.directory / "sdq1.kmsg"
        tree = FakeTree(user.outside(user.directory) / "sysfs")
        tree.add("loop0")
        add_recorded_volume(tree)
        tree.write("sdq1/log", str(log))
        user.outside(log).write_bytes(INCIDENT.read_bytes())
        user.outside(log).chmod(0o640)
        os.chown(user.outside(log), 0, ADM)
        yield Visitor(user, log)


def who_may_read(log: Path) -> str:
    """The hint for a log of that mode, owner and group."""
    return (
        f"{log} is 0640 root:adm: run it with sudo, "
        "or as a member of group adm (sudo usermod -aG adm $USER)"
    )


def test_every_command_runs_or_says_why_not(visitor: Visitor) -> None:
    """No trace whatever is refused; what did not succeed has a message, and a hint where denied."""
    answers = visitor.run_each()

    assert set(answers) == set(ARGUMENTS)
    assert [name for name, each in answers.items() if "Traceback" in each.stderr] == []
    assert [
        name
        for name, each in answers.items()
        if not each.stdout and not each.stderr.startswith("vexfsctl: ")
    ] == []
    refused = {
        name: each.stderr
        for name, each in answers.items()
        if "denied" in each.stderr or "not permitted" in each.stderr
    }
    assert "log" in refused
    assert [name for name, words in refused.items() if "run it with sudo" not in words] == []


@pytest.mark.parametrize("words", [("log",), ("errors",), ("trace", "--last")])
def test_a_log_for_members_of_a_group_names_the_group(
    visitor: Visitor, words: tuple[str, ...]
) -> None:
    """Log evidence was asked for and could not be had: 3, with the mode and the way in."""
    answer = visitor.run(*words, "--log", str(visitor.log))

    assert (answer.exit_status, answer.stdout, answer.stderr) == (
        3,
        "",
        f"vexfsctl: cannot read {visitor.log}: Permission denied\n"
        f"hint: {who_may_read(visitor.log)}\n",
    )


def test_a_member_of_that_group_reads_it(visitor: Visitor) -> None:
    """What the hint says is true."""
    answer = visitor.run("log", "--log", str(visitor.log), groups=(ADM,))

    assert answer.exit_status == 0
    assert len(answer.stdout.splitlines()) > 10


def test_a_directory_is_read_as_far_as_it_may_be(visitor: Visitor) -> None:
    """What of it may not is told, with who may; nothing is taken for empty that may not be seen."""
    logs = visitor.user.directory / "logs"
    outside = visitor.user.outside(logs)
    outside.mkdir()
    (outside / "kern.log").write_text("[    2.000000] VexFS: two\n")
    (outside / "kern.log.1").write_text("[    1.000000] VexFS: one\n")
    (outside / "kern.log.1").chmod(0o600)

    some = visitor.run("log", "--log", str(logs))
    outside.chmod(0o711)
    named = visitor.run("log", "--log", f"{logs}/kern.log")
    others = [visitor.run("log", "--log", name) for name in (str(logs), f"{logs}/kern*")]

    assert some.exit_status == 3
    assert "VexFS: two" in some.stdout
    assert (
        f"incomplete: {logs}/kern.log: unreadable (cannot read {logs}/kern.log.1: Permission "
        f"denied; {logs}/kern.log.1 is 0600 root:root: run it with sudo)\n"
    ) in some.stderr
    assert "VexFS: two" in named.stdout
    for other, name in zip(others, (logs, f"{logs}/kern*"), strict=True):
        assert (other.exit_status, other.stdout, other.stderr) == (
            3,
            "",
            f"vexfsctl: cannot read {name}: Permission denied\n"
            f"hint: {logs} is 0711 root:root: run it with sudo\n",
        )


def test_a_misspelt_log_needs_no_sudo(visitor: Visitor) -> None:
    """That would not help."""
    for words in (("log",), ("log", "--follow")):
        answer = visitor.run(*words, "--log", "jurnal")

        assert answer.exit_status == 3
        assert answer.stderr.endswith("hint: did you mean journal?\n")


def test_the_kernel_log_names_the_switch_that_keeps_it(visitor: Visitor) -> None:
    """Where kernel.dmesg_restrict is on, the mode of /dev/kmsg tells nothing."""
    answer = visitor.run("log", "--log", "kmsg", "-n", "1")

    if Path("/proc/sys/kernel/dmesg_restrict").read_text() == "1\n":
        assert (answer.exit_status, answer.stderr) == (
            3,
            "vexfsctl: cannot read /dev/kmsg: Operation not permitted\n"
            "hint: run it with sudo (kernel.dmesg_restrict is on), "
            "or pass --log FILE for a saved log\n",
        )
    else:
        assert "not permitted" not in answer.stderr


@pytest.mark.parametrize("command", ["status", "check"])
def test_a_log_that_may_not_be_read_is_a_note_where_the_tree_answers(
    visitor: Visitor, command: str
) -> None:
    """The verdict is the tree's; each source that was not read is told with who may."""
    answer = visitor.run(command, "--window", "100d")

    assert "sdq1" in answer.stdout
    assert answer.exit_status == (1 if command == "check" else 0)
    assert (
        f"incomplete: {visitor.log}: unreadable (cannot read {visitor.log}: Permission denied; "
        f"{who_may_read(visitor.log)})\n"
    ) in answer.stderr


def test_a_root_that_may_not_be_searched_is_told_with_its_mode(visitor: Visitor) -> None:
    """A volume may be there: incomplete, and 3."""
    closed = visitor.user.outside(visitor.user.directory) / "closed"
    closed.mkdir(mode=0o750, exist_ok=True)
    os.chown(closed, 0, ADM)
    inside = visitor.user.directory / "closed"

    answer = visitor.run("volume", "list", "--sysfs-root", f"{inside}/vexfs")

    assert answer.exit_status == 3
    assert answer.stderr == (
        f"vexfsctl: incomplete: {inside}/vexfs: unreadable (Permission denied; "
        f"{inside} is 0750 root:adm: run it with sudo, "
        "or as a member of group adm (sudo usermod -aG adm $USER))\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("breaker", "trip", "sdq1/file", "--yes"),
        ("breaker", "set", "sdq1/file", "timeout_ms=9", "--yes"),
        ("volume", "set", "sdq1", "access_mode=ro", "--yes"),
    ],
)
def test_a_change_is_refused_with_who_may_make_it(visitor: Visitor, words: tuple[str, ...]) -> None:
    """Nothing is changed, and nothing else is tried."""
    answer = visitor.run(*words)

    assert answer.exit_status == 1
    assert "not permitted\n" in answer.stderr
    assert answer.stderr.endswith("hint: run it with sudo\n")


def test_shared_breaker_without_a_login(visitor: Visitor) -> None:
    """Under cron, without a runtime directory, a breaker is in the state directory."""
    cron = {"XDG_RUNTIME_DIR": None, "VEXFSCTL_BREAKER_DIR": None}
    failing = ("guard", "run", "--breaker", "nas", "--failures", "1", "--", "false")
    ended = [visitor.user.vexfsctl(*failing, env=cron).exit_status for _ in range(2)]
    assert ended == [1, 75]
    listed = visitor.user.vexfsctl("guard", "list", "--json", env=cron)
    home = visitor.user.directory / "home"
    assert [each["path"] for each in listed.json["data"]] == [
        f"{home}/.local/state/vexfsctl/breakers/nas"
    ]
