"""What the program finds on disk: captures, trees of volumes, configurations. Nothing of the host.

A room is the working directory of the program, so that no answer names a path of this machine.
"""

import gzip
import lzma
import os
import shutil
from bz2 import compress as bzip2
from collections.abc import Collection, Mapping
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"
INCIDENT = "logs/recording/log.kmsg"
"""The log of the incident that the tree `recorded` shows, too."""
_RECORDED = DATA / "recording/tree/demo"
_NO_LOGS = {".md"}

_NOWHERE = {
    "device": "4095:1048575",
    "mountpoint": "/mnt/vexfs-recording",
    "log": "/var/log/vexfs-recording.kmsg",
}
"""Of no host: what is attached, mounted or logged there must not change an answer."""
_QUIET = {
    "operations/storage/breaker/state": "closed",
    **{
        f"errors/{name}": "0"
        for name in ("total", "low", "medium", "high", "critical", "logged", "suppressed")
    },
}
VOLUMES: Mapping[str, Mapping[str, str]] = {
    "demo": {},
    "quiet": _QUIET,
    "tripped": {
        "operations/sync/breaker/state": "forced_open",
        "operations/file/breaker/state": "half_open",
        "operations/vector/breaker/state": "disabled",
        "operations/superblock/breaker/state": "open",
    },
    "refusing": {"access_mode": "ro", "degradation": "read_only", "errors/critical": "2"},
    "failing": {
        "state": "error",
        "degradation": "emergency",
        "operations/file/in_flight": "3",
        "operations/file/overdue": "2",
        "operations/file/timeouts": "7",
        "errors/suppressed": "40",
        "errors/total": "1000",
    },
    "ending": {"state": "shutting_down", "degradation": "heavy", "driver": "kernel"},
    "garbled": {"operations/file/calls": "many", "operations/file/breaker/state": "ajar"},
    "newer": {"abi_version": "99"},
    "odd name": _QUIET,
}
"""Volumes of the tree `several`, by what is unlike the recorded one."""

_CONFIGURATIONS = {
    "valid": '[output]\nformat = "tsv"\ncolor = "always"\n[windows]\nstatus = "4h"\ncheck = "15m"\n'
    f'[sources]\nlogs = ["{INCIDENT}"]\ntimeout = "5s"\n[retry]\nmax_attempts = 5\n'
    "[breaker]\nfailure_threshold = 8\n[breaker.storage]\ntimeout_ms = 300_000\n",
    "broken": '[output\nformat = "tsv"\n',
    "mistaken": '[output]\nformat = "xml"\npager = 3\n[windows]\nstatus = "0s"\n[colours]\n'
    '[breaker.sotrage]\nfailure_threshold = 0\n[retry]\njitter = 5\n[sources]\nlogs = "kmsg"\n',
}


TREES: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "empty": {},
    "recorded": {"demo": {}},
    "live": {"demo": {"log": INCIDENT}},
    "hung": {"demo": {}},
    "several": VOLUMES,
}
"""Roots of attribute trees, by volume and by what is unlike the recorded one."""


def lay_out(room: Path, trees: Collection[str] = TREES, further_logs: Path | None = None) -> None:
    """Make everything below *room*, of the trees only *trees*, and copy *further_logs*, too."""
    for name in ("home", "runtime", "state", "mnt", "trees", "logs/broken", "written"):
        (room / name).mkdir(parents=True)
    _copy_logs(room / "logs", further_logs)
    _make_broken_logs(room / "logs/broken")
    for tree in trees:
        _make_tree(room, tree)
    for name, text in _CONFIGURATIONS.items():
        (room / f"{name}.toml").write_text(text)
    shutil.copy(DATA / "recording/ledger.jsonl", room / "home/ledger.jsonl")


def captures(room: Path) -> list[str]:
    """Return the names of all captures in *room*, from there; those made to be broken too."""
    return sorted(str(path.relative_to(room)) for path in _logs_below(room / "logs"))


def _logs_below(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file() and path.suffix not in _NO_LOGS]


def _copy_logs(logs: Path, further: Path | None) -> None:
    for path in _logs_below(DATA):
        if _RECORDED.parent not in path.parents and path.suffix != ".jsonl":
            _copy(path, logs / path.relative_to(DATA))
    known = {path.read_bytes() for path in _logs_below(logs)}
    for path in sorted(_logs_below(further)) if further else ():
        if path.read_bytes() not in known:
            _copy(path, logs / "further" / path.relative_to(further or path))


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _make_broken_logs(broken: Path) -> None:
    incident = (DATA / "recording/log.kmsg").read_bytes()
    packed = gzip.compress(incident, mtime=0)
    for name, content in {
        "empty.kmsg": b"",
        "garbage.bin": bytes(range(256)) * 64,
        "zeros.bin": bytes(8192),
        "prose.txt": b"Nothing here is a record.\nNor here.\n",
        "torn.kmsg": incident[: len(incident) // 2],
        "hostile.kmsg": incident.replace(b"failed", b"\x1b[31m\xff\\x1b[2J"),
        "whole.gz": packed,
        "whole.xz": lzma.compress(incident),
        "whole.bz2": bzip2(incident),
        "torn.gz": packed[: len(packed) // 2],
    }.items():
        (broken / name).write_bytes(content)


def _make_tree(room: Path, tree: str) -> None:
    root = room / "trees" / tree
    root.mkdir()
    for volume, values in TREES[tree].items():
        _make_volume(room, root / volume, values)
    if tree == "several":
        (root / "bare").mkdir()
    if tree == "hung":
        # Whoever opens it waits for a writer.
        (root / "demo/state").unlink()
        os.mkfifo(root / "demo/state")


def _make_volume(room: Path, volume: Path, values: Mapping[str, str]) -> None:
    shutil.copytree(_RECORDED, volume, copy_function=shutil.copyfile)
    for path, value in {**_NOWHERE, **values}.items():
        (volume / path).write_text(f"{room / value if value == INCIDENT else value}\n")
    for breaker in volume.glob("operations/*/breaker"):
        (breaker / "control").touch()
