"""Tones as terminal colours. A colour only repeats what a word says already."""

from collections.abc import Mapping

from vexfsctl.render.result import Tone

_CODES = {
    Tone.GOOD: "32",
    Tone.NOTICE: "33",
    Tone.BAD: "1;31",
    Tone.DIM: "2",
    Tone.STRONG: "1",
}

_WORDS: Mapping[str, Tone] = {
    "closed": Tone.GOOD,
    "open": Tone.BAD,
    "half_open": Tone.NOTICE,
    "forced_open": Tone.BAD,
    "disabled": Tone.NOTICE,
    "metrics_only": Tone.NOTICE,
    "initialized": Tone.GOOD,
    "initializing": Tone.NOTICE,
    "uninitialized": Tone.NOTICE,
    "shutting_down": Tone.NOTICE,
    "error": Tone.BAD,
    "normal": Tone.GOOD,
    "light": Tone.NOTICE,
    "moderate": Tone.NOTICE,
    "heavy": Tone.NOTICE,
    "read_only": Tone.BAD,
    "emergency": Tone.BAD,
    "busy": Tone.NOTICE,
    "stale": Tone.BAD,
    "unresponsive": Tone.BAD,
    "unreadable": Tone.NOTICE,
    "vanished": Tone.NOTICE,
    "critical": Tone.BAD,
    "high": Tone.BAD,
    "medium": Tone.NOTICE,
    "low": Tone.DIM,
    "ro": Tone.NOTICE,
}


def tone_of_word(word: str) -> Tone | None:
    """The tone of a state, level or severity word; None for a word without one (`rw`)."""
    return _WORDS.get(word)


def paint(text: str, tone: Tone | None, colour: bool) -> str:
    """Wrap *text*, escaped already, in the codes of *tone*; unchanged when *colour* is off."""
    if not colour or tone is None or not text:
        return text
    return f"\x1b[{_CODES[tone]}m{text}\x1b[0m"
