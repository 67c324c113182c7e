"""How programs print a line of the kernel, and one that a program wrote: one of each form.

A form that is declared in `stretches` and missing here fails a test.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

BOOT = "0f3b7c1e5a7c4d439d0c5b6f2a1c8e11"
CURSOR = f"s=0f3b;i=1;b={BOOT};m=4c4b40;t=649e0f3b7c1e5;x=1"
Printer = Callable[[str, str], str]


def _by(template: str) -> Printer:
    """Return what prints a tag and a text into the `%s` of *template*, as one word."""
    return lambda tag, text: template.replace("%s", tag + text)


@dataclass(frozen=True)
class Printed:
    """A form of log."""

    name: str
    kernel: str
    """A line of the kernel, with `%s` for its text."""
    program: Printer | None = None
    """Prints a program's tag and text; None where it is the kernel's line with that in it."""
    tells: bool = True
    """Whether the form can tell a program's line from the kernel's without a tag."""


def _in_json(tag: str, text: str, **fields: str) -> str:
    """Return what a program sent to the journal, which may call itself anything."""
    word = tag.partition("[")[0].partition(":")[0] or "kernel"
    entry = {
        "__REALTIME_TIMESTAMP": "1795900077000000",
        "__MONOTONIC_TIMESTAMP": "5000099",
        "_BOOT_ID": BOOT,
        "PRIORITY": "3",
        "SYSLOG_IDENTIFIER": word,
        "SYSLOG_FACILITY": "0",
        "_PID": "12",
        "MESSAGE": text,
    }
    return json.dumps(entry | fields)


def _in_lines(before: str, first: str, between: str, last: str = "") -> Printer:
    """Return what prints an entry of the journal with one field a line."""

    def print_entry(tag: str, text: str) -> str:
        fields = json.loads(_in_json(tag, text.replace("\n", " "), _TRANSPORT="stdout"))
        lines = (f"{before}{key}{between}{value}" for key, value in fields.items())
        return "\n".join((first, *lines, last))

    return print_entry


def _pretty(tag: str, text: str) -> str:
    return json.dumps(json.loads(_in_json(tag, text, _TRANSPORT="syslog")), indent=8)


def _logged(head: str, kernel: str = "kernel: %s") -> tuple[str, Printer]:
    """Return how a log daemon prints both, with *head* before the tag."""
    return head + kernel, _by(f"{head}%s")


PRINTED = (
    Printed("dmesg", "[    5.000001] %s", tells=False),
    Printed("dmesg -r", "<3>[    5.000001] %s", _by("<11>[    5.000001] %s")),
    Printed(
        *("dmesg -x", "kern  :err   : [    5.000001] %s"),
        _by("user  :err   : [    5.000001] %s"),
    ),
    Printed("dmesg --show-delta", "[    5.000001 <    0.000012>] %s", tells=False),
    Printed("dmesg -t -x", "kern  :err   : %s", _by("user  :err   : %s")),
    Printed("dmesg -T", "[Mon Nov 23 15:49:20 2026] %s", tells=False),
    Printed("dmesg -T in Dutch", "[wo jul 28 05:19:43 2021] %s", tells=False),
    Printed("dmesg -H", "[Nov 7 13:49] %s", tells=False),
    Printed("dmesg -H, delta", "[  +0.000004] %s", tells=False),
    Printed("dmesg iso", "2026-11-23T15:49:20,123456+00:00 %s", tells=False),
    Printed(
        "dmesg iso -x",
        "kern  :err   : 2026-11-23T15:49:20,123456+00:00 %s",
        _by("user  :err   : 2026-11-23T15:49:20,123456+00:00 %s"),
    ),
    Printed(
        "dmesg --json",
        '{"pri": 3, "time": 5.0, "msg": "%s"}',
        lambda tag, text: json.dumps({"pri": 11, "time": 5.0, "msg": tag + text}),
    ),
    Printed(
        "dmesg --json -x",
        '{"fac": "kern", "pri": "err", "time": 5.0, "msg": "%s"}',
        lambda tag, text: json.dumps({"fac": "user", "pri": "err", "time": 5.0, "msg": tag + text}),
    ),
    Printed("dmesg -T --show-delta", "[Mon Nov 23 15:49:20 2026 <    1.000000>] %s", tells=False),
    Printed("netconsole with a release", "6.10.0-1,3,7,5000001,-;%s", _by("6.10.0-1,11,7,5,-;%s")),
    Printed("with callers", "[    5.000001][  T412] %s", tells=False),
    Printed("with callers apart", "[    5.000001] [    T412] %s", tells=False),
    Printed("kmsg", "3,7,5000001,-;%s", _by("11,7,5000001,-;%s")),
    Printed(
        *("kmsg with callers", "3,7,5000001,-,caller=T412;%s"),
        _by("11,7,5000001,-,caller=T412;%s"),
    ),
    *(
        Printed(name, *_logged(head))
        for name, head in (
            ("syslog", "Nov 29 10:00:00 host "),
            ("syslog without a host", "Nov 29 10:00:00 "),
            ("syslog-ng with a source", "Nov 29 10:00:00 s_src@host "),
            ("syslog-ng with a relay", "Nov 29 10:00:00 relay/host "),
            ("syslog with fractions", "Nov 29 10:00:00.123456 host "),
            ("syslog in German", "M\u00e4r 03 10:00:00 host "),
            ("syslog with ISO dates", "2026-11-29T10:00:00.123456+01:00 host "),
            ("syslog with a zone", "2026-11-29 10:00:00 UTC host "),
            ("syslog with Unix times", "1795900000.123456 host "),
            ("short-full", "Wed 2026-11-25 10:00:00 CET host "),
            ("busybox", "Nov 29 10:00:00 host kern.err "),
            ("logread", "Mon Jul 28 05:19:43 2021 kern.err "),
            ("a slash date", "2021/07/28 05:19:43 "),
        )
    ),
    *(
        Printed(f"{name} and uptimes", *_logged(head, "kernel: [    5.000001] %s"))
        for name, head in (
            ("syslog", "Nov 29 10:00:00 host "),
            ("syslog with ISO dates", "2026-11-29T10:00:00.123456+01:00 host "),
            ("syslog with Unix times", "1795900000.123456 host "),
            ("short-full", "Wed 2026-11-25 10:00:00 CET host "),
        )
    ),
    Printed(
        *("RFC 3164", "<3>Nov 29 10:00:00 host kernel: %s"),
        _by("<11>Nov 29 10:00:00 host %s"),
    ),
    Printed(
        "RFC 5424",
        "<3>1 2026-11-29T10:00:00Z host kernel - - - %s",
        _by("<11>1 2026-11-29T10:00:00Z host app 12 ID47 - %s"),
    ),
    Printed(
        *("RFC 5424 with data", '2026-11-29T10:00:00Z host kernel - - [a b="\\]"][c d="2"] %s'),
        _by('2026-11-29T10:00:00Z host app 12 - [a b="1"][c d="2"] %s'),
    ),
    Printed("metalog", "Jan  4 10:34:35 [kernel] %s", _by("Jan  4 10:34:35 [sshd] %s")),
    # Their lines have a tag in any case, and may begin with one.
    Printed("short-monotonic", "[    5.000001] kernel: %s", _by("[    5.000001] sshd[12]: %s")),
    Printed(
        "short-monotonic with a host",
        "[    5.000001] host kernel: %s",
        _by("[    5.000001] host sshd[12]: %s"),
    ),
    Printed("a message to all", " kernel:%s", _by(" sshd[12]:%s")),
    Printed("uptimes with a blank", "[    5.000001 ] %s", tells=False),
    Printed(
        "two times and columns",
        "2026-11-29T10:00:01Z    2026-11-29T10:00:00Z   host  kernel:  [    5.000001] %s",
        _by("2026-11-29T10:00:01Z    2026-11-29T10:00:00Z   host  %s"),
    ),
    Printed(
        "a tag without a colon",
        "Nov 29 10:00:00 host kernel [    5.000001] %s",
        _by("Nov 29 10:00:00 host %s"),
    ),
    Printed("a torn date", "9 10:00:00 host kernel: %s", _by("9 10:00:00 host sshd[12]: %s")),
    Printed(
        "JSON of a log shipper",
        '{"time": "2026-11-29T10:00:00Z", "ident": "kernel", "message": "%s"}',
        lambda tag, text: json.dumps(
            {"time": "2026-11-29T10:00:00Z", "ident": tag, "message": text}
        ),
    ),
    Printed(
        "syslog without a blank", "Nov 29 10:00:00 host kernel:%s", _by("Nov 29 10:00:00 host %s")
    ),
    Printed("a tag alone", "kernel: %s", _by("sshd[12]: %s")),
    Printed("a host and a tag", "host kernel: %s", _by("host sshd[12]: %s")),
    *(
        Printed(
            f"journal in JSON, {'an unknown transport' if way is None else way}",
            _in_json("", "%s", _TRANSPORT="kernel").replace('"_PID": "12", ', ""),
            partial(_in_json, **fields),
        )
        for way in ("stdout", "syslog", "journal", "audit", "driver", None)
        for fields in ({} if way is None else {"_TRANSPORT": way},)
    ),
    Printed(
        "journal, verbose",
        f"Mon 2026-11-23 15:49:20.123456 UTC [{CURSOR}]\n    _TRANSPORT=kernel\n    MESSAGE=%s",
        _in_lines("    ", f"Mon 2026-11-23 15:49:20.123456 UTC [{CURSOR}]", "="),
    ),
    Printed(
        "journal, export",
        f"__CURSOR={CURSOR}\n_TRANSPORT=kernel\nMESSAGE=%s",
        _in_lines("", f"__CURSOR={CURSOR}", "="),
    ),
    Printed(
        "journal, json-pretty",
        '{\n        "_TRANSPORT" : "kernel",\n        "MESSAGE" : "%s"\n}',
        _pretty,
    ),
)
"""Every form that is read at the first attempt."""

DECORATIONS = (
    *("> ", "> > ", ">", "\t", "    ", "* ", "- ", "| ", "\u00a0 ", "> * ", "\u2022 "),
    *("node1 login: ", "[root@node1 ~]# ", "root@node1:/var/log# ", "$ ", "# "),
    *("messages:", "/var/log/kern.log.1:", "kern.log:123:", "kern.log-122-", "17:"),
    *("(standard input):", "\x1b[32m", "<pre>", '<p class="log"><code>', "&gt; "),
    *("[CODE]", "[font=Arial]", "[b][/b]"),
    *("    12\t", "12: ", "  12 | ", "12) ", "#12 ", "\u2502 ", "\u2192 ", "~~~", ": ", "< ", "! "),
    *("web-1  | ", "\x1b[36mweb_1  |\x1b[0m ", "<joe> ", "12:34 <@joe> ", "[12:34] < joe> "),
    "[2026-11-29T10:00:00.123456Z ERROR init_or_kernel] ",
    *("10:00:00 ", "[10:00:00.123] ", "1795900000.123456 ", "&nbsp;", "\u200b"),
)
"""What is taken off the left at the second attempt."""
