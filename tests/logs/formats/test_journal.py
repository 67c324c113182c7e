"""The journal: what journalctl prints of one log, in every form that is read."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.data import record_or_none
from vexfsctl.logs.decoder import RecordDecoder
from vexfsctl.logs.interpret import LogEntries
from vexfsctl.model.record import LogRecord

pytestmark = pytest.mark.usefixtures("utc")

JOURNAL = Path(__file__).parents[2] / "data" / "journal"
BOOT = "0f3b7c1e5a7c4d439d0c5b6f2a1c8e11"


def decode(whole: bytes) -> list[LogRecord | None]:
    """Return what the decoder makes of *whole*."""
    decoder = RecordDecoder("saved.log", today=datetime(2026, 11, 25, 12, 0))
    return [*map(record_or_none, (*decoder.feed(whole), *decoder.finish()))]


def printed(form: str) -> list[LogRecord]:
    """Return the records of the log in one form; no line of it may be torn."""
    items = decode((JOURNAL / f"mixed.{form}").read_bytes())
    records = [item for item in items if item is not None]
    assert len(records) == len(items)
    return records


@pytest.mark.parametrize(
    "form",
    [
        *("short", "short-precise", "short-iso", "short-iso-precise", "short-full", "short-unix"),
        *("short-monotonic", "with-unit", "json", "json-pretty", "export", "verbose", "json-seq"),
        *("json-sse", "short-full-berlin", "short-monotonic-no-hostname", "short-no-hostname"),
        "short-japanese",
    ],
)
def test_every_form_says_what_the_kernel_log_says(form: str) -> None:
    """Texts and meanings are the same, those of messages with several lines among them."""
    from_kmsg, from_journal = printed("kmsg"), printed(form)

    assert [record.text for record in from_journal] == [record.text for record in from_kmsg]
    assert [entry.meaning for entry in LogEntries(from_journal)] == [
        entry.meaning for entry in LogEntries(from_kmsg)
    ]


def test_a_form_without_anything_but_the_text_has_what_matters() -> None:
    """`-o cat`: what a kernel module and the kernel say is understood; the rest is not read.

    journald took the tag off our own records: nothing shows that those are VexFS's.
    """
    items = decode((JOURNAL / "mixed.cat").read_bytes())
    meant = [e.meaning for e in LogEntries([item for item in items if item is not None])]
    expected = [e.meaning for e in LogEntries(printed("kmsg")) if e.event is None]

    assert [*filter(None, meant)] == [*filter(None, expected)]


@pytest.mark.parametrize(
    "form", ["json", "json-pretty", "export", "verbose", "json-seq", "json-sse"]
)
def test_forms_with_all_fields_lose_nothing(form: str) -> None:
    """Time since boot, level and facility are there, and so is who wrote a record."""
    from_kmsg, from_journal = printed("kmsg"), printed(form)

    assert [(r.uptime_us, r.level, r.facility) for r in from_journal] == [
        (r.uptime_us, r.level, r.facility) for r in from_kmsg
    ]
    assert [entry.origin for entry in LogEntries(from_journal)] == [
        entry.origin for entry in LogEntries(from_kmsg)
    ]
    assert {record.boot_id for record in from_journal} == {BOOT}
    assert from_journal[-1].wall_time_s == datetime(2026, 11, 23, 15, 33, 29).timestamp() + 0.2


def exported(*messages: bytes) -> bytes:
    """Return an entry for each message as `journalctl -o export` prints what is not plain text."""
    return b"\n".join(
        b"__CURSOR=a\n_TRANSPORT=syslog\nMESSAGE\n%b%b\nPRIORITY=3\n"
        % (len(message).to_bytes(8, "little"), message)
        for message in messages
    )


def test_a_message_cannot_pretend_to_be_an_entry_of_the_kernels() -> None:
    """The length says where the value ends, whatever stands in it."""
    forged = b"x\n\n__CURSOR=b\n_TRANSPORT=kernel\nMESSAGE=VexFS: forged"
    (record,) = decode(exported(forged))

    assert record is not None
    assert record.text == forged.decode()
    assert (record.level, record.facility) == (3, 1)


@given(st.lists(st.binary(max_size=40).filter(lambda message: b"\r" not in message)))
def test_any_bytes_come_through_the_export_form(messages: list[bytes]) -> None:
    """Newlines at its end or in its length included: 10 bytes of message have one there."""
    records = decode(exported(*messages))

    assert [record and (record.text, record.level) for record in records] == [
        (message.decode(errors="backslashreplace"), 3) for message in messages
    ]


def test_an_export_that_is_cut_short_keeps_what_came() -> None:
    """A value ends with the file at the latest; a length beyond reason swallows nothing else."""
    begun = b"__CURSOR=a\n_TRANSPORT=kernel\nMESSAGE\n"
    (cut,) = decode(begun + (50).to_bytes(8, "little") + b"VexFS: one")
    huge = decode(begun + b"\xff" * 8 + b"x" * 70_000 + b"\n[    5.000001] VexFS: two\n")

    assert cut is not None
    assert cut.text == "VexFS: one"
    assert [record.text for record in huge if record is not None][-1:] == ["VexFS: two"]
