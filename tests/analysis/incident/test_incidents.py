"""Which records make one incident, and how one is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.records import EPOCH, STATE, error, read_log
from vexfsctl.analysis.incident.incidents import (
    Incident,
    build_incidents,
    find_incident,
    find_occurrences,
    latest_incident,
)
from vexfsctl.exceptions import AmbiguousId, IncidentNotFound, InvalidInput
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.operations import OperationType

OPERATOR = (
    "VexFS: [CORR-6F00000000000030] operator vol=loop0 op=storage action=reset "
    "before=open after=closed uid=0 pid=7"
)


def incidents_of(*logs: tuple[LogEntry, ...]) -> tuple[Incident, ...]:
    """Return the incidents of several logs read one after the other."""
    return build_incidents(find_occurrences(entry for log in logs for entry in log))


def failed(call: int, op: str = "file", *, parent: int | None = None) -> str:
    """Return the outcome record of a call."""
    nested = "" if parent is None else f" parent=CORR-{parent:016X}"
    return (
        f"VexFS: [CORR-{call:016X}] failed vol=loop0 op={op} call=read err=IoError.ReadError "
        f"errno=EIO attempts=1 dur_us=519311{nested}"
    )


def test_a_call_and_those_nested_in_it_are_one_incident() -> None:
    """The application's call is the root, whichever record comes first."""
    (incident,) = incidents_of(read_log((1, STATE), (2, error(0x2A)), (3, failed(0x29))))

    assert incident.root == CorrelationId(0x29)
    assert incident.depths == {0x29: 0, 0x2A: 1}
    assert (incident.volume, incident.epoch) == ("loop0", EPOCH)
    assert [each.uptime_us for each in incident.occurrences] == [2_000_000, 3_000_000]


def test_a_caller_without_a_record_is_the_root_all_the_same() -> None:
    """A file call whose storage call recovered met no trouble itself; two such calls share it."""
    (incident,) = incidents_of(
        read_log((1, error(0x2A)), (2, error(0x2C).replace(f"{0x2B:016X}", f"{0x29:016X}")))
    )

    assert incident.root == CorrelationId(0x29)
    assert incident.depths == {0x29: 0, 0x2A: 1, 0x2C: 1}


def test_nesting_is_followed_to_any_depth() -> None:
    """A sync inside a storage call inside a file call."""
    (incident,) = incidents_of(
        read_log(
            (1, failed(0x12, "sync", parent=0x11)),
            (2, failed(0x11, "storage", parent=0x10)),
            (3, failed(0x10)),
        )
    )

    assert incident.depths == {0x10: 0, 0x11: 1, 0x12: 2}


def test_a_log_that_claims_a_circle_of_callers_is_read_to_its_end() -> None:
    """A log may hold anything."""
    (incident,) = incidents_of(
        read_log((1, failed(0x10, parent=0x11)), (2, failed(0x11, parent=0x10)))
    )

    assert incident.depths == {0x10: 0, 0x11: 1}


def test_calls_stand_before_those_nested_in_them() -> None:
    """As an outline: the second nested call after what is nested in the first."""
    (incident,) = incidents_of(
        read_log(
            (1, failed(0x13, parent=0x10)),
            (2, failed(0x12, parent=0x11)),
            (3, failed(0x11, parent=0x10)),
        )
    )

    assert list(incident.depths.items()) == [(0x10, 0), (0x13, 1), (0x11, 1), (0x12, 2)]


def test_the_same_id_in_two_epochs_is_two_incidents() -> None:
    """Earlier builds count from 1 at every load."""
    again = STATE.replace(str(EPOCH), "99")
    log = read_log((1, STATE), (2, error(0x2A)), (3, again), (4, error(0x2A)))

    incidents = incidents_of(log)

    assert [incident.epoch for incident in incidents] == [EPOCH, 99]
    with pytest.raises(AmbiguousId, match=rf"2A fits 2 incidents: .*epoch {EPOCH}.*epoch 99"):
        find_incident(incidents, "2A")


def test_the_same_id_in_two_boots_is_two_incidents() -> None:
    """Nothing ties records of different boots together but the epoch."""
    incidents = incidents_of(
        read_log((1, error(0x2A)), boot="one"), read_log((1, error(0x2A)), boot="two")
    )

    assert [incident.boot_id for incident in incidents] == ["one", "two"]


def test_a_record_of_unknown_epoch_belongs_to_the_only_one_its_id_is_known_in() -> None:
    """A ring buffer that lost the state record still has later ones with it."""
    (incident,) = incidents_of(read_log((1, error(0x2A)), (2, STATE), (3, failed(0x29))))

    assert incident.epoch == EPOCH


@pytest.mark.parametrize("text", ["2A", "2a", "CORR-2a", "corr-000000000000002A"])
def test_an_id_is_found_by_its_end(text: str) -> None:
    """As a person types it."""
    incidents = incidents_of(read_log((1, error(0x2A)), (2, error(0x3C))))

    assert find_incident(incidents, text).root == CorrelationId(0x29)


def test_an_end_that_fits_caller_and_nested_call_is_not_ambiguous() -> None:
    """They are one incident."""
    incidents = incidents_of(read_log((1, failed(0x129, parent=0x29)), (2, failed(0x29))))

    assert find_incident(incidents, "29").root == CorrelationId(0x29)


def test_an_ambiguous_end_lists_the_candidates() -> None:
    """With volume and time, and what to do."""
    incidents = incidents_of(read_log((1.5, error(0x12A)), (2, error(0x22A, vol="sdb1"))))

    with pytest.raises(AmbiguousId) as caught:
        find_incident(incidents, "2A")

    assert caught.value.message == (
        "2A fits 2 incidents: CORR-000000000000012A (loop0 at 1.500 s); "
        "CORR-000000000000022A (sdb1 at 2.000 s)"
    )
    assert caught.value.hint == "give more digits, or narrow with --volume, --since or --boot"


def test_what_is_no_id_is_refused_and_what_is_not_there_is_not_found() -> None:
    """Two different answers."""
    incidents = incidents_of(read_log((1, error(0x2A))))

    with pytest.raises(InvalidInput, match="not a correlation id: 'xyz'"):
        find_incident(incidents, "xyz")
    with pytest.raises(IncidentNotFound, match="no record carries an id that ends in FF"):
        find_incident(incidents, "ff")


def test_the_latest_incident_is_the_latest_error() -> None:
    """An operator's act and a call that was only refused come after errors, whenever they were."""
    refused = failed(0x41).replace("IoError.ReadError errno=EIO", "CircuitBreakerOpen errno=EBUSY")
    incidents = incidents_of(
        read_log((1, STATE), (2, error(0x2A)), (3, error(0x3A)), (4, OPERATOR), (5, refused))
    )

    assert latest_incident(incidents).root == CorrelationId(0x39)


def test_without_an_error_the_latest_incident_of_a_volume_is_the_latest_of_any_kind() -> None:
    """Better an operator's act than nothing."""
    incidents = incidents_of(read_log((1, STATE), (2, OPERATOR)))

    found = latest_incident(incidents, "loop0", OperationType.STORAGE)

    assert found.root == CorrelationId(0x6F00000000000030)
    with pytest.raises(IncidentNotFound, match="no incident of loop0/file"):
        latest_incident(incidents, "loop0", OperationType.FILE)


def test_a_forged_record_does_not_become_the_latest_incident() -> None:
    """As long as there is one that is vouched for."""
    incidents = incidents_of(read_log((1, STATE), (2, error(0x2A)), (3, error(0x3A, vol="forged"))))

    assert latest_incident(incidents).volume == "loop0"
    assert latest_incident(incidents, "forged").root == CorrelationId(0x39)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=30))
def test_every_record_with_an_id_is_in_exactly_one_incident(calls: list[tuple[int, int]]) -> None:
    """Whatever callers the records name, circles included."""
    log = read_log(*((1.0, failed(call, parent=parent)) for call, parent in calls))

    places = [each.place for incident in incidents_of(log) for each in incident.occurrences]

    assert sorted(places) == list(range(len(calls)))
