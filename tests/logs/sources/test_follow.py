"""Sources that go on."""

import gzip
import io
import os
import re
import secrets
from contextlib import closing
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.logs.reading.test_passing_over import boot_summary, chunks, logs
from tests.logs.sources.test_reader import BOOT, lines
from vexfsctl.exceptions import InvalidInput, LogUnreadable
from vexfsctl.logs.sources.following.follower import LogFollower
from vexfsctl.logs.sources.kmsg import write_kmsg
from vexfsctl.logs.sources.reader import LogHost
from vexfsctl.model.coverage import Gap


def texts(follower: LogFollower) -> list[str]:
    """Return what has come since the last time."""
    return [record.text for record in follower.read()]


def test_a_growing_file_is_followed(tmp_path: Path) -> None:
    """First all there is, then what is added; a line half written waits for its end."""
    log = tmp_path / "loop0.kmsg"
    log.write_text(lines(0, 1))
    follower = LogFollower([str(log)], LogHost())

    assert texts(follower) == ["VexFS: record 0", "VexFS: record 1"]
    assert texts(follower) == []
    with log.open("a") as stream:
        stream.write("12,2,5,-;VexFS: rec")
    assert texts(follower) == []
    with log.open("a") as stream:
        stream.write("ord 2\n")
    assert texts(follower) == ["VexFS: record 2"]
    assert not follower.ended
    follower.close()


def test_what_cannot_be_followed_says_so(tmp_path: Path) -> None:
    """Crash logs, of this host and saved ones, and archives; beside others they are only a gap."""
    log, archive, crashes = tmp_path / "kern.log", tmp_path / "kern.log.gz", tmp_path / "crashes"
    log.write_text(lines(0))
    archive.write_bytes(gzip.compress(b"1"))
    crashes.mkdir()
    (crashes / "dmesg-efi-1").write_text("Panic#1 Part1\n")
    refused = {
        "pstore": "it never grows",
        str(crashes): "what pstore kept never grows",
        str(archive): "it is compressed",
    }

    for name, reason in refused.items():
        with pytest.raises(InvalidInput, match=re.escape(f"cannot follow {name}: {reason}")) as no:
            LogFollower([name], LogHost())
        assert no.value.hint == "leave --follow out"
    with closing(LogFollower([*refused, str(log)], LogHost())) as follower:
        reading = follower.read()
        assert [record.text for record in reading] == ["VexFS: record 0"]
        assert {gap.source for gap in reading.coverage().gaps} == refused.keys()


def test_a_misspelt_source_is_recognised() -> None:
    """As without --follow."""
    with pytest.raises(LogUnreadable, match="cannot read jurnal: No such file") as raised:
        LogFollower(["jurnal"], LogHost())

    assert raised.value.hint == "did you mean journal?"


def test_a_file_turned_over_is_followed(tmp_path: Path) -> None:
    """What was still added to the old file comes first, then the new one."""
    log = tmp_path / "loop0.kmsg"
    log.write_text(lines(0))
    follower = LogFollower([str(log)], LogHost())
    follower.read()

    with log.open("a") as stream:
        stream.write(lines(1))
    log.rename(tmp_path / "loop0.kmsg.1")
    assert texts(follower) == ["VexFS: record 1"]
    log.write_text(lines(2))

    reading = follower.read()
    assert [record.text for record in reading] == ["VexFS: record 2"]
    assert reading.coverage().complete
    follower.close()


def test_a_file_is_followed_until_its_successor_is_used(tmp_path: Path) -> None:
    """A log daemon writes to the old file until it is told to open the new one."""
    log = tmp_path / "syslog"
    log.write_text("[    1.000000] VexFS: 1\n")
    with log.open("a") as daemon:
        follower = LogFollower([str(log)], LogHost())
        follower.read()
        log.rename(tmp_path / "syslog.1")
        log.touch()
        assert texts(follower) == []
        daemon.write("[    2.000000] VexFS: 2\n")
        daemon.flush()
        assert texts(follower) == ["VexFS: 2"]
        daemon.write("[    3.000000] VexFS: 3\n")
    log.write_text("[    4.000000] VexFS: 4\n")

    assert texts(follower) == ["VexFS: 3", "VexFS: 4"]
    follower.close()


def test_a_file_written_anew_is_followed(tmp_path: Path) -> None:
    """A truncated file is read from its start."""
    log = tmp_path / "loop0.kmsg"
    log.write_text(lines(0, 1, 2))
    follower = LogFollower([str(log)], LogHost())
    follower.read()
    log.write_text(lines(0))

    assert texts(follower) == ["VexFS: record 0"]
    follower.close()


def test_a_file_that_was_emptied_is_followed(tmp_path: Path) -> None:
    """It is empty for a while: a log daemon goes on writing to it later."""
    log = tmp_path / "loop0.kmsg"
    log.write_text(lines(0, 1, 2))
    follower = LogFollower([str(log)], LogHost())
    follower.read()
    os.truncate(log, 0)
    assert texts(follower) == texts(follower) == []
    log.write_text(lines(0))

    assert texts(follower) == ["VexFS: record 0"]
    follower.close()


def test_a_file_written_anew_and_longer_is_followed(tmp_path: Path) -> None:
    """It is noticed by what stands before the place that was reached."""
    log = tmp_path / "loop0.kmsg"
    log.write_text(lines(0, 1, 2))
    follower = LogFollower([str(log)], LogHost())
    follower.read()
    log.write_text(lines(10, 11, 12, 13, 14))

    assert texts(follower) == [f"VexFS: record {number}" for number in (10, 11, 12, 13, 14)]
    follower.close()


def test_much_at_once_is_returned_in_parts(tmp_path: Path) -> None:
    """Not all that was added since, and still every record; at first, everything."""
    log = tmp_path / "loop0.kmsg"
    log.write_text(lines(*range(100_000)))
    follower = LogFollower([str(log)], LogHost())
    assert len(follower.read()) == 100_000
    with log.open("a") as stream:
        stream.write(lines(*range(100_000, 200_000)))

    parts = [texts(follower)]
    while part := texts(follower):
        follower.wait(10)
        parts.append(part)
    assert len(parts) > 1
    assert [text for part in parts for text in part] == [
        f"VexFS: record {number}" for number in range(100_000, 200_000)
    ]
    follower.close()


@given(logs(), st.lists(st.integers(0, 1 << 20), max_size=3))
@settings(max_examples=50, deadline=None)
def test_a_log_is_followed_as_if_every_line_were_decoded(log: bytes, cuts: list[int]) -> None:
    """The records that matter, their place, boots and holes are the same after each piece."""
    with NamedTemporaryFile(buffering=0) as file:
        sifting, decoding = (
            LogFollower([file.name], LogHost(), every_record=every_record)
            for every_record in (False, True)
        )
        for chunk in (b"", *chunks(log, cuts)):
            file.write(chunk)
            (sifted,), (decoded,) = sifting.read().sources, decoding.read().sources
            assert sifted.holes == decoded.holes
            assert [*map(boot_summary, sifted.boots)] == [*map(boot_summary, decoded.boots)]
        sifting.close()
        decoding.close()


def test_records_lost_on_the_way_are_counted(tmp_path: Path) -> None:
    """Holes add up over the whole following."""
    log = tmp_path / "loop0.kmsg"
    log.write_text(lines(0))
    follower = LogFollower([str(log)], LogHost())
    follower.read()
    with log.open("a") as stream:
        stream.write(lines(4) + "6,1\n")

    assert follower.read().coverage().gaps == (
        Gap(str(log), "overrun", 3),
        Gap(str(log), "torn", 1),
    )
    with log.open("a") as stream:
        stream.write(lines(9) + "6,1\n")
    assert follower.read().coverage().gaps == (
        Gap(str(log), "overrun", 7),
        Gap(str(log), "torn", 2),
    )
    follower.close()


def test_only_the_last_boot_of_a_live_file_is_this_one(tmp_path: Path) -> None:
    """What a driver's file holds from before a restart of the machine gets no boot."""
    log = tmp_path / "loop0.kmsg"
    log.write_text(lines(0, start_us=900) + lines(0, start_us=100))
    follower = LogFollower([str(log)], LogHost(boot_id=BOOT, live_logs=frozenset([str(log)])))

    assert [record.boot_id for record in follower.read()] == [None, BOOT]
    follower.close()


def test_a_source_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    """The others are followed, and every reading says what is missing."""
    log, missing = tmp_path / "loop0.kmsg", tmp_path / "missing"
    log.write_text(lines(0))
    follower = LogFollower([str(missing), str(log)], LogHost())

    for expected in (["VexFS: record 0"], []):
        reading = follower.read()
        assert [record.text for record in reading] == expected
        assert [gap.source for gap in reading.coverage().gaps] == [str(missing)]
    follower.close()


def test_nothing_to_follow_is_unreadable(tmp_path: Path) -> None:
    """When no source can be opened the first reason is raised."""
    with pytest.raises(LogUnreadable, match="No such file or directory"):
        LogFollower([str(tmp_path / "missing"), "-"], LogHost())


def test_a_pipe_is_followed_to_its_end() -> None:
    """A record is shown as soon as its line is whole; when the writer goes, following ends."""
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as stream:
        follower = LogFollower(["-"], LogHost(stdin=stream))
        assert texts(follower) == []
        os.write(writer, b"[    1.000000] VexFS: one\n[    2.0000")
        follower.wait(10)
        assert texts(follower) == ["VexFS: one"]
        os.write(writer, b"00] VexFS: two")
        os.close(writer)
        follower.wait(10)
        assert texts(follower) == ["VexFS: two"]
        assert follower.ended
        follower.close()


def test_a_stream_without_descriptor_cannot_be_followed() -> None:
    """Only what the system can wait for can be followed."""
    with pytest.raises(LogUnreadable, match="standard input"):
        LogFollower(["-"], LogHost(stdin=io.BytesIO()))


@pytest.mark.privileged("kmsg")
def test_the_kernel_log_and_a_file_are_followed_together(tmp_path: Path) -> None:
    """A new record in the kernel log ends the wait and stands in time order with the file's."""
    log = tmp_path / "loop0.kmsg"
    log.write_text(lines(0))
    mark = secrets.token_hex(8)
    follower = LogFollower(["kmsg", str(log)], LogHost(boot_id=BOOT))
    follower.read()

    write_kmsg(f"VexFS test {mark}", 7)
    with log.open("a") as stream:
        stream.write(lines(1))
    follower.wait(10)

    marked = [text for text in texts(follower) if mark in text or text.startswith("VexFS: record")]
    assert marked == ["VexFS: record 1", f"VexFS test {mark}"]
    follower.close()
