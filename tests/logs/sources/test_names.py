"""What the names of sources mean, alone and in a list."""

import pytest

from vexfsctl.logs.sources.names import SOURCES, hint_for_missing, is_journal, split_names


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
        ("kmesg", "did you mean kmsg?"),
        ("/var/log/messages", SOURCES),
    ],
)
def test_a_misspelt_name_is_recognised(name: str, hint: str) -> None:
    """Of other names nothing is known."""
    assert hint_for_missing(name) == hint
