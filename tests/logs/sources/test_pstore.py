"""Crash logs of pstore, in files as the kernel and systemd-pstore leave them."""

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.logs.reading.contents import Manner
from vexfsctl.logs.reading.log import SourceReading
from vexfsctl.logs.sources.pstore import Part, crash_files, dumps_of, is_crash_log
from vexfsctl.logs.sources.reader import LogHost, read_crash_logs, read_sources

HOST = LogHost(silence_s=20)
EVERY = Manner(every_record=True)


def line(number: int) -> str:
    """Return a line of the kernel, dated *number* seconds after boot."""
    return f"<3>[{number:5}.000000] VexFS: line {number}\n"


def crashes(directory: Path) -> SourceReading:
    """Return what the crash logs below *directory* say."""
    return read_crash_logs("pstore", crash_files([directory]), HOST, EVERY)


def texts(reading: SourceReading) -> list[str]:
    """Return its records."""
    return [record.text for boot in reading.boots for record in boot.records]


def test_parts_count_backwards(tmp_path: Path) -> None:
    """Part1 is the end of the log; lines keep their levels, and headers are no torn lines."""
    for number, first in ((1, 5), (2, 3), (3, 1)):
        part = tmp_path / f"dmesg-erst-{7500000000000000000 + number}"
        part.write_text(f"Panic#1 Part{number}\n{line(first)}{line(first + 1)}")

    reading = crashes(tmp_path)

    assert texts(reading) == [f"VexFS: line {number}" for number in range(1, 7)]
    assert {hole.reason for hole in reading.holes} == {"starts_late"}


def test_an_oops_and_the_panic_after_it_share_lines(tmp_path: Path) -> None:
    """Both dumps of one boot are one log."""
    oops, panic = tmp_path / "dmesg-efi-1", tmp_path / "dmesg-efi-2"
    oops.write_text("Oops#1 Part1\n" + line(1) + line(2) + line(3))
    panic.write_text("Panic#2 Part1\n" + line(2) + line(3) + line(4))

    reading = crashes(tmp_path)

    assert texts(reading) == [f"VexFS: line {number}" for number in (1, 2, 3, 4)]
    assert len(reading.boots) == 1


def test_two_crashes_are_two_boots(tmp_path: Path) -> None:
    """The older one comes first, whatever their ids."""
    for name, first, made_s in (("dmesg-efi-1", 9, 2000), ("dmesg-efi-2", 20, 1000)):
        file = tmp_path / name
        file.write_text(f"Panic#1 Part1\n{line(first)}")
        os.utime(file, (made_s, made_s))

    reading = crashes(tmp_path)

    assert texts(reading) == ["VexFS: line 20", "VexFS: line 9"]
    assert len(reading.boots) == 2


def test_what_systemd_joined_is_read_once(tmp_path: Path) -> None:
    """It keeps the parts next to it."""
    directory = tmp_path / "1557413376" / "001"
    directory.mkdir(parents=True)
    (directory / "dmesg-efi-155741337601001").write_text("Panic#1 Part1\n" + line(1))
    (directory / "dmesg.txt").write_text("Panic#1 Part1\n" + line(1))

    assert texts(crashes(tmp_path)) == ["VexFS: line 1"]


def test_a_compressed_part_is_said_to_be_unreadable(tmp_path: Path) -> None:
    """The others are read."""
    (tmp_path / "dmesg-efi-1").write_text("Panic#1 Part1\n" + line(1))
    (tmp_path / "dmesg-efi-2.enc.z").write_bytes(b"\x78\x01")

    reading = crashes(tmp_path)

    assert texts(reading) == ["VexFS: line 1"]
    assert reading.failure == (
        "not read to its end: dmesg-efi-2.enc.z is compressed and could not be expanded"
    )


def test_one_part_can_be_named(tmp_path: Path) -> None:
    """Its header is no torn line."""
    part = tmp_path / "dmesg-ramoops-0"
    part.write_text("Oops#3 Part1\n" + line(0))

    reading = read_sources([str(part)], HOST)

    assert [record.text for record in reading] == ["VexFS: line 0"]
    assert not [gap for gap in reading.coverage().gaps if gap.reason == "torn"]


def test_names_of_crash_logs() -> None:
    """A log that is called similarly is an ordinary file."""
    names = ("dmesg-efi-1", "dmesg-nvme-pstore-12", "dmesg-efi-1.enc.z", "dmesg.txt")
    assert all(map(is_crash_log, names))
    assert not any(map(is_crash_log, ("dmesg", "dmesg-1", "dmesg.0", "dmesg-efi-1.gz")))


@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=6), max_size=4))
def test_no_line_is_lost(dumps: list[list[int]]) -> None:
    """Whatever dumps have in common, each is part of the whole, and nothing else is."""
    parts = [
        Part(at, at, b"Panic#1 Part1\n" + b"".join(b"%d\n" % number for number in dump))
        for at, dump in enumerate(dumps)
    ]

    whole = b"".join(dumps_of(parts)).split()

    for dump in dumps:
        wanted = [b"%d" % number for number in dump]
        assert any(whole[at : at + len(wanted)] == wanted for at in range(len(whole)))
    assert len(whole) <= sum(map(len, dumps))


@given(st.lists(st.binary(), max_size=4))
def test_hostile_parts_come_out(texts: list[bytes]) -> None:
    """No exception, and no line that no part has."""
    whole = b"".join(dumps_of(Part(at, at, text) for at, text in enumerate(texts)))

    known = {line.rstrip(b"\r\n") for text in texts for line in text.splitlines()}
    assert {line.rstrip(b"\r\n") for line in whole.splitlines()} <= known
