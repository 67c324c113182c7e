"""Heads of lines that programs other than the usual ones print, in any language."""

from datetime import UTC, datetime

import pytest

from vexfsctl.logs.decoder import RecordDecoder
from vexfsctl.logs.formats.dates import month_of
from vexfsctl.model.record import LogRecord
from vexfsctl.model.unread import Unread

TODAY = datetime(2026, 11, 29, 22, 0)
TEXT = "ata1.00: failed command: READ DMA EXT"


def decode(text: str) -> list[LogRecord | Unread]:
    """Return what the decoder makes of *text*."""
    decoder = RecordDecoder("saved.log", today=TODAY)
    return [*decoder.feed(text.encode()), *decoder.finish()]


def local(*parts: int) -> float:
    """Return the Unix time of a time in the reader's zone."""
    return datetime(*parts).timestamp()  # type: ignore[arg-type]


IN_JULY = local(2026, 7, 28, 5, 19, 43)
IN_2021 = local(2021, 7, 28, 5, 19, 43)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        # util-linux 2.38, dmesg -T in Dutch, German, French, Japanese, Italian and Chinese; -x.
        ("[wo jul 28 05:19:43 2021] ", (None, local(2021, 7, 28, 5, 19, 43))),
        ("[Mi Mär  3 05:19:43 2021] ", (None, local(2021, 3, 3, 5, 19, 43))),
        ("[mer. juil. 28 05:19:43 2021] ", (None, local(2021, 7, 28, 5, 19, 43))),
        ("[水  5月  5 05:19:43 2021] ", (None, local(2021, 5, 5, 5, 19, 43))),
        ("[gio lug 28 05:19:43 2021] ", (None, local(2021, 7, 28, 5, 19, 43))),
        ("[三 7月 28 05:19:43 2021] ", (None, local(2021, 7, 28, 5, 19, 43))),
        ("kern  :err   : [wo jul 28 05:19:43 2021] ", (None, local(2021, 7, 28, 5, 19, 43))),
        # journalctl and syslog in German, Japanese, Polish and Russian.
        ("Mär 03 05:19:43 node1 kernel: ", (None, local(2026, 3, 3, 5, 19, 43))),
        (" 5月 31 05:19:43 node1 kernel: ", (None, local(2026, 5, 31, 5, 19, 43))),
        ("paź 03 05:19:43 node1 kernel: ", (None, local(2026, 10, 3, 5, 19, 43))),
        ("мар 03 05:19:43 node1 kernel: ", (None, local(2026, 3, 3, 5, 19, 43))),
        # One digit, one blank.
        ("Jul 1 05:19:43 node1 kernel: ", (None, local(2026, 7, 1, 5, 19, 43))),
        # CONFIG_PRINTK_CALLER, as dmesg prints it from util-linux 2.41 on, and before.
        ("[    3.000000] [      T0] ", (3_000_000, None)),
        ("[    3.000000][    T0] ", (3_000_000, None)),
        ("[    3.000000] [    C12] ", (3_000_000, None)),
        (
            "Nov 29 10:00:00 node1 kernel: [    3.000000] [      T0] ",
            (3_000_000, local(2026, 11, 29, 10, 0, 0)),
        ),
        # metalog, busybox, logread; no host, no time.
        ("Jan  4 10:34:35 [kernel] [    3.000000] ", (3_000_000, local(2026, 1, 4, 10, 34, 35))),
        ("Oct 11 08:14:56 kernel: [    3.000000] ", (3_000_000, local(2026, 10, 11, 8, 14, 56))),
        ("Oct 11 08:14:56 kern.err kernel: ", (None, local(2026, 10, 11, 8, 14, 56))),
        ("Oct 11 08:14:56 node1 kern.err kernel: ", (None, local(2026, 10, 11, 8, 14, 56))),
        (
            "Mon Jul 28 05:19:43 2021 kern.err kernel: [    3.000000] ",
            (3_000_000, local(2021, 7, 28, 5, 19, 43)),
        ),
        # A collector's time before that of the host; in columns.
        (
            "2021-07-28T05:19:44.724349+00:00    2021-07-28T05:19:43+00:00   node1  kernel:  "
            "[    3.000000] ",
            (3_000_000, datetime(2021, 7, 28, 5, 19, 43, tzinfo=UTC).timestamp()),
        ),
        ("2021-07-28T05:19:43\tnode1\tkernel:\t[    3.000000] ", (3_000_000, IN_2021)),
        # A tag without its colon, where an uptime follows.
        ("Jul 28 05:19:43 node1 kernel [    3.000000] ", (3_000_000, IN_JULY)),
        # A blank too many; the processor.
        ("[    3.000000 ] ", (3_000_000, None)),
        ("[    3.000000@1] ", (3_000_000, None)),
        ("Jul 28 05:19:43 node1 kernel: [    3.000000 ] ", (3_000_000, IN_JULY)),
        # Torn, as the first line of what was pasted.
        ("l 28 05:19:43 node1 kernel: ", (None, None)),
        ("8 05:19:43 node1 kernel: [    3.000000] ", (3_000_000, None)),
        ("7-28T05:19:43.5+02:00 node1 kernel: ", (None, None)),
        (":43 node1 kernel: [    3.000000] ", (3_000_000, None)),
        ("rnel: ", (None, None)),
        ("Wed Jul 28 05:19:43 2021] ", (None, IN_2021)),
        ("8 05:19:43 2021] ", (None, None)),
        (".000000] ", (None, None)),
        # With the date cut off.
        ("10:34:35 kernel: ", (None, None)),
        ("10:34:35 node1 kernel: [    3.000000] ", (3_000_000, None)),
        # A host that was hidden; facility and level as numbers, or the level alone, as a word.
        ("Jul 28 05:19:43 * kernel: [    3.000000] ", (3_000_000, IN_JULY)),
        ("Jul 28 05:19:43 <my host> kernel: ", (None, IN_JULY)),
        ("Jul 28 05:19:43 [redacted] kernel: ", (None, IN_JULY)),
        (
            "2026-07-28 05:19:43.500 0 4 node1 kernel:[    3.000000] ",
            (3_000_000, IN_JULY + 0.5),
        ),
        ("Jul 28 05:19:43 node1 warning kernel: ", (None, IN_JULY)),
        # What frameworks of tests put there.
        ("2026-07-28 05:19:43,000 DEBUG| [    3.000000] ", (3_000_000, IN_JULY)),
        ("2026-07-28T05:19:43.000000  <3>[    3.000000] ", (3_000_000, IN_JULY)),
        # Phones, whose clock may count from the boot: no time.
        ("01-01 00:00:03.000     0     0 E ", (None, None)),
        ("07-28 05:19:43.123 root     0     0 E ", (None, None)),
        ("[    3.000000][T123@C3] ", (3_000_000, None)),
        # Talos, of one node and of several.
        (
            "kern: warning: [2021-07-28T05:19:43.655294812Z]: ",
            (None, datetime(2021, 7, 28, 5, 19, 43, 655294, tzinfo=UTC).timestamp()),
        ),
        (
            "10.0.0.1: kern:     err: [2021-07-28T05:19:43Z]: ",
            (None, datetime(2021, 7, 28, 5, 19, 43, tzinfo=UTC).timestamp()),
        ),
        # util-linux 2.40, with two formats of times.
        (
            "kern  :info  : [Jan13 04:33] [Tue Jan 13 04:33:10 2026] ",
            (None, local(2026, 1, 13, 4, 33, 10)),
        ),
        (
            "[  +0.000042] [Tue Jan 13 04:33:10 2026] ",
            (None, local(2026, 1, 13, 4, 33, 10)),
        ),
        # A template of syslog-ng.
        (
            "2021-07-28 05:19:43 err kernel[]: [    3.000000] ",
            (3_000_000, local(2021, 7, 28, 5, 19, 43)),
        ),
        ("kernel: ", (None, None)),
        ("15:15:33 kernel: ", (None, None)),
        ("15:15:33 node1 kernel: ", (None, None)),
        ("kernel: [    3.000000] ", (3_000_000, None)),
        ("node1 kernel: [    3.000000] ", (3_000_000, None)),
        ("kern.err kernel: [    3.000000] ", (3_000_000, None)),
        ("[    3.000000] kernel: ", (3_000_000, None)),
        (
            "Jul 28 05:19:43 [kern.warning] [    3.000000] ",
            (3_000_000, IN_JULY),
        ),
        (
            "Jul 28 05:19:43 node1 kernel:[    3.000000] ",
            (3_000_000, IN_JULY),
        ),
        ("node1 kernel:[    3.000000] ", (3_000_000, None)),
        ("2021/07/28 05:19:43 [    3.000000] ", (3_000_000, local(2021, 7, 28, 5, 19, 43))),
        # What somebody put in the place of the host.
        ("Jul 28 05:19:43 <redacted> kernel: ", (None, IN_JULY)),
        ("Jul 28 05:19:43 **** kernel: [    3.000000] ", (3_000_000, IN_JULY)),
        # SONiC; a daemon that tells both facility and priority.
        (
            "2021 Jul 28 05:19:43.250000 node1 ERR kernel: [    3.000000] ",
            (3_000_000, local(2021, 7, 28, 5, 19, 43) + 0.25),
        ),
        (
            "kern.warning <4> Jul 28 05:19:43 node1 kernel: ",
            (None, IN_JULY),
        ),
        # vmware.log, of a guest, before and since version 8.
        (
            "2021-07-28T05:19:43.000Z| vcpu-0| I125: Guest: <4>[    3.000000] ",
            (3_000_000, datetime(2021, 7, 28, 5, 19, 43, tzinfo=UTC).timestamp()),
        ),
        (
            "2021-07-28T05:19:43.000Z In(05) vcpu-5 - Guest: <4>[    3.000000] ",
            (3_000_000, datetime(2021, 7, 28, 5, 19, 43, tzinfo=UTC).timestamp()),
        ),
        # journalctl -o short-full.
        (
            "Wed 2021-07-28 05:19:43 CEST node1 kernel: ",
            (None, datetime(2021, 7, 28, 3, 19, 43, tzinfo=UTC).timestamp()),
        ),
        (
            "Wed 2021-07-28 05:19:43 -03 node1 kernel: ",
            (None, datetime(2021, 7, 28, 8, 19, 43, tzinfo=UTC).timestamp()),
        ),
        (
            "Wed 2021-07-28 05:19:43 UTC node1 kernel: ",
            (None, datetime(2021, 7, 28, 5, 19, 43, tzinfo=UTC).timestamp()),
        ),
    ],
)
def test_a_head_is_no_part_of_the_text(
    head: str, expected: tuple[int | None, float | None]
) -> None:
    """Uptime and time are those that it gives."""
    (record,) = decode(head + TEXT)

    assert isinstance(record, LogRecord)
    assert record.text == TEXT
    assert (record.uptime_us, record.wall_time_s) == expected
    assert not record.loose


def test_the_deltas_of_dmesg_h_count_from_the_minute() -> None:
    """util-linux 2.38: the first of each minute has the date; German has a comma."""
    items = decode(
        "[Nov 7 13:49] a\n[  +0.000004] b\n[ +18,993611] c\n[Nov17 13:50] d\n[  +0,500000] e\n"
    )

    assert [item.text for item in items if isinstance(item, LogRecord)] == [*"abcde"]
    minute, other = local(2026, 11, 7, 13, 49), local(2026, 11, 17, 13, 50)
    assert [item.wall_time_s for item in items if isinstance(item, LogRecord)] == pytest.approx(
        [minute, minute + 0.000004, minute + 18.993615, other, other + 0.5]
    )


def test_deltas_without_a_date_have_no_time() -> None:
    """An excerpt from the middle."""
    (record,) = decode("[  +0.000004] x")
    assert record == LogRecord("x", "saved.log")


def test_a_zone_that_means_several_is_the_readers_and_is_told() -> None:
    """IST is India's, Israel's and Ireland's."""
    decoder = RecordDecoder("saved.log", today=TODAY)
    line = "Wed 2021-07-28 05:19:43 IST node1 kernel: x"
    (record,) = [*decoder.feed(line.encode()), *decoder.finish()]

    assert record == LogRecord(
        "x", "saved.log", wall_time_s=local(2021, 7, 28, 5, 19, 43), host="node1"
    )
    assert decoder.zones == {"IST"}


def test_a_month_that_may_be_two_is_none() -> None:
    """`lis` is October in Croatian, November in Polish and Czech; `lip` June or July."""
    assert decode("lis 03 10:00:00 node1 kernel: x") == [Unread.NOT_READ]
    assert month_of("lip") is month_of("srp") is None
    assert [month_of(name) for name in ("mrt", "März", "MÄR", "juil.", "12월", "dez", "кві")] == [
        *(3, 3, 3, 7, 12, 12, 4)
    ]


def test_a_level_of_busybox_is_kept_and_its_kern_is_no_proof() -> None:
    """Any program can send messages of that facility to a log daemon."""
    items = decode(
        "Oct 11 08:14:56 node1 kern.err kernel: x\nOct 11 08:14:56 node1 user.notice kernel: y\n"
    )

    assert [(item.level, item.facility) for item in items if isinstance(item, LogRecord)] == [
        (3, None),
        (5, 1),
    ]


def test_a_user_cannot_lose_its_facility_by_a_tag() -> None:
    """dmesg -x says who wrote it, whatever the text begins with."""
    (record,) = decode("user  :notice: [    3.000000] node1 kernel: VexFS: x")

    assert isinstance(record, LogRecord)
    assert (record.facility, record.text) == (1, "VexFS: x")


@pytest.mark.parametrize(
    "line",
    [
        *("[Foo Bar 28 05:19:43 2021] x", "[Nov 31 13:49] x", "Feb 30 05:19:43 kernel: x"),
        *("Wed 2021-13-28 05:19:43 UTC node1 kernel: x", "[x] y", "2021/07/28 25:19:43 kernel: x"),
    ],
)
def test_a_day_that_never_was_is_no_head(line: str) -> None:
    """Neither is a month that no language has."""
    assert decode(line) == [Unread.NOT_READ]
