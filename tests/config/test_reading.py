"""Which file is read, and what is no file for it."""

import os
import socket
from pathlib import Path

import pytest

from tests.config.permission import without_permission
from vexfsctl.config.configuration import Configuration
from vexfsctl.config.reading import MAXIMUM_SIZE, StandardFileUnreadable, read_configuration
from vexfsctl.exceptions import ConfigurationInvalid


@pytest.fixture
def standard(tmp_path: Path) -> Path:
    """Where the standard file would be; there is none yet."""
    return tmp_path / "etc" / "config.toml"


def refusal(file: Path) -> str:
    """Why *file*, named by the user, is refused."""
    with pytest.raises(ConfigurationInvalid) as refused:
        read_configuration(file)
    assert refused.value.hint == "name another file, or go without: --config /dev/null"
    return refused.value.message


def test_without_a_standard_file_everything_has_its_default(standard: Path) -> None:
    """Neither file nor directory need be there."""
    assert read_configuration(None, standard) == Configuration()


def test_the_standard_file_is_read_if_it_is_there(standard: Path) -> None:
    """And a file that was named is read in its place, not beside it."""
    standard.parent.mkdir()
    standard.write_text("output.quiet = true")
    other = standard.with_name("other.toml")
    other.write_text("output.verbose = true")

    assert read_configuration(None, standard) == Configuration(standard, quiet=True)
    assert read_configuration(other, standard) == Configuration(other, verbose=True)


def test_the_null_device_is_no_file_at_all(standard: Path) -> None:
    """The way to go without the standard one."""
    standard.parent.mkdir()
    standard.write_text("nonsense")

    assert read_configuration(Path(os.devnull), standard) == Configuration()


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    """Its name was meant: nothing else is read in its place."""
    assert refusal(tmp_path / "x") == f"{tmp_path}/x: No such file or directory"
    (tmp_path / "x").touch()
    assert refusal(tmp_path / "x" / "y") == f"{tmp_path}/x/y: Not a directory"
    (tmp_path / "loop").symlink_to("loop")
    assert refusal(tmp_path / "loop") == f"{tmp_path}/loop: Too many levels of symbolic links"


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    """A directory, a pipe that nobody writes to, a socket, a device without end."""
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))

        for path in (tmp_path, tmp_path / "pipe", tmp_path / "socket", Path("/dev/zero")):
            assert refusal(path) == f"{path}: not a regular file"


def test_a_file_of_any_size_is_read_in_bounds(tmp_path: Path) -> None:
    """A sparse terabyte costs no more than the bound; a file of just that size is taken."""
    file = tmp_path / "config.toml"
    file.write_bytes(b"# a comment\n" * (MAXIMUM_SIZE // 12) + b"\n" * (MAXIMUM_SIZE % 12))
    assert read_configuration(file) == Configuration(file)

    os.truncate(file, 1 << 40)
    assert refusal(file) == f"{file}: larger than 64 KiB"


def test_a_standard_file_without_permission_is_told(standard: Path) -> None:
    """What an administrator keeps to himself must not keep users from looking."""
    standard.parent.mkdir()
    standard.touch(0o600)

    with without_permission(standard), pytest.raises(StandardFileUnreadable) as told:
        read_configuration(None, standard)

    assert told.value.message == f"{standard}: Permission denied; its settings are ignored"
    assert told.value.hint == f"sudo chmod a+r {standard}, or go without: --config /dev/null"


def test_a_named_file_without_permission_is_refused(standard: Path) -> None:
    """It was asked for."""
    standard.parent.mkdir()
    standard.touch(0o600)

    with without_permission(standard):
        assert refusal(standard) == f"{standard}: Permission denied"
