"""How a module without an attribute tree fares: its last load, its call sites, what still runs."""

from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.records import BOOT, read_log
from vexfsctl.analysis.health.findings import Verdict
from vexfsctl.analysis.health.upstream_findings import judge_upstream
from vexfsctl.analysis.upstream.health import UpstreamHealth, UpstreamWatch
from vexfsctl.analysis.window import Window
from vexfsctl.logs.upstream import UPSTREAM_FORMS
from vexfsctl.model.volume import DegradationLevel, ModuleState

WINDOW = Window(since_us=0, now_us=100_000_000, boot_id=BOOT)
LOADING = "VexFS: Initializing SAFE FFI module v1.0.0 with memory management"
UNLOADED = "VexFS: SAFE FFI module unloaded successfully"


def call(number: int, what: str) -> str:
    """Return the line of a numbered call."""
    return f"VexFS: [CALL-{number}] {what}"


def health_of(*lines: tuple[float, str], facility: int | None = 0) -> UpstreamHealth | None:
    """Return what a log of the kernel shows."""
    watch = UpstreamWatch(WINDOW)
    for entry in read_log(*lines, facility=facility):
        watch.take(entry)
    return watch.result()


def test_call_sites_are_counted_with_noise_apart() -> None:
    """The rate is the one the build itself gives, and a site with trouble comes first."""
    health = health_of(
        (1.0, LOADING),
        (2.0, call(1, "FFI call lookup_inode failed: -1 (failure rate: 100%), using fallback")),
        (3.0, call(1, "FFI call read_file succeeded")),
        (4.0, call(2, "FFI call read_file failed: -5 (failure rate: 50%), using fallback")),
        (5.0, call(3, "FFI call read_file timed out: -110, using fallback")),
    )

    assert health is not None
    first, second = health.sites
    assert (first.call, first.calls, first.succeeded, first.failed) == ("read_file", 3, 1, 1)
    assert (first.timed_out, first.blocked, first.rate_pct) == (1, 0, 50)
    assert (second.call, second.noise, second.failed, second.rate_pct) == (
        *("lookup_inode", 1, 0, None),
    )


def test_a_new_load_begins_anew() -> None:
    """Its states and calls are its own, even if it has made no call yet."""
    failed = (2.0, call(1, "FFI call read_file failed: -5 (failure rate: 100%), using fallback"))
    error = (3.0, "VexFS: State transition 1 -> 3")

    before = health_of((1.0, LOADING), failed, error)
    after = health_of((1.0, LOADING), failed, error, (4.0, UNLOADED), (5.0, LOADING))

    assert before is not None
    assert after is not None
    assert (before.state, before.loaded, len(before.sites)) == (ModuleState.ERROR, True, 1)
    assert (after.state, after.loaded, after.sites) == (None, True, ())


def test_a_call_of_an_earlier_load_that_never_returned_is_told_within_the_window() -> None:
    """Its module could not be unloaded while it ran: the machine was reset, or a line lost."""
    lines = ((1.0, LOADING), (2.0, call(7, "Starting FFI call sync_fs")), (3.0, LOADING))

    health = health_of(*lines)

    assert health is not None
    [running] = health.running
    assert (running.call, running.number, running.since_us, running.hangs) == (
        *("sync_fs", 7, 2_000_000, True),
    )


def test_degradation_is_told_in_our_words() -> None:
    """A level that this version does not know is never guessed."""
    line = "vexfs: System degradation level changed from Normal to "

    known, unknown = health_of((1.0, line + "ReadOnlyMode")), health_of((1.0, line + "Other"))

    assert known is not None
    assert unknown is not None
    assert known.degradation is DegradationLevel.READ_ONLY
    assert [finding.verdict for finding in judge_upstream(unknown)] == [Verdict.UNKNOWN]


def test_where_no_such_build_speaks_there_is_nothing_to_tell() -> None:
    """Nor where nobody vouches for what was said."""
    assert health_of((1.0, "EXT4-fs (sda1): mounted filesystem")) is None
    assert health_of((1.0, "VexFS: Unable to read superblock"), facility=1) is None


SAMPLES = st.sampled_from([form.sample for form in UPSTREAM_FORMS if not form.bare])


@given(st.lists(st.tuples(st.floats(0, 100), SAMPLES)))
def test_any_sequence_of_lines_is_judged(lines: list[tuple[float, str]]) -> None:
    """Whatever order they come in, counts stay counts and nothing is raised."""
    health = health_of(*sorted(lines))

    if health is not None:
        for site in health.sites:
            parts = (site.succeeded, site.failed, site.blocked, site.timed_out, site.skipped)
            assert site.calls == sum(parts) + site.noise + site.unreturned
        assert all(finding.volume is None for finding in judge_upstream(health))
