"""A file's text into settings, and everything wrong with it into messages."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.config.documents import DOCUMENTS, TEXTS, configurations
from vexfsctl.config.configuration import Configuration
from vexfsctl.config.declaration import TABLES, AttributeKey, FieldKey
from vexfsctl.config.parsing import MAXIMUM_LINE, parse_configuration
from vexfsctl.exceptions import ConfigurationInvalid, ExitStatus
from vexfsctl.model.operations import OperationType
from vexfsctl.render.choices import OutputFormat
from vexfsctl.sysfs.attributes import find_attribute

FILE = Path("/etc/vexfsctl/config.toml")
WAY_OUT = "see vexfsctl.toml(5), or go without: --config /dev/null"


def parse(text: str) -> Configuration:
    """The settings of *text*."""
    return parse_configuration(text.encode(), FILE)


def mistakes(content: str | bytes) -> list[str]:
    """What is wrong with *content*, without the name of the file."""
    data = content if isinstance(content, bytes) else content.encode()
    with pytest.raises(ConfigurationInvalid) as refusal:
        parse_configuration(data, FILE)
    assert refusal.value.exit_status is ExitStatus.USAGE
    assert refusal.value.hint == WAY_OUT
    assert refusal.value.message == refusal.value.messages[0]
    return [message.removeprefix(f"{FILE}:") for message in refusal.value.messages]


def test_one_operation_type_outweighs_all_wherever_it_stands() -> None:
    """[breaker.storage] before [breaker], a deadline for all, and retries."""
    configuration = parse(
        """
        [breaker.storage]
        timeout_ms = 7

        [breaker]
        timeout_ms = 9
        sync.call_timeout_ms = 11

        [retry]
        jitter_pct = 0
        """
    )

    breakers = {f"operations/{op}/breaker/timeout_ms": 9 for op in OperationType}
    assert configuration.attributes == breakers | {
        "operations/storage/breaker/timeout_ms": 7,
        "operations/sync/timeout_ms": 11,
        "retry/jitter_pct": 0,
    }


def test_what_is_no_attribute_is_a_field() -> None:
    """Windows, sources and output, in the units the program works in."""
    assert parse(
        """
        windows = { status = "1h30m", check = 90 }
        sources.sysfs_roots = ["/run/vexfs", "/tmp/saved tree"]
        sources.logs = ["kmsg", "/var/log/archive.kmsg", "journal:/saved", "journal@ns", "pstore"]
        sources.timeout = 0.5
        [output]
        format = "ndjson"
        pager = false
        """
    ) == Configuration(
        file=FILE,
        roots=(Path("/run/vexfs"), Path("/tmp/saved tree")),
        logs=("kmsg", "/var/log/archive.kmsg", "journal:/saved", "journal@ns", "pstore"),
        source_timeout_ms=500,
        status_window_ms=5_400_000,
        check_window_ms=90_000,
        output=OutputFormat.NDJSON,
        pager=False,
    )


@pytest.mark.parametrize(
    "text", ["", "\n  \n", "# nothing\r\n", "[breaker]\n[breaker.sync]", "\ufeff"]
)
def test_a_file_may_say_nothing(text: str) -> None:
    """Then everything has its default, and only the file is known."""
    assert parse(text) == Configuration(file=FILE)


def test_every_mistake_is_told_at_once() -> None:
    """In the order of the file, each with line and name, and what would be right."""
    assert mistakes(
        """\
[breaker.storage]
failure_threshold = 0
timeuot_ms = 5
"\\u001b[2J" = 1
[breaker]
window_ms = true
success_threshold = 0xffffffffffffffffffffffffffffffff
inode = { timeout_ms = "5s", window_ms = 100, failure_threshold = 1.5 }
sync = 3
strage.window_ms = 3
[[retry]]
max_attempts = 3
[sources]
logs = ["kmsg",
  # a comment ]
  '''no
/a''',
  "-", 5]
sysfs_roots = "/run/vexfs"
timeout = -1
[windows]
status = 1979-05-27T07:32:00Z
check = "3 fortnights"
[output]
format = "yaml"
pager = 1
color = []
quiet = "no"
[outptu]
"""
    ) == [
        "2: breaker.storage.failure_threshold: 0 is out of range (1 to 1000000)",
        "3: breaker.storage.timeuot_ms: unknown setting; did you mean timeout_ms?",
        "4: breaker.storage.'\\x1b[2J': unknown setting; known: failure_threshold, "
        "success_threshold, timeout_ms, window_ms, half_open_max_calls, failure_rate_pct, "
        "minimum_calls, slow_call_ms, slow_rate_pct, open_backoff_pct, max_open_ms, "
        "call_timeout_ms, max_concurrent",
        "6: breaker.window_ms: true is a boolean, not an integer",
        "7: breaker.success_threshold: a number that large is out of range (1 to 1000000)",
        "8: breaker.inode.failure_threshold: 1.5 is a number with a fraction, not an integer",
        "8: breaker.inode.timeout_ms: '5s' is text, not an integer",
        "9: breaker.sync: an integer, not a table: write [breaker.sync] above its keys",
        "10: breaker.strage: unknown setting; did you mean storage?",
        "11: retry: an array, not a table: write [retry] above its keys",
        "14: sources.logs[1]: 'no\\n/a' is not an absolute path",
        "14: sources.logs[2]: '-' is not an absolute path",
        "14: sources.logs[3]: 5 is an integer, not text",
        "19: sources.sysfs_roots: '/run/vexfs' is text, not an array",
        "20: sources.timeout: -1 is not a duration (examples: 30, 500ms, 15m, 1h30m)",
        '22: windows.status: a date, not a duration ("1h30m", or seconds)',
        "23: windows.check: '3 fortnights' is not a duration (examples: 30, 500ms, 15m, 1h30m)",
        "25: output.format: 'yaml' is not one of table, json, ndjson, tsv",
        "26: output.pager: 1 is an integer, not true or false",
        "27: output.color: an array, not text",
        "28: output.quiet: 'no' is text, not true or false",
        "29: outptu: unknown setting; did you mean output?",
    ]


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        ("a", "1: not TOML: Expected '=' after a key in a key/value pair, at the end of the file"),
        ("\n\nwindows 3\n", "3: not TOML: Expected '=' after a key in a key/value pair, column 9"),
        ("[breaker]\n[breaker]\n", "2: not TOML: Cannot declare [breaker] twice, column 9"),
        (
            "[breaker.sync]\n\n[breaker.sync]\n",
            "3: not TOML: Cannot declare [breaker.sync] twice, column 14",
        ),
        (
            "[retry]\njitter_pct=1\njitter_pct=2",
            "3: not TOML: Cannot overwrite a value, at the end of the file",
        ),
        ('[windows]\nstatus = "1h', '2: not TOML: Unterminated string, at the end of the file'),
        ("x = " + "[" * 3_000, "1: not TOML: brackets nested too deeply"),
        ("x = " + "[\n" * 30_000, "1: not TOML: brackets nested too deeply"),
        (b"# gr\xc3\xbcn\n\n# \xff", "3: not UTF-8: byte 0xff"),
        (b"\xff\xfe[\x00", "1: not UTF-8: byte 0xff"),
        (b"[breaker]\n\x00", "2: not TOML: Invalid statement, column 1"),
        ("#\n#" + "a" * MAXIMUM_LINE, f"2: a line longer than {MAXIMUM_LINE} bytes"),
        ("a" + ".a" * MAXIMUM_LINE, f"1: a line longer than {MAXIMUM_LINE} bytes"),
        ("[windows]\nstatus = '\\u001b'\n", "2: windows.status: '\\\\u001b' is not a duration "
         "(examples: 30, 500ms, 15m, 1h30m)"),
        ("[windows]\nstatus = 0.0\n", "2: windows.status: must be greater than 0"),
        ("[windows]\nstatus = inf\n", "2: windows.status: inf is not a duration "
         "(examples: 30, 500ms, 15m, 1h30m)"),
        ("retry = 1979-05-27\n", "1: retry: a date, not a table: write [retry] above its keys"),
        ('[sources]\nsysfs_roots = ["/\\u0000"]\n', "2: sources.sysfs_roots[0]: '/\\x00' is not "
         "an absolute path"),
        ('[sources]\nlogs = ["journal:saved"]\n', "2: sources.logs[0]: 'saved' is not an absolute "
         "path"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_at_all(content: str | bytes, mistake: str) -> None:
    """The line, and in few words why; nothing of the file is taken."""
    assert mistakes(content) == [mistake]


@given(configurations())
def test_every_valid_file_is_its_settings(drawn: tuple[str, dict[tuple[str, ...], Any]]) -> None:
    """What was written comes out, where an operation type has no word of its own from [breaker]."""
    text, settings = drawn

    configuration = parse(text)

    fields = {
        key.field: settings.get((name, word), getattr(Configuration(), key.field))
        for name, table in TABLES.items()
        for word, key in table.keys.items()
        if isinstance(key, FieldKey)
    }
    assert {name: getattr(configuration, name) for name in fields} == fields
    assert configuration.attributes == {
        path: value for path, value in expected_attributes(settings) if value is not None
    }
    for path, value in configuration.attributes.items():
        assert find_attribute(path).type.parse(str(value)) == value


def expected_attributes(settings: dict[tuple[str, ...], Any]) -> list[tuple[str, int | None]]:
    """Each attribute that can be set, and its setting."""
    expected: list[tuple[str, int | None]] = []
    for word in TABLES["breaker"].keys:
        for operation in OperationType:
            within = f"operations/{operation}/"
            path = within + OWN_OF_OPERATIONS.get(word, f"breaker/{word}")
            own = settings.get(("breaker", str(operation), word))
            expected.append((path, settings.get(("breaker", word)) if own is None else own))
    for table in ("retry", "resources"):
        expected += [
            (f"{table}/{word}", settings.get((table, word))) for word in TABLES[table].keys
        ]
    return expected


OWN_OF_OPERATIONS = {"call_timeout_ms": "timeout_ms", "max_concurrent": "max_concurrent"}
"""Keys of [breaker] that are no attributes of a breaker."""


@given(st.one_of(TEXTS.map(str.encode), DOCUMENTS.map(str.encode), st.binary(max_size=200)))
def test_whatever_is_in_it_is_taken_or_refused(data: bytes) -> None:
    """Never a trace; a refusal names a line that the file has, and is printable."""
    try:
        parse_configuration(data, FILE)
    except ConfigurationInvalid as refusal:
        for message in refusal.messages:
            match = re.fullmatch(rf"{FILE}(?::(\d+))?: .+", message)
            assert match is not None, message
            assert 1 <= int(match[1] or 1) <= data.count(b"\n") + 1
            assert message.isprintable(), message


def test_every_key_sets_one_thing() -> None:
    """No two keys share a field or an attribute, and every field of a configuration has a key."""
    keys = [key for table in TABLES.values() for key in table.keys.values()]
    fields = [key.field for key in keys if isinstance(key, FieldKey)]
    paths = [key.attribute.path for key in keys if isinstance(key, AttributeKey)]

    assert sorted(fields) == sorted(set(Configuration._fields) - {"file", "attributes"})
    assert len(set(paths)) == len(paths)
