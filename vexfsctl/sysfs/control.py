"""The command language of `breaker/control`: `COMMAND [for <ms>] [if-generation <n>] [reason="…"]`.

One write is one command. Both ends are here: what `vexfsctl breaker` writes and what a provider
reads. Inside the quotes of a reason `\\"`, `\\\\` and `\\xNN` (one byte) stand for what the log,
which repeats the reason, would have to escape as well.
"""

import re

from vexfsctl.exceptions import ValueRefused
from vexfsctl.model.breaker import TIMED_ACTIONS, BreakerAction, BreakerCommand
from vexfsctl.sysfs.values import parse_number

COMMAND_FORM = 'COMMAND [for MS] [if-generation N] [reason="TEXT"]'
COMMAND_RULES = (
    "One write is one command. With if-generation it is refused with ESTALE unless the breaker is"
    " at that generation, so that two operators cannot undo each other's commands unnoticed. A time"
    " in milliseconds after for goes with trip, disable and observe: how long that is to last. The"
    " reason is written to the"
    " log; put a backslash before each quote and backslash in it. A command that changes nothing"
    " succeeds."
)
"""For vexfs-sysfs(5)."""
FOR_MS_MAX = (1 << 32) - 1
"""Longest time of a command: 49 days."""
GENERATION_MAX = (1 << 64) - 1
REASON_COST_MAX = 512
"""Keeps the record that repeats a reason within the 976 bytes the kernel log can hand back."""

# Compiled when first used: few readers of a tree write commands.
_COMMAND = (
    r"(?s)(?P<action>\S+)"
    r"(?: +for +(?P<for_ms>\S+))?"
    r"(?: +if-generation +(?P<generation>\S+))?"
    r'(?: +reason="(?P<reason>(?:[^"\\]|\\.)*)")? *'
)
_ESCAPE = rb'(?s)\\(?:(["\\])|x([0-9a-fA-F]{2})|.?)'
_TO_ESCAPE = r'["\\\x00-\x1f\x7f]'


class BreakerControl:
    """Type of the attribute: a command to a breaker, which cannot be read back."""

    name = "command"

    def parse(self, text: str) -> BreakerCommand:
        """Return the command; raise ValueRefused if *text* is not one."""
        return parse_breaker_command(text)

    def interpret(self, text: str) -> BreakerCommand:
        """Raise ValueError: nothing can be read from a write-only attribute."""
        raise ValueError("write-only")

    def format(self, value: BreakerCommand) -> str:
        """Return the command as one write."""
        return format_breaker_command(value)


class Reason:
    """Type of the attribute: why an operator did something, escaped as in a command."""

    name = "text"

    def parse(self, text: str) -> str:
        """Return the reason; raise ValueRefused if *text* is not escaped as one."""
        return _unescape(text)

    def interpret(self, text: str) -> str:
        """Return the reason; raise ValueError if *text* is not escaped as one."""
        try:
            return _unescape(text)
        except ValueRefused as cause:
            raise ValueError(str(cause)) from cause

    def format(self, value: str) -> str:
        """Return the reason on one line; a lone `-`, which would be none, as `\\x2d`."""
        return r"\x2d" if value == "-" else _escaped(value)


def format_breaker_command(command: BreakerCommand) -> str:
    """Return *command* as one write; raise ValueRefused for what no provider accepts."""
    _check(command)
    words: list[str] = [command.action]
    if command.for_ms is not None:
        words += ["for", str(command.for_ms)]
    if command.if_generation is not None:
        words += ["if-generation", str(command.if_generation)]
    if command.reason is not None:
        words.append(f'reason="{_escaped(command.reason)}"')
    return " ".join(words)


def parse_breaker_command(text: str) -> BreakerCommand:
    """Read one command; raise ValueRefused (EINVAL, or ERANGE for a number out of range)."""
    match = re.fullmatch(_COMMAND, text)
    if match is None or match["action"] not in set(BreakerAction):
        raise ValueRefused(
            f"not a breaker command: {text[:60]!a}",
            hint=f"one of {', '.join(BreakerAction)}; vexfs-sysfs(5) has the rest",
        )
    generation, reason = match["generation"], match["reason"]
    command = BreakerCommand(
        BreakerAction(match["action"]),
        None if match["for_ms"] is None else parse_number(match["for_ms"], 1, FOR_MS_MAX),
        None if generation is None else parse_number(generation, 0, GENERATION_MAX),
        None if reason is None else _unescape(reason),
    )
    _check(command)
    return command


def _check(command: BreakerCommand) -> None:
    if command.for_ms is not None:
        if command.action not in TIMED_ACTIONS:
            timed = ", ".join(TIMED_ACTIONS)
            raise ValueRefused(f"`for` goes with {timed}, not with {command.action}")
        parse_number(str(command.for_ms), 1, FOR_MS_MAX)
    if command.reason is not None and _cost(command.reason) > REASON_COST_MAX:
        raise ValueRefused("the reason is too long for one log record", hint="shorten it")


def _cost(reason: str) -> int:
    """Bytes of *reason* in a record: the kernel log returns `\\` and non-ASCII as four."""
    plain = sum(character.isascii() and character.isprintable() for character in reason)
    special = sum(character in '"\\' for character in reason)
    others = len(reason.encode("utf-8", "surrogateescape")) - plain
    return plain + 7 * (special + others)


def _escaped(reason: str) -> str:
    return re.sub(_TO_ESCAPE, _escape, reason)


def _escape(match: re.Match[str]) -> str:
    return f"\\{match[0]}" if match[0] in '"\\' else f"\\x{ord(match[0]):02x}"


def _unescape(text: str) -> str:
    raw = re.sub(_ESCAPE, _unescape_one, text.encode("utf-8", "surrogateescape"))
    return raw.decode("utf-8", "surrogateescape")


def _unescape_one(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return match[1]
    if match[2]:
        return bytes.fromhex(match[2].decode())
    raise ValueRefused(f"not an escape in a reason: {match[0].decode(errors='backslashreplace')}")
