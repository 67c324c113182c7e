"""Sources as they are named, read to their present end, with what they lack."""

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.files.names import SOURCES
from vexfsctl.logs.sources.kmsg import write_kmsg
from vexfsctl.logs.sources.reader import LogHost, read_sources, standard_sources
from vexfsctl.model.coverage import Coverage, Gap

BOOT = "33f02bf7-1e24-471d-b010-7afe6724f069"


def lines(*numbers: int, start_us: int = 0) -> str:
    """Return raw records with these numbers, a microsecond apart."""
    return "".join(f"12,{n},{start_us + at},-;VexFS: record {n}\n" for at, n in enumerate(numbers))


def children() -> set[str]:
    """Pids of this process's children; those of earlier tests may not have ended yet."""
    threads = Path("/proc/self/task").iterdir()
    return {pid for thread in threads for pid in (thread / "children").read_text().split()}


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    """Records in order, and nothing missing."""
    log = tmp_path / "loop0.kmsg"
    log.write_text(lines(0, 1, 2))

    reading = read_sources([str(log)], LogHost())

    assert [record.text for record in reading] == [
        "VexFS: record 0",
        "VexFS: record 1",
        "VexFS: record 2",
    ]
    assert reading.coverage() == Coverage((str(log),))


def test_an_empty_file_is_a_gap_unless_it_stands(tmp_path: Path) -> None:
    """Whoever saved it failed to; one that is read as a rule has had no records yet."""
    log = tmp_path / "loop0.kmsg"
    log.touch()
    standing = LogHost(standing_logs=frozenset([str(log)]))

    assert read_sources([str(log)], standing).coverage() == Coverage((str(log),))
    for name, host in ((str(log), LogHost()), ("-", LogHost(stdin=io.BytesIO()))):
        gaps = read_sources([name], host).coverage().gaps
        assert gaps == (Gap(name, "empty"),)


def test_what_a_file_lacks_is_a_gap(tmp_path: Path) -> None:
    """Torn lines and missing numbers are named with how many."""
    log = tmp_path / "loop0.kmsg"
    log.write_text(lines(5) + "6,1\n" + lines(9, start_us=10))

    reading = read_sources([str(log)], LogHost())

    assert reading.coverage().gaps == (
        Gap(str(log), "starts_late", 5),
        Gap(str(log), "torn", 1),
        Gap(str(log), "overrun", 3),
    )
    assert reading.coverage(since_us=10).gaps == ()


def test_what_was_turned_over_is_read_first(tmp_path: Path) -> None:
    """A file that begins in the middle of its epoch goes on from `.1`."""
    (tmp_path / "loop0.kmsg.1").write_text(lines(0, 1))
    log = tmp_path / "loop0.kmsg"
    log.write_text(lines(2, 3, start_us=5))

    reading = read_sources([str(log)], LogHost())

    assert [record.sequence for record in reading] == [0, 1, 2, 3]
    assert {record.source for record in reading} == {str(log)}
    assert reading.coverage().complete


def test_a_file_turned_over_meanwhile_is_not_read_twice(tmp_path: Path) -> None:
    """When `.1` is what was just read, it is left out, and the missing start is said."""
    (tmp_path / "loop0.kmsg.1").write_text(lines(2, 3))
    log = tmp_path / "loop0.kmsg"
    log.write_text(lines(2, 3))

    reading = read_sources([str(log)], LogHost())

    assert [record.sequence for record in reading] == [2, 3]
    assert reading.coverage().gaps == (Gap(str(log), "starts_late", 2),)


def test_the_file_of_a_live_volume_is_of_this_boot(tmp_path: Path) -> None:
    """Its last records are; what stands before a fall of clock and number is of an older boot."""
    log = tmp_path / "loop0.kmsg"
    log.write_text(lines(0, start_us=900) + lines(0, 1, start_us=100))
    host = LogHost(boot_id=BOOT, live_logs=frozenset([str(log)]))

    boots = [record.boot_id for record in read_sources([str(log)], host)]

    assert boots == [None, BOOT, BOOT]


def test_the_file_of_no_volume_tells_no_boot(tmp_path: Path) -> None:
    """A saved log may be of any machine."""
    log = tmp_path / "saved.kmsg"
    log.write_text(lines(0))

    assert next(iter(read_sources([str(log)], LogHost(boot_id=BOOT)))).boot_id is None


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    """The only source there is cannot be read: that is the answer."""
    with pytest.raises(LogUnreadable) as raised:
        read_sources([str(tmp_path / "missing")], LogHost())

    assert raised.value.message == f"cannot read {tmp_path}/missing: No such file or directory"
    assert raised.value.hint == SOURCES


def test_a_directory_without_logs_is_no_log(tmp_path: Path) -> None:
    """There may be files in it, but no records."""
    (tmp_path / "notes").write_text("nothing\n")
    with pytest.raises(LogUnreadable, match="there is no log"):
        read_sources([str(tmp_path)], LogHost())


def test_the_others_still_answer(tmp_path: Path) -> None:
    """One unreadable source of two is a gap with its reason."""
    log, missing = tmp_path / "loop0.kmsg", tmp_path / "missing"
    log.write_text(lines(0))

    reading = read_sources([str(missing), str(log), str(log)], LogHost())

    assert [record.text for record in reading] == ["VexFS: record 0"]
    assert reading.coverage() == Coverage(
        (str(missing), str(log)),
        (
            Gap(
                str(missing),
                "unreadable",
                None,
                f"cannot read {missing}: No such file or directory; {SOURCES}",
            ),
        ),
    )


def test_a_path_with_odd_bytes_is_read(tmp_path: Path) -> None:
    """A name that begins with a dash or is no UTF-8 is a name."""
    log = tmp_path / os.fsdecode(b"-\xff: x.kmsg")
    log.write_text(lines(0))

    assert len(read_sources([str(log)], LogHost())) == 1


def test_standard_input_is_a_source() -> None:
    """Text from a pipe is read to its end, whatever kind of stream carries it."""
    reading = read_sources(["-"], LogHost(stdin=io.BytesIO(b"[    0.000000] VexFS: one\n")))

    assert [(record.text, record.source) for record in reading] == [("VexFS: one", "-")]
    assert reading.coverage() == Coverage(("-",))


@pytest.mark.parametrize("noise", [b"\0" * 64, b"noise " * 40 + b"\n"], ids=["zeroes", "lines"])
def test_what_holds_no_record_is_given_up(tmp_path: Path, noise: bytes) -> None:
    """A device or disk image has no end worth waiting for: four MiB of it are enough."""
    log = tmp_path / "disk.img"
    log.write_bytes(noise * ((5 << 20) // len(noise)) + b"\n[    1.000000] late\n")

    reading = read_sources([str(log)], LogHost())

    assert len(reading) == 0
    assert reading.coverage().gaps[0] == Gap(
        str(log),
        "unreadable",
        None,
        "not read to its end: not a log: no record in the first 4 MiB",
    )


def test_a_file_called_like_standard_input_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`./-` is what it is called; `-` alone is not the file."""
    monkeypatch.chdir(tmp_path)
    Path("./-").write_text(lines(0))

    assert [record.text for record in read_sources(["./-"], LogHost())] == ["VexFS: record 0"]


@pytest.fixture
def pipe() -> Iterator[tuple[io.BufferedReader, int]]:
    """Return a pipe: its reading stream and its writing descriptor."""
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as stream:
        yield stream, writer
    os.close(writer)


def test_a_silent_pipe_is_given_up(pipe: tuple[io.BufferedReader, int]) -> None:
    """What came before the silence is kept, and the answer says that it is not all."""
    stream, writer = pipe
    os.write(writer, lines(0).encode())

    reading = read_sources(["-"], LogHost(stdin=stream, silence_s=0.05))

    assert [record.text for record in reading] == ["VexFS: record 0"]
    assert reading.coverage().gaps == (
        Gap("-", "unreadable", None, "not read to its end: no answer within 0.05 s"),
    )


def test_a_pipe_that_never_spoke_is_unreadable(pipe: tuple[io.BufferedReader, int]) -> None:
    """Nothing at all is no answer."""
    with pytest.raises(LogUnreadable, match=r"cannot read -: no answer within 0\.05 s"):
        read_sources(["-"], LogHost(stdin=pipe[0], silence_s=0.05))


def test_closed_standard_input_is_unreadable() -> None:
    """Asking for what is not there is answered."""
    with pytest.raises(LogUnreadable, match="standard input: it is closed"):
        read_sources(["-"], LogHost())


def test_a_file_that_never_answers_is_given_up(tmp_path: Path) -> None:
    """Even opening may hang (here a pipe without a writer); no child is left behind."""
    log = tmp_path / "fifo"
    os.mkfifo(log)

    before = children()

    with pytest.raises(LogUnreadable, match="no answer within"):
        read_sources([str(log)], LogHost(silence_s=0.05))

    assert children() <= before


def test_a_slow_source_may_take_its_time(tmp_path: Path) -> None:
    """The deadline is about silence, not about the whole."""
    log = tmp_path / "fifo"
    os.mkfifo(log)

    def speak() -> None:
        with log.open("w") as stream:
            for number in range(3):
                stream.write(lines(number))
                stream.flush()

    speaker = threading.Thread(target=speak)
    speaker.start()
    reading = read_sources([str(log)], LogHost(silence_s=10))
    speaker.join()

    assert [record.sequence for record in reading] == [0, 1, 2]
    assert reading.coverage().complete


def test_no_volume_means_the_kernel_log() -> None:
    """The kernel log is always among the sources read by default."""
    assert standard_sources([]) == ("kmsg",)


@pytest.mark.privileged("kmsg")
def test_the_live_kernel_log_is_of_this_boot() -> None:
    """Its records carry the boot they were read in."""
    write_kmsg("VexFS test of the live log", 7)

    reading = read_sources(["kmsg"], LogHost(boot_id=BOOT))

    assert {record.boot_id for record in reading} == {BOOT}
    assert {record.source for record in reading} == {"kmsg"}
    assert reading.coverage().sources == ("kmsg",)
