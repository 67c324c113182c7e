"""`vexfsctl device`: the devices of a host and of a log, their state, and trouble with them."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.host.test_device_finder import LINES
from tests.support.golden import assert_golden
from tests.support.program import Program
from tests.support.sysfs_devices import SERVER, SERVER_SLAVES, make_sysfs
from tests.support.tree import FakeTree
from vexfsctl.answers.device import device_show
from vexfsctl.exceptions import ExitStatus
from vexfsctl.host.device_survey import MOST_DEVICES, survey_devices
from vexfsctl.render.result import Table

pytestmark = pytest.mark.usefixtures("utc")


@pytest.fixture(autouse=True)
def server(vexfsctl: Program, tmp_path: Path) -> Path:
    """The program looks at a host with SATA, SCSI, NVMe, an array and a mapped device."""
    vexfsctl.sysfs = make_sysfs(tmp_path / "sys", SERVER, SERVER_SLAVES)
    return vexfsctl.sysfs


@pytest.fixture
def bare(tree: FakeTree) -> None:
    """There is no volume."""
    tree.remove("loop0")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of another host, with a failing disk."""
    path = tmp_path / "other.kmsg"
    path.write_text("".join(f"3,{at},{at}000000,-;{line}\n" for at, line in enumerate(LINES)))
    return path


def names(answer: str) -> list[str]:
    """Return the first column of TSV."""
    return [line.partition("\t")[0] for line in answer.splitlines()[1:]]


@pytest.mark.usefixtures("bare")
def test_all_devices_of_a_host_without_a_volume(vexfsctl: Program) -> None:
    """Down to the controllers, each before what it is made from; no loop device without a file."""
    answer = vexfsctl("device", "list")

    assert (answer.exit_status, answer.stderr) == (ExitStatus.OK, "")
    assert_golden("device-list.txt", answer.stdout)


def test_what_is_under_volumes(vexfsctl: Program, tree: FakeTree) -> None:
    """Only that; `--all` has the rest too."""
    tree.write("loop0/device", "253:0")

    under = vexfsctl("device", "list", "--format", "tsv").stdout
    every = vexfsctl("device", "list", "--all", "--format", "tsv").stdout

    expected = ["dm-0", "md0", "sdb1", "sdb", "sdc", "host1", "host2", "ata2", "virtio0"]
    assert sorted(names(under)) == sorted(expected)
    assert set(names(every)) > set(names(under))
    (mapped, *_) = vexfsctl("device", "list", "--json").json["data"]["devices"]
    assert (mapped["name"], mapped["volumes"], mapped["beside"]) == ("dm-0", ["loop0"], ["sdd"])


@pytest.mark.parametrize("asked", ["sdb", "8:16", "1:0:0:0", "ata2.00", "/dev/sdb", "scsi:1:0:0:0"])
def test_a_device_by_any_name(vexfsctl: Program, asked: str) -> None:
    """With all below and above it."""
    answer = vexfsctl("device", "show", asked, "--format", "tsv")

    assert set(names(answer.stdout)) == {"dm-0", "md0", "sdb1", "sdb", "host1", "ata2"}


@pytest.mark.usefixtures("bare")
def test_trouble_of_a_log_from_elsewhere(vexfsctl: Program, log: Path) -> None:
    """By kind, over time and by sector; a line that names the disk by its port is about it."""
    answer = vexfsctl("device", "show", "sdx", "--log", str(log))

    assert answer.exit_status == ExitStatus.OK
    assert_golden("device-show.txt", answer.stdout.replace(str(log), "LOG"))


@pytest.mark.usefixtures("bare")
def test_json_has_everything(vexfsctl: Program, tree: FakeTree, log: Path) -> None:
    """One envelope."""
    answer = vexfsctl("device", "show", "sdx", "--json", "--log", str(log))

    normal = answer.stdout.replace(str(log), "LOG").replace(str(tree.root), "ROOT")
    assert_golden("device-show.json", normal)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("verb", ["list", "show"])
def test_errors_of_a_time_only(vexfsctl: Program, log: Path, verb: str) -> None:
    """A line whose time nobody knows is of no time that is asked for, and a gap."""
    answer = vexfsctl("device", verb, "-S", "-1h", "--json", "--log", str(log))

    assert all(each["trouble"]["kinds"] == [] for each in answer.json["data"]["devices"])
    gaps = [(gap["reason"], gap["lost"]) for gap in answer.json["coverage"]["gaps"]]
    assert (answer.exit_status, gaps) == (ExitStatus.INCOMPLETE, [("undated", 5)])


def test_trouble_of_this_host(vexfsctl: Program, tree: FakeTree, tmp_path: Path) -> None:
    """A volume writes to that log, so it is of this boot; its member is under the volume."""
    tree.write("loop0/device", "253:0")
    log = tmp_path / "this.kmsg"
    tree.write("loop0/log", str(log))
    lines = [f"I/O error, dev sdc, sector {4096 + 8 * at} op 0x0:(READ)" for at in range(3)]
    log.write_text("".join(f"3,{at},{at}000000,-;{line}\n" for at, line in enumerate(lines)))

    data = vexfsctl("device", "show", "--json", "--log", str(log)).json["data"]

    assert not data["elsewhere"]
    (member,) = (each for each in data["devices"] if each["trouble"]["kinds"])
    assert (member["name"], member["volumes"]) == ("sdc", ["loop0"])
    assert (member["present"], member["state"]["state"]) == (True, "offline")
    assert member["trouble"]["sectors"] == [{"first": 4096, "last": 4112, "count": 3}]


def test_a_device_that_is_not_there(vexfsctl: Program) -> None:
    """Names that are like it."""
    answer = vexfsctl("device", "show", "sdbb")

    assert answer.exit_status == ExitStatus.FAILED
    assert "is called 'sdbb'" in answer.stderr
    assert "did you mean sdb" in answer.stderr


@pytest.mark.usefixtures("bare")
def test_trouble_of_no_device_is_counted(vexfsctl: Program, tmp_path: Path) -> None:
    """A connection is no device: that the list has none must not mean that all is well."""
    log = tmp_path / "iscsi.dmesg"
    log.write_text("[  100.000000]  connection3:0: detected conn error (1020)\n")

    assert vexfsctl("device", "list", "--log", str(log)).stdout == (
        "The log tells of no block device.\n"
        "\n"
        "1 line of trouble about no device that is known: "
        f"vexfsctl log --kernel --log {log}\n"
    )


def test_what_is_no_device_cannot_be_shown(vexfsctl: Program, tmp_path: Path) -> None:
    """Though lines are about it: an empty answer would say that nothing is wrong with it."""
    log = tmp_path / "iscsi.dmesg"
    log.write_text("[  100.000000]  connection3:0: detected conn error (1020)\n")

    answer = vexfsctl("device", "show", "connection3:0", "--log", str(log))

    assert (answer.exit_status, answer.stdout) == (ExitStatus.FAILED, "")
    assert answer.stderr.startswith("vexfsctl: no device of the log is called 'connection3:0'\n")


@pytest.mark.usefixtures("bare")
def test_errors_are_not_known_without_a_log(vexfsctl: Program, log: Path) -> None:
    """That none could be read is not that there are none."""
    survey = survey_devices(replace(vexfsctl.host(vexfsctl.environ), logs=(str(log),)))
    blind = replace(survey, devices=tuple(replace(each, trouble=None) for each in survey.devices))

    table, *others = device_show(blind).body
    assert isinstance(table, Table)
    errors = table.columns[-1]
    assert (errors.title, {errors.text(row) for row in table.rows}) == ("ERRORS", {None})
    assert len(others) == 1


def test_errors_all_over_a_disk(vexfsctl: Program, tmp_path: Path) -> None:
    """The places that were hit most, and how many lines are about others; not hundreds of rows."""
    log = tmp_path / "worn.dmesg"
    sectors = [
        *range(8_000, 10_000, 100),
        *range(0, 10**9, 10**7),
        *range(5_000_000, 5_002_000, 100),
    ]
    log.write_text(
        "".join(
            f"[{at:5}.000000] I/O error, dev sdw, sector {sector} op 0x0:(READ) flags 0x0\n"
            for at, sector in enumerate(sectors)
        )
    )

    shown = vexfsctl("device", "show", "sdw", "--log", str(log)).stdout
    status = vexfsctl("status", "--log", str(log)).stdout

    (table,) = [part for part in shown.split("\n\n") if part.startswith("sectors at which")]
    assert table.splitlines()[2:] == [
        "sdw             8000         9900     20  -",
        "sdw          5000000      5001900     20  -",
        "sdw                0    990000000    100  scattered between",
    ]
    assert "sectors 8000 to 9900, 5000000 to 5001900; 100 more lines about sectors 0 to" in status


def test_a_time_that_is_none(vexfsctl: Program) -> None:
    """Wrong usage."""
    assert vexfsctl("device", "list", "-S", "soon").exit_status == ExitStatus.USAGE


def test_names_of_devices_are_completed(vexfsctl: Program) -> None:
    """Those of this host, for the command and for `-d`; a path is completed by the shell."""
    devices = {"sdb": "disk", "sdb1": "partition", "sdc": "disk", "sdd": "disk"}

    assert vexfsctl.offers("device", "show", "sd") == devices
    assert vexfsctl.offers("log", "-d", "sd") == devices
    assert vexfsctl.offers("device", "show", "/dev/s") == {"<file>": ""}


def test_more_devices_than_anybody_has(vexfsctl: Program, tmp_path: Path) -> None:
    """Those with most errors are told of, and how many are left out: nothing is lost in silence."""
    log = tmp_path / "many.kmsg"
    line = "3,{at},{at},-;I/O error, dev nvme{one}n{two}, sector 8 op 0x0:(READ) flags 0x0\n"
    named = [line.format(at=at, one=at % 10, two=at // 10) for at in range(5_000)]
    log.write_text("".join([*named, line.format(at=5_000, one=9, two=499)]))

    answer = vexfsctl("device", "list", "--log", str(log), "--format", "tsv")
    assert len(names(answer.stdout)) == MOST_DEVICES
    assert "nvme9n499" in names(answer.stdout)
    assert answer.exit_status == ExitStatus.INCOMPLETE
    assert answer.stderr.splitlines()[-1] == ("vexfsctl: incomplete: devices: too_many, 1010 lost")
