"""What words and log entries mean: everything there is, under every name it goes by."""

import errno
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.catalogue.lookup import ERRORS
from vexfsctl.driver.requests import CALLS as GUARDED_CALLS
from vexfsctl.explanation import terms
from vexfsctl.explanation.calls import CALLS
from vexfsctl.explanation.form import Subject
from vexfsctl.explanation.glossary import whole_glossary
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.errnos import ErrnoClass, errno_name
from vexfsctl.model.hints import HintKind
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import AccessMode, DegradationLevel, ModuleState, Presence

GLOSSARY = whole_glossary()
LOWER_CASE_NAMES = ("recover replay",)
"""Names that a sentence may begin with."""


def meanings(word: str) -> list[tuple[str, str]]:
    """Subject and name of each meaning of *word*, in order."""
    return [(str(each.subject), each.name) for each in GLOSSARY.explain(word)]


# --- everything there is


def test_everything_is_found_under_each_of_its_names() -> None:
    """As written, in capitals, and in small letters."""
    lost = []
    for heading in GLOSSARY.headings:
        own = heading.explain()
        spellings = [word for name in heading.names for word in (name, name.upper(), name.lower())]
        lost += [word for word in spellings if (own.subject, own.name) not in meanings(word)]

    assert lost == []


def test_everything_is_explained_in_sentences() -> None:
    """Each text that is there is a whole sentence, and what it refers to can be looked up."""
    broken, missing = [], []
    for heading in GLOSSARY.headings:
        own = heading.explain()
        told = (own.impact, own.what_the_system_does, own.what_you_do, own.done_when)
        for text in (own.meaning, *(text for text in told if text is not None)):
            begun = text[0] in "`'" or text[0].isupper() or text.startswith(LOWER_CASE_NAMES)
            if not ((begun or own.subject is Subject.ERRNO) and text.endswith(".")):
                broken.append((own.name, text))
        missing += [(own.name, word) for word in own.see_also if not GLOSSARY.explain(word)]

    assert broken == []
    assert missing == []


def test_an_errno_is_known_in_every_form() -> None:
    """Name and number, in either sign, and the system's own words."""
    unknown = []
    for number in errno.errorcode:
        name, words = errno_name(number), os.strerror(number)
        forms = (name, f"-{name}", name.lower(), str(number), f"-{number}", words)
        unknown += [form for form in forms if meanings(form)[0] != ("errno", name)]

    assert unknown == []


def test_every_errno_that_python_names_is_known() -> None:
    """Those with a second name too."""
    names = [name for name in dir(errno) if name.startswith("E")]

    assert [name for name in names if ("errno", _known_as(name)) not in meanings(name)] == []
    assert {"EDEADLOCK", "ENOTSUP", "EWOULDBLOCK"} < set(names)
    assert meanings("EDEADLOCK") == [("errno", "EDEADLK")]


def _known_as(name: str) -> str:
    return errno_name(getattr(errno, name))


@pytest.mark.parametrize(
    ("flags", "hints"),
    [
        ("0x0", ()),
        ("0x1", ("retry",)),
        ("0x2", ("use_fallback",)),
        ("0x4", ("invalidate_cache",)),
        ("0x8", ("reduce_scope",)),
        ("0x10", ("read_only",)),
        ("0x20", ("restart",)),
        ("0x40", ("manual",)),
        ("0x7", ("retry", "use_fallback", "invalidate_cache")),
        ("0x50", ("read_only", "manual")),
    ],
)
def test_a_flag_word_is_its_hints(flags: str, hints: tuple[str, ...]) -> None:
    """Bit by bit as vexfs_ffi.h has them, and several in their order."""
    (only,) = GLOSSARY.explain(flags)

    assert only.subject is Subject.HINT_FLAGS
    assert only.facts["hints"] == hints


def test_bits_without_a_meaning_are_told() -> None:
    """A word with more than the seven bits is no failure, and makes no plan."""
    (only,) = GLOSSARY.explain("0x81")

    assert only.meaning.endswith("retry. The bits 0x80 have no meaning.")
    assert only.facts["unknown_bits"] == 0x80
    assert only.what_you_do is None


def test_every_value_of_every_kind_has_its_prose() -> None:
    """A state, level, hint or class that is added fails here until it is explained."""
    assert list(terms.BREAKER_STATES) == list(BreakerState)
    assert list(terms.MODULE_STATES) == list(ModuleState)
    assert list(terms.DEGRADATION_LEVELS) == list(DegradationLevel)
    assert list(terms.PRESENCES) == list(Presence)
    assert list(terms.ACCESS_MODES) == list(AccessMode)
    assert list(terms.SEVERITIES) == list(Severity)
    assert list(terms.HINTS) == list(HintKind)
    assert list(terms.OPERATIONS) == list(OperationType)
    assert list(terms.ERRNO_CLASSES) == list(ErrnoClass)


def test_the_calls_are_those_of_the_driver() -> None:
    """Each call under the operation type that it is guarded as."""
    guarded = {(call.operation, call.name) for call in GUARDED_CALLS}

    assert {(op, name) for op, names in CALLS.items() for name in names} == guarded


# --- words


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (
            "5",
            [("errno", "EIO"), ("degradation", "emergency (5)"), ("exit_status", "exit status 5")],
        ),
        ("-5", [("errno", "EIO"), ("code", "VEXFS_ERROR_IO")]),
        ("-1000", [("code", "VEXFS_ERROR_CIRCUIT_BREAKER")]),
        ("1003", [("code", "VEXFS_ERROR_CORRUPTION")]),
        ("VEXFS_ERROR_CORRUPTION", [("code", "VEXFS_ERROR_CORRUPTION")]),
        ("CIRCUIT_BREAKER", [("code", "VEXFS_ERROR_CIRCUIT_BREAKER"), ("term", "breaker")]),
        ("-524", [("errno", "ENOTSUPP")]),
        ("ReadError", [("error", "IoError.ReadError")]),
        ("ioerror.readerror", [("error", "IoError.ReadError")]),
        (
            "IoError",
            [("error_family", "IoError"), ("error", "VectorError.IoError"), ("error", "IOError")],
        ),
        (
            "IOError",
            [("error", "IOError"), ("error", "VectorError.IoError"), ("error_family", "IoError")],
        ),
        ("NoSpace", [("error", "NoSpace"), ("error", "VectorError.NoSpace")]),
        ("ReadOnlyMode", [("degradation", "read_only"), ("hint", "read_only")]),
        ("read-only", [("degradation", "read_only"), ("hint", "read_only")]),
        ("RetryAfterDelay", [("hint", "retry")]),
        ("VEXFS_RECOVERY_CACHE_INVALIDATE", [("hint", "invalidate_cache")]),
        ("retry:500", [("hint", "retry:500")]),
        ("retry:500,use_fallback", [("hint", "retry:500"), ("hint", "use_fallback")]),
        ("HalfOpen", [("breaker_state", "half_open")]),
        ("stale", [("presence", "stale")]),
        ("Resource busy", [("error", "ResourceBusy"), ("error", "Busy")]),
        ("I/O error: read operation failed", [("error", "IoError.ReadError")]),
        ("read_block: Not found", [("error", "NotFound")]),
        ("  EIO\n", [("errno", "EIO")]),
        ("", []),
        ("retry:soon", []),
        ("0xzz", []),
        ("134", []),
    ],
)
def test_what_a_word_means(word: str, expected: list[tuple[str, str]]) -> None:
    """All meanings, that with exactly this name first."""
    assert meanings(word) == expected


def test_an_error_has_all_that_the_catalogue_says() -> None:
    """Numbers are numbers, and what upstream says stands apart from what is right."""
    (read_error,) = GLOSSARY.explain("IoError.ReadError")

    assert read_error.facts == {
        "message": "I/O error: read operation failed",
        "errno": 5,
        "severity": Severity.HIGH,
        "retryable": True,
        "hints": ("retry:500", "invalidate_cache", "use_fallback"),
        "hint_flags": 0x07,
        "code": -5,
        "code_names": ("VEXFS_ERROR_IO",),
        "upstream": {
            "severity": Severity.HIGH,
            "retryable": False,
            "corruption": False,
            "hints": ("retry:500", "invalidate_cache", "use_fallback"),
            "errno_at_start": 5,
            "errno_in_calls": 5,
            "errno_unused": 5,
        },
    }
    assert read_error.done_when is not None and "IoError.ReadError" in read_error.done_when


def test_minus_one_says_that_it_says_nothing() -> None:
    """The code of nearly everything sends its reader on."""
    generic = next(each for each in GLOSSARY.explain("-1") if each.subject is Subject.CODE)

    assert generic.meaning.startswith("Almost nothing:")
    assert generic.facts["code_names"] == ("VEXFS_ERROR_GENERIC", "VEXFS_ERROR_PERMISSION")


@pytest.mark.parametrize(
    ("word", "ending"),
    [
        ("ENODATA", "As an answer to getxattr it is not a failure."),
        ("ENOSPC", "As an answer to getxattr it is not a failure."),
        ("ENXIO", "As an answer to lseek it is not a failure."),
        ("ENOTTY", "As an answer to ioctl it is not a failure."),
        ("EROFS", "While access_mode or degradation says read-only it is an answer."),
    ],
)
def test_an_errno_that_depends_on_its_call_says_so(word: str, ending: str) -> None:
    """The exceptions of the errno classes are told with the rule."""
    does = GLOSSARY.explain(word)[0].what_the_system_does

    assert does is not None and does.endswith(ending)


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("EIOO", "EIO"),
        ("IoError.ReadErr", "IoError.ReadError"),
        ("half_opne", "half_open"),
        ("unresponsiv", "unresponsive"),
        ("RetryAfterDely", "RetryAfterDelay"),
    ],
)
def test_a_misspelt_word_suggests_the_near_one(word: str, first: str) -> None:
    """The nearest name comes first, in the spelling that was near."""
    assert GLOSSARY.explain(word) == ()
    assert GLOSSARY.suggest(word)[0] == first


def test_a_name_with_one_letter_missing_suggests_the_error() -> None:
    """Whatever the error, unless what is left is a name of its own."""
    misspelt = {error.name: error.name[:-2] + error.name[-1] for error in ERRORS}

    assert [
        (name, word)
        for name, word in misspelt.items()
        if not GLOSSARY.explain(word) and name not in GLOSSARY.suggest(word)
    ] == []


@given(word=st.text(max_size=200))
def test_any_text_is_answered(word: str) -> None:
    """No text raises, and whatever is found is an explanation."""
    assert all(each.meaning for each in GLOSSARY.explain(word))
    assert all(GLOSSARY.explain(near) for near in GLOSSARY.suggest(word))


@pytest.mark.parametrize(
    "word",
    ["E" * (1 << 20), "retry:" + "9" * (1 << 20), "0x" + "f" * (1 << 20), "a_" * (1 << 19), "\0"],
    ids=["letters", "delay", "flags", "separators", "zero"],
)
def test_a_hostile_word_means_nothing(word: str) -> None:
    """A megabyte is looked at no further than its length."""
    assert GLOSSARY.explain(word) == ()
    assert GLOSSARY.suggest(word) == ()
