import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.model.errnos import (
    ErrnoClass,
    application_errno,
    classify_errno,
    errno_name,
    errno_number,
)

SPECIFICATION = {
    ErrnoClass.ANSWER: (
        "ENOENT EEXIST ENOTDIR EISDIR ENOTEMPTY EACCES EPERM EINVAL ENAMETOOLONG ELOOP EMLINK "
        "EXDEV EOPNOTSUPP ERANGE EFBIG ESPIPE EINTR EDQUOT"
    ),
    ErrnoClass.RESOURCE: "ENOSPC ENOMEM EMFILE ENFILE",
    ErrnoClass.BUSY: "EBUSY EAGAIN EDEADLK ETXTBSY",
    ErrnoClass.DEVICE: "EIO EREMOTEIO ENOLINK EILSEQ ENODEV ENXIO ETIMEDOUT ENODATA",
    ErrnoClass.CORRUPTION: "EUCLEAN EBADMSG",
    ErrnoClass.OTHER: "EBADE ESTALE EOVERFLOW EROFS",
}
"""Every errno the classes are written down for, for a call without exceptions of its own."""

SPECIFIED = {name: kind for kind, row in SPECIFICATION.items() for name in row.split()}


def test_every_errno_is_of_the_class_the_specification_gives() -> None:
    """The table above name by name."""
    classes = {name: classify_errno(errno_number(name), "read") for name in SPECIFIED}

    assert classes == SPECIFIED


def test_what_the_specification_does_not_name_is_other() -> None:
    """Anything else is a failure of class other, whatever number it is."""
    unnamed = [number for number in errno.errorcode if errno_name(number) not in SPECIFIED]
    numbers = [*unnamed, 0, -5, 512, 524, 10**9]

    assert len(unnamed) > 80
    assert [n for n in numbers if classify_errno(n, "read") is not ErrnoClass.OTHER] == []


@pytest.mark.parametrize("call", ["getxattr", "setxattr", "listxattr", "removexattr"])
def test_a_missing_or_oversized_attribute_is_an_answer(call: str) -> None:
    """ENODATA and ENOSPC of extended attributes say nothing about the device."""
    assert classify_errno(errno.ENODATA, call) is ErrnoClass.ANSWER
    assert classify_errno(errno.ENOSPC, call) is ErrnoClass.ANSWER


def test_seeking_past_the_data_is_an_answer() -> None:
    """ENXIO of lseek means that there is no more data; anywhere else the device is gone."""
    assert classify_errno(errno.ENXIO, "lseek") is ErrnoClass.ANSWER
    assert classify_errno(errno.ENXIO, "open") is ErrnoClass.DEVICE


def test_a_filesystem_without_flags_is_an_answer() -> None:
    """ENOTTY of ioctl means that the filesystem has no such thing."""
    assert classify_errno(errno.ENOTTY, "ioctl") is ErrnoClass.ANSWER
    assert classify_errno(errno.ENOTTY, "read") is ErrnoClass.OTHER


def test_read_only_on_purpose_is_an_answer() -> None:
    """EROFS is an answer where the volume is read-only on purpose, else a filesystem that shut."""
    assert classify_errno(errno.EROFS, "write", read_only=True) is ErrnoClass.ANSWER
    assert classify_errno(errno.EROFS, "write") is ErrnoClass.OTHER


@pytest.mark.parametrize(
    ("kind", "counts", "retryable", "trips"),
    [
        (ErrnoClass.ANSWER, False, False, False),
        (ErrnoClass.RESOURCE, True, False, False),
        (ErrnoClass.BUSY, True, True, True),
        (ErrnoClass.DEVICE, True, True, True),
        (ErrnoClass.CORRUPTION, True, False, True),
        (ErrnoClass.OTHER, True, False, True),
    ],
)
def test_what_a_class_does(kind: ErrnoClass, counts: bool, retryable: bool, trips: bool) -> None:
    """Counting, retrying and tripping, as the columns of the specification have it."""
    assert (kind.counts_as_failure, kind.retryable) == (counts, retryable)
    first = errno_number(SPECIFICATION[kind].split()[0])
    assert kind.trips_breaker(first) == trips


def test_only_lack_of_memory_trips_a_breaker_among_resources() -> None:
    """Refusing service frees no disk space and no descriptor of another process."""
    row = SPECIFICATION[ErrnoClass.RESOURCE].split()
    trips = [name for name in row if ErrnoClass.RESOURCE.trips_breaker(errno_number(name))]

    assert trips == ["ENOMEM"]


@given(number=st.integers())
def test_the_application_always_gets_an_errno(number: int) -> None:
    """Whatever happened inside, the reply is one that the kernel passes on."""
    assert 0 < application_errno(number) < 512


@pytest.mark.parametrize(
    ("cause", "answer"),
    [
        ("EIO", "EIO"),
        ("ENOSPC", "ENOSPC"),
        ("EUCLEAN", "EUCLEAN"),
        ("EBADMSG", "EUCLEAN"),
        ("EREMOTEIO", "EREMOTEIO"),
        ("524", "EIO"),
        ("1000", "EIO"),
    ],
)
def test_the_application_gets_the_cause(cause: str, answer: str) -> None:
    """The errno below, one errno for damage, and EIO for the kernel's internal numbers."""
    assert errno_name(application_errno(errno_number(cause))) == answer


@given(number=st.integers(1, 9999), minus=st.booleans())
def test_an_errno_is_read_as_it_is_written(number: int, minus: bool) -> None:
    """Names and bare numbers read back to their number, with the kernel's minus or without."""
    for text in (errno_name(number), str(number)):
        assert errno_number("-" * minus + text) == number


@pytest.mark.parametrize(
    ("number", "name"), [(35, "EDEADLK"), (95, "EOPNOTSUPP"), (11, "EAGAIN"), (117, "EUCLEAN")]
)
def test_a_number_with_two_names_has_the_one_the_kernel_uses(number: int, name: str) -> None:
    """What is shown is what strace shows; the other names are understood."""
    assert errno_name(number) == name
    aliases = {"EDEADLOCK": 35, "ENOTSUP": 95, "EWOULDBLOCK": 11, "EFSCORRUPTED": 117}
    assert {alias: errno_number(alias) for alias in aliases} == aliases


@pytest.mark.parametrize(
    "text", ["", "-", "0", "-0", "--5", "E", "EFOO", "5.0", "\u0665", "99999", "9" * 5000]
)
def test_what_is_no_errno_is_refused(text: str) -> None:
    """Zero, unknown names, other digits and endless numbers raise ValueError."""
    with pytest.raises(ValueError, match="not an errno"):
        errno_number(text)
