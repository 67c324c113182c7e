"""The memory of whole processes that read large logs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.generated_logs.renderings import Rendering
from bench.generated_logs.writing import GeneratedLog, Kind, write_log
from bench.processes import PROGRAM, Command, environment_in, run_once

SIZE = 20 << 20
MOST = 64 << 20
"""Bytes that a process may have, whatever the log."""
GROWTH = 6 << 20
"""Bytes that it may have more than for half of the log."""
BOUND_S = 120
LOGS = (
    (Kind.SPARSE, Rendering.JOURNAL),
    (Kind.DENSE, Rendering.SYSLOG),
    (Kind.OWN, Rendering.DMESG),
    (Kind.STORM, Rendering.DMESG),
)
COMMANDS = (
    "errors",
    "status",
    "log -n 20",
    "log --format tsv",
    "trace --last",
    "trace CORR-4123456789ABCDEF",
)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the logs are."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module", params=LOGS, ids=lambda log: "-".join(map(str, log)))
def logs(
    directory: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[GeneratedLog, GeneratedLog]]:
    """Half of a log, and all of it."""
    kind, rendering = request.param
    small, large = (
        write_log(directory / f"{size}.{kind}", kind, rendering, size, seed=7)
        for size in (SIZE // 2, SIZE)
    )
    yield small, large
    large.path.unlink()


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_larger_log_takes_no_more(
    logs: tuple[GeneratedLog, GeneratedLog], arguments: str, directory: Path
) -> None:
    """Of a command, for each kind of log."""
    small, large = (
        run_once(
            Command(
                (PROGRAM, *arguments.split(), "--log", str(log.path)),
                environment_in(directory),
                successes=None,
            ),
            BOUND_S,
        ).peak_bytes
        for log in logs
    )

    assert large <= MOST
    assert large <= small + GROWTH
