"""Compressed logs: known by their first bytes, read in bounded pieces, damage is told."""

import bz2
import gzip
import io
import lzma
import shutil
import subprocess
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.data import KERNEL_LOGS, recorded
from vexfsctl.exceptions import InvalidInput, LogUnreadable
from vexfsctl.logs.files.archives import can_expand
from vexfsctl.logs.files.compression import decompressed, is_compressed
from vexfsctl.logs.reading.contents import Manner
from vexfsctl.logs.sources.following.follower import LogFollower
from vexfsctl.logs.sources.reader import LogHost, read_sources

CAPTURE = KERNEL_LOGS / "vexfs" / "head_normal.kmsg"

Archiver = Callable[[bytes], bytes]


def by_program(*argv: str) -> Archiver:
    """Return what compresses with a program."""
    return lambda data: subprocess.run(argv, input=data, capture_output=True, check=True).stdout


def needs(program: str) -> pytest.MarkDecorator:
    """Skip where *program* is not installed."""
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"needs {program}")


ZSTD = b"\x28\xb5\x2f\xfd"
ARCHIVERS = [
    pytest.param(gzip.compress, id="gzip"),
    pytest.param(lzma.compress, id="xz"),
    pytest.param(bz2.compress, id="bzip2"),
    pytest.param(by_program("zstd", "-qc"), id="zstd", marks=needs("zstd")),
    pytest.param(by_program("lz4", "-qc", "-B4"), id="lz4", marks=needs("lz4")),
]
each_archiver = pytest.mark.parametrize("archiver", ARCHIVERS)


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    """Hand out *data* as a pipe would."""
    return (data[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("size", [1, 7, 1 << 16])
def test_text_in_utf_16_is_read(encoding: str, size: int) -> None:
    """Known by its mark, whatever the pieces; what is broken in it costs a letter."""
    whole = ("\ufeff" + CAPTURE.read_text()).encode(encoding)

    assert b"".join(decompressed(in_pieces(whole, size))) == CAPTURE.read_bytes()
    assert (
        b"".join(decompressed(iter([b"\xff\xfea\x00\x00\xd8b\x00c"]))) == "a\ufffdb\ufffd".encode()
    )


@each_archiver
def test_a_compressed_file_says_what_the_plain_one_does(archiver: Archiver, tmp_path: Path) -> None:
    """Whatever its name, and from standard input as well."""
    archive = tmp_path / "saved.log"
    archive.write_bytes(archiver(CAPTURE.read_bytes()))
    stdin = io.BytesIO(archive.read_bytes())
    texts = [record.text for record in recorded("vexfs/head_normal.kmsg")]

    from_file = read_sources([str(archive)], LogHost(), Manner(every_record=True))
    from_stdin = read_sources(["-"], LogHost(stdin=stdin), Manner(every_record=True))

    assert [record.text for record in from_file] == texts
    assert [record.text for record in from_stdin] == texts
    assert from_file.coverage().complete is from_stdin.coverage().complete


@each_archiver
def test_a_truncated_archive_is_read_as_far_as_it_goes(archiver: Archiver, tmp_path: Path) -> None:
    """And the answer says that it was not read to its end."""
    whole = archiver(CAPTURE.read_bytes() * 30)  # bzip2 needs more than one block to give any
    archive = tmp_path / "torn"
    archive.write_bytes(whole[: len(whole) - 20])

    reading = read_sources([str(archive)], LogHost())

    unread = [gap.detail for gap in reading.coverage().gaps if gap.reason == "unreadable"]
    assert len(unread) == 1
    assert unread[0] is not None
    assert unread[0].startswith("not read to its end: its ")
    assert len(reading) > 486


@each_archiver
def test_damage_in_the_middle_is_told(archiver: Archiver) -> None:
    """Not as an exception of the library that found it."""
    data = bytearray(archiver(b"VexFS: one\n" * 9999))
    data[len(data) // 2] ^= 0xFF
    data[len(data) // 2 + 1] ^= 0xFF

    with pytest.raises(LogUnreadable, match=r"its (gzip|xz|bzip2|zstd|lz4) data"):
        list(decompressed(iter([bytes(data)])))


@each_archiver
def test_archives_behind_each_other_are_one_log(archiver: Archiver) -> None:
    """As `cat a.gz b.gz` makes them; zeroes behind them are padding, but zstd(1) has none."""
    both = archiver(b"one\n") + archiver(b"two\n")
    if not both.startswith(ZSTD):
        both += bytes(512)

    assert b"".join(decompressed(in_pieces(both, 7))) == b"one\ntwo\n"


@needs("zstd")
def test_frames_of_zstd_without_text_are_passed_over() -> None:
    """pzstd(1) writes one before each of its own."""
    skipped = b"\x50\x2a\x4d\x18\x04\0\0\0size"
    one, two = map(by_program("zstd", "-qc"), (b"one\n", b"two\n"))

    archive = skipped + one + skipped + two

    assert is_compressed(archive)
    assert b"".join(decompressed(in_pieces(archive, 7))) == b"one\ntwo\n"


@needs("zstd")
def test_a_window_that_takes_too_much_memory_is_refused() -> None:
    """More than `zstd --long` asks for."""
    archive = by_program("zstd", "-qc", "--ultra", "--long=31")(b"one\n")

    with pytest.raises(LogUnreadable, match="its zstd data is damaged"):
        list(decompressed(iter([archive])))


@pytest.mark.parametrize(
    ("magic", "name"),
    [
        pytest.param(
            ZSTD,
            "zstd",
            marks=pytest.mark.skipif(can_expand("zstd"), reason="this Python reads zstd itself"),
        ),
        (b"\x04\x22\x4d\x18", "lz4"),
    ],
)
def test_what_cannot_be_read_is_named_with_a_way_out(
    magic: bytes, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where the program is missing; not torn lines by the thousand."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LogUnreadable) as caught:
        list(decompressed(iter([magic + bytes(99)])))

    assert caught.value.message == f"{name} is not installed, or not in PATH"
    assert f"{name} -dc FILE | vexfsctl … --log -" in str(caught.value.hint)


@pytest.mark.parametrize("archiver", ARCHIVERS[:-1])
def test_a_few_bytes_that_expand_without_end_need_little_memory(archiver: Archiver) -> None:
    """A GiB of zeroes would: what no log expands to is given up, piece by piece till then.

    lz4 expands 255 times at most.
    """
    bomb = archiver(bytes(16 << 20))
    total = 0
    tracemalloc.start()
    try:
        with pytest.raises(LogUnreadable, match="expands more than 500 times"):
            for piece in decompressed(in_pieces(bomb, 1 << 16)):
                total += len(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (4 << 20) - (1 << 16) <= total <= max(4 << 20, 500 * len(bomb)) + (1 << 16)
    assert peak < 12 << 20, "xz may keep a dictionary of 8 MiB and what came before it"


@each_archiver
def test_a_small_log_may_say_the_same_again_and_again(archiver: Archiver) -> None:
    """4 MiB that expand a thousandfold come out whole."""
    log = b"[    1.000000] VexFS: again\n" * 140_000

    assert b"".join(decompressed(in_pieces(archiver(log), 1 << 16))) == log


def test_a_compressed_file_cannot_be_followed(tmp_path: Path) -> None:
    """Nothing can be added to it in a way that could be read."""
    archive = tmp_path / "saved.gz"
    archive.write_bytes(gzip.compress(b"one\n"))

    with pytest.raises(InvalidInput, match="it is compressed"):
        LogFollower([str(archive)], LogHost())


@given(st.binary() | st.sampled_from([gzip.compress(b"x"), lzma.compress(b"x")]), st.binary())
def test_hostile_bytes_come_out_or_are_refused(start: bytes, rest: bytes) -> None:
    """No exception but LogUnreadable, and what is not compressed is left as it is."""
    data = start + rest
    try:
        text = b"".join(decompressed(in_pieces(data, 5)))
    except LogUnreadable:
        assert is_compressed(data)
    else:
        assert is_compressed(data) or text == data
