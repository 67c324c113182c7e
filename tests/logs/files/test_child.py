"""Programs through which sources are read, where they cannot be run."""

from contextlib import closing
from pathlib import Path

import pytest

from tests.support.program import Program
from vexfsctl.exceptions import ExitStatus, LogUnreadable
from vexfsctl.logs.files.child import ReadingChild, SourceChild
from vexfsctl.logs.sources.reader import LogHost, read_sources

HINT = "it is in the Debian package `coreutils`, which every system has: look at $PATH"


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH without programs."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


def test_a_missing_program_is_named(nowhere: Path, vexfsctl: Program) -> None:
    """Not a trace: nothing could be read, and where dd should be is said."""
    log = nowhere / "kern.log"
    log.write_text("[    1.000000] VexFS: one\n")

    result = vexfsctl("log", "--log", str(log))

    assert result.exit_status == ExitStatus.INCOMPLETE
    assert result.stdout == ""
    assert result.stderr == (
        f"vexfsctl: cannot read {log}: dd is not installed, or not in PATH\nhint: {HINT}\n"
    )


def test_each_log_of_a_directory_says_so(nowhere: Path) -> None:
    """There, too."""
    (nowhere / "kern.log").write_text("[    1.000000] VexFS: one\n")

    with pytest.raises(LogUnreadable) as raised:
        read_sources([str(nowhere)], LogHost(silence_s=20))

    assert raised.value.message == (f"cannot read {nowhere}: dd is not installed, or not in PATH")


def test_a_program_that_may_not_be_run(nowhere: Path) -> None:
    """The reason is that of the system, and no descriptor is left open."""
    (nowhere / "dd").touch(mode=0o644)
    before = len([*Path("/proc/self/fd").iterdir()])

    with pytest.raises(LogUnreadable, match=r"cannot run dd: Permission denied$"):
        ReadingChild(silence_s=20)

    assert len([*Path("/proc/self/fd").iterdir()]) == before


def test_much_that_a_program_complains_of_does_not_stop_it() -> None:
    """Nobody reads it before the output has ended."""
    script = "head -c 3000000 /dev/zero >&2; echo one; echo two >&2"
    child = SourceChild(["sh", "-c", script], silence_s=20, otherwise="")

    with closing(child):
        assert b"".join(child) == b"one\n"
        assert len(child.complaint()) == 1 << 20
