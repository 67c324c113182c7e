"""The one place that finds a device by any of its names, for all commands.

A device of this host is found in sysfs. One that is not there any more, or any of a log from
elsewhere, is found in the whole log: by the lines that tell what is attached where, and by any
line that names it.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from vexfsctl.exceptions import DeviceNotFound, EvidenceMissing
from vexfsctl.host.host import Host
from vexfsctl.logs.kernel.writer import may_be_of_kernel
from vexfsctl.logs.own_records import may_be_vexfs
from vexfsctl.logs.reading.log import LogReading
from vexfsctl.logs.sieve import sieve
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.device_names import disk_of_partition, is_block_name, name_of_number
from vexfsctl.model.record import LogRecord

if TYPE_CHECKING:
    from vexfsctl.analysis.devices.told import ToldGraph
    from vexfsctl.logs.reading.wanted import Wanted
    from vexfsctl.model.device_graph import DeviceGraph

_NODES = "/dev/"
_NUMBER = re.compile(r"\d{1,4}:\d{1,7}")
_WORD = re.compile(r"[\w:.!/+-]{1,128}", re.ASCII)

_USUAL = r"\b(?:[svh]d[a-z]{1,3}\d{0,3}|nvme\d+n\d+(?:p\d+)?|(?:dm-|md|loop)\d+)\b"
"""What most block devices are called, to find names that are like one that is not there."""


class DeviceFinder:
    """Finds devices of a host and of a log."""

    def __init__(
        self, host: Host, reading: LogReading | None = None, *, elsewhere: bool = False
    ) -> None:
        """*elsewhere*: the log is from another host, whose devices are not this host's.

        Without a log, a device that is not here may yet come.
        """
        self.host = host
        self._reading = reading
        self.elsewhere = elsewhere
        self._names: dict[str, str] = {}
        self._found: set[str] = set()
        """Names of devices that something was asked about."""
        self._suspects: dict[str, str] = {}

    def names_of(self, asked: str) -> tuple[str, ...]:
        """Return the names of what is called *asked*, and of what is below and above it.

        Each in all its spellings: kernel name, number, SCSI address, ATA port … Raises
        DeviceNotFound if nothing is called that, EvidenceMissing if it may be in a missing part
        of the log.
        """
        if names := self.known_names_of(asked) or self._names_in_lines(asked):
            return names
        if self._reading is None:
            word = asked.removeprefix(_NODES)
            return tuple(filter(None, (word, disk_of_partition(word))))
        raise self.not_found(asked)

    def known_names_of(self, asked: str) -> tuple[str, ...]:
        """Return the same, but nothing if nothing is called that."""
        for graph, word in self._places(asked):
            if found := graph.find(word):
                related = dict.fromkeys(name for each in found for name in graph.related(each))
                self._found.update(related)
                return tuple(dict.fromkeys((*related, *graph.spellings(related))))
        return ()

    def names_among(self, spellings: Iterable[str]) -> tuple[str, ...]:
        """Return those of *spellings*, which `names_of` gave, that are names of devices.

        The others are what the kernel calls them besides.
        """
        return tuple(each for each in spellings if is_block_name(each) or each in self._found)

    def name_of_device(self, spelling: str) -> str:
        """Return the kernel's name of the one device called *spelling*; else what was given.

        That is: `sdb` for `scsi:3:0:0:0`, which a line of the kernel may call it.
        """
        name = self._names.get(spelling)
        if name is None:
            name = spelling if is_block_name(spelling) else self._look_up(spelling)
            self._names[spelling] = name
        return name

    def suspect(self, spelling: str) -> str:
        """Return the same, but for what has only one disk attached, such as an ATA port, the disk.

        Lines about one are about the other.
        """
        suspect = self._suspects.get(spelling)
        if suspect is None:
            suspect = self._suspects[spelling] = self._only_disk(self.name_of_device(spelling))
        return suspect

    @cached_property
    def here(self) -> "DeviceGraph":
        """The devices of this host; none if the log is from elsewhere."""
        # Deferred: most commands name no device.
        from vexfsctl.model.device_graph import DeviceGraph

        if self.elsewhere:
            return DeviceGraph()
        from vexfsctl.devices.sysfs_graph import read_device_graph

        return read_device_graph(self.host.sysfs)

    @cached_property
    def told(self) -> "DeviceGraph":
        """What the log tells of how devices are attached."""
        # Deferred for the same reason.
        from vexfsctl.analysis.devices.told import (
            TELLING,
            TELLING_AGAIN,
            TELLING_WORDS,
            graph_of,
        )
        from vexfsctl.logs.reading.wanted import Beginning

        telling = Beginning(TELLING, TELLING_WORDS, repeated=TELLING_AGAIN)
        return graph_of(each.text for each in self._records(telling) if self._may_tell(each))

    def _places(self, asked: str) -> "Iterator[tuple[DeviceGraph, str]]":
        """Yield where to look for *asked*, and what it is called there."""
        word = asked.removeprefix(_NODES)
        if not self.elsewhere:
            yield self.here, word
            if (node := self._node(asked)) is not None:
                yield self.here, node
        if self._reading is not None and _WORD.fullmatch(word):
            name = name_of_number(word) or word
            yield self._mentioned(name), name

    def _node(self, asked: str) -> str | None:
        from vexfsctl.devices.sysfs_graph import name_of_node

        return name_of_node(asked, self.host.sysfs)

    def _mentioned(self, name: str) -> "DeviceGraph":
        """Return what the log tells, with *name* if any line has it, and its disk's partitions."""
        from vexfsctl.analysis.devices.told import name_pattern, partition_pattern

        starts = self.told.find(name) or (name,)
        related = [each for start in starts for each in self.told.related(start)]
        disks = [disk_of_partition(each) or each for each in related if is_block_name(each)]
        mentioned = self._mentions(partition_pattern(disks), *dict.fromkeys(disks))
        if name not in self.told.devices and is_block_name(name):
            # One line is enough.
            if any(True for _ in self._texts_with(name_pattern(name), name)):
                mentioned.mention(name)
        elif _NUMBER.fullmatch(name) and self._metadata_has(name):
            mentioned.mention_number(name)
        return self.told + mentioned.result()

    def _mentions(self, pattern: str, *literals: str) -> "ToldGraph":
        """Return a graph that knows every name in the log that *pattern* finds."""
        from vexfsctl.analysis.devices.told import ToldGraph

        mentioned = ToldGraph()
        for text in self._texts_with(pattern, *literals) if pattern else ():
            for found in re.findall(pattern, text):
                mentioned.mention(found)
        return mentioned

    def _metadata_has(self, number: str) -> bool:
        wanted = ("DEVICE", f"b{number}")
        return self._reading is not None and any(wanted in each.fields for each in self._reading)

    def _texts_with(self, pattern: str, *literals: str) -> Iterable[str]:
        from vexfsctl.logs.reading.wanted import Saying

        found = self._records(Saying(pattern, literals))
        return (each.text for each in found if may_be_vexfs(each) or self._may_tell(each))

    def _records(self, wanted: "Wanted") -> Iterable[LogRecord]:
        """Return the records that are *wanted*; those that matter, however the log was read."""
        if self._reading is None:
            return ()
        return filter(sieve().accepts, self._reading.only(wanted))

    def _may_tell(self, record: LogRecord) -> bool:
        """Whether the kernel may say in *record* how devices are attached."""
        in_doubt = record.loose and record.source in self._writers_named
        return may_be_of_kernel(record) and not in_doubt

    @cached_property
    def _writers_named(self) -> frozenset[str]:
        return frozenset() if self._reading is None else self._reading.naming_writers

    def _look_up(self, spelling: str) -> str:
        for graph in (self.here, self.told):
            if found := graph.find(spelling):
                return found[-1]
        return name_of_number(spelling) or spelling

    def _only_disk(self, name: str) -> str:
        for graph in (self.here, self.told):
            device = graph.devices.get(name)
            if device is not None and not device.is_block:
                disks = graph.disks_at(name)
                return disks[0] if len(disks) == 1 else name
        return name

    def _names_in_lines(self, asked: str) -> tuple[str, ...]:
        """Return *asked*, and what else lines of the kernel call what `suspect` says is that.

        It may be an adapter, a connection or a server, or have no word of its own in the text.
        """
        if self._reading is None:
            return ()
        # Deferred: most devices are found without.
        from vexfsctl.host.log import HostLog

        word = asked.removeprefix(_NODES)
        told = (entry.evidence for entry in HostLog(self._reading, {}).evidence)
        called = {name for each in told if each is not None for name in each.devices}
        found = [name for name in called if word in (name, self.suspect(name))]
        if not found:
            return ()
        disk = disk_of_partition(word)
        around = () if disk is None else self.known_names_of(disk)
        return tuple(dict.fromkeys((word, *sorted(found), *around)))

    def not_found(self, asked: str) -> DeviceNotFound | EvidenceMissing:
        """Return the failure to find what is called *asked*, with names that are like it."""
        graph = self.here + self.told + self._mentions(_USUAL).result()
        near = graph.near(asked)
        shown = "vexfsctl device list --all shows them"
        if self.elsewhere:
            shown += ", with --log as here"
        hint = f"did you mean {' or '.join(near)}?" if near else shown
        where = "the log" if self.elsewhere else "this host or the log"
        message = f"no device of {where} is called {asked!a}"
        gaps = () if self._reading is None else self._reading.coverage().gaps
        # A log that begins late shows no device that was gone by then: nobody can say more.
        missing = tuple(gap for gap in gaps if gap.reason != "starts_late")
        if not missing:
            return DeviceNotFound(message, hint=hint)
        failure = EvidenceMissing(
            f"{message}, and part of the log is missing: {', '.join(map(str, missing))}", hint=hint
        )
        failure.coverage = Coverage(gaps=missing)
        return failure


def related_here(device: str) -> tuple[str, ...]:
    """Return the names of this host's *device* and its relatives; nothing if it is not there."""
    from vexfsctl.devices.sysfs_graph import read_device_graph

    graph = read_device_graph()
    return tuple(name for each in graph.find(device) for name in graph.related(each))
