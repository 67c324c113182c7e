"""The table of attributes: what every provider shows, and what it takes."""

import re
from pathlib import Path

import pytest

import vexfsctl
from vexfsctl.exceptions import AttributeMissing
from vexfsctl.model.breaker import BreakerSettings
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import ResourceSettings, RetrySettings
from vexfsctl.sysfs import attributes as table
from vexfsctl.sysfs.attributes import (
    BREAKER_ATTRIBUTES,
    INJECT_ATTRIBUTES,
    OPERATION_ATTRIBUTES,
    VOLUME_ATTRIBUTES,
    Access,
    attributes,
    find_attribute,
)

SPELLED_PATH = re.compile(r"""["'](operations|breaker|errors|retry|resources|inject)/""")

VOLUME_PATHS = [
    "abi_version",
    "driver",
    "version",
    "uuid",
    "device",
    "mountpoint",
    "log",
    "epoch",
    "state",
    "degradation",
    "access_mode",
    "errors/total",
    "errors/low",
    "errors/medium",
    "errors/high",
    "errors/critical",
    "errors/logged",
    "errors/suppressed",
    "errors/lost",
    "errors/last_id",
    "errors/last_time_ns",
    "retry/max_attempts",
    "retry/base_delay_ms",
    "retry/max_delay_ms",
    "retry/backoff_multiplier_pct",
    "retry/jitter_pct",
    "resources/memory_bytes",
    "resources/memory_limit_bytes",
    "resources/free_bytes",
    "resources/reserve_bytes",
    "resources/active_operations",
    "resources/max_operations",
    "resources/lock_timeout_ms",
]
OPERATION_PATHS = [
    "calls",
    "failures",
    "rejected",
    "retries",
    "retry_successes",
    "fallbacks",
    "fallback_failures",
    "timeouts",
    "would_reject",
    "in_flight",
    "overdue",
    "latency_ns_total",
    "latency_ns_max",
    "latency_ns_p50",
    "latency_ns_p99",
    "timeout_ms",
    "max_concurrent",
    "breaker/state",
    "breaker/until_ms",
    "breaker/reason",
    "breaker/author",
    "breaker/generation",
    "breaker/failures",
    "breaker/successes",
    "breaker/trips",
    "breaker/opened_ns",
    "breaker/last_failure_ns",
    "breaker/retry_after_ms",
    "breaker/last_error_id",
    "breaker/failure_threshold",
    "breaker/success_threshold",
    "breaker/timeout_ms",
    "breaker/window_ms",
    "breaker/half_open_max_calls",
    "breaker/failure_rate_pct",
    "breaker/minimum_calls",
    "breaker/slow_call_ms",
    "breaker/slow_rate_pct",
    "breaker/open_backoff_pct",
    "breaker/max_open_ms",
    "breaker/control",
]


def test_every_attribute_of_version_1_is_there_once_in_order() -> None:
    """A volume has the attributes of the specification, for each of the seven operation types."""
    expected = VOLUME_PATHS + [
        f"operations/{operation}/{path}"
        for operation in ("superblock", "inode", "file", "directory", "vector", "storage", "sync")
        for path in OPERATION_PATHS
    ]
    assert [attribute.path for attribute in attributes()] == expected


def test_injection_is_apart() -> None:
    """What only a driver mounted with --allow-inject has is no attribute of every volume."""
    assert [attribute.path for attribute in INJECT_ATTRIBUTES] == [
        "inject/control",
        "inject/active",
    ]
    assert not {attribute.path for attribute in attributes()} & {"inject/control", "inject/active"}


def test_every_attribute_says_which_directory_it_is_in() -> None:
    """Directory and name make the path, with the operation type in its place."""
    directories = {
        attribute.path: attribute.directory
        if attribute.operation is None
        else attribute.directory.of(attribute.operation)
        for attribute in (*attributes(), *INJECT_ATTRIBUTES)
    }
    assert directories == {path: path.rpartition("/")[0] for path in directories}


def test_code_names_attributes_and_spells_no_path() -> None:
    """A path stands in the table alone: whoever asks for an attribute uses the name it has there.

    A misspelled name is an error at import, a misspelled path would be one at the volume.
    """
    package = Path(vexfsctl.__file__).parent
    spelled = [
        f"{file.relative_to(package)}: {line.strip()}"
        for file in sorted(package.rglob("*.py"))
        if file != Path(table.__file__)
        for line in file.read_text().splitlines()
        if SPELLED_PATH.search(line)
    ]
    assert spelled == []


def test_only_switches_settings_and_controls_can_be_written() -> None:
    """Writable are access_mode, the settings of retries, limits, deadlines, breakers, commands."""
    templates = VOLUME_ATTRIBUTES + OPERATION_ATTRIBUTES + BREAKER_ATTRIBUTES
    settings = {f"retry/{name}" for name in RetrySettings.__dataclass_fields__}
    settings |= {f"operations/<op>/breaker/{name}" for name in BreakerSettings.__dataclass_fields__}
    settings |= {f"resources/{name}" for name in ResourceSettings.__dataclass_fields__}
    settings |= {"access_mode", "operations/<op>/timeout_ms", "operations/<op>/max_concurrent"}

    assert {a.path for a in templates if a.access is Access.READ_WRITE} == settings
    assert {a.path for a in templates if a.access is Access.WRITE_ONLY} == {
        "operations/<op>/breaker/control"
    }


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("retry/max_attempts", "3"),
        ("retry/base_delay_ms", "100"),
        ("retry/max_delay_ms", "5000"),
        ("retry/backoff_multiplier_pct", "200"),
        ("retry/jitter_pct", "10"),
        ("operations/superblock/timeout_ms", "60000"),
        ("operations/storage/timeout_ms", "5000"),
        ("operations/file/breaker/failure_threshold", "5"),
        ("operations/file/breaker/success_threshold", "3"),
        ("operations/file/breaker/timeout_ms", "60000"),
        ("operations/file/breaker/window_ms", "10000"),
        ("operations/file/breaker/half_open_max_calls", "1"),
        ("resources/memory_limit_bytes", "0"),
        ("resources/reserve_bytes", "0"),
        ("resources/max_operations", "0"),
        ("resources/lock_timeout_ms", "0"),
        ("operations/storage/max_concurrent", "0"),
        ("access_mode", "rw"),
        ("degradation", "normal"),
        ("operations/file/breaker/state", "closed"),
    ],
)
def test_defaults_are_those_of_the_specification(path: str, text: str) -> None:
    """A fresh volume shows the specified value."""
    attribute = find_attribute(path)

    assert attribute.type.format(attribute.default) == text


def test_every_default_is_a_value_a_writer_may_write() -> None:
    """No default lies outside of its own range."""
    for attribute in attributes():
        if attribute.writable and attribute.readable:
            text = attribute.type.format(attribute.default)
            assert attribute.type.parse(text) == attribute.default, attribute.path


def test_three_kinds_of_attribute_can_be_polled() -> None:
    """poll(2) wakes on state, degradation and each breaker's state, and on nothing else."""
    breakers = {f"operations/{operation}/breaker/state" for operation in OperationType}

    assert {a.path for a in attributes() if a.pollable} == {"state", "degradation"} | breakers


def test_an_attribute_that_is_none_is_refused_with_a_pointer() -> None:
    """A misspelt path names itself and where the right ones are listed."""
    with pytest.raises(AttributeMissing) as refused:
        find_attribute("operations/file/breaker/stat")

    assert refused.value.message == (
        "no attribute 'operations/file/breaker/stat' in version 1 of the tree"
    )
    assert refused.value.hint == "vexfs-sysfs(5) lists them"
