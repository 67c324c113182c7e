"""The INIT handshake: what is offered, wanted, and agreed on."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.driver.fuse.protocol import (
    MECHANICS,
    InitFlag,
    Negotiated,
    UnsupportedProtocol,
    negotiate,
)

EVERYTHING = (1 << 64) - 1


def init_in(minor: int = 45, offered: int = EVERYTHING, major: int = 7) -> bytes:
    """A fuse_init_in of Linux 6.18."""
    return struct.pack("=IIIII44x", major, minor, 131072, offered & 0xFFFFFFFF, offered >> 32)


def test_agreement_is_told_in_the_kernels_layout() -> None:
    """The whole fuse_init_out: flags in two halves, pages of max_write, threshold at 3/4."""
    agreed, answer = negotiate(
        init_in(),
        want=InitFlag.ASYNC_READ | InitFlag.DIRECT_IO_ALLOW_MMAP,
        max_write=1 << 20,
        max_background=1024,
    )

    flags = MECHANICS | InitFlag.ASYNC_READ | InitFlag.DIRECT_IO_ALLOW_MMAP
    assert agreed == Negotiated(minor=45, flags=flags, max_write=1 << 20, max_background=1024)
    assert answer == struct.pack(
        "=IIIIHHIIHHI28x",
        *(7, 45, 131072),
        (1 << 0) | (1 << 5) | (1 << 22) | (1 << 30),
        *(1024, 768, 1 << 20, 1, 256, 0),
        1 << (36 - 32),
    )
    assert len(answer) == 64


@given(st.integers(0, EVERYTHING), st.integers(0, EVERYTHING), st.integers(31, 99))
def test_nothing_is_agreed_that_was_not_offered_and_wanted(
    offered: int, wanted: int, minor: int
) -> None:
    """Flags are the intersection; without INIT_EXT the upper half is never claimed."""
    agreed, answer = negotiate(
        init_in(minor, offered), want=InitFlag(wanted), max_write=4096, max_background=1
    )

    reachable = offered if offered & InitFlag.INIT_EXT else offered & 0xFFFFFFFF
    assert agreed.flags == reachable & (wanted | MECHANICS)
    assert agreed.minor == min(minor, 45)
    low, high = struct.unpack_from("=I", answer, 12)[0], struct.unpack_from("=I", answer, 32)[0]
    assert low | high << 32 == agreed.flags


def test_short_init_of_an_older_kernel_has_no_upper_flags() -> None:
    """Linux 5.4 sends 16 bytes; whatever it offers, there are 32 flags."""
    body = struct.pack("=IIII", 7, 31, 0, 0xFFFFFFFF)

    agreed, _ = negotiate(body, want=InitFlag(EVERYTHING), max_write=4096, max_background=1)

    assert agreed.flags == InitFlag(0xFFFFFFFF)


@pytest.mark.parametrize("body", [init_in(minor=30), init_in(major=8), init_in(major=6), b"short"])
def test_other_protocols_are_refused(body: bytes) -> None:
    """Another major version, a minor before Linux 5.4 and a torn INIT are not guessed at."""
    with pytest.raises(UnsupportedProtocol):
        negotiate(body, want=InitFlag.ASYNC_READ, max_write=4096, max_background=12)
