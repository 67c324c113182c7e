"""Finding a device by any of its names: here, in a log from elsewhere, and after it is gone."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.program import Program
from tests.support.sysfs_devices import SERVER, SERVER_SLAVES, make_sysfs
from vexfsctl.analysis.devices.told import graph_of
from vexfsctl.exceptions import DeviceNotFound, ExitStatus
from vexfsctl.host.device_finder import DeviceFinder
from vexfsctl.host.host import Host
from vexfsctl.host.log import read_log

pytestmark = pytest.mark.usefixtures("tree")

LINES = (
    "Linux version 6.18.0",
    "scsi host0: ahci",
    "scsi host3: ahci",
    "ata1: SATA max UDMA/133 abar m4096@0xfebd2000 port 0xfebd2100 irq 27",
    "ata2: SATA max UDMA/133 abar m4096@0xfebd2000 port 0xfebd2180 irq 27",
    "ata2.00: ATA-7: QEMU HARDDISK, 2.5+, max UDMA/100",
    "sd 3:0:0:0: [sdx] Attached SCSI disk",
    "EXT4-fs error (device sdx2): ext4_find_entry:1455: inode #2: comm ls: reading directory",
    "ata2.00: failed command: READ DMA EXT",
    "I/O error, dev sdx, sector 4096 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
    "I/O error, dev sdy, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
    "sd 3:0:0:0: rejecting I/O to offline device",
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of a host with a failing disk on SATA, whose last line names it by metadata alone."""
    path = tmp_path / "host.kmsg"
    records = [f"3,{at},{at}000000,-;{line}\n" for at, line in enumerate(LINES)]
    path.write_text("".join(records) + " SUBSYSTEM=scsi\n DEVICE=+scsi:3:0:0:0\n")
    return path


def finder(log: Path, *, elsewhere: bool, sysfs: Path = Path("/nowhere")) -> DeviceFinder:
    """Return a finder for the log."""
    host = replace(Host.of_this_machine({}), logs=(str(log),), sysfs=sysfs)
    return DeviceFinder(host, read_log(host, ()).reading, elsewhere=elsewhere)


@pytest.mark.parametrize(
    "asked", ["sdx", "/dev/sdx", "3:0:0:0", "scsi:3:0:0:0", "ata2.00", "65:112", "sdx2"]
)
def test_a_disk_of_a_log_from_elsewhere(log: Path, asked: str) -> None:
    """Whatever it is called by, with its partition, its address and its port."""
    names = set(finder(log, elsewhere=True).names_of(asked))

    assert {"sdx", "sdx2", "3:0:0:0", "scsi:3:0:0:0", "ata2", "ata2.00", "host3"} <= names
    assert "sdy" not in names


def test_a_disk_that_is_gone_is_found_in_the_log(log: Path, tmp_path: Path) -> None:
    """Though the log is this host's; a device that is here is what sysfs says it is."""
    sysfs = make_sysfs(tmp_path / "sys", SERVER, SERVER_SLAVES)
    here = finder(log, elsewhere=False, sysfs=sysfs)

    assert "sdx2" in here.names_of("sdx")
    assert here.names_of("md0")[:5] == ("md0", "sdb1", "sdc", "sdb", "host2")


def test_what_nothing_is_called(log: Path) -> None:
    """The hint has names that are like it."""
    with pytest.raises(
        DeviceNotFound, match=r"no device of the log is called 'ata2.07'"
    ) as failure:
        finder(log, elsewhere=True).names_of("ata2.07")

    assert failure.value.hint is not None
    assert "ata2.00" in failure.value.hint


@pytest.mark.parametrize(
    ("spelling", "name"),
    [("scsi:3:0:0:0", "sdx"), ("8:17", "sdb1"), ("ata2.00", "sdx"), ("ata9", "ata9")],
)
def test_the_name_of_what_a_line_names(log: Path, spelling: str, name: str) -> None:
    """Where nobody can say, what the line has."""
    assert finder(log, elsewhere=True).name_of_device(spelling) == name


def test_what_has_one_disk_is_one_suspect_with_it(log: Path) -> None:
    """A port, but not a controller with several disks, nor one whose disks no line tells."""
    for name, suspect in (("ata2", "sdx"), ("ata2.00", "sdx"), ("ata9", "ata9"), ("sdb1", "sdb1")):
        assert finder(log, elsewhere=True).suspect(name) == suspect
    with log.open("a") as file:
        file.write("3,90,90000000,-;nvme nvme0n1: I/O 1 QID 1 timeout\n")
    assert finder(log, elsewhere=True).suspect("nvme0") == "nvme0n1"
    with log.open("a") as file:
        file.write("3,91,91000000,-;nvme nvme0n2: failed\n")
    assert finder(log, elsewhere=True).suspect("nvme0") == "nvme0"


def test_an_error_after_a_reset_of_a_port_counts_for_its_disk(vexfsctl: Program, log: Path) -> None:
    """Whichever of the two the line just before it names."""
    with log.open("a") as file:
        for at, line in enumerate(("ata2: hard resetting link", LINES[9]), 20):
            file.write(f"3,{at},{at}000000,-;{line}\n")
            file.write(
                f"4,{at}0,{at}000500,-;VexFS: [CORR-6F1C93A2000000{at}] error vol=data op=storage "
                "call=read err=IoError.ReadError errno=EIO sev=high attempt=1/1 hints=retry:500 "
                'msg="read operation failed"\n'
            )

    answer = vexfsctl("errors", "--by", "device", "--log", str(log), "--json").json["data"]

    assert [(each["device"], each["count"]) for each in answer["groups"]] == [("sdx", 2)]


def test_all_lines_about_a_disk(vexfsctl: Program, log: Path) -> None:
    """Those of its port, its partition and its address, not those of another disk."""
    answer = vexfsctl("log", "-d", "ata2.00", "--log", str(log), "--json")

    assert answer.exit_status == ExitStatus.OK
    texts = [row["text"] for row in answer.json["data"]]
    assert texts == [LINES[at] for at in (7, 8, 9, 11)]


@pytest.mark.parametrize("command", [("log",), ("errors",), ("trace", "--last")])
def test_a_device_that_is_not_there(vexfsctl: Program, log: Path, command: tuple[str, ...]) -> None:
    """Each command says so, with near names, and fails."""
    answer = vexfsctl(*command, "-d", "sdyy", "--log", str(log))

    assert answer.exit_status == ExitStatus.FAILED
    assert "no device of the log is called 'sdyy'" in answer.stderr
    assert "sdy" in answer.stderr


def test_errors_and_status_count_by_the_kernels_name(vexfsctl: Program, log: Path) -> None:
    """Lines that name the port or the address are about the disk that is there."""
    status = vexfsctl("status", "--log", str(log), "--json").json["data"]

    counts = {each["device"]: each["count"] for each in status["kernel_trouble"]}
    assert counts == {"sdx": 3, "sdx2": 1, "sdy": 1}


FORGERIES = (
    "sd 3:0:0:0: [sdy] Attached SCSI disk",
    "md/raid1:md0: Disk failure on sdy1, disabling device.",
    "I/O error, dev sdz, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
)


@pytest.mark.parametrize(
    "form",
    [
        "12,{at},{at}000000,-;{text}",
        '{{"_TRANSPORT":"syslog","__MONOTONIC_TIMESTAMP":"{at}000000","MESSAGE":"{text}"}}',
        "Nov 29 10:00:00 host sshd[7]: {text}",
    ],
    ids=["kmsg", "journal", "syslog"],
)
def test_what_another_program_says_of_devices(log: Path, form: str) -> None:
    """It attaches no disk, adds no member, and names nothing: no other disk may be blamed."""
    with log.open("a") as more:
        for at, text in enumerate(FORGERIES, len(LINES)):
            more.write(form.format(at=at, text=text) + "\n")

    found = finder(log, elsewhere=True)
    assert found.name_of_device("3:0:0:0") == "sdx"
    assert set(found.told.devices) == set(graph_of(LINES).devices)
    with pytest.raises(DeviceNotFound):
        found.names_of("sdz")
