"""No line that another program wrote is the kernel's or VexFS's, whatever form the log has."""

import html
import re
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.logs.formats.printed import DECORATIONS, PRINTED, Printed
from vexfsctl.logs.decoder import RecordDecoder
from vexfsctl.logs.formats.renderings import Reading
from vexfsctl.logs.interpret import interpret_records
from vexfsctl.logs.kernel.evidence import EVIDENCE_FORMS
from vexfsctl.logs.kernel.strong import find_strong
from vexfsctl.logs.stretches.finder import StretchFinder
from vexfsctl.logs.stretches.forms import PLAIN_FORMS
from vexfsctl.logs.upstream import UPSTREAM_FORMS
from vexfsctl.model.entry import LogEntry, Origin
from vexfsctl.model.record import LogRecord

TODAY = datetime(2026, 11, 29, 22, 0)
OF_PROGRAM = "zed["
"""A program whose lines are evidence: it tells what a module of the kernel reported."""
KERNEL = tuple(
    each.sample
    for each in EVIDENCE_FORMS
    if "\n" not in each.sample and not each.sample.startswith(OF_PROGRAM)
)
OWN = (
    "VexFS: [CORR-6F1C93A20000002A] error vol=loop0 op=storage call=read err=IoError.ReadError"
    ' errno=EIO sev=critical attempt=1/3 hints=manual msg="x"',
    "VexFS: state vol=loop0 epoch=1 from=uninitialized to=error driver=kernel version=1.0",
    *(each.sample for each in UPSTREAM_FORMS if not each.bare),
)
STAMPS = (
    *("", "[    5.000000] ", "<3>[    5.000000] ", "<3>", "3,7,5000000,-;", "kernel: "),
    *("Nov 29 10:00:00 host kernel: ", "host kernel: [    5.000000] ", "kern.err kernel: "),
    *("kern  :err   : [    5.000000] ", "[kernel] ", '{"_TRANSPORT":"kernel","MESSAGE":"'),
)
STARTS = (
    *("", "\r", "\x1b[2K\x1b[1G", "\\n", "> ", "&#10;", "<br>", "\u00a0", "\t", "\x85", "a=", "'"),
)
TAGS = (
    *("sshd[12]: ", "root: ", "kernel[12]: ", "Kernel: ", "KERNEL: ", "mykernel: ", "kernel : "),
    *("kernel/x: ", "kernel-x: ", "kernel.x: ", "kernel(1): ", "xkernel[1]: ", "audit[3]: "),
    *("sudo:   joe : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/echo ", "postfix/smtpd[3]: "),
    *('containerd: level=error msg="', "CRON[7]: (root) CMD (echo ", "sshd&#58; ", "sshd:\u00a0"),
)
NAMES = ("XFS (sda): bad", "ata1: failed", "EXT4-fs: fail", "Oops: ", "I/O error, dev ", "md: bad")
"""What a process may call itself, in 15 letters."""
WITH_NAMES = (
    "%s[412]: segfault at 0 ip 000055d0c0ffee00 sp 00007ffc0c0ffee0 error 4 in x[55d0c000+1000]",
    "traps: %s[412] general protection fault ip:0 sp:0 error:0",
    "%s[412] trap divide error ip:0 sp:0 error:0",
    "%s: page allocation failure: order:0, mode:0x1080020",
    "%s invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
    "%s (412): drop_caches: 3",
    "%s (412) used greatest stack depth: 12 bytes left",
    "process '%s' started with executable stack",
    'audit: type=1400 audit(1700000000.123:45): apparmor="DENIED" comm="%s"',
    "[UFW BLOCK] IN=eth0 OUT= PREFIX=%s",
    "usb 1-1: Product: %s, sector 8",
    "EXT4-fs error (device sdz1): ext4_lookup:1700: inode #12: comm %s: iget: bad sector 8",
)
"""Lines of the kernel that have it in them."""


def entries(log: str) -> list[LogEntry]:
    """Return what *log* says."""
    decoder = RecordDecoder("saved.log", today=TODAY)
    items = [*decoder.feed(log.encode()), *decoder.finish()]
    records = [item for item in items if isinstance(item, LogRecord)]
    named = any(record.facility is not None for record in records)
    return [*interpret_records(records, named=("saved.log",) if named else ())]


def is_believed(entry: LogEntry) -> bool:
    """Whether anything would be concluded from it."""
    return entry.evidence is not None or (
        entry.meaning is not None and entry.origin is not Origin.UNVERIFIED
    )


def forged(printed: Printed, tag: str, text: str) -> str:
    """Return what a program logged with this tag and text."""
    if printed.program is None:
        return printed.kernel.replace("%s", tag + text)
    return printed.program(tag, text)


def decorated(before: str, lines: str) -> str:
    """Return *lines* with *before* before each."""
    return "\n".join(before + line for line in lines.split("\n"))


TEXTS = st.builds(
    "{}{}{}".format, st.sampled_from(STARTS), st.sampled_from(STAMPS), st.sampled_from(KERNEL + OWN)
)
BEFORE = st.sampled_from(("", *DECORATIONS))
in_every_form = pytest.mark.parametrize("printed", PRINTED, ids=lambda printed: printed.name)


@in_every_form
def test_the_kernel_is_believed_in_every_form(printed: Printed) -> None:
    """So nothing of what follows holds because the form is not read at all."""
    text = "I/O error, dev sda, sector 8 op 0x0:(READ) flags 0x0"
    found = [entry.evidence for entry in entries(printed.kernel.replace("%s", text))]

    assert [each and (each.device, each.sector) for each in found] == [("sda", 8)]


def test_every_form_that_is_passed_over_is_here() -> None:
    """By a line of it."""
    found = {
        stretch.form.name
        for printed in PRINTED
        for line in (printed.kernel.replace("%s", "usb 1-1: reset").encode() + b"\n",)
        for compact in (re.sub(rb'(?<=["},]) ', b"", line).replace(b'": ', b'":'),)
        for stretch in StretchFinder().find(
            compact, compact.lower(), 0, len(compact), Reading("log", None, TODAY)
        )
    }
    # Its lines are of another form, if all of them have uptimes.
    assert {form.name for form in PLAIN_FORMS} == found


@in_every_form
@given(before=BEFORE, tag=st.sampled_from(TAGS), text=TEXTS)
@settings(max_examples=75, deadline=None)
def test_a_program_is_not_believed(printed: Printed, before: str, tag: str, text: str) -> None:
    """Whatever its tag looks like, and whatever it quotes."""
    log = decorated(before, forged(printed, tag, text))

    assert [entry for entry in entries(log) if is_believed(entry)] == []


@pytest.mark.parametrize("head", ["2021/07/28 05:19:43 kernel", "Nov 29 10:00:00 host"])
@pytest.mark.parametrize("text", OWN[:2])
def test_an_empty_tag_is_not_believed(head: str, text: str) -> None:
    """RHEL 6 puts a colon before the kernel's texts; behind a log daemon's head it is a tag."""
    assert [entry for entry in entries(f"{head} : {text}") if is_believed(entry)] == []


@pytest.mark.parametrize(
    "printed", [each for each in PRINTED if each.tells], ids=lambda printed: printed.name
)
@given(
    before=BEFORE,
    text=st.builds("{}{}".format, st.sampled_from(STARTS), st.sampled_from(KERNEL)),
)
@settings(max_examples=50, deadline=None)
def test_a_program_without_a_tag_is_not_believed(printed: Printed, before: str, text: str) -> None:
    """Where the log tells who wrote a line, or what the kernel wrote has a tag.

    Except for what only the kernel says of a device, where somebody may have taken off that tag.
    """
    log = decorated(before, forged(printed, "", text))

    found = [entry for entry in entries(log) if is_believed(entry)]
    assert [entry for entry in found if find_strong(entry.record.text) != 0] == []
    assert {entry.origin for entry in found} <= {Origin.UNRECORDED}


@in_every_form
@given(before=BEFORE, line=st.sampled_from(WITH_NAMES), name=st.sampled_from(NAMES))
@settings(max_examples=25, deadline=None)
def test_a_name_is_not_believed(printed: Printed, before: str, line: str, name: str) -> None:
    """What users call processes, files and devices stands in the kernel's own lines."""
    text = line.replace("%s", name).replace('"', '\\"')
    log = decorated(before, printed.kernel.replace("%s", text))

    told = [entry.evidence for entry in entries(log) if entry.evidence is not None]
    assert {each.device for each in told} <= {None, "sdz1"}
    assert {each.kind for each in told} <= {"oom_kill", "memory", "filesystem"}


@in_every_form
@given(
    before=BEFORE,
    tag=st.sampled_from(TAGS),
    text=st.sampled_from(KERNEL),
    width=st.integers(60, 80),
)
@settings(max_examples=50, deadline=None)
def test_a_wrapped_line_of_a_program_is_not_believed(
    printed: Printed, before: str, tag: str, text: str, width: int
) -> None:
    """Whatever a mailer breaks off it, and joined again; but for what then stands alone."""
    log = decorated(before, forged(printed, tag, "x" * (width - 60) + text))
    first, rest = log[:width], log[width:]

    told = [entry for entry in entries(f"{first}\n{rest}") if is_believed(entry)]
    # A browser shows an entity that stands first in it, too.
    assert [entry for entry in told if entry.record.text not in html.unescape(rest)] == []
