"""`config show` says what set each setting, `config check` everything that is wrong."""

import os
from pathlib import Path

import pytest

from tests.config.permission import without_permission
from tests.support.program import Program
from vexfsctl.cli.global_options import GLOBAL_OPTIONS
from vexfsctl.config.declaration import TABLES
from vexfsctl.exceptions import ExitStatus
from vexfsctl.model.operations import OperationType

FILE = """\
[breaker]
timeout_ms = 5

[breaker.storage]
timeout_ms = 7
window_ms = 8

[windows]
check = "90.5s"

[sources]
logs = [
  "kmsg",
]
timeout = 4
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A valid configuration file."""
    file = tmp_path / "vexfsctl.toml"
    file.write_text(FILE)
    return file


def test_each_setting_has_its_value_and_its_source(vexfsctl: Program, file: Path) -> None:
    """By default, line of the file, environment and option; operation types where they differ."""
    env = {"VEXFSCTL_CONFIG": str(file), "VEXFSCTL_COLOR": "never"}

    shown = vexfsctl("--format", "tsv", "config", "show", "--timeout", "1m30s", env=env)
    rows = {row[0]: tuple(row[1:]) for row in map(str.split, shown.stdout.splitlines())}

    assert rows["breaker.failure_threshold"] == ("5", "default")
    assert rows["breaker.timeout_ms"] == ("5", f"{file}:2")
    assert rows["breaker.storage.timeout_ms"] == ("7", f"{file}:5")
    assert rows["breaker.window_ms"] == ("10000", "default")
    assert rows["breaker.storage.window_ms"] == ("8", f"{file}:6")
    assert rows["breaker.superblock.call_timeout_ms"] == ("60000", "default")
    assert rows["windows.status"] == ("1h", "default")
    assert rows["windows.check"] == ("90500ms", f"{file}:9")
    assert rows["sources.logs"] == (str(vexfsctl.environ["VEXFSCTL_LOG"]), "VEXFSCTL_LOG")
    assert rows["sources.timeout"] == ("1m30s", "--timeout")
    assert rows["output.format"] == ("tsv", "--format")
    assert rows["output.color"] == ("never", "VEXFSCTL_COLOR")
    assert rows["output.pager"] == ("true", "default")


def test_the_file_is_named(vexfsctl: Program, file: Path) -> None:
    """With who named it; where there is none, with its usual place."""
    named = vexfsctl("config", "show", "--config", str(file)).stdout.splitlines()[0]
    vexfsctl.environ.pop("VEXFSCTL_CONFIG")
    vexfsctl.config_file = file.with_name("missing.toml")
    usual = vexfsctl("config", "show").stdout.splitlines()[0]

    assert named == f"configuration file: {file} (named by --config)"
    assert usual == f"configuration file: none ({vexfsctl.config_file} is the usual place)"


def test_no_setting_is_left_out(vexfsctl: Program) -> None:
    """Every key of every table, and as JSON with its type."""
    rows = vexfsctl("config", "show", "--format", "ndjson").rows

    plain = [row["name"] for row in rows if row["name"].split(".")[1] not in set(OperationType)]
    assert plain == [f"{table}.{key}" for table, each in TABLES.items() for key in each.keys]
    assert [row for row in rows if not row["type"]] == []


def test_every_option_with_a_setting_overrides_it(vexfsctl: Program) -> None:
    """Each global option but the file itself and --json, which is short for another."""
    values = {"--sysfs-root": "/x", "--log": "/x", "--format": "ndjson", "--color": "never"}
    values |= {"--timeout": "9"}
    words = [
        word
        for option in GLOBAL_OPTIONS
        if (name := option.opts[0]) not in ("--config", "--json")
        for word in ((name, values[name]) if name in values else (name,))
    ]

    rows = vexfsctl("config", "show", *words).rows

    assert {row["where"]: row["name"] for row in rows if row["origin"] == "option"} == {
        "--sysfs-root": "sources.sysfs_roots",
        "--log": "sources.logs",
        "--timeout": "sources.timeout",
        "--format": "output.format",
        "--color": "output.color",
        "--no-pager": "output.pager",
        "--quiet": "output.quiet",
        "--verbose": "output.verbose",
    }


def test_a_valid_file_is_valid(vexfsctl: Program, file: Path) -> None:
    """How many settings it has; no file has nothing to check."""
    valid = vexfsctl("config", "check", "--config", str(file))
    none = vexfsctl("config", "check", "--config", os.devnull)

    assert (valid.exit_status, valid.stdout) == (ExitStatus.OK, f"{file}: valid, 6 settings\n")
    assert none.exit_status == ExitStatus.OK
    assert none.stdout.endswith("nothing to check\n")


def test_all_mistakes_are_listed_by_check_alone(vexfsctl: Program, tmp_path: Path) -> None:
    """Another command shows the first 20 and says who shows the rest."""
    file = tmp_path / "bad.toml"
    file.write_text("".join(f"x{number} = 1\n" for number in range(25)))

    checked = vexfsctl("config", "check", "--config", str(file), "--json")
    other = vexfsctl("config", "show", "--config", str(file))

    problems = checked.json["problems"]
    assert checked.exit_status == other.exit_status == ExitStatus.USAGE
    assert checked.json["data"] == {"file": str(file), "valid": False, "settings": 0}
    assert [problem["message"].split(": ")[0] for problem in problems] == [
        f"{file}:{line}" for line in range(1, 26)
    ]
    assert other.stderr.splitlines()[-2:] == [
        "vexfsctl: 5 more mistakes",
        "hint: vexfsctl config check",
    ]


def test_a_file_that_may_not_be_read_was_not_checked(vexfsctl: Program, file: Path) -> None:
    """Status 3: part of the evidence is missing. One that was named must be there: status 2."""
    vexfsctl.environ.pop("VEXFSCTL_CONFIG")
    vexfsctl.config_file = file
    file.chmod(0o600)
    with without_permission(file):
        unreadable = vexfsctl("config", "check")
    missing = vexfsctl("config", "check", "--config", "/nowhere/x.toml")

    assert unreadable.exit_status == ExitStatus.INCOMPLETE
    assert "Permission denied" in unreadable.stderr
    assert missing.exit_status == ExitStatus.USAGE
    assert "/nowhere/x.toml: No such file or directory" in missing.stderr
