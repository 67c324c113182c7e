"""Format strings of error-level messages in C source, and what such a message may look like."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_COMMENT = re.compile(r'("(?:\\.|[^"\\\n])*")|/\*.*?\*/|//[^\n]*', re.DOTALL)
_STRING = re.compile(r'"((?:\\.|[^"\\\n])*)"')
_LITERAL = re.compile(
    r"(?:(?:KERN_[A-Z]+|FW_BUG|FW_WARN|FW_INFO|HW_ERR|PRI\w+|PTR_FMT|CSUM_FMT|KBUILD_MODNAME"
    r'|DM_MSG_PREFIX|[A-Z][A-Z_]*_PFX|PREFIX|MPT3SAS_FMT|"(?:\\.|[^"\\\n])*")\s*)+'
)
_CONVERSION = re.compile(
    r"%(?P<flags>[-+ #0]*)(?P<width>\d+|\*)?(?:\.(?:\d+|\*))?(?P<size>hh|ll|[hlLqjzt])?"
    r"(?P<kind>p[a-zA-Z]{0,4}\d?|[diuxXoscn%])"
)
_ERROR_LEVELS = ("KERN_EMERG", "KERN_ALERT", "KERN_CRIT", "KERN_ERR", "ML_ERROR", "VFS")
_OTHER_LEVEL = re.compile(r"\bKERN_(?:WARNING|NOTICE|INFO|DEBUG|CONT|DEFAULT)\b")
_PR_FMT = re.compile(r"^#define\s+pr_fmt\(\w+\)\s+((?:.*\\\n)*.*)$", re.MULTILINE)
_MACROS = {
    "HW_ERR": "[Hardware Error]: ",
    "FW_BUG": "[Firmware Bug]: ",
    "PTR_FMT": "%p",
    "MPT3SAS_FMT": "%s: ",
}
_EXAMPLES = {
    "d": "5", "i": "5", "u": "5", "x": "1f", "X": "1F", "o": "7", "c": "c", "n": "",
    "%": "%", "pV": "text", "pg": "sda1", "pd": "file", "pD": "file", "pe": "-EIO",
    "pU": "c064e0cf-5707-4f7f-8a60-ee622aeba8f4", "pS": "function+0x1f/0x2f", "ps": "function",
    "pI": "10.0.0.1",
}  # fmt: skip


@dataclass(frozen=True)
class Macro:
    """What a macro that prints puts before its format, and whether its arguments name the level."""

    prefix: str = ""
    """`{pr_fmt}` stands for that of the file."""
    levelled: bool = False
    """Only calls with an error level among their arguments count."""


@dataclass(frozen=True)
class Format:
    """One message at level error or worse."""

    text: str
    """As it may look: with the prefix, and examples in place of conversions."""


def find_formats(
    source: str, macros: Mapping[str, Macro], module: str, *, usual: str = "", name: str = "name"
) -> Iterator[Format]:
    """Yield the messages that *source* prints by *macros*, as *module*; one for each call.

    *usual* is put before them by a header, unless the source has its own; *name* is what strings
    say that it prints.
    """
    code = _COMMENT.sub(lambda found: found[1] or " ", source)
    prefix = _pr_fmt(code, module) or usual
    # The definitions of macros are no messages.
    code = re.sub(r"^\s*#\s*define\b(?:.*\\\n)*.*$", "", code, flags=re.MULTILINE)
    for call in re.finditer(rf"\b({'|'.join(map(re.escape, macros))})\s*\(", code):
        macro, arguments = macros[call[1]], _arguments(code, call.end())
        literals = (each for each in _LITERAL.finditer(arguments) if '"' in each[0])
        literal = next(literals, None)
        if literal is None:
            continue
        before = arguments[: literal.end()]
        named = any(level in before for level in _ERROR_LEVELS)
        if _OTHER_LEVEL.search(before) or (macro.levelled and not named):
            continue
        text = macro.prefix.replace("{pr_fmt}", prefix) + _joined(literal[0], module)
        if text.strip():
            yield Format(example_of(text, name))


def example_of(text: str, name: str = "name") -> str:
    """Return a message as the format *text* may print it, with *name* for its strings."""
    return _CONVERSION.sub(lambda found: _example(found, name), text).strip("\n")


def _example(found: re.Match[str], name: str) -> str:
    kind = found["kind"]
    if kind == "s":
        return name
    if kind in ("d", "i") and re.search(r"(?i)(?:err|error|errno|ret|rc)[ =:(]{0,2}$",
                                        found.string[: found.start()]):  # fmt: skip
        return "-5"
    known = _EXAMPLES.get(kind) or _EXAMPLES.get(kind[:2])
    if known is None:
        return "00000000c0ffee00"
    return f"0x{known}" if "#" in found["flags"] and kind in "xX" else known


def _pr_fmt(code: str, module: str) -> str:
    found = _PR_FMT.search(code)
    return "" if found is None else example_of(_joined(found[1], module))


def _joined(literal: str, module: str) -> str:
    parts = []
    for word in re.finditer(r'"((?:\\.|[^"\\\n])*)"|\b[A-Z_0-9]+\b', literal):
        if word[1] is not None:
            parts.append(word[1])
        elif word[0] == "KBUILD_MODNAME":
            parts.append(module)
        else:
            parts.append(_MACROS.get(word[0], ""))
    joined = "".join(parts)
    return (
        joined.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"').replace("\\\\", "\\")
    )


def _arguments(code: str, start: int) -> str:
    """Return what stands between the bracket before *start* and its twin."""
    depth, at = 1, start
    while at < len(code) and depth and at - start < 4_000:
        if code[at] == '"':
            string = _STRING.match(code, at)
            at = string.end() if string else at + 1
            continue
        depth += {"(": 1, ")": -1}.get(code[at], 0)
        at += 1
    return code[start : at - 1]
