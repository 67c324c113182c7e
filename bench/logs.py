"""Large logs read by whole processes, with the figures to reach of the log engine.

Peers tell less: mawk counts lines by severity and operation (`errors.awk`), rg finds lines with
one id or with VexFS, grep counts those, and dmesg prints all lines again. None of them tells an
error from noise, joins what belongs together, or says what is missing.

Logs are generated, and read once before each job, so that they are in the page cache.
Environment variables:

    BENCH_LOGS_SIZE      of each log, as 16M (the default), 256M or 1G, at most 8G; all logs
                         together take up about 13 times that in $TMPDIR
    BENCH_LOGS_ROUNDS    3 unless set
    BENCH_LOGS_LIMIT_S   seconds that one run may take, 60 unless set; then "over 60 s" stands
                         in the table, and further rounds do without it
    BENCH_LOGS_SEED      another number makes other logs, 0 unless set
    BENCH_LOGS_JOBS      only jobs whose title has one of these texts in it, separated by commas

A log of 16 MiB says what is far from its figure. Start-up then hides what is near: take 256M.
"""

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import DEVNULL, run
from tempfile import TemporaryDirectory

from bench.generated_logs.renderings import Rendering
from bench.generated_logs.writing import GeneratedLog, Kind, write_log
from bench.jobs import HEADER, MAXIMUM_GROWTH, MAXIMUM_PEAK, Figure, Job, Target, rows_of
from bench.measure import Table
from bench.processes import PROGRAM, Command, environment_in

_PEERS = {
    "mawk": "mawk -f {counter} {log}",
    "rg -F ID": "rg -F {id} {log}",
    "rg -c VexFS": "rg -c VexFS {log}",
    "grep -c VexFS": "grep -c VexFS {log}",
    "dmesg --file": "dmesg --file {log}",
}
_ERROR_COUNTER = Path(__file__).with_name("errors.awk")
_PACKERS = {"gz": ("gzip", "-1"), "xz": ("xz", "-1")}
_UNPACKERS = {"gz": "gzip -dc {given}", "xz": "xz -dc {given}"}
"""By the ending of the file."""
_VERDICTS = (0, 1, 2)
"""Exit statuses of `check` but for UNKNOWN."""
_UNITS = {"K": 10, "M": 20, "G": 30}
_ID = re.compile(rb"CORR-[0-9A-F]{16}")
_AROUND = 1 << 20
"""Bytes in the middle of a log in which an id is looked for: a sparse log has fifty there."""
_BACK = timedelta(days=300)
"""Syslog times have no year and are taken to be of the last twelve months."""


@dataclass(frozen=True, slots=True)
class _Task:
    """A job before there are logs; `{id}` and `{since}` stand for what is in a log."""

    arguments: str
    kind: Kind
    target: Target
    peers: tuple[str, ...] = ()
    rendering: Rendering = Rendering.DMESG
    packed: str | None = None
    """Ending of a compressed file."""
    piped: bool = False
    successes: tuple[int, ...] = (0,)

    @property
    def title(self) -> str:
        words = self.arguments.format(id="ID", since="-1h").replace("'", "")
        printed = "" if self.rendering is Rendering.DMESG else f" {self.rendering}"
        packed = "" if self.packed is None else f" {self.packed}"
        return f"{words}, {self.kind}{printed}{packed}{' by pipe' if self.piped else ''}"


def _times(bound: float) -> Target:
    return Target(Figure.RATIO, bound)


_SPARSE, _DENSE, _OWN, _STORM = Kind
_TASKS = (
    _Task("errors", _SPARSE, _times(5), ("mawk", "dmesg --file", "grep -c VexFS")),
    _Task("errors", _SPARSE, _times(5), ("mawk",), Rendering.KMSG),
    _Task("errors", _SPARSE, _times(5), ("mawk",), Rendering.SYSLOG),
    _Task("errors", _DENSE, _times(2), ("mawk",)),
    _Task("errors", _OWN, _times(2), ("mawk",)),
    _Task("errors --by device", _STORM, Target(Figure.LINE, 25)),
    _Task("errors", _SPARSE, Target(Figure.LINE, 6), rendering=Rendering.JOURNAL),
    *(_Task("trace {id}", kind, _times(10), ("rg -F ID",)) for kind in Kind),
    *(_Task("trace --last", kind, _times(10), ("rg -F ID",)) for kind in (_SPARSE, _DENSE, _OWN)),
    _Task("trace loop0/storage", _OWN, _times(10), ("rg -F ID",)),
    *(
        _Task(arguments, kind, _times(6), ("rg -c VexFS",), rendering, successes=successes)
        for kind in (_SPARSE, _OWN)
        for arguments, rendering, successes in (
            ("log -n 20", Rendering.DMESG, (0,)),
            ("status", Rendering.DMESG, (0,)),
            ("check", Rendering.DMESG, _VERDICTS),
            # A log of dmesg has no date to count from.
            ("log --since '{since}'", Rendering.SYSLOG, (0,)),
        )
    ),
    _Task("log --format tsv", _OWN, Target(Figure.ROWS, 60_000)),
    # The unpacker's own time is allowed on top; the rest may take 1.2 times the plain file's.
    _Task("errors", _SPARSE, _times(1.2 * 5), ("mawk",), packed="gz"),
    _Task("errors", _SPARSE, _times(1.2 * 5), ("mawk",), packed="xz"),
    _Task("errors", _SPARSE, _times(1.2 * 5), ("mawk",), piped=True),
)


@dataclass(frozen=True, slots=True)
class _Settings:
    size: int
    rounds: int
    limit_s: float
    seed: int
    jobs: tuple[str, ...]

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "_Settings":
        return cls(
            size=_size(environ.get("BENCH_LOGS_SIZE", "16M")),
            rounds=int(environ.get("BENCH_LOGS_ROUNDS", "3")),
            limit_s=float(environ.get("BENCH_LOGS_LIMIT_S", "60")),
            seed=int(environ.get("BENCH_LOGS_SEED", "0")),
            jobs=tuple(environ.get("BENCH_LOGS_JOBS", "").split(",")),
        )


def comparisons() -> Iterator[Table]:
    """Yield the one table there is."""
    with TemporaryDirectory(prefix="vexfs-bench-") as directory:
        yield _LogTable(Path(directory), _Settings.of(os.environ))


@dataclass(frozen=True, slots=True)
class _LogTable:
    directory: Path
    settings: _Settings
    written: dict[Path, GeneratedLog] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        size, rounds, limit_s = self.settings.size, self.settings.rounds, self.settings.limit_s
        yield (
            f"logs of {size / (1 << 20):g} MiB, seed {self.settings.seed}: medians of {rounds}"
            f" rounds, at most {limit_s:g} s a run; growth from half the size to reach"
            f" ≤ {MAXIMUM_GROWTH:g}, peak ≤ {MAXIMUM_PEAK >> 20} MiB"
        )
        yield HEADER
        for task in _TASKS:
            if any(text in task.title for text in self.settings.jobs):
                yield from rows_of(self._job(task), rounds, limit_s)

    def _job(self, task: _Task) -> Job:
        size = self.settings.size
        whole, half, empty = (self._log(task, size) for size in (size, size // 2, 0))
        names, names_of_half = self._names(task, whole), self._names(task, half)
        # What is looked for has to be said on an empty log, too.
        names_of_empty = names | {"given": str(self._given(task, empty))}
        peers = {name: self._command(_PEERS[name], names) for name in task.peers}
        for given in (names["given"], names_of_half["given"]):
            run(("cat", given), stdout=DEVNULL, check=True)
        unpacker = None if task.packed is None else _UNPACKERS[task.packed]
        return Job(
            title=task.title,
            target=task.target,
            ours=self._ours(task, names, task.successes),
            idle=self._ours(task, names_of_empty, None),
            half=self._ours(task, names_of_half, task.successes),
            peers=peers,
            besides=None if unpacker is None else self._command(unpacker, names),
            lines=whole.lines,
        )

    def _ours(
        self, task: _Task, names: Mapping[str, str], successes: tuple[int, ...] | None
    ) -> Command:
        source, fed_from = "{given}", None
        if task.piped:
            source, fed_from = "-", Path(names["given"])
        command = self._command(f"{{program}} {task.arguments} --log {source}", names)
        return replace(command, fed_from=fed_from, successes=successes)

    def _command(self, template: str, names: Mapping[str, str]) -> Command:
        words = [word.format_map(names) for word in shlex.split(template)]
        return Command(words, environment_in(self.directory))

    def _names(self, task: _Task, log: GeneratedLog) -> dict[str, str]:
        """Return what stands in templates for what is in *log*."""
        return {
            "program": PROGRAM,
            "counter": str(_ERROR_COUNTER),
            "log": str(log.path),
            "given": str(self._given(task, log)),
            "id": _middle_id(log),
            "since": f"{log.ends - timedelta(hours=1):%Y-%m-%d %H:%M:%S}",
        }

    def _given(self, task: _Task, log: GeneratedLog) -> Path:
        """Return the file that ours reads: *log*, or a packed copy of it."""
        if task.packed is None:
            return log.path
        packed = log.path.with_suffix(f".{task.packed}")
        if not packed.exists():
            with log.path.open("rb") as source, packed.open("wb") as target:
                run(_PACKERS[task.packed], stdin=source, stdout=target, check=True)
        return packed

    def _log(self, task: _Task, size: int) -> GeneratedLog:
        path = self.directory / f"{task.kind}-{size}.{task.rendering}"
        if path not in self.written:
            self.written[path] = write_log(
                path,
                task.kind,
                task.rendering,
                size,
                seed=self.settings.seed,
                booted=datetime.now(UTC).replace(microsecond=0) - _BACK,
            )
        return self.written[path]


def _middle_id(log: GeneratedLog) -> str:
    """Return the first id in the second half of *log*; empty if it has none near."""
    with log.path.open("rb") as file:
        file.seek(log.size // 2)
        match = _ID.search(file.read(_AROUND))
    return "" if match is None else match[0].decode()


def _size(text: str) -> int:
    match = re.fullmatch(r"(\d+)([KMG])", text)
    if match is None:
        raise ValueError(f"not a size: {text!r}; one is 256M")
    return int(match[1]) << _UNITS[match[2]]
