"""Incidents of earlier VexFS builds: several ids for one failure, and calls with numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.records import STATE, error, read_log
from tests.analysis.upstream.test_calls import LOAD, failure, kernel_log, start, success
from vexfsctl.analysis.incident.incidents import (
    Incident,
    build_incidents,
    find_incident,
    find_occurrences,
    latest_incident,
)
from vexfsctl.analysis.incident.numbered_calls import (
    find_numbered,
    find_numbered_calls,
    is_numbered,
)
from vexfsctl.analysis.trace.devices_below import DevicesBelow
from vexfsctl.analysis.trace.story import Setting, tell_call, tell_story
from vexfsctl.exceptions import AmbiguousId, IncidentNotFound
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.entry import LogEntry


def failed(number: int, call: str = "read_block") -> str:
    """Return the line of a failing call of the userspace engine: two ids, one behind the other."""
    return (
        f"VexFS FFI WARNING: [{CorrelationId(number)}] {call} failed: [{CorrelationId(number + 1)}]"
        f" I/O error: read operation failed in {call}: FFI operation type: Storage"
        " (severity: High, retries: 2)"
    )


def fallback(number: int, call: str = "read_block") -> str:
    """Return the line of a fallback."""
    return (
        f"VexFS FFI INFO: [{CorrelationId(number)}] {call}: Using fallback operation due to"
        " primary failure"
    )


def well(number: int) -> str:
    """Return the line of a call that succeeded."""
    return f"VexFS FFI: [{CorrelationId(number)}] read_block succeeded"


def engine_log(*texts: str) -> tuple[LogEntry, ...]:
    """Return the entries of lines a second apart."""
    return kernel_log(*((float(at), text) for at, text in enumerate(texts)))


def incidents_of(*texts: str) -> tuple[Incident, ...]:
    """Return the incidents in lines a second apart."""
    return build_incidents(find_occurrences(engine_log(*texts)))


@pytest.mark.parametrize("asked", ["02", "CORR-0000000000000003", "0000000004"])
def test_any_id_of_a_failure_leads_to_all_of_it(asked: str) -> None:
    """Outer and inner id, and that of the fallback right behind it."""
    incident = find_incident(incidents_of(well(1), failed(2), fallback(4), well(5)), asked)

    assert incident.root == CorrelationId(2)
    assert incident.depths == {2: 0, 3: 0, 4: 0}
    assert incident.aliases == {3, 4}
    assert len(incident.occurrences) == 2
    assert (incident.volume, incident.epoch) == (None, None)


@pytest.mark.parametrize(
    "lines",
    [
        (failed(2), well(4), fallback(5)),
        (failed(2), fallback(5)),
        (failed(2), fallback(4, "write_block")),
    ],
)
def test_a_fallback_that_may_be_anothers_is_not_joined(lines: tuple[str, ...]) -> None:
    """Something stands between, the id is not the next one, or it is for another call."""
    incidents = incidents_of(*lines)
    assert incidents[0].aliases == {3}
    assert len(incidents) == len(lines)


def test_an_error_told_again_under_its_own_id_is_the_same() -> None:
    """An application may print the error it got."""
    again = (
        f"[{CorrelationId(3)}] I/O error: read operation failed in read_block: FFI operation type:"
        " Storage (severity: High, retries: 2)"
    )
    (incident,) = incidents_of(failed(2), again)
    assert len(incident.occurrences) == 2


def test_the_same_id_in_another_process_is_another_incident() -> None:
    """The counter starts at 1 in each, and gives a number once."""
    incidents = incidents_of(failed(2), failed(2))

    assert [incident.root for incident in incidents] == [CorrelationId(2)] * 2
    with pytest.raises(AmbiguousId, match=r"03 fits 2 incidents: .*in kmsg at 1.000 s"):
        find_incident(incidents, "03")


def test_the_latest_incident_is_one_that_met_trouble() -> None:
    """Calls that went well are logged too; a log of nothing else has no incident."""
    assert latest_incident(incidents_of(failed(2), well(4))).root == CorrelationId(2)
    with pytest.raises(IncidentNotFound):
        latest_incident(incidents_of(well(1)))


def test_ours_and_theirs_are_told_apart_in_one_log() -> None:
    """The later one is the latest, whoever wrote it."""
    ours = read_log((1, STATE), (9, error(0x2A)))
    theirs = engine_log(failed(2))

    incidents = build_incidents(find_occurrences((*theirs, *ours)))

    assert [incident.volume for incident in incidents] == [None, "loop0"]
    assert latest_incident(incidents).volume == "loop0"
    assert latest_incident(incidents, "loop0").volume == "loop0"


def test_the_story_of_a_failure_with_several_ids() -> None:
    """One call, its outcome, the catalogue's advice, and no state of now."""
    entries = engine_log(failed(2), fallback(4))
    occurrences = find_occurrences(entries)
    (incident,) = build_incidents(occurrences)

    story = tell_story(incident, entries, occurrences, Setting(DevicesBelow()))

    (call,) = story.calls
    assert (call.id, call.call, call.outcome) == (CorrelationId(2), "read_block", "fallback")
    assert story.aliases == (CorrelationId(3), CorrelationId(4))
    assert [advice.error for advice in story.advice] == ["IoError.ReadError"]
    assert [line.within for line in story.timeline.lines] == [True, True]
    assert story.breakers_now == ()


NUMBERED = kernel_log(
    (0, LOAD),
    (1, start(3)),
    (2, "I/O error, dev loop0, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2"),
    (2.001, failure(3)),
    (3, start(3, "sync_fs")),
    (4, LOAD),
    (5, start(3)),
    (6, success(3)),
)


@pytest.mark.parametrize(
    ("text", "lines"),
    [("CALL-3@sync_fs", 1), ("call-3@read_file#1", 2), ("[CALL-3]@read_file#2", 2)],
)
def test_a_numbered_call_is_found_by_site_and_load(text: str, lines: int) -> None:
    """However it is typed."""
    assert is_numbered(text)
    assert len(find_numbered(find_numbered_calls(NUMBERED), text).occurrences) == lines


def test_a_number_that_fits_several_calls_lists_them() -> None:
    """With what to type instead."""
    with pytest.raises(AmbiguousId) as caught:
        find_numbered(find_numbered_calls(NUMBERED), "CALL-3")

    assert caught.value.message == (
        "CALL-3 fits 3 calls: CALL-3@read_file#1 at 1.000 s; CALL-3@sync_fs#1 at 3.000 s;"
        " CALL-3@read_file#2 at 5.000 s"
    )
    assert caught.value.hint is not None
    assert caught.value.hint.endswith("CALL-3@read_file#1")


@pytest.mark.parametrize("text", ["CALL-4", "CALL-3@open_file", "CALL-3@read_file#9"])
def test_a_number_that_is_not_there(text: str) -> None:
    """Is told as such."""
    with pytest.raises(IncidentNotFound):
        find_numbered(find_numbered_calls(NUMBERED), text)


@pytest.mark.parametrize("text", ["3", "2A", "CORR-2A", "CALL-", "CALL-x", "loop0/storage"])
def test_ids_and_targets_are_no_numbered_calls(text: str) -> None:
    """Each way of asking has its own form."""
    assert not is_numbered(text)


def test_the_story_of_a_numbered_call_has_the_kernels_lines() -> None:
    """What the device said while it ran, and what came of it."""
    call = find_numbered(find_numbered_calls(NUMBERED), "CALL-3@read_file#1")
    story = tell_call(call, NUMBERED, Setting(DevicesBelow()))

    assert story.root == "CALL-3@read_file#1"
    assert [(c.outcome, c.errno) for c in story.calls] == [("failed", 5)]
    assert [line.within for line in story.timeline.lines] == [True, False, True]
    assert [advice.error for advice in story.advice] == ["IoError.ReadError"]


def test_a_call_that_never_returned_has_what_came_much_later() -> None:
    """The hung task detector speaks minutes after."""
    entries = kernel_log(
        (1, start(1)), (150, "INFO: task cat:77 blocked for more than 120 seconds.")
    )
    call = find_numbered(find_numbered_calls(entries), "CALL-1")
    story = tell_call(call, entries, Setting(DevicesBelow()))

    assert call.hangs
    assert call.troubled
    assert [line.actor for line in story.timeline.lines] == ["call", "kernel"]
    assert story.calls[0].outcome is None


IDS = st.integers(1, 6)
ENGINE = st.one_of(IDS.map(well), IDS.map(failed), IDS.map(fallback), st.just(LOAD), IDS.map(start))


@given(st.lists(ENGINE, max_size=12))
def test_every_line_with_an_id_is_in_exactly_one_incident(texts: list[str]) -> None:
    """Whatever ids a torn or forged log repeats."""
    incidents = incidents_of(*texts)

    places = sorted(each.place for incident in incidents for each in incident.occurrences)
    assert places == [at for at, text in enumerate(texts) if "CORR-" in text]
