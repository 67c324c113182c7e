"""What the names of sources mean, alone and in a list."""

from pathlib import Path

import pytest

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.files.names import SOURCES, hint_for_missing, is_journal, split_names
from vexfsctl.logs.sources.reader import LogHost, read_sources


@pytest.mark.parametrize("name", ["journal", "journal:/x", "journal@ns"])
def test_names_of_journals(name: str) -> None:
    """A file that is called like that needs `./`."""
    assert is_journal(name)
    assert not is_journal(f"./{name}")
    assert not is_journal("journals")


@pytest.mark.parametrize(
    ("names", "items"),
    [
        ("", []),
        ("kmsg:-", ["kmsg", "-"]),
        ("/a:/b", ["/a", "/b"]),
        ("journal:/saved:/var/log/kern.log", ["journal:/saved", "/var/log/kern.log"]),
        ("/var/log/kern.log:journal", ["/var/log/kern.log", "journal"]),
        ("journal:saved.journal", ["journal:saved.journal"]),
        ("journal:kmsg:pstore", ["journal", "kmsg", "pstore"]),
        ("journal:-", ["journal", "-"]),
        ("journal:journal:/saved", ["journal", "journal:/saved"]),
        ("journal:journal@ns:/b", ["journal", "journal@ns", "/b"]),
        ("journal:kmsg-of-host7", ["journal:kmsg-of-host7"]),
        ("/x/journal:/b", ["/x/journal", "/b"]),
        ("journal::/b", ["journal", "/b"]),
    ],
)
def test_a_list_leaves_journals_their_directory(names: str, items: list[str]) -> None:
    """What follows `journal:` belongs to it unless it is a word."""
    assert split_names(names) == items


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("jurnal", "did you mean journal?"),
        ("JOURNAL", "did you mean journal?"),
        ("psotre", "did you mean pstore?"),
        ("kmesg", "did you mean kmsg or kmesg.txt?"),
        ("/var/log/kren.log", "did you mean /var/log/kern.log?"),
        ("kernlog", "did you mean kern.log?"),
        ("/var/log/messages", SOURCES),
    ],
)
def test_a_misspelt_name_is_recognised(name: str, hint: str) -> None:
    """One of a word, or of a file where it should be."""
    assert hint_for_missing(name, ["kern.log", "syslog", "kmesg.txt"]) == hint


def test_a_missing_file_may_be_one_beside_it(tmp_path: Path) -> None:
    """Here the log was rotated, and nothing was written since."""
    (tmp_path / "kern.log.1").touch()

    with pytest.raises(LogUnreadable) as raised:
        read_sources([str(tmp_path / "kern.log")], LogHost())

    assert raised.value.hint == f"did you mean {tmp_path}/kern.log.1?"
