"""The systemd journal, through a real journalctl on journal files that a test makes."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.reading.contents import Manner
from vexfsctl.logs.sources.following.follower import LogFollower
from vexfsctl.logs.sources.journal import failure_of
from vexfsctl.logs.sources.reader import LogHost, read_sources

REMOTE = Path("/lib/systemd/systemd-journal-remote")
needs_journals = pytest.mark.skipif(
    not REMOTE.exists() or shutil.which("journalctl") is None,
    reason="needs journalctl and systemd-journal-remote",
)
BOOT, LATER = "1" * 32, "2" * 32
HOST = LogHost(silence_s=20)
Maker = Callable[..., Path]


def entry(text: str, uptime_us: int, boot: str = BOOT, **fields: str) -> str:
    """Return an entry as `journalctl -o export` prints it."""
    start = 0 if boot == BOOT else 10**10
    known = {
        "__REALTIME_TIMESTAMP": str(1_800_000_000_000_000 + start + uptime_us),
        "__MONOTONIC_TIMESTAMP": str(uptime_us),
        "_BOOT_ID": boot,
        "_TRANSPORT": "kernel",
        "SYSLOG_IDENTIFIER": "kernel",
        "SYSLOG_FACILITY": "0",
        "PRIORITY": "3",
        "MESSAGE": text,
    }
    return "".join(f"{key}={value}\n" for key, value in (known | fields).items()) + "\n"


@pytest.fixture
def journal(tmp_path: Path) -> Maker:
    """Return what makes a directory with a journal of some entries."""

    def make(*entries: str) -> Path:
        directory = tmp_path / "journals"
        directory.mkdir(exist_ok=True)
        argv = [str(REMOTE), "-o", str(directory / "remote.journal"), "-"]
        subprocess.run(argv, input="".join(entries), text=True, check=True, capture_output=True)
        return directory

    return make


@needs_journals
def test_a_directory_of_journals_is_read(journal: Maker) -> None:
    """Kernel records with boot, uptime and level; of others none that cannot matter."""
    directory = journal(
        entry("VexFS: one", 10_000_000),
        entry("cannot matter", 2_000_000, _TRANSPORT="stdout", SYSLOG_IDENTIFIER="sshd"),
        entry("VexFS: two", 500_000, LATER),
    )

    for name in (f"journal:{directory}", f"journal:{directory}/remote.journal"):
        reading = read_sources([name], HOST)
        assert [(each.text, each.uptime_us, each.boot_id, each.level) for each in reading] == [
            ("VexFS: one", 10_000_000, BOOT, 3),
            ("VexFS: two", 500_000, LATER, 3),
        ]
        assert len(reading.sources[0].boots) == 2


@needs_journals
def test_every_record_is_read_on_request(journal: Maker) -> None:
    """What other programs wrote, too."""
    directory = journal(entry("hello", 1, _TRANSPORT="stdout", SYSLOG_IDENTIFIER="sshd"))

    reading = read_sources([f"journal:{directory}"], HOST, Manner(every_record=True))

    assert [record.text for record in reading] == ["sshd: hello"]


@needs_journals
def test_a_program_that_claims_to_be_the_kernel_is_known(journal: Maker) -> None:
    """Any user may send a facility and a tag, but the transport is journald's own word."""
    forged = journal(entry("VexFS: forged", 1, _TRANSPORT="journal"))

    (record,) = read_sources([f"journal:{forged}"], HOST)

    assert record.facility == 1


@needs_journals
def test_a_damaged_journal_is_a_gap(journal: Maker) -> None:
    """What other files have is read, and what journalctl says of the damage is told."""
    directory = journal(entry("VexFS: one", 10_000_000))
    (directory / "damaged.journal").write_bytes(b"LPKSHHRH" + b"\xff" * 100_000)

    reading = read_sources([f"journal:{directory}"], HOST)

    assert [record.text for record in reading] == ["VexFS: one"]
    details = [gap.detail for gap in reading.coverage().gaps if gap.reason == "unreadable"]
    assert len(details) == 1
    assert "damaged.journal" in str(details[0])


@needs_journals
def test_what_is_no_journal_says_what_to_do(tmp_path: Path) -> None:
    """A missing directory, one without journals, and another kind of log."""
    hint = "journal:DIR has *.journal files; other logs are named without journal:"
    log = tmp_path / "kern.log"
    log.touch()
    reasons = {
        tmp_path / "missing": "No such file or directory",
        tmp_path: "it has no records of the kernel or VexFS",
        log: "Not a directory",
    }
    for path, reason in reasons.items():
        with pytest.raises(LogUnreadable, match=reason) as raised:
            read_sources([f"journal:{path}"], HOST)
        assert raised.value.hint == hint


@needs_journals
@pytest.mark.parametrize("prefix", ["journal:", ""])
def test_a_journal_is_followed(journal: Maker, prefix: str) -> None:
    """What is there comes first, then what is added; the directory alone says what it has."""
    directory = journal(entry("VexFS: one", 10_000_000))
    follower = LogFollower([f"{prefix}{directory}"], HOST)
    found: list[str] = []

    def follow(count: int) -> None:
        for _ in range(100):
            found.extend(record.text for record in follower.read())
            if len(found) >= count:
                return
            follower.wait(0.2)

    follow(1)
    journal(entry("VexFS: two", 2_000_000))
    follow(2)
    follower.close()

    assert found == ["VexFS: one", "VexFS: two"]


def test_without_journalctl_the_hint_tells_another_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A host without systemd, to which somebody sent a journal."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(LogUnreadable, match="journalctl is not installed") as raised:
        read_sources(["journal"], HOST)

    assert "journalctl -o export" in str(raised.value.hint)


def test_missing_permission_names_the_groups() -> None:
    """The words are those of systemd 252."""
    failure = failure_of(
        "Hint: You are currently not seeing messages from other users and the system.\n"
        "      Users in groups 'adm', 'systemd-journal' can see all messages.\n"
        "No journal files were opened due to insufficient permissions.",
        "journal",
    )

    assert failure.message == "not all of the journal may be read"
    assert failure.hint == "run it with sudo, or as a member of group systemd-journal or adm"


@pytest.mark.parametrize("name", ["journal@", "journal:"])
def test_an_unfinished_name_is_refused(name: str) -> None:
    """Not taken for the whole journal."""
    with pytest.raises(LogUnreadable, match="is named"):
        read_sources([name], HOST)
