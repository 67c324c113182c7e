"""`vexfsctl breaker`: what it shows, and what it changes on a real engine."""

from errno import EIO

import pytest

from tests.support.clock import VirtualClock
from tests.support.live import LiveVolume
from tests.support.program import Program
from tests.support.tree import FakeTree
from vexfsctl.exceptions import ExitStatus, ValueRefused
from vexfsctl.model.breaker import BreakerAction, BreakerState
from vexfsctl.model.events import OperatorActed
from vexfsctl.model.operations import OperationType

STORAGE = OperationType.STORAGE


def test_list_tells_why_a_breaker_is_open(
    vexfsctl: Program, live: LiveVolume, clock: VirtualClock
) -> None:
    """Every breaker on a line; the open one with its failures, last error and the time left."""
    live.fail(STORAGE, EIO, times=5)
    clock.advance(4)
    live.refresh()

    result = vexfsctl("breaker", "list")

    assert (result.exit_status, result.stderr) == (ExitStatus.OK, "")
    assert result.stdout == (
        "VOLUME  OPERATION   STATE   FAILURES  LIMIT  TRIPS  LAST ERROR             WHY\n"
        "loop0   superblock  closed         0      5      0  -                      -\n"
        "loop0   inode       closed         0      5      0  -                      -\n"
        "loop0   file        closed         0      5      0  -                      -\n"
        "loop0   directory   closed         0      5      0  -                      -\n"
        "loop0   vector      closed         0      5      0  -                      -\n"
        "loop0   storage     open           5      5      1  CORR-6F1C93A20000002E"
        "  opened 4s ago, half-open in 56s\n"
        "loop0   sync        closed         0      5      0  -                      -\n"
    )


def test_list_in_json_has_the_whole_status(vexfsctl: Program, live: LiveVolume) -> None:
    """Numbers as numbers, the id written out, and why."""
    live.fail(STORAGE, EIO, times=5)

    result = vexfsctl("breaker", "list", "loop0/storage", "--json")

    assert result.json["schema"] == "vexfsctl.breaker.list/1"
    [row] = result.json["data"]
    assert (row["volume"], row["operation"]) == ("loop0", "storage")
    assert row["why"] == "opened 0ms ago, half-open in 1m"
    assert row["breaker"]["state"] == "open"
    assert row["breaker"]["failures"] == 5
    assert row["breaker"]["last_error_id"] == "CORR-6F1C93A20000002E"
    assert row["breaker"]["settings"]["failure_threshold"] == 5


def test_a_state_of_tomorrow_is_not_guessed(vexfsctl: Program, tree: FakeTree) -> None:
    """An unknown word shows as `?`, and is told."""
    tree.write("loop0/operations/sync/breaker/state", "wobbly")

    result = vexfsctl("breaker", "list", "loop0/sync")

    assert result.exit_status == ExitStatus.OK
    assert result.stdout.splitlines()[1] == (
        "loop0   sync       ?             0      5      0  -"
        "           state 'wobbly' is not known to this version"
    )
    assert "operations/sync/breaker/state: 'wobbly' is not one of closed, open" in result.stderr


def test_show_explains_every_attribute(vexfsctl: Program, live: LiveVolume) -> None:
    """Counters, state and settings under their names in the tree, with their meaning."""
    result = vexfsctl("breaker", "show", "loop0/file")

    lines = result.stdout.splitlines()
    assert lines[0] == "loop0/file: closed"
    assert "loop0/file  breaker/failure_threshold    5        Failures inside the window that" in (
        result.stdout
    )
    assert "loop0/file  timeout_ms                   5000     Deadline of one call" in result.stdout


def test_reset_tells_what_speaks_against_it_and_asks(vexfsctl: Program, live: LiveVolume) -> None:
    """On a terminal: the doubt, the question, and after yes the change that was read back."""
    live.fail(STORAGE, EIO, times=6)

    result = vexfsctl("breaker", "reset", "loop0/storage", input="y\n", terminal=True)

    assert result.exit_status == ExitStatus.OK
    assert result.stderr == (
        "vexfsctl: loop0/storage: 5 failures in the last 10s: would trip again in about 10s\n"
        "Reset loop0/storage (open)? [y/N] "
    )
    assert result.stdout.split()[-5:] == ["loop0/storage", "state", "open", "closed", "true"]
    assert live.guard.operations[STORAGE].breaker.state is BreakerState.CLOSED


def test_no_is_no(vexfsctl: Program, live: LiveVolume) -> None:
    """Nothing is changed, and the status says that it was not done."""
    live.fail(STORAGE, EIO, times=5)

    result = vexfsctl("breaker", "reset", "loop0/storage", input="\n", terminal=True)

    assert (result.exit_status, result.stdout) == (ExitStatus.FAILED, "")
    assert result.stderr.endswith("vexfsctl: nothing was changed\n")
    assert live.guard.operations[STORAGE].breaker.state is BreakerState.OPEN


def test_where_nobody_can_be_asked_yes_must_be_said_beforehand(
    vexfsctl: Program, live: LiveVolume
) -> None:
    """In a script a change needs `--yes`: without it, wrong usage and no write."""
    result = vexfsctl("breaker", "trip", "loop0/sync", "--json")

    assert result.exit_status == ExitStatus.USAGE
    assert result.json["problems"] == [
        {
            "code": "invalid_input",
            "message": "Trip loop0/sync (closed)? Nobody can be asked here",
            "hint": "use --yes to go ahead, or --dry-run to see what would change",
        }
    ]
    assert live.events == []


def test_trip_takes_a_time_and_a_reason(
    vexfsctl: Program, live: LiveVolume, clock: VirtualClock
) -> None:
    """A timed trip ends by itself; who reads the log learns why it was made."""
    result = vexfsctl(
        "breaker", "trip", "loop0/sync", "--for", "15m", "--reason", 'array "A" rebuild', "-y"
    )

    assert result.exit_status == ExitStatus.OK
    assert result.stdout == (
        "TARGET      KEY    BEFORE  AFTER        CHANGED\n"
        "loop0/sync  state  closed  forced_open  true\n"
    )
    [operator] = [event for event in live.events if isinstance(event, OperatorActed)]
    assert (operator.action, operator.reason) == ("trip", 'array "A" rebuild')
    clock.advance(15 * 60)
    live.refresh()
    assert live.guard.operations[OperationType.SYNC].breaker.state is BreakerState.HALF_OPEN


def test_a_verb_works_on_all_that_a_glob_means(vexfsctl: Program, live: LiveVolume) -> None:
    """`'*/s*'` is superblock, storage and sync."""
    result = vexfsctl("breaker", "disable", "*/s*", "--yes", "--format", "tsv")

    assert result.stdout == (
        "target\tkey\tbefore\tafter\tchanged\n"
        "loop0/superblock\tstate\tclosed\tdisabled\ttrue\n"
        "loop0/storage\tstate\tclosed\tdisabled\ttrue\n"
        "loop0/sync\tstate\tclosed\tdisabled\ttrue\n"
    )


def test_a_dry_run_says_the_same_and_does_nothing(vexfsctl: Program, live: LiveVolume) -> None:
    """Needs no `--yes`, for it changes nothing."""
    live.fail(STORAGE, EIO, times=5)
    events = len(live.events)

    result = vexfsctl("breaker", "reset", "loop0/storage", "--dry-run", "--json")

    assert result.exit_status == ExitStatus.OK
    assert result.json["data"] == [
        {
            "target": "loop0/storage",
            "key": "state",
            "before": "open",
            "after": "closed",
            "changed": True,
            "dry_run": True,
        }
    ]
    assert len(live.events) == events


@pytest.mark.parametrize("verb", ["disable", "enable"])
def test_what_is_so_already_needs_no_consent_and_no_write(
    vexfsctl: Program, live: LiveVolume, verb: str
) -> None:
    """Idempotent: the second time it is `changed: false` and status 0."""
    vexfsctl("breaker", verb, "loop0/vector", "--yes")
    events = len(live.events)

    result = vexfsctl("breaker", verb, "loop0/vector", "--json")

    assert result.exit_status == ExitStatus.OK
    assert [row["changed"] for row in result.json["data"]] == [False]
    assert len(live.events) == events


def test_a_state_that_may_end_by_itself_is_commanded_again(
    vexfsctl: Program, tree: FakeTree
) -> None:
    """The provider does not say whether it will, so the command takes the time away if it does."""
    tree.write("loop0/operations/sync/breaker/state", "disabled")
    (tree.root / "loop0/operations/sync/breaker/until_ms").unlink()

    result = vexfsctl("breaker", "disable", "loop0/sync", "--yes")

    assert result.exit_status == ExitStatus.OK
    assert result.stdout.split()[-5:] == ["loop0/sync", "state", "disabled", "disabled", "false"]
    assert tree.read("loop0/operations/sync/breaker/control") == "disable if-generation 1"


def test_reset_of_a_closed_breaker_clears_its_window(vexfsctl: Program, live: LiveVolume) -> None:
    """Failures that were counted are forgotten: that is a change."""
    live.fail(STORAGE, EIO, times=4)

    result = vexfsctl("breaker", "reset", "loop0/storage", "--yes", "--json")

    assert [row["changed"] for row in result.json["data"]] == [True]
    live.fail(STORAGE, EIO)
    assert live.guard.operations[STORAGE].breaker.state is BreakerState.CLOSED


def test_a_breaker_that_moved_meanwhile_is_not_overwritten(
    vexfsctl: Program, live: LiveVolume
) -> None:
    """Somebody disabled it between the look and the reset: told, left alone, status 1."""
    live.fail(STORAGE, EIO, times=5)
    live.before_write = lambda: live.command(STORAGE, BreakerAction.DISABLE)

    result = vexfsctl("breaker", "reset", "loop0/storage", "--yes", "--json")

    assert result.exit_status == ExitStatus.FAILED
    [row] = result.json["data"]
    assert (row["before"], row["after"], row["changed"]) == ("open", "disabled", False)
    [problem] = result.json["problems"]
    assert problem["code"] == "generation_moved"
    assert problem["message"] == (
        "loop0/storage became disabled meanwhile: someone or something else changed it, and"
        " nothing was overwritten"
    )
    assert live.guard.operations[STORAGE].breaker.state is BreakerState.DISABLED


def test_two_operators_who_want_the_same_are_both_content(
    vexfsctl: Program, live: LiveVolume
) -> None:
    """The other one was faster: it is as asked, so changed is false and the status 0."""
    live.fail(STORAGE, EIO, times=5)
    live.before_write = lambda: live.command(STORAGE, BreakerAction.RESET)

    result = vexfsctl("breaker", "reset", "loop0/storage", "--yes", "--json")

    assert (result.exit_status, result.json["problems"]) == (ExitStatus.OK, [])
    [row] = result.json["data"]
    assert (row["before"], row["after"], row["changed"]) == ("open", "closed", False)


def test_a_state_that_does_not_allow_it_is_refused_and_the_others_go_on(
    vexfsctl: Program, live: LiveVolume
) -> None:
    """There is nothing to probe on a closed breaker; the open one is probed all the same."""
    live.fail(STORAGE, EIO, times=5)

    result = vexfsctl("breaker", "probe", "loop0/file", "loop0/storage", "--yes", "--json")

    assert result.exit_status == ExitStatus.FAILED
    assert [(row["target"], row["after"]) for row in result.json["data"]] == [
        ("loop0/file", "closed"),
        ("loop0/storage", "half_open"),
    ]
    assert [problem["message"] for problem in result.json["problems"]] == [
        "loop0/file is closed: there is nothing to probe"
    ]


def test_a_command_that_a_provider_does_not_know_changes_nothing(
    vexfsctl: Program, live: LiveVolume
) -> None:
    """EINVAL for `observe`: this provider has no such state, and the time was not set either."""

    def refuse() -> None:
        raise ValueRefused("of version 1")

    live.before_write = refuse

    result = vexfsctl("breaker", "observe", "loop0/storage", "--for", "5s", "--yes")

    assert result.exit_status == ExitStatus.FAILED
    assert result.stdout.split()[-5:] == ["loop0/storage", "state", "closed", "closed", "false"]
    assert result.stderr == (
        "vexfsctl: loop0/operations/storage/breaker/control refused"
        " 'observe for 5000 if-generation 1': not a command that its provider knows\n"
        "hint: vexfsctl volume show loop0 shows its version\n"
    )


def test_a_breaker_that_opens_at_once_again_is_a_failure(
    vexfsctl: Program, live: LiveVolume
) -> None:
    """The reset was taken, but calls fail faster than it could be read back."""
    live.fail(STORAGE, EIO, times=5)
    live.after_write = lambda: live.fail(STORAGE, EIO, times=5)

    result = vexfsctl("breaker", "reset", "loop0/storage", "--yes")

    assert result.exit_status == ExitStatus.FAILED
    assert result.stdout.split()[-5:] == ["loop0/storage", "state", "open", "open", "true"]
    assert "vexfsctl: loop0/storage accepted reset and is open again\n" in result.stderr


def test_a_provider_that_does_not_obey_is_not_believed(vexfsctl: Program, tree: FakeTree) -> None:
    """The file took the command and the state stayed: the tool reports what it reads."""
    tree.write("loop0/operations/storage/breaker/state", "open")

    result = vexfsctl("breaker", "reset", "loop0/storage", "--yes", "--json")

    assert result.exit_status == ExitStatus.FAILED
    assert [row["after"] for row in result.json["data"]] == ["open"]
    assert result.json["problems"][0]["message"] == "loop0/storage accepted reset and is still open"
    assert tree.read("loop0/operations/storage/breaker/control") == "reset if-generation 1"


@pytest.mark.parametrize("verb", ["trip", "reset", "probe", "disable", "enable", "show", "set"])
def test_a_verb_without_a_target_is_wrong_usage(vexfsctl: Program, verb: str) -> None:
    """All of them are meant only by a quoted `'*'`."""
    result = vexfsctl("breaker", verb)

    assert result.exit_status == ExitStatus.USAGE
    assert "Missing argument 'TARGET" in result.stderr


def test_set_writes_what_the_table_allows_and_reads_it_back(
    vexfsctl: Program, live: LiveVolume
) -> None:
    """Settings of the breaker by their names, the deadline of a call by its own."""
    result = vexfsctl(
        "breaker",
        "set",
        "loop0/storage",
        "failure_threshold=8",
        "timeout_ms=30000",
        "call_timeout_ms=700",
        "window_ms=10000",
        "--yes",
    )

    assert result.exit_status == ExitStatus.OK
    assert result.stdout == (
        "TARGET         KEY                BEFORE  AFTER  CHANGED\n"
        "loop0/storage  failure_threshold  5       8      true\n"
        "loop0/storage  timeout_ms         60000   30000  true\n"
        "loop0/storage  call_timeout_ms    5000    700    true\n"
        "loop0/storage  window_ms          10000   10000  false\n"
    )
    guarded = live.guard.operations[STORAGE]
    assert (guarded.breaker_settings.timeout_ms, guarded.timeout_ms) == (30_000, 700)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("failure_threshold=8", "timeout_ms=0"), "timeout_ms: 0 is outside of 1 to 86400000"),
        (("failure_threshold=8", "window_ms=ten"), "window_ms: not a number: 'ten'"),
        (("failure_threshold=8", "windows_ms=9"), "there is no setting 'windows_ms'"),
        (("failure_threshold=8", "window_ms"), "window_ms has no value"),
        (("window_ms=8", "window_ms=9"), "window_ms is given twice"),
        (("state=closed",), "there is no setting 'state'"),
    ],
)
def test_a_wrong_value_is_found_before_the_first_is_written(
    vexfsctl: Program, live: LiveVolume, words: tuple[str, ...], message: str
) -> None:
    """Wrong usage, and the right one beside it was not written either."""
    result = vexfsctl("breaker", "set", "loop0/storage", *words, "--yes")

    assert result.exit_status == ExitStatus.USAGE
    assert result.stderr.startswith(f"vexfsctl: {message}\nhint: ")
    assert live.guard.operations[STORAGE].breaker_settings.failure_threshold == 5


@pytest.mark.parametrize("how", ["--yes", "--dry-run"])
def test_a_setting_that_a_provider_lacks_is_missed_before_the_first_is_written(
    vexfsctl: Program, tree: FakeTree, how: str
) -> None:
    """A provider of version 1 without the rules of a rate; the one beside it is left alone too."""
    tree.add("loop1")
    (tree.root / "loop1/operations/storage/breaker/failure_rate_pct").unlink()

    result = vexfsctl(
        "breaker", "set", "*/storage", "failure_threshold=8", "failure_rate_pct=50", how
    )

    assert result.exit_status == ExitStatus.FAILED
    assert result.stdout == ""
    assert result.stderr == (
        "vexfsctl: the provider of loop1 has no operations/storage/breaker/failure_rate_pct\n"
        "hint: vexfsctl volume show loop1 shows its version\n"
    )
    for volume in ("loop0", "loop1"):
        assert tree.read(f"{volume}/operations/storage/breaker/failure_threshold") == "5"


def test_wait_ends_when_the_state_is_reached(vexfsctl: Program, live: LiveVolume) -> None:
    """A breaker that an operator tripped is open too."""
    live.command(STORAGE, BreakerAction.TRIP)

    result = vexfsctl("breaker", "wait", "loop0/storage", "--until", "open", "--json")

    assert result.exit_status == ExitStatus.OK
    assert result.json["data"]["state"] == "forced_open"


def test_wait_gives_up_at_its_timeout(vexfsctl: Program, live: LiveVolume) -> None:
    """Status 1, and what it still is."""
    result = vexfsctl("breaker", "wait", "loop0/storage", "--until", "open", "--timeout", "10ms")

    assert (result.exit_status, result.stdout) == (ExitStatus.FAILED, "")
    assert result.stderr.startswith("vexfsctl: loop0/storage is not open after 0.01 s\n")
    assert result.stderr.endswith("hint: vexfsctl breaker show loop0/storage\n")


def test_wait_says_which_states_there_are(vexfsctl: Program) -> None:
    """On one line, however click breaks its list."""
    result = vexfsctl("breaker", "wait", "loop0/storage")

    assert result.exit_status == ExitStatus.USAGE
    assert result.stderr == (
        "vexfsctl: Missing option '--until'. Choose from: closed, open, half_open\n"
        "hint: vexfsctl breaker wait --help\n"
    )


def test_set_wants_its_target_first(vexfsctl: Program) -> None:
    """The other way round is told as such, and no setting is proposed for it."""
    result = vexfsctl("breaker", "set", "failure_threshold=8", "loop0/storage", "--yes")

    assert result.exit_status == ExitStatus.USAGE
    assert result.stderr == (
        "vexfsctl: not KEY=VALUE: 'loop0/storage'\n"
        "hint: give first what to change, then KEY=VALUE\n"
    )


def test_wait_is_for_one_breaker(vexfsctl: Program, live: LiveVolume) -> None:
    """Which of seven it should end with nobody could tell."""
    result = vexfsctl("breaker", "wait", "loop0", "--until", "open")

    assert result.exit_status == ExitStatus.USAGE
    assert result.stderr == "vexfsctl: loop0 is 7 breakers\nhint: name one: VOLUME/OPERATION\n"


def test_reset_by_probes_is_refused_where_no_call_can_close(
    vexfsctl: Program, live: LiveVolume
) -> None:
    """A disabled breaker judges nothing, so nothing is sent."""
    live.command(STORAGE, BreakerAction.DISABLE)

    result = vexfsctl("breaker", "reset", "loop0/storage", "--probe", "--yes")

    assert result.exit_status == ExitStatus.FAILED
    assert result.stderr == (
        "vexfsctl: loop0/storage is disabled: it judges no call, so none can close it\n"
        "hint: vexfsctl breaker enable loop0/storage\n"
    )
