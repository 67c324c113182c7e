"""What becomes of results of the SCSI layer."""

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.logs.kernel.storage.scsi_results import (
    Command,
    host_errno,
    key_errno,
    key_of_sense,
    read_command,
    sense_key,
)


@pytest.mark.parametrize(
    ("host_byte", "number"),
    [
        ("DID_OK", None),
        ("0x00", None),
        ("invalid", None),
        ("DID_NO_CONNECT", errno.EIO),
        ("0x0e", errno.EIO),
        ("DID_TRANSPORT_FAILFAST", errno.ENOLINK),
        ("0x0f", errno.ENOLINK),
        ("DID_ALLOC_FAILURE", errno.ENOSPC),
        ("DID_NEXUS_FAILURE", errno.EBADE),
    ],
)
def test_a_host_byte_becomes_what_the_block_layer_makes_of_it(
    host_byte: str, number: int | None
) -> None:
    """By name or by number; DID_OK leaves it to the status, which is not printed."""
    assert host_errno(host_byte) == number


def test_a_key_is_the_same_as_text_and_as_number() -> None:
    """Kernels without CONFIG_SCSI_CONSTANTS print the number."""
    assert sense_key("0x3") == sense_key("Medium Error") == "Medium Error"
    assert key_errno("Medium Error") == errno.ENODATA
    assert sense_key("0xff") == "0xff"


def test_sense_is_read_in_both_formats() -> None:
    """The key stands in the third byte of the fixed one, in the second of that of descriptors."""
    assert key_of_sense(bytes.fromhex("70000300")) == "Medium Error"
    assert key_of_sense(bytes.fromhex("720b4700")) == "Aborted Command"
    assert key_of_sense(bytes.fromhex("000300")) is None


@given(st.binary(max_size=40))
def test_a_command_cut_anywhere_is_read_as_far_as_it_goes(data: bytes) -> None:
    """An LBA is there as a whole or not at all, and never above 64 bits."""
    command = read_command(data)

    assert command.lba is None or 0 <= command.lba < 1 << 64
    assert key_of_sense(data) is None or len(data) >= 3


@given(st.integers(0, (1 << 64) - 1))
def test_an_lba_is_what_was_written_into_the_command(lba: int) -> None:
    """Of 64 bits in a command of 16 bytes."""
    data = b"\x88\x00" + lba.to_bytes(8) + b"\x00\x00\x00\x08\x00\x00"

    assert read_command(data) == Command("read", lba)
