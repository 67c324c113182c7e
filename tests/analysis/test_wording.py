"""What each kind of record means, in a phrase."""

import pytest

from vexfsctl.analysis.wording import describe
from vexfsctl.logs.grammar import RECORD_FORMS, parse_event
from vexfsctl.logs.upstream import parse_upstream_text
from vexfsctl.model.events import Event

_ID = "[CORR-6F1C93A20000002A]"
_PARENT = "parent=CORR-6F1C93A200000029"
PHRASES = {
    f"{_ID} error vol=v op=storage call=read err=IoError.ReadError errno=EIO sev=high attempt=1/3 "
    'ino=12 off=1048576 len=4096 hints=retry:500 msg="x"': (
        "attempt 1 of 3 failed: IoError.ReadError (EIO, high), 4KiB at 1MiB of inode 12"
    ),
    f"{_ID} error vol=v op=inode call=getattr err=Other errno=EIO sev=low attempt=1/1 hints= "
    "msg=x": "attempt 1 of 1 failed: Other (EIO, low)",
    f"{_ID} retry vol=v op=storage call=read attempt=2/3 delay_ms=512": (
        "waits 512ms, then attempt 2 of 3"
    ),
    f"{_ID} recovered vol=v op=directory call=readdir attempts=2 dur_us=104512": (
        "succeeded on attempt 2, after 105ms"
    ),
    f"{_ID} failed vol=v op=storage call=read err=X errno=EIO attempts=2 dur_us=519020 {_PARENT}": (
        "failed after 2 attempts and 519ms: its caller got EIO"
    ),
    f"{_ID} failed vol=v op=file call=read err=X errno=EBUSY attempts=1 dur_us=132": (
        "failed after 1 attempt and 132us: the application got EBUSY"
    ),
    f"{_ID} fallback vol=v op=superblock call=statfs via=last_good result=ok": (
        "served from last_good instead"
    ),
    f"{_ID} fallback vol=v op=superblock call=statfs via=last_good result=EIO": (
        "could not be served from last_good either: EIO"
    ),
    f"{_ID} timeout vol=v op=sync call=fsync limit_ms=5000": (
        "still running after 5s: abandoned, the application got ETIMEDOUT"
    ),
    f"{_ID} rejected vol=v op=storage call=read {_PARENT} retry_after_ms=59800": (
        "refused by the open breaker, next probe in 1m"
    ),
    f"{_ID} rejected vol=v op=storage call=read retry_after_ms=0": "refused by the open breaker",
    f"{_ID} rejected vol=v op=storage call=read retry_after_ms=0 limit=max_operations": (
        "refused: no place for it (max_operations)"
    ),
    f"{_ID} breaker vol=v op=storage from=closed to=open generation=2 failures=5/5 "
    "window_ms=10000 trips=1": "breaker closed → open, 5 failures in 10s (threshold 5)",
    f"{_ID} breaker vol=v op=storage from=closed to=open generation=2 rule=slow_rate trips=1": (
        "breaker closed → open, too many were slow"
    ),
    "breaker vol=v op=storage from=open to=half_open generation=3 trips=1 by=timer": (
        "breaker open → half_open by timer"
    ),
    f"{_ID} operator vol=v op=storage action=reset before=open after=closed uid=0 pid=4242 "
    'reason="disk replaced"': "reset: open → closed (uid 0, pid 4242), “disk replaced”",
    f"{_ID} operator vol=v action=access_mode before=rw after=ro uid=0 pid=1": (
        "access_mode: rw → ro (uid 0, pid 1)"
    ),
    f"{_ID} recovery vol=v op=storage step=invalidate_cache result=ok dur_us=1830": (
        "invalidate_cache: ok after 2ms"
    ),
    f"{_ID} recovery vol=v step=sync result=EIO dur_us=1830 msg=lost": (
        "sync: EIO after 2ms, lost"
    ),
    "state vol=v epoch=1 from=initializing to=initialized driver=fuse version=0.1.0": (
        "state initializing → initialized (fuse 0.1.0)"
    ),
    "degradation vol=v from=normal to=read_only": "degradation normal → read_only",
    "degradation vol=v from=normal to=heavy resource=memory used_pct=87": (
        "degradation normal → heavy, memory is 87 % of its limit"
    ),
    "degradation vol=v from=normal to=light resource=space used_pct=60": (
        "degradation normal → light, the reserve is 60 % of what is free"
    ),
    "suppressed vol=v calls=9 errors=27 interval_ms=5000": (
        "9 calls with 27 errors left out of the log in 5s"
    ),
}


@pytest.mark.parametrize(("record", "phrase"), PHRASES.items())
def test_a_record_is_described(record: str, phrase: str) -> None:
    """For people: who got what, how long it took, what comes next."""
    event = parse_event(f"VexFS: {record}")

    assert isinstance(event, Event)
    assert describe(event) == phrase


def test_there_is_a_phrase_for_every_kind_of_record() -> None:
    """A kind added to the grammar needs one."""
    described = {type(parse_event(f"VexFS: {record}")) for record in PHRASES}

    assert described == {form.event for form in RECORD_FORMS}


@pytest.mark.parametrize(
    ("line", "phrase"),
    [
        ("VexFS: State transition 1 -> 2", "module state: initializing → initialized"),
        (
            "VexFS: [CALL-3] FFI call sync_fs failed: -5 (failure rate: 50%), using fallback",
            "call failed (error): IoError.FlushError (high), the module answers with success,"
            " whether or not the data is on the device",
        ),
        (
            "VexFS: Total memory leaks detected: 100",
            "message (noise): expected at every unload: the module looks for leaks before it gives"
            " back its own pools",
        ),
        ("VexFS: [CALL-3] Starting FFI call sync_fs", "call started"),
    ],
)
def test_a_line_of_an_earlier_build_is_described(line: str, phrase: str) -> None:
    """By what it tells of, what it is worth and why."""
    event = parse_upstream_text(line)

    assert event is not None
    assert describe(event) == phrase
