"""What is to be recovered from: hints and place of an incident, of an error, of the hints alone."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.records import BOOT, EPOCH, STATE, error, read_log
from vexfsctl.analysis.incident.incidents import Incident, build_incidents, find_occurrences
from vexfsctl.catalogue.lookup import ERRORS, ErrorEntry
from vexfsctl.exceptions import InvalidInput, NotFound
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.hints import HintKind, RecoveryHint
from vexfsctl.model.operations import OperationType
from vexfsctl.recovery.plan.subject import (
    HintSource,
    join_hints,
    subject_of_error,
    subject_of_hints,
    subject_of_incident,
)


def incident(*texts: str) -> Incident:
    """The incident that the records *texts* tell of."""
    entries = read_log((1, STATE), *((2 + at, text) for at, text in enumerate(texts)))
    return build_incidents(find_occurrences(entries))[-1]


def words(hints: tuple[RecoveryHint, ...]) -> str:
    """The hints as the log writes them."""
    return ",".join(map(str, hints))


def test_an_incident_has_the_hints_of_its_records_and_the_place_of_its_error() -> None:
    """The nested call's error says where it arose; the root names the incident."""
    subject = subject_of_incident(incident(error(0x2A), error(0x2A, attempt=2)))

    assert subject.name == "CORR-0000000000000029"
    assert (subject.volume, subject.boot_id, subject.epoch) == ("loop0", BOOT, EPOCH)
    assert (subject.operation, subject.call) == (OperationType.STORAGE, "read")
    assert subject.errors == ("IoError.ReadError",)
    assert (words(subject.hints), subject.hints_from) == ("retry:500", HintSource.RECORDS)
    assert subject.fault_in == "read"


def test_hints_of_several_records_are_joined() -> None:
    """In the catalogue's order whatever the records' order, with the largest delay."""
    first = error(0x2A).replace("hints=retry:500", "hints=use_fallback,retry:200")
    second = error(0x2A).replace("hints=retry:500", "hints=invalidate_cache,retry:700")

    subject = subject_of_incident(incident(first, second))

    assert words(subject.hints) == "retry:700,invalidate_cache,use_fallback"


def test_a_timeout_has_the_hints_of_the_catalogue() -> None:
    """Its record carries none."""
    record = "VexFS: [CORR-000000000000002A] timeout vol=loop0 op=storage call=read limit_ms=5000"

    subject = subject_of_incident(incident(record))

    assert (subject.errors, words(subject.hints)) == (("Timeout",), "retry:100")
    assert subject.hints_from is HintSource.CATALOGUE


def test_a_call_that_was_only_refused_is_about_the_breaker() -> None:
    """A refusal beside an error says nothing of its own."""
    refused = (
        "VexFS: [CORR-000000000000002C] rejected vol=loop0 op=storage call=read "
        "retry_after_ms=59800"
    )
    full = refused.replace("=59800", "=0 limit=max_concurrent")

    assert subject_of_incident(incident(refused)).errors == ("CircuitBreakerOpen",)
    assert subject_of_incident(incident(full)).errors == ("ResourceBusy",)
    beside = error(0x2C)
    assert subject_of_incident(incident(beside, refused)).errors == ("IoError.ReadError",)


@pytest.mark.parametrize(
    ("call", "name", "fault"),
    [
        ("read", "IoError.ReadError", "read"),
        ("readdir", "IoError.DeviceError", "read"),
        ("write", "IoError.WriteError", "write"),
        ("create", "IoError.DeviceError", "write"),
        ("fsync", "IoError.FlushError", "flush"),
        ("flush", "IoError.FlushError", "flush"),
        ("read", "CorruptedData", "other"),
        ("read", "OutOfMemory", "other"),
    ],
)
def test_what_a_fault_is_in(call: str, name: str, fault: str) -> None:
    """Only of a device's fault in reading can a read of the device say that it is gone."""
    record = error(0x2A, err=name).replace("call=read", f"call={call}")

    assert subject_of_incident(incident(record)).fault_in == fault


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("IoError.ReadError", "read"),
        ("IoError.WriteError", "write"),
        ("IoError.FlushError", "flush"),
        ("CorruptedData", "other"),
        ("ResourceBusy", "other"),
    ],
)
def test_an_error_alone_says_what_it_is_in(name: str, fault: str) -> None:
    """By its name, without any call."""
    assert subject_of_error(name).fault_in == fault


def test_every_error_of_the_catalogue_is_a_subject() -> None:
    """With all its hints, each once, and `manual` last."""
    found = {e.name: [hint.kind for hint in subject_of_error(e.name).hints] for e in ERRORS}

    assert {name: sorted(kinds) for name, kinds in found.items()} == {
        error.name: sorted({hint.kind for hint in error.hints}) for error in ERRORS
    }
    assert [name for name, kinds in found.items() if HintKind.MANUAL in kinds[:-1]] == []


def test_damage_is_answered_by_going_read_only_before_a_person_is_called() -> None:
    """The catalogue names the person first, who would find it still being written to."""
    assert words(subject_of_error("CorruptedData").hints) == "read_only,manual"


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        ("0x07", "retry,use_fallback,invalidate_cache"),
        ("7", "retry,use_fallback,invalidate_cache"),
        ("0x41", "retry,manual"),
        ("retry:500,use_fallback", "retry:500,use_fallback"),
        ("use_fallback, retry", "use_fallback,retry"),
        ("manual,read_only,manual", "read_only,manual"),
    ],
)
def test_hints_are_read_as_a_flag_word_or_as_words(text: str, hints: str) -> None:
    """A delay may be left out, spaces are no matter, a hint given twice counts once."""
    subject = subject_of_hints(text)

    assert words(subject.hints) == hints
    assert (subject.hints_from, subject.fault_in) == (HintSource.GIVEN, "read")


@pytest.mark.parametrize("text", ["", "0", "0x80", "0xzz", "read", "retry:", "retry:-1", "7,retry"])
def test_what_is_no_hint_is_wrong_usage(text: str) -> None:
    """The message shows what would be one."""
    with pytest.raises(InvalidInput, match=r"not hints|no hint is set") as refusal:
        subject_of_hints(text)
    assert refusal.value.hint is None or "0x07" in refusal.value.hint
    assert "int()" not in refusal.value.message


def test_an_unknown_error_is_not_found_with_what_was_meant() -> None:
    """The catalogue knows names that are near."""
    with pytest.raises(NotFound) as refusal:
        subject_of_error("IoError.ReedError")
    assert "IoError.ReadError" in (refusal.value.hint or "")


_hints = st.builds(
    lambda kind, delay: RecoveryHint(kind, delay if kind is HintKind.RETRY else None),
    st.sampled_from(HintKind),
    st.integers(0, 10**9),
)


@given(st.lists(_hints), st.lists(st.sampled_from(ERRORS), max_size=3))
def test_joining_loses_no_kind_and_repeats_none(
    hints: list[RecoveryHint], entries: list[ErrorEntry]
) -> None:
    """Every kind once, `manual` last, a retry with the largest delay of all."""
    joined = join_hints(hints, entries)

    kinds = [each.kind for each in joined]
    assert sorted(kinds) == sorted({each.kind for each in hints})
    assert HintKind.MANUAL not in kinds[:-1]
    delays = [each.delay_ms for each in hints if each.delay_ms is not None]
    for each in joined:
        if each.kind is HintKind.RETRY:
            assert each.delay_ms == max(delays)


@given(st.text())
def test_any_text_is_hints_or_refused(text: str) -> None:
    """Nothing else comes of it."""
    with suppress(InvalidInput):
        assert subject_of_hints(text).hints


def test_the_root_of_an_incident_is_its_name() -> None:
    """Whatever of its ids was asked for."""
    assert subject_of_incident(incident(error(0x2A))).incident == CorrelationId(0x29)
