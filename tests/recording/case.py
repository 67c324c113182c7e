"""One question to the program, and the name of the file with its answer."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

ROOM = "<room>"
"""In an environment and in what is recorded: the path of the room."""
FORMATS = ("table", "json", "ndjson", "tsv")
_LONGEST_NAME = 100
_NOTHING = "/dev/null"


@dataclass(frozen=True, slots=True)
class Case:
    """A command line, and what it finds when it starts."""

    words: tuple[str, ...]
    format: str | None = None
    """What is asked for with `--format`, if anything."""
    log: str = _NOTHING
    """VEXFSCTL_LOG; captures are below `logs/`. The live volume names its by the whole path."""
    tree: str = "none"
    """Which of the roots below `trees/` is VEXFSCTL_SYSFS_ROOT."""
    env: Mapping[str, str] = field(default_factory=dict)
    """What else is in the environment."""
    stdin: str = _NOTHING
    """The file that standard input is."""
    columns: int = 0
    """Width of the terminal that standard input, output and error are; 0: they are none."""
    typed: str = ""
    """What is typed on that terminal."""
    writes: bool = False
    """Whether files may change: it gets a room of its own, and what changed is recorded."""
    waits: bool = False
    """Whether it waits for a time, which passes then."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command line without the program's name."""
        return (*(("--format", self.format) if self.format else ()), *self.words)

    @property
    def environment(self) -> dict[str, str]:
        """What the case itself puts into the environment."""
        return {"VEXFSCTL_LOG": self.log, "VEXFSCTL_SYSFS_ROOT": f"trees/{self.tree}", **self.env}

    @property
    def title(self) -> str:
        """The case as one would type it."""
        assignments = [f"{name}={value}" for name, value in self.environment.items()]
        typed = shlex.join([*assignments, "vexfsctl", *self.arguments])
        if not self.columns:
            return f"{typed} <{self.stdin}"
        return f"{typed}  # on a terminal of {self.columns} columns, typed: {self.typed!r}"

    @property
    def file_name(self) -> str:
        """Says what was asked as far as a name can; unlike that of any other question."""
        name = "_".join(self.words or self.env.values()) or "no arguments"
        name = re.sub(r"[^\w.,:=*+@-]+", "_", name)
        if len(name) > _LONGEST_NAME or self.env or self.columns or self.stdin != _NOTHING:
            name = f"{name[:_LONGEST_NAME]}.{sha256(self.title.encode()).hexdigest()[:8]}"
        return f"{name}.{self.format or 'default'}.txt"


def in_formats(cases: Iterable[Case], formats: Iterable[str] = FORMATS) -> Iterator[Case]:
    """Ask each of *cases* in each of *formats*."""
    formats = tuple(formats)
    for case in cases:
        for each in formats:
            yield replace(case, format=each)
