r"""The graph of devices as the kernel's own lines tell it, for logs from elsewhere.

A fold over the texts of a whole log, oldest first; only lines that begin as below are looked at.
Wording of Linux 4.4 to 6.18 (drivers/scsi, drivers/ata/libata-core.c, drivers/nvme/host,
drivers/md, block/partitions). What no line says stays unknown: the members of device mapper's
devices and the files of loop devices.
"""

import re
from collections.abc import Callable, Iterable

from vexfsctl.model.device_graph import Device, DeviceGraph, DeviceKind, kind_of_name
from vexfsctl.model.device_names import (
    disk_of_partition,
    is_block_name,
    name_of_number,
    namespace_of_path,
    number_of_name,
    nvme_controller_of,
)

_ADDRESS = r"\d{1,4}:\d{1,4}:\d{1,6}:\d{1,20}"
_INTRODUCTION = r"(?:[SP]ATA max|DUMMY|pci function )"
"""What ports and controllers say of themselves once, when they are found."""

TELLING = (
    rf"scsi ?(?:host)?\d{{1,4}} ?: |(?:ata\d{{1,4}}|nvme nvme\w{{1,16}}): {_INTRODUCTION}"
    r"|md/\w{1,16}:|md: bind<|device-mapper: "
)
"""How lines begin that tell more than names: a regular expression. Those of partitions are not
among them: the name of a partition is in any line that is about it, and has its disk's in it."""

TELLING_AGAIN = (
    rf"(?P<thing>s[dr] {_ADDRESS}: (?=\[)|(?:ata\d{{1,4}}(?:\.\d{{1,2}})?|nvme nvme\w{{1,16}}): )"
    r"(?:\[sd[a-z]{1,4}\] )?"
)
"""The same of the others, which mostly repeat what was told, as `Beginning` has it."""

TELLING_WORDS = ("sd ", "sr ", "scsi", "ata", "nvme nvme", "md", "device-mapper")
"""Each of these lines begins with one of these."""

PATH_TOLD = "device-mapper: multipath: "
"""How lines begin that tell what a device of device mapper is made of: no others do."""

_ATTACHED = re.compile(
    rf"(?:sd|sr|st|scsi) (?P<address>(?=(?P<host>\d{{1,4}}):){_ADDRESS}): "
    r"(?:\[(?P<disk>sd[a-z]{1,4})\] )?"
)
_SCSI_HOST = re.compile(r"scsi ?(?:host)?(?P<host>\d{1,4}) ?: (?:ahci|ata_\w+|sata_\w+|pata_\w+)\b")
_PORT = re.compile(r"(?P<port>ata\d{1,4}): (?:[SP]ATA max|DUMMY)")
_ON_PORT = re.compile(r"(?P<port>ata\d{1,4})(?:\.(?P<device>\d{1,2}))?: ")
_CONTROLLER = re.compile(r"nvme (?P<name>nvme\d{1,4})(?P<namespace>(?:c\d{1,4})?n\d{1,4})?: ")
_PCI = re.compile(r"pci function (?P<pci>[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])")
_PARTITIONS = re.compile(r" ?(?P<disk>[a-z][a-z0-9]{1,20}): (?P<rest>[a-z0-9<> ]{2,400})$")
_SHORT = re.compile(r"p\d{1,4}")
_ARRAY = re.compile(r"md/\w{1,16}:(?P<array>md[\w-]{1,30}): (?P<rest>.*)", re.DOTALL)
_MEMBERS = re.compile(
    r"(?:Disk failure on|device|\bon|not clean -- starting background|mirror:|^) ?"
    r"(?P<name>[a-z][a-z0-9-]{1,30})\b"
)
_BOUND = re.compile(r"md: bind<(?P<name>[\w-]{1,32})>")
# Verity names the device below it.
_MAPPED = re.compile(
    r"device-mapper: (?!verity)[\w -]{1,32}: (?P<number>\d{1,4}:(?P<minor>\d{1,7})): ?"
)
_PATH = re.compile(r"(?:Failing|Reinstating) path (?P<name>\S{1,32}?)\.?$")


class ToldGraph:
    """Takes texts of a log, and knows the graph that they tell."""

    def __init__(self) -> None:
        self._below: dict[str, dict[str, None]] = {}
        self._aliases: dict[str, dict[str, None]] = {}
        self._kinds: dict[str, DeviceKind] = {}
        self._at: dict[str, str] = {}
        """The disk at each SCSI address, the latest."""
        self._hosts: list[str] = []
        """SCSI hosts of ATA, in the order in which they were told …"""
        self._ports: list[str] = []
        """… and the ports that were named after them."""
        self._port_of: dict[str, str] = {}
        """The ATA port of each SCSI host."""
        self._on_ports: dict[str, None] = {}
        """What stands on ATA ports: `ata2.00`."""
        self._bound: list[str] = []
        """Members of the array that is about to start."""

    def take(self, text: str) -> None:
        """Take what the next line tells."""
        for begin, take in _TAKES:
            if text.startswith(begin):
                take(self, text)
                return
        self._take_partitions(text)

    def mention(self, name: str) -> None:
        """Note that a line is about a device of this name, whatever it says."""
        if is_block_name(name):
            self._note(name)

    def mention_number(self, number: str) -> None:
        """Note that a line is about the device of this number, whose name it does not say."""
        self._kinds.setdefault(number, DeviceKind.DISK)

    def result(self) -> DeviceGraph:
        """Return the graph so far."""
        self._join_ports()
        return DeviceGraph.of(
            Device(
                name,
                kind,
                tuple(self._below.get(name, ())),
                tuple(self._aliases.get(name, ())),
                present=False,
            )
            for name, kind in self._kinds.items()
        )

    def _note(self, name: str) -> None:
        """Note block device *name*, and what its name says it stands on."""
        if name in self._kinds:
            return
        self._kinds[name] = kind_of_name(name)
        if (number := number_of_name(name)) is not None:
            self._call(name, number)
        if (disk := disk_of_partition(name)) is not None:
            self._note(disk)
            self._stands_on(name, disk)
        elif (namespace := namespace_of_path(name)) is not None:
            self._note(namespace)
            self._stands_on(namespace, name)
        if (controller := nvme_controller_of(name)) is not None:
            self._kinds.setdefault(controller, DeviceKind.CONTROLLER)
            self._stands_on(name, controller)

    def _stands_on(self, name: str, below: str) -> None:
        self._below.setdefault(name, {})[below] = None

    def _call(self, name: str, *aliases: str) -> None:
        self._aliases.setdefault(name, {}).update(dict.fromkeys(aliases))

    def _take_scsi(self, text: str) -> None:
        if (attached := _ATTACHED.match(text)) is not None:
            host = f"host{attached['host']}"
            self._kinds.setdefault(host, DeviceKind.CONTROLLER)
            if (disk := attached["disk"]) is not None:
                address = attached["address"]
                self._note(disk)
                self._at[address] = disk
                self._call(disk, address, f"scsi:{address}")
                self._stands_on(disk, host)
        elif (made := _SCSI_HOST.match(text)) is not None:
            if self._ports:
                self._pair_ports()
            self._hosts.append(f"host{made['host']}")

    def _take_ata(self, text: str) -> None:
        if (port := _PORT.match(text)) is not None:
            self._ports.append(port["port"])
            self._kinds.setdefault(port["port"], DeviceKind.CONTROLLER)
        elif (on_port := _ON_PORT.match(text)) is not None:
            self._kinds.setdefault(on_port["port"], DeviceKind.CONTROLLER)
            if on_port["device"] is not None:
                self._on_ports[on_port[0].removesuffix(": ")] = None

    def _take_nvme(self, text: str) -> None:
        if (named := _CONTROLLER.match(text)) is None:
            return
        self._kinds.setdefault(named["name"], DeviceKind.CONTROLLER)
        if named["namespace"] is not None:
            self._note(named["name"] + named["namespace"])
        if (pci := _PCI.search(text)) is not None:
            self._call(named["name"], pci["pci"], f"pci:{pci['pci']}")

    def _take_md(self, text: str) -> None:
        if (bound := _BOUND.match(text)) is not None:
            self._bound.append(bound["name"])
            return
        for line in text.split("\n"):
            if (told := _ARRAY.match(line)) is None:
                continue
            array = told["array"]
            self._note(array)
            # Before Linux 4.13 members are bound one by one, then their array says that it works.
            named = (found["name"] for found in _MEMBERS.finditer(told["rest"]))
            for member in (*self._bound, *filter(is_block_name, named)):
                if member != array:
                    self._note(member)
                    self._stands_on(array, member)
            self._bound.clear()

    def _take_mapped(self, text: str) -> None:
        told = _MAPPED.match(text)
        if told is None or name_of_number(told["number"]) is not None:
            return
        name = f"dm-{told['minor']}"
        self._note(name)
        self._call(name, told["number"])
        if (path := _PATH.search(text)) is not None:
            below = name_of_number(path["name"]) or path["name"]
            if is_block_name(below):
                self._note(below)
                self._call(below, path["name"])
                self._stands_on(name, below)

    def _take_partitions(self, text: str) -> None:
        if (told := _PARTITIONS.match(text)) is None or not is_block_name(told["disk"]):
            return
        disk = told["disk"]
        for word in told["rest"].split():
            name = f"{disk}{word}" if _SHORT.fullmatch(word) else word
            if disk_of_partition(name) == disk:
                self._note(name)

    def _pair_ports(self) -> None:
        """Note which SCSI host each port is that was named so far.

        ata_host_register() adds the SCSI hosts of all ports, then names the ports in order.
        """
        # A log may begin among the hosts, or have been cut among the ports.
        ports = self._ports[max(0, len(self._ports) - len(self._hosts)) :]
        self._port_of.update(zip(self._hosts, ports, strict=False))
        self._hosts.clear()
        self._ports.clear()

    def _join_ports(self) -> None:
        """Say which disks are at the ATA ports."""
        self._pair_ports()
        hosts: dict[str, str] = {}
        for host, port in self._port_of.items():
            hosts[port] = host.removeprefix("host")
            if host in self._kinds:
                self._stands_on(host, port)
        for on_port in self._on_ports:
            port, _, number = on_port.partition(".")
            host = hosts.get(port, "")
            # A device of a port is a target of its host; behind a port multiplier, a channel.
            places = (f"{host}:0:{int(number)}:0", f"{host}:{int(number)}:0:0")
            disks = [self._at[place] for place in places if place in self._at]
            # Where no line tells the disk, the port is all that is known.
            for name in disks or [port]:
                self._call(name, on_port)


_TAKES: tuple[tuple[str | tuple[str, ...], Callable[[ToldGraph, str], None]], ...] = (
    (("sd ", "sr ", "st ", "scsi"), ToldGraph._take_scsi),
    ("ata", ToldGraph._take_ata),
    ("nvme ", ToldGraph._take_nvme),
    (("md/", "md: "), ToldGraph._take_md),
    ("device-mapper: ", ToldGraph._take_mapped),
)


def graph_of(texts: Iterable[str]) -> DeviceGraph:
    """Return the graph that *texts* tell, the oldest first."""
    told = ToldGraph()
    for text in texts:
        told.take(text)
    return told.result()


def name_pattern(name: str) -> str:
    """Return a regular expression that finds *name* as a word, or a partition of it.

    It begins with the name, which is quickly searched for.
    """
    return _word(name, f"(?:{_number_in(name)})?")


def partition_pattern(disks: Iterable[str]) -> str:
    """Return a regular expression that finds partitions of *disks* as words; empty if no disks."""
    return "|".join(_word(disk, _number_in(disk)) for disk in dict.fromkeys(disks))


def _word(name: str, behind: str) -> str:
    escaped = re.escape(name)
    return rf"{escaped}(?<![\w:.-]{escaped}){behind}(?![\w:]|[.-]\w)"


def _number_in(disk: str) -> str:
    return r"p\d{1,4}" if disk[-1].isdigit() else r"\d{1,4}"
