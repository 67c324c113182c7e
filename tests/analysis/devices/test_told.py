"""The graph of devices as lines of the kernel tell it."""

import re

from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.analysis.devices.told import TELLING, TELLING_AGAIN, TELLING_WORDS, graph_of
from vexfsctl.model.device_graph import DeviceGraph

SATA = """\
scsi host0: ahci
scsi host1: ahci
ata1: SATA max UDMA/133 abar m4096@0xfebd2000 port 0xfebd2100 irq 27
ata2: SATA max UDMA/133 abar m4096@0xfebd2000 port 0xfebd2180 irq 27
ata2: SATA link up 1.5 Gbps (SStatus 113 SControl 300)
ata2.00: ATA-7: QEMU HARDDISK, 2.5+, max UDMA/100
scsi 1:0:0:0: Direct-Access     ATA      QEMU HARDDISK    2.5+ PQ: 0 ANSI: 5
sd 1:0:0:0: [sdb] 131072 512-byte logical blocks: (67.1 MB/64.0 MiB)
 sdb: sdb1 sdb2 < sdb5 >
"""


def told(text: str) -> DeviceGraph:
    """Return the graph of the lines of *text*."""
    return graph_of(text.splitlines())


def test_a_disk_is_found_by_its_address_and_its_ata_port() -> None:
    """Its partitions stand on it, it on the SCSI host, and that on the port."""
    graph = told(SATA)

    assert graph.find("1:0:0:0") == graph.find("ata2.00") == ("sdb",)
    assert graph.below("sdb5") == ("sdb", "host1", "ata2")
    assert graph.above("sdb") == ("sdb1", "sdb2", "sdb5")
    assert graph.above("ata2") == ("host1", "sdb", "sdb1", "sdb2", "sdb5")


def test_a_log_that_has_not_all_hosts_or_ports() -> None:
    """It begins among the hosts, whose last is the last port's, or was cut among the ports."""
    lines = SATA.splitlines()
    hosts = [f"scsi host{number}: ahci" for number in range(3)]
    ports = [f"ata{number}: SATA max UDMA/133 abar m4096@0xfebd2000" for number in (1, 2, 3)]
    for part in ((hosts[1:], ports), (hosts, ports[:2])):
        graph = graph_of([*part[0], *part[1], *lines[5:]])
        assert graph.find("ata2.00") == ("sdb",)


def test_a_removed_disk_keeps_its_partitions() -> None:
    """What took its address afterwards is another one; what was written last counts."""
    graph = told(f"{SATA}sd 1:0:0:0: [sdb] Stopping disk\nsd 1:0:0:0: [sdc] Attached SCSI disk")

    assert graph.find("scsi:1:0:0:0") == ("sdb", "sdc")
    assert graph.above("sdb") == ("sdb1", "sdb2", "sdb5")


def test_a_port_whose_disk_no_line_tells() -> None:
    """A log that begins late: what is at the port is known by the port alone."""
    graph = told("ata4.00: failed command: READ DMA EXT\nsd 3:0:0:0: [sdb] Stopping disk\n")

    assert graph.find("ata4.00") == ("ata4",)


def test_nvme() -> None:
    """Namespaces stand on controllers, and paths between them."""
    graph = told(
        "nvme nvme0: pci function 0000:01:00.0\n nvme0n1: p1 p2\nnvme nvme1c1n1: failed path"
    )

    assert graph.find("0000:01:00.0") == ("nvme0",)
    assert graph.below("nvme0n1p2") == ("nvme0n1", "nvme0")


def test_arrays() -> None:
    """By any line of the array that names a member, and by what was bound before it ran."""
    graph = told(
        "md: bind<sdd1>\nmd: bind<sde1>\nmd/raid1:md1: active with 2 out of 2 mirrors\n"
        "md/raid:md2: device sdb6 operational as raid disk 0\n"
        "md/raid1:md0: Disk failure on dm-3, disabling device.\n"
        "md/raid1:md0: Operation continuing on 1 devices.\n"
        "md/raid1:md0: sdc1: rescheduling sector 4096\n"
    )

    assert graph.devices["md0"].below == ("dm-3", "sdc1")
    assert graph.devices["md1"].below == ("sdd1", "sde1")
    assert graph.below("md2") == ("sdb6", "sdb")


def test_multipath() -> None:
    """A path by its number is the disk that has that number."""
    graph = told("device-mapper: multipath: 253:2: Failing path 8:16.")

    assert graph.find("253:2") == ("dm-2",)
    assert graph.find("8:16") == ("sdb",)
    assert graph.devices["dm-2"].below == ("sdb",)


def test_what_device_mapper_names_may_not_be_its_own() -> None:
    """Verity names the device below it, by a number that may be anything's."""
    graph = told(
        "device-mapper: verity: 259:3: data block 17 is corrupted\n"
        "device-mapper: table: 8:17: linear: Device lookup failed (-6)\n"
        "device-mapper: thin: 253:2: switching pool to write mode\n"
    )

    assert list(graph.devices) == ["dm-2"]


def test_lines_of_a_virtual_machine() -> None:
    """Its disk by address, its partition by name (Linux 6.1, scsi_debug)."""
    graph = told(
        "scsi host3: scsi_debug: version 0191 [20210520]\n"
        "scsi 3:0:0:0: Direct-Access     Linux    scsi_debug       0191 PQ: 0 ANSI: 7\n"
        "sd 3:0:0:0: Power-on or device reset occurred\n"
        "sd 3:0:0:0: [sdb] 65536 512-byte logical blocks: (33.6 MB/32.0 MiB)\n"
        " sdb: sdb1\n"
        "sd 3:0:0:0: [sdb] Attached SCSI disk\n"
    )

    assert graph.find("3:0:0:0") == ("sdb",)
    assert graph.below("sdb1") == ("sdb", "host3")


def test_lines_that_tell_are_known_by_their_beginning() -> None:
    """A log is searched by it, so none may be left out."""
    lines = [line for line in SATA.splitlines() if ": Direct" not in line and line[0] != " "]
    lines += ["nvme nvme0: pci function 0000:01:00.0", "scsi0 : ata_piix", "md: bind<sda1>"]
    lines += ["device-mapper: multipath: 253:2: x", "md/raid1:md0: active"]

    assert [line for line in lines if re.match(f"{TELLING_AGAIN}|{TELLING}", line) is None] == []
    assert [line for line in lines if not line.startswith(TELLING_WORDS)] == []


@given(st.lists(st.sampled_from([*SATA.splitlines(), " vda: vda1"]) | st.text(max_size=60)))
def test_any_lines_in_any_order(lines: list[str]) -> None:
    """No line stops it, and every device that is named below one is there itself."""
    graph = graph_of(lines)

    for device in graph:
        assert set(device.below) <= graph.devices.keys()
