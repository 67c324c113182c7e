"""What is asked: commands, their options, their mistakes, of captures and of trees of volumes."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.recording.case import FORMATS, Case, in_formats
from tests.recording.room import INCIDENT, VOLUMES

TWO_FORMATS = ("table", "json")
_MANUALS = Path(__file__).parents[2] / "man"
_DEFINED = re.compile(r"^\.It (?:Sy|Pa|Cm) (\S+)", re.MULTILINE)
_ID = re.compile(r"CORR-[0-9A-F]{16}|CALL-\d+(?:@\w+)?")
_MOST_IDS = 12
_FEW_RECORDS = re.compile(r"/linux/(?!ext4|tricks)|/broken/(?!hostile)")
_OPERATIONS = ("superblock", "inode", "file", "directory", "vector", "storage", "sync")

HELPED = """
|status|check|log|errors|trace|explain|mount|umount|generate
breaker|breaker list|breaker show|breaker trip|breaker reset|breaker probe|breaker set
breaker wait|breaker disable|breaker enable|volume|volume list|volume show|volume set
recover|recover plan|recover replay|recover history
lab|lab up|lab down|lab list|lab run|lab inject
"""
"""Every command and group; the first is the program itself."""

OF_EVERY_CAPTURE = """
status|check|log|errors|trace --last
"""
OF_A_CAPTURE = """
status -x|status --window 5s|status --window 4h --exit-code|status --verbose|status nosuch
check --window 5s|check nosuch
log -n 5|log -n 0|log -r|log -s high|log -s critical|log -o storage|log -o file -o sync|log -V '*'
log -V sdq1|log -V 'loop*'|log -d loop0|log -d /dev/sda|log -d 8:0|log -e EIO|log -e IoError
log -e IoError.ReadError|log -g error|log -g 'Block.*inode'|log -g '['|log -b 0|log -b -1|log -b 1
log -b 00000000000000000000000000000000|log -S -15m|log -S 10:00|log -S yesterday|log -U -1h
log -S 1h -U 5m|log -S 2026-08-21|log -S 6.5|log -U 1s|log -S nonsense|log -V nosuch|log -e NoError
errors --by severity|errors --by op|errors --by error|errors --by volume|errors --by hint
errors --by device|errors --by minute|errors --by error --by device|errors --by minute --by op -n 3
errors -n 1|errors -s high|errors -o storage|errors -V '*'|errors -d loop0|errors -e EIO
errors -g error|errors -S -15m|errors -b 0
trace --last -s high|trace --last -o storage|trace --last -V '*'|trace --last -d loop0
trace --last -e EIO|trace --last -g error|trace --last -b 0
trace loop0|trace sdq1|trace sdq1/storage|trace loop0/file|trace nosuch|trace CALL-999
trace CORR-0000000000000000|trace FF|trace 1
recover plan sdq1|recover plan sdq1/storage|recover plan loop0/storage
recover plan nosuch|recover plan --error IoError.ReadError
recover replay sdq1/storage --dry-run
"""
OF_A_TREE = """
status|status -x|status --window 15m|status --exit-code|status demo|status 'd*' -x|status nosuch
check|check demo|check --window 15m|check nosuch
log|log -V demo|log -d loop0|errors|errors --by device|trace --last|trace demo|trace demo/storage
trace demo/sync|trace 4|recover plan demo|recover plan demo/storage|recover plan demo/sync
recover plan --hints 0x7f|recover plan demo --hints retry:500,use_fallback
recover replay demo/storage --dry-run|recover replay demo --dry-run|recover history
breaker list|breaker list demo|breaker list '*/storage'|breaker list demo/file demo/sync
breaker list nosuch|breaker list demo/nosuch|breaker list 'x*'
breaker show demo|breaker show demo/storage|breaker show '*'|breaker show nosuch/file
breaker wait demo/storage --until open|breaker wait demo/file --until closed
breaker wait demo --until closed|breaker wait nosuch/file --until closed
volume list|volume list demo|volume list 'q*'|volume list nosuch
volume show demo|volume show '*'|volume show nosuch
explain demo|explain demo/operations/storage/breaker/state|explain demo/storage
"""
THAT_CHANGE = """
breaker trip demo/storage|breaker trip demo/file --for 15m --reason 'array rebuild'
breaker trip demo|breaker trip '*'|breaker trip nosuch/file|breaker trip demo/file --for 0s
breaker trip demo/nosuch
breaker reset demo/storage|breaker reset demo|breaker reset demo/storage --reason 'disk replaced'
breaker reset demo/file|breaker reset nosuch|breaker reset demo/storage --probe --timeout 1
breaker probe demo/storage|breaker probe demo/file|breaker probe '*/storage'
breaker disable demo/vector --reason why|breaker disable demo/storage|breaker disable nosuch
breaker disable demo/vector --for 1h|breaker observe '*/storage' --for 24h --reason 'trying 8'
breaker observe demo/file|breaker observe nosuch|breaker observe demo/file --for 0s
breaker enable demo/storage|breaker enable demo/vector|breaker enable demo
breaker set demo/storage timeout_ms=30000|breaker set demo failure_threshold=8 window_ms=5000
breaker set '*/sync' call_timeout_ms=10000|breaker set demo/file half_open_max_calls=2
breaker set demo/file success_threshold=0|breaker set demo/file nosuch=1
breaker set demo/file calls=1|breaker set demo/file timeout_ms=soon
breaker set demo/file timeout_ms=5
volume set demo access_mode=ro|volume set demo access_mode=rw|volume set demo retry/max_attempts=5
volume set demo retry/base_delay_ms=50 retry/jitter_pct=10|volume set demo retry/max_attempts=0
volume set demo access_mode=never|volume set demo mountpoint=/|volume set nosuch access_mode=ro
volume set demo nosuch=1 retry/max_attempts=ten
recover replay demo/storage|recover replay demo/storage --all --reason why|recover replay demo/file
recover replay --error IoError.ReadError|recover replay --hints 0x10|recover replay 90A2 --probe
recover replay --error IoError.ReadError --device /dev/vexfs-none
"""
"""Each with --dry-run, with --yes and with neither."""
TOLD_APART = """
|nosuch|--nosuch|--version|--format xml status|--color blue status|--timeout 0 status
--timeout soon check|status --interval 0|status --window soon|status --nosuch|check --window 0s
check --nosuch|log -n -1|log -s severe|log -o nosuch|log --nosuch|log extra|errors --by colour
errors -n few|errors extra|trace|trace --last demo|trace a b|trace --nosuch|explain|explain --nosuch
breaker|breaker nosuch|breaker show|breaker trip|breaker reset|breaker set|breaker set demo
breaker set demo/file x|breaker set demo/file =1|breaker wait|breaker wait demo/file
breaker wait demo/file --until ajar|breaker trip a/b/c --dry-run|breaker list /file
volume|volume show|volume set|volume set demo|recover|recover plan|recover replay --dry-run
recover plan demo --error EIO|recover plan --error NoError|recover plan --hints 0x80
recover plan --hints wish|recover plan --hints retry:x|recover plan --error IoError.ReadError demo
recover plan --error IoError.ReadError --length 0|recover plan --hints 1 --offset -1
recover plan --error IoError.ReadError --device /dev/vexfs-none|recover plan --hints 1 --device .
recover plan --hints 1 --device /dev/vexfs-none --fallback /dev/vexfs-none --offset 1MiB --length 4K
recover history -n 0|recover history nosuch|recover history a b
mount|mount nosuch|mount nosuch mnt|mount mnt nosuch|mount home mnt --name a/b
umount|umount vexfs-none|umount --force vexfs-none|umount nosuch/mnt|umount a b
lab|lab nosuch|lab list|lab down --name vexfs-none|lab down --name 'a b'|lab inject
lab inject --name vexfs-none --list|lab inject --name vexfs-none --clear|lab inject nosuch
lab inject read --name vexfs-none --errno NOERR|lab inject read --name vexfs-none --delay -1
lab inject read --name vexfs-none --offset x|lab up --name 'a b'|lab up --size x
lab run|lab run --name 'a b' true|generate|generate nosuch|generate man --directory nosuch
--config valid.toml status|--config valid.toml log|--config valid.toml check
--config broken.toml status|--config mistaken.toml status|--config nosuch.toml status
--config . status|--config mistaken.toml check|--config /dev/null status
--log nosuch.kmsg status|--log nosuch.kmsg log|--log nosuch.kmsg check|--log . log|--log '' log
--sysfs-root nosuch status|--sysfs-root valid.toml status|--quiet status|--verbose status
--verbose log|--no-pager log|status --json|log --json --format tsv
"""
"""Mistakes, and global options."""
MANY_LOGS = {
    "three": ("logs/sdq1-incident.kmsg", INCIDENT, "logs/kernel-logs/vexfs/ffi_initfail.kmsg"),
    "unreadable": ("nosuch.kmsg", "logs/broken/garbage.bin", INCIDENT),
    "one-twice": (INCIDENT, INCIDENT),
    "one-captured-twice": (
        "logs/kernel-logs/vexfs/head_normal.kmsg",
        "logs/kernel-logs/vexfs/head_normal.dmesg",
    ),
}
"""Captures that are read together."""
COMPLETED = """
|s|breaker |breaker r|status -|status d|log --|log -s |log -o s|log -e IoErr|log -e |log -V |log -g
log -b |errors --by |errors --by s|explain |explain IoErr|explain E|explain operations/|explain half
explain demo/|trace |trace C|trace demo|trace demo/|breaker list |breaker list demo/s
breaker set demo/file |breaker wait demo/file --until |breaker set demo/file timeout_ms=
volume set demo |volume set demo access_mode=|volume show |recover |recover plan |recover plan --e
recover plan --error |recover plan --error IoE|recover plan --hints |recover replay |recover his
recover history |lab |lab inject |lab inject read --errno E|lab down --name |mount |umount |generate
--format |--color |--config |--log |nosuch |trace --l
"""
"""What is typed before the tabulator key."""
EXPLAINED = """
EIO|-5|5|eio|ENOSPC|-28|EUCLEAN|117|-1003|1003|0|-1|999|0x27|0x07|0x80|retry:500|retry
retry:500,use_fallback|half_open|open|closed|forced_open|disabled|stale|read_only|normal|emergency
initialized|error|shutting_down|low|high|critical|storage|sync|superblock|IoError|IoError.ReadError
ReadError|ioerror.readerror|IOERROR|TimeoutError|NoError|Corruption|Busy|exit|status|OK|WARNING
CRITICAL|UNKNOWN|vol|op|msg|dur_us|CORR-70A1F54C4B1190A2|CALL-1|breaker/retry_after_ms
operations/storage/breaker/state|errors/total|nosuch|''|' '|é|EIO ENOSPC nosuch
'VexFS: State transition 1 -> 3'|'VexFS: nothing that it says'|'no line at all'
'I/O error, dev loop0, sector 17926 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2'
'EXT4-fs error (device sda1): ext4_lookup:1855: inode #2: comm ls: deleted inode referenced: 12'
"""
ON_A_TERMINAL = """
|--help|log --help|status|check|log|log -n 3|errors|trace --last|explain EIO IoError.ReadError
breaker list|breaker show demo|volume list|volume show demo|recover plan demo/storage
recover history|breaker trip demo --dry-run|nosuch|status nosuch|--color never status
--no-pager log|--format json status|--format tsv errors
"""


def asked(table: str) -> list[tuple[str, ...]]:
    """Return the command lines of a *table* above."""
    lines = table.strip("\n").split("\n")
    return [tuple(shlex.split(each)) for line in lines for each in line.split("|")]


def about_capture(log: str, recorded: str) -> Iterator[Case]:
    """Ask about the capture *log*, whose records are *recorded* as JSON."""
    yield from in_formats(_cases(OF_EVERY_CAPTURE, log=log))
    # Others are the same log in another form, hold no record of VexFS, or are broken.
    if log.endswith(".kmsg") and not _FEW_RECORDS.search(log):
        yield from in_formats(_cases(OF_A_CAPTURE, log=log), TWO_FORMATS)
    of_ids = [("trace",), ("recover", "plan")]
    cases = [Case((*words, each), log=log) for words in of_ids for each in _ids(recorded)]
    yield from in_formats(cases, TWO_FORMATS)
    given = [Case(("log", "--log", "-"), stdin=log), Case(("explain", "-"), stdin=log)]
    yield from in_formats(given, TWO_FORMATS)


def about_tree(tree: str, log: str) -> Iterator[Case]:
    """Ask about the volumes of *tree* beside *log*."""
    formats = FORMATS if tree not in ("none", "empty") and log == INCIDENT else TWO_FORMATS
    yield from in_formats(_cases(OF_A_TREE, tree=tree, log=log), formats)


def about_volumes() -> Iterator[Case]:
    """Ask about each of many volumes alone."""
    for volume in (*VOLUMES, "bare"):
        of_one = [("status",), ("check",), ("volume", "show"), ("breaker", "show"), ("trace",)]
        cases = [Case((*words, volume), tree="several", log=INCIDENT) for words in of_one]
        cases += [Case(("recover", "plan", f"{volume}/storage"), tree="several", log=INCIDENT)]
        yield from in_formats(cases, TWO_FORMATS)


def that_change() -> Iterator[Case]:
    """Change volumes, or say what would change."""
    for words in asked(THAT_CHANGE):
        case = Case(words, tree="live", log=INCIDENT, writes=True)
        yield from in_formats([replace(case, words=(*words, "--dry-run"))])
        yield from in_formats([replace(case, words=(*words, "--yes"))], TWO_FORMATS)
        yield case
        for typed in ("y\n", "n\n"):
            yield replace(case, columns=80, typed=typed)
    yield from in_formats(_cases("breaker reset '*' --yes", tree="several", writes=True))


def about_waiting() -> Iterator[Case]:
    """Wait for what does not come."""
    waiting = """
    breaker wait demo/file --until open --timeout 0.2|breaker wait demo/storage --until closed \
--timeout 0.2|breaker wait demo/vector --until half_open --timeout 0.2
    """.strip()
    yield from in_formats(_cases(waiting, tree="live", waits=True))
    hung = "status|check|volume list|volume show demo|breaker list|breaker reset demo/file --yes"
    cases = _cases(hung, tree="hung", log=INCIDENT, waits=True)
    yield from in_formats(replace(each, words=(*each.words, "--timeout", "0.2")) for each in cases)


def about_words() -> Iterator[Case]:
    """Ask what everything means that the manuals define, and what means nothing."""
    yield from in_formats((Case(("explain", *words)) for words in asked(EXPLAINED)), TWO_FORMATS)
    manuals = sorted((*_MANUALS.glob("*.5"), *_MANUALS.glob("*.7")))
    texts = [manual.read_text() for manual in manuals]
    defined = list(dict.fromkeys(word for text in texts for word in _DEFINED.findall(text)))
    errors = [word for word in defined if word[0].isupper() and not word.isupper()]
    numbers = [str(number) for number in range(-135, 136)]
    flags = [f"0x{number:02x}" for number in range(0x81)]
    yield from in_formats(
        Case(("explain", "--", *words))
        for all_words in (defined, numbers, flags)
        for words in _by_tens(all_words)
    )
    plans = [("--error", error) for error in errors] + [("--hints", each) for each in flags[::3]]
    yield from in_formats((Case(("recover", "plan", *each)) for each in plans), TWO_FORMATS)


def about_usage() -> Iterator[Case]:
    """Ask for help, and make mistakes."""
    for words in asked(HELPED):
        yield from (Case((*words, option)) for option in ("--help", "-h"))
    for case in _cases(TOLD_APART, tree="recorded", log=INCIDENT):
        yield case
        if "--format" not in case.words:
            yield from in_formats([case], ("json", "tsv"))
    wrong = {"VEXFSCTL_FORMAT": "xml", "VEXFSCTL_COLOR": "blue", "VEXFSCTL_TIMEOUT": "soon"}
    for name, value in (*wrong.items(), ("VEXFSCTL_CONFIG", "mistaken.toml")):
        yield Case(("status",), env={name: value})
    for name, value in (("FORMAT", "json"), ("COLOR", "always"), ("QUIET", "1"), ("VERBOSE", "1")):
        yield Case(("status",), tree="recorded", log=INCIDENT, env={f"VEXFSCTL_{name}": value})
    for page in ("man", "completions", "reference", "examples"):
        yield Case(("generate", page, "--directory", "written"), writes=True)


def about_completion() -> Iterator[Case]:
    """Press the tabulator key in each shell."""
    for line in COMPLETED.strip("\n").replace("\n", "|").split("|"):
        words = line.split(" ")
        typed = {"bash": [f"vexfsctl {line}", " \t\n\"'><=;|&(:"], "zsh": words, "fish": words}
        for shell, arguments in typed.items():
            env = {"_VEXFSCTL_COMPLETE": shell}
            yield Case((*arguments,), tree="recorded", log=INCIDENT, env=env)
    yield Case((), env={"_VEXFSCTL_COMPLETE": "nosuch"})
    for shell in ("bash", "zsh", "fish"):
        yield Case(("completion", shell))


def about_history() -> Iterator[Case]:
    """Ask what replays there were."""
    env = {"VEXFSCTL_STATE_DIR": "home"}
    lines = "recover history|recover history -n 1|recover history demo|recover history nosuch"
    shown = f"{lines}|recover plan demo/storage|trace --last|status"
    yield from in_formats(_cases(shown, tree="live", log=INCIDENT, env=env))


def about_many_logs(logs: tuple[str, ...]) -> Iterator[Case]:
    """Read several captures at once."""
    lines = f"{OF_EVERY_CAPTURE.strip()}|log -n 20 -r|errors --by volume|trace sdq1|trace demo"
    yield from in_formats(_cases(lines, log=":".join(logs), tree="recorded"))
    options = [word for log in logs for word in ("--log", log)]
    yield from in_formats([Case(("log", *options))])


def on_a_terminal(tree: str) -> Iterator[Case]:
    """Ask on terminals of several widths, with and without colour."""
    for case in _shown(tree):
        yield from (replace(case, columns=columns) for columns in (40, 80, 200))
        for name, value in (("TERM", "dumb"), ("NO_COLOR", "1"), ("COLUMNS", "60")):
            yield replace(case, columns=80, env={name: value})
        yield replace(case, words=("--color", "always", *case.words))


def in_the_c_locale() -> Iterator[Case]:
    """Ask where the C locale was chosen, which only a process started with it knows."""
    for case in _shown("recorded"):
        yield from (case, replace(case, columns=80), replace(case, columns=50))


def _shown(tree: str) -> Iterator[Case]:
    few = "status|check|breaker list|volume list"
    return _cases(few if tree == "several" else ON_A_TERMINAL, tree=tree, log=INCIDENT)


def _cases(
    table: str,
    *,
    tree: str = "none",
    log: str = "/dev/null",
    env: dict[str, str] | None = None,
    writes: bool = False,
    waits: bool = False,
) -> Iterator[Case]:
    for words in asked(table):
        yield Case(words, None, log, tree, env or {}, writes=writes, waits=waits)


def _ids(recorded: str) -> list[str]:
    """The ids of some incidents: the first and the last of them."""
    ids = list(dict.fromkeys(_ID.findall(recorded)))
    half = _MOST_IDS // 2
    return ids if len(ids) <= _MOST_IDS else [*ids[:half], *ids[-half:]]


def _by_tens(words: list[str]) -> list[list[str]]:
    return [words[first : first + 10] for first in range(0, len(words), 10)]
