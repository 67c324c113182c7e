"""Lines of older builds: calls of the kernel module into its Rust part, and the Rust engine's own.

The wording is that of the forms that read them, with marks in place of their examples.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count
from random import Random

from bench.generated_logs.messages import Message
from vexfsctl.logs.upstream import ffi_calls, ffi_module, rust_engine

_INFO, _WARNING = 6, 4
_FIELD = re.compile(r"\{(?P<name>\w+)(?P<mark>[:=])(?P<example>[^{}]*)\}")
_MARKS = {
    "number": "%(number)d",
    "call": "%(call)s",
    "w": "%(call)s",
    "code": "%(code)d",
    "rate": "%(rate)d",
    "id": "CORR-%(id)016X",
    "alias": "CORR-%(alias)016X",
}
_AT_ONCE = 1_000
"""Calls to draw at once, which takes a third of the time."""
_TEMPLATES = {
    form.name: form.template for form in (*ffi_calls.FORMS, *ffi_module.FORMS, *rust_engine.FORMS)
}

_CALLS = {
    "read_file": 30,
    "write_file": 20,
    "lookup_inode": 20,
    "write_inode": 10,
    "fsync_file": 8,
    "init_inode": 4,
    "sync_fs": 4,
    "statfs": 4,
}
"""Call sites, and how often each is called."""


def older_messages(rng: Random) -> Iterator[Message]:
    """Yield the lines of one load of a module from its beginning on, without end."""
    yield from _loading()
    sites, weights = tuple(_CALLS), tuple(_CALLS.values())
    outcomes, chances = tuple(_OUTCOMES), tuple(_OUTCOMES.values())
    numbers: Counter[str] = Counter()
    ids = count(1)
    while True:
        drawn = rng.choices(sites, weights, k=_AT_ONCE), rng.choices(outcomes, chances, k=_AT_ONCE)
        for call, outcome in zip(*drawn, strict=True):
            values = {"call": call, **_figures(rng, call)}
            if outcome is _ENGINE_FAILED:
                values |= {"id": next(ids), "alias": next(ids), "fallback": next(ids)}
            else:
                numbers[call] += 1
                values["number"] = numbers[call]
            for priority, text in outcome:
                yield Message(priority, text % values)


def _loading() -> Iterator[Message]:
    load = _line("ffi_loading", _INFO)
    yield Message(load.priority, load.text % {"call": "1.0.0"})
    for before, after in ((0, 1), (1, 2)):
        yield Message(_INFO, f"VexFS: State transition {before} -> {after}")


def _figures(rng: Random, call: str) -> Mapping[str, int]:
    missing = call == "lookup_inode" and rng.random() < 0.9
    return {"code": -2 if missing else -5, "rate": 100 if missing else int(rng.random() * 100) + 1}


def _line(form: str, level: int) -> Message:
    """Return the line of that form with marks: kernel messages, so the level is the priority."""
    return Message(level, _FIELD.sub(_mark, _TEMPLATES[form].replace("%", "%%")))


def _mark(field: re.Match[str]) -> str:
    fixed = field["mark"] == "="
    return field["example"] if fixed else _MARKS.get(field["name"], field["example"])


def _fallback() -> Message:
    level, text = _line("engine_fallback", _INFO)
    # It has an id of its own, that nothing links to the failure.
    return Message(level, text.replace("%(id)", "%(fallback)"))


_STARTED = _line("ffi_call_started", _INFO)
_ENGINE_FAILED = (_line("engine_call_failed", _WARNING), _fallback())
_OUTCOMES = {
    (_STARTED, _line("ffi_call_succeeded", _INFO)): 70,
    (_STARTED, _line("ffi_call_failed", _WARNING)): 15,
    (_STARTED, _line("ffi_call_timed_out", _WARNING)): 2,
    (_line("ffi_call_blocked", _WARNING),): 3,
    (_STARTED,): 0.01,
    _ENGINE_FAILED: 10,
}
"""What is logged of a call, and how often: one in ten thousand never ends."""
