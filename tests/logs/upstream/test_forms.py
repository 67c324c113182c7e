"""Every form of line of earlier VexFS builds, against its own sample and against the sources."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.data import KERNEL_LOGS, recorded
from vexfsctl.catalogue.lookup import ERRORS
from vexfsctl.logs.grammar import parse_event
from vexfsctl.logs.kernel.mentions import MENTIONS, parse_mention
from vexfsctl.logs.kernel.processes import process_of
from vexfsctl.logs.reading.wanted import MOUNTING, MOUNTS
from vexfsctl.logs.upstream import (
    UPSTREAM_FORMS,
    Form,
    is_bare_line,
    may_be_vexfs,
    parse_upstream,
    parse_upstream_text,
)
from vexfsctl.logs.upstream.form import about
from vexfsctl.model.operations import OperationType
from vexfsctl.model.record import LogRecord
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import HEARSAY, KERNEL_FORMS, Significance, UpstreamEvent, UpstreamKind

SOURCES = Path(__file__).parents[2] / "data" / "vexfs-upstream-lines.md"
LAST_RESORT = {"unlisted", "v2_unlisted"}
CAPTURES = sorted(
    path
    for path in KERNEL_LOGS.rglob("*.*")
    if path.suffix != ".md" and not path.name.startswith("driver-")
)


def kernel_line(text: str) -> LogRecord:
    """Return a record of the kernel log."""
    return LogRecord(text, "kmsg", 0)


def read_sample(form: Form) -> UpstreamEvent:
    """What the sample of *form* is read as, by whichever form."""
    event = parse_upstream_text(form.sample, bare=True)
    assert event is not None, form
    return event


def test_every_form_reads_its_own_sample() -> None:
    """And no form before it does, nor is the sample one of our records."""
    misread = []
    for form in UPSTREAM_FORMS:
        event = read_sample(form)
        found = (event.form, event.kind, event.significance)
        if found != (form.name, form.kind, form.significance):
            misread.append((form.name, found))

    assert misread == []
    assert [form.name for form in UPSTREAM_FORMS if parse_event(form.sample) is not None] == []
    timed = [form for form in UPSTREAM_FORMS if not form.bare]
    assert [form.name for form in timed if not may_be_vexfs(kernel_line(form.sample))] == []


def test_every_form_says_what_trouble_is_worth() -> None:
    """Trouble has a severity and a name of the catalogue if any; what is none has no severity."""
    events = [read_sample(form) for form in UPSTREAM_FORMS]
    known = {None, *(error.name for error in ERRORS)}

    misjudged = [e for e in events if (e.severity is not None) != e.significance.is_trouble]
    unexplained = [e for e in events if e.significance is Significance.NOISE and not e.note]
    assert misjudged == []
    assert [event for event in events if event.error not in known] == []
    assert unexplained == [], "who sees noise must be told why it is noise"


def test_names_of_forms_are_unique() -> None:
    """A name in JSON stands for one wording."""
    names = [form.name for form in UPSTREAM_FORMS] + [mention.name for mention in MENTIONS]
    assert len(names) == len(set(names))
    assert {*(mention.name for mention in MENTIONS), "kernel_mention"} == KERNEL_FORMS
    assert HEARSAY < KERNEL_FORMS


def test_an_operation_of_its_own_goes_before_that_of_the_group() -> None:
    """A sync inside a group of file operations stays a sync."""
    own, other = about(
        OperationType.FILE, Form("a", "a", operation=OperationType.SYNC), Form("b", "b")
    )
    assert (own.operation, other.operation) == (OperationType.SYNC, OperationType.FILE)


def test_every_mention_by_the_kernel_reads_its_own_sample() -> None:
    """And no mention before it does."""
    read = {mention.name: parse_mention(mention.sample) for mention in MENTIONS}

    assert read == {mention.name: mention.event for mention in MENTIONS}


def test_every_template_of_the_kernel_modules_has_a_form() -> None:
    """Read in the sources a second time: conversions are filled in, nothing is left over."""
    assert len(kernel_templates()) > 200
    unread = [line for line in kernel_templates() if parse_upstream_text(line) is None]
    assert unread == []


def test_every_message_of_the_macros_has_a_form() -> None:
    """Whatever word the macro puts in front, and `VexFS: …` handed to it as well."""
    messages = list(macro_messages())
    prefixes = ("vexfs", "vexfs error", "vexfs warning", "vexfs debug")
    lines = [f"{prefix}: {message}" for prefix in prefixes for message in messages]

    assert len(messages) > 60
    assert [line for line in lines if parse_upstream_text(line) is None] == []


def test_every_line_of_the_daemons_has_a_form() -> None:
    """Most have no prefix, so they are known only in a daemon's own output."""
    lines = list(daemon_lines())

    assert len(lines) > 60
    assert [line for line in lines if parse_upstream_text(line, bare=True) is None] == []


def test_no_vexfs_line_of_a_real_log_is_unknown() -> None:
    """Every line of VexFS in the captures has a form, and none needs the last resort."""
    unknown = []
    for capture in CAPTURES:
        for record in recorded(str(capture.relative_to(KERNEL_LOGS))):
            event = parse_upstream(record)
            named = "vexfs" in record.text.lower() and "labscn" not in record.text
            if named if event is None else event.form in LAST_RESORT:
                unknown.append((capture.name, record.text))

    assert unknown == []


@pytest.mark.parametrize(
    ("capture", "errors", "noise"),
    [
        ("ffi_initfail.kmsg", ["ffi_rust_failed", "ffi_state_failed", "ffi_limited"], 104),
        ("head_normal.kmsg", ["fixed_indirect"], 1),
        (
            "head_nullb.kmsg",
            [
                *["fixed_directory_unreadable"] * 2,
                *["fixed_directory_block_unreadable"] * 2,
                "fixed_superblock_unreadable",
            ],
            1,
        ),
        ("head_uevents.kmsg", [], 1),
    ],
)
def test_trouble_in_real_logs_is_what_happened(capture: str, errors: list[str], noise: int) -> None:
    """The scenario of each capture, and not a line more."""
    events = [event for r in recorded(f"vexfs/{capture}") if (event := parse_upstream(r))]

    assert [event.form for event in events if event.significance.is_trouble] == errors
    assert sum(event.significance is Significance.NOISE for event in events) == noise


@pytest.mark.parametrize(
    ("text", "significance", "error"),
    [
        ("VexFS: rebalanced 12 leaves", Significance.ROUTINE, None),
        ("VexFS: rebalancing of inode 12 failed: -28", Significance.ERROR, "OutOfSpace"),
        ("VexFS: scrub done, 0 errors", Significance.ROUTINE, None),
        ("VexFS Phase 3: corrupted graph", Significance.ERROR, None),
        ("vexfs_scrub: error recovery enabled", Significance.ROUTINE, None),
    ],
)
def test_a_line_of_unknown_wording_is_judged_by_its_words(
    text: str, significance: Significance, error: str | None
) -> None:
    """It becomes an event all the same, and says that its wording is not known."""
    event = parse_upstream(LogRecord(text, "kmsg", 0, facility=0))

    assert event is not None
    assert event.form in LAST_RESORT
    assert (event.significance, event.error) == (significance, error)
    assert event.note is not None
    assert "judged by its words" in event.note


def test_facts_of_a_line_of_unknown_wording_are_kept() -> None:
    """Inode, errno and severity, as far as anybody can tell."""
    event = parse_upstream(LogRecord("VexFS: moving inode 12 failed: -5", "kmsg", 0, facility=0))

    assert event is not None
    assert (event.inode, event.errno, event.severity) == (12, 5, Severity.HIGH)


@pytest.mark.parametrize(
    ("text", "facility", "known"),
    [
        ("Search failed: NotFound", 0, False),
        (" vexfs_sync_fs+0x2c/0x40 [vexfs]", 1, False),
        (" vexfs_sync_fs+0x2c/0x40 [vexfs]", 0, True),
        ("vexfsctl: nothing to do", 1, False),
        ("labscn: insmod vexfs.ko", 1, False),
        ("VexFS: hello", 1, True),
    ],
)
def test_what_only_mentions_vexfs_counts_if_the_kernel_wrote_it(
    text: str, facility: int, known: bool
) -> None:
    """A daemon's unprefixed words in the kernel log are somebody else's."""
    assert (parse_upstream(LogRecord(text, "kmsg", 0, facility=facility)) is not None) is known


def test_bare_output_of_a_daemon_is_known_without_a_prefix() -> None:
    """Only where no line has a time: else it could be anybody's."""
    assert parse_upstream(LogRecord("Search failed: NotFound", "daemon.log")) is not None
    assert is_bare_line("  Success rate: 99.50%")
    assert not is_bare_line("hello")


HOSTILE = (
    st.text()
    | st.text(alphabet="VexFS: [CALL-0123456789]\n\x00\x1b\\")
    | st.sampled_from(UPSTREAM_FORMS).map(lambda form: form.sample)
)


@given(HOSTILE, HOSTILE, st.integers(0, 200))
def test_hostile_text_never_raises(one: str, other: str, cut: int) -> None:
    """Whatever a log holds, torn anywhere and joined, is an event or not."""
    record = LogRecord(one[:cut] + other, "kmsg", 0, facility=0)
    event = parse_upstream(record)

    if record.text.startswith("VexFS") and process_of(record.text) is None:
        assert isinstance(event, UpstreamEvent)


def one_form_of_each_shape() -> list[Form]:
    """Return a form for each sequence of fields, which is what its pattern can backtrack over."""
    shapes = {}
    for form in UPSTREAM_FORMS:
        fields = tuple(re.findall(r"\{(\w+):", form.template))
        shapes[fields, form.template.endswith("}")] = form
    return list(shapes.values())


def test_a_line_without_end_does_no_harm() -> None:
    """One that goes on and on, at its end or in its middle, is read or refused."""
    assert len(one_form_of_each_shape()) > 100
    for form in one_form_of_each_shape():
        middle = len(form.lead)
        for junk in ("x", " is NULL at ", "-> ", "9", "\n"):
            for text in (
                form.sample + junk * (1 << 14),
                form.sample[:middle] + junk * (1 << 14) + form.sample[middle:],
            ):
                parse_upstream(LogRecord(text, "kmsg", 0, facility=0))


def kernel_templates() -> list[str]:
    """Return the templates of sections 3.1 and 3.2 with a value in place of each conversion."""
    values = ((r"%%", "%"), (r"0x%0?\d*x", "0x2"), (r"%0?\d*(?:ll|l|z)?[dux]", "2"))
    others = ((r"%p", "00000000c0ffee00"), (r"%s", "read_file"))
    lines = []
    for template in quoted("3.1", "3.2"):
        whole = not template.endswith(": ")
        if whole and re.match(r"VexFS[: ].|vexfs_\w+: .|  \w+ ?\w*: %", template):
            for pattern, value in (*values[1:], *others, values[0]):
                template = re.sub(pattern, value, template)
            lines.append(template)
    return lines


def macro_messages() -> Iterator[str]:
    """Hand out the messages of section 3.5, with a value in place of each field."""
    fields = {
        "{Op:?}": "FileRead",
        "{Level:?}": "HeavyDegradation",
        "{Duration:?}": "30s",
        "{err:?}": "IoError(ReadError)",
        "{:08x}": "00000001",
        "{:x}": "1",
        "{:#x}": "0x1",
        r"({Read\|Write\|Exclusive})": "(Write)",
    }
    for message in quoted("3.5"):
        for field, value in fields.items():
            message = message.replace(field, value)
        message = re.sub(r"\{(?:|n|id|secs|bytes|pct|task|t|max|code)\}", "7", message)
        message = re.sub(r"\{(?:ctx|m|msg|message|expr|reason)\}", "some words", message)
        if re.match(r"[A-Z]", message) and "[" not in message and " " in message:
            yield message


def daemon_lines() -> Iterator[str]:
    """Hand out the lines of section 3.6, with a value in place of each field."""
    for line in quoted("3.6"):
        line = re.sub(r"\{(?:|:\.2|n|p)\}", "7", line)
        line = re.sub(r"\{(?:file:line:col)\}", "src/a.rs:1:2", line)
        line = re.sub(r"\{Old:\?\}|\{New:\?\}", "Healthy", line)
        line = re.sub(r"\{[^{}]*\}", "words", line)
        # Examples of errors, which other lines tell, stand in backquotes too.
        told_elsewhere = line.startswith(("Invalid", "Failed to acquire lock, using timestamp"))
        if re.match(r"[A-Z=✅❌🚀 ]", line) and not told_elsewhere and " " in line:
            yield line


def quoted(*sections: str) -> Iterator[str]:
    """Hand out what stands in backquotes in these sections."""
    current = ""
    for line in SOURCES.read_text().splitlines():
        if line.startswith("### "):
            current = line.split()[1]
        if current in sections:
            yield from re.findall(r"`([^`]+)`", line)


@given(st.sampled_from(UPSTREAM_FORMS).map(lambda form: form.sample), st.text(max_size=20))
def test_the_quick_look_passes_over_nothing(sample: str, more: str) -> None:
    """Whatever is VexFS's by a closer look may be VexFS's by the quick one."""
    for text in (sample, sample + more, more + sample):
        assert may_be_vexfs(kernel_line(text)) or parse_upstream_text(text) is None


def test_what_tells_of_mounts_is_found_by_searching() -> None:
    """What names a device, and what ends a mount or a load: by that an incident's is known."""
    ends = {UpstreamKind.UNMOUNTED, UpstreamKind.MODULE_LOADED, UpstreamKind.MODULE_UNLOADED}
    naming = [form for form in UPSTREAM_FORMS if read_sample(form).device is not None]
    telling = [*naming, *(form for form in UPSTREAM_FORMS if form.kind in ends)]

    assert [form.name for form in naming if MOUNTING not in form.sample] == []
    assert len(telling) > 5
    assert [form.name for form in telling if not MOUNTS.accepts(kernel_line(form.sample))] == []
    assert [form.name for form in telling if MOUNTS.name not in form.sample] == []
