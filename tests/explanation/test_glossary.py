"""What words and log entries mean: everything there is, under every name it goes by."""

import errno
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.catalogue.lookup import ERRORS, ErrorEntry
from vexfsctl.driver.requests import CALLS
from vexfsctl.explanation import terms
from vexfsctl.explanation.form import Heading, Subject
from vexfsctl.explanation.glossary import Glossary, model_headings
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.errnos import ErrnoClass, errno_name
from vexfsctl.model.hints import HintKind
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import AccessMode, DegradationLevel, ModuleState, Presence

GLOSSARY = Glossary(tuple(model_headings()))
ALL_HINTS = 0x7F


def meanings(word: str) -> list[tuple[str, str]]:
    """Subject and name of each meaning of *word*, in order."""
    return [(str(each.subject), each.name) for each in GLOSSARY.explain(word)]


# --- everything there is


@pytest.mark.parametrize("heading", GLOSSARY.headings, ids=lambda heading: heading.names[0])
def test_everything_is_found_under_each_of_its_names(heading: Heading) -> None:
    """As written, in capitals, and in small letters."""
    own = heading.explain()

    for name in heading.names:
        for spelling in (name, name.upper(), name.lower()):
            assert (own.subject, own.name) in meanings(spelling), spelling


@pytest.mark.parametrize("heading", GLOSSARY.headings, ids=lambda heading: heading.names[0])
def test_everything_is_explained_in_sentences(heading: Heading) -> None:
    """Each text that is there is a whole sentence, and what it refers to can be looked up."""
    own = heading.explain()

    told = (own.impact, own.what_the_system_does, own.what_you_do, own.done_when)
    for text in (own.meaning, *(text for text in told if text is not None)):
        assert text[0] in "`'" or text[0].isupper() or own.subject is Subject.ERRNO, text
        assert text.endswith("."), text
    for word in own.see_also:
        assert GLOSSARY.explain(word), word


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_an_errno_is_known_in_every_form(number: int) -> None:
    """Name and number, in either sign, and the system's own words."""
    name = errno_name(number)

    for form in (name, f"-{name}", name.lower(), str(number), f"-{number}", os.strerror(number)):
        assert meanings(form)[0] == ("errno", name)


@pytest.mark.parametrize("name", sorted(errno.errorcode.values()))
def test_every_errno_that_python_names_is_known(name: str) -> None:
    """Those with a second name (EDEADLOCK, ENOTSUP) too."""
    assert ("errno", errno_name(getattr(errno, name))) in meanings(name)


@pytest.mark.parametrize("flags", range(ALL_HINTS + 1), ids=hex)
def test_a_flag_word_is_its_hints(flags: int) -> None:
    """Every combination of the seven bits."""
    (only,) = GLOSSARY.explain(hex(flags))

    assert only.subject is Subject.HINT_FLAGS
    assert only.facts["hints"] == tuple(str(kind) for kind in HintKind if flags & kind.flag)


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
    guarded = {(call.operation, call.name) for call in CALLS}

    assert {(op, name) for op, names in terms.CALLS.items() for name in names} == guarded


# --- words


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("5", [("errno", "EIO"), ("degradation", "emergency (5)")]),
        ("-5", [("errno", "EIO"), ("code", "VEXFS_ERROR_IO")]),
        ("-1000", [("code", "VEXFS_ERROR_CIRCUIT_BREAKER")]),
        ("1003", [("code", "VEXFS_ERROR_CORRUPTION")]),
        ("VEXFS_ERROR_CORRUPTION", [("code", "VEXFS_ERROR_CORRUPTION")]),
        ("CIRCUIT_BREAKER", [("code", "VEXFS_ERROR_CIRCUIT_BREAKER")]),
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
        ("ENODATA", "As the answer of getxattr it is no failure."),
        ("ENOSPC", "As the answer of getxattr it is no failure."),
        ("ENXIO", "As the answer of lseek it is no failure."),
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


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.name)
def test_a_name_with_one_letter_missing_suggests_the_error(error: ErrorEntry) -> None:
    """Whatever the error, unless what is left is a name of its own."""
    misspelt = error.name[:-2] + error.name[-1]

    assert GLOSSARY.explain(misspelt) or error.name in GLOSSARY.suggest(misspelt)


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
