"""One envelope for every command, failures included."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.render.joined import render_json, render_ndjson
from tests.render.samples import PROVENANCE, RESULT, ROWS
from vexfsctl.exceptions import ExitStatus, Problem, VolumeNotFound
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.render.envelope import render_ndjson_row
from vexfsctl.render.result import CommandResult, Rows


def test_json_is_the_envelope_of_the_specification() -> None:
    """Keys and their order are fixed; data is the rows."""
    text = render_json(RESULT, PROVENANCE)

    assert json.loads(text) == {
        "schema": "vexfsctl.breaker.list/1",
        "version": "0.1.0",
        "generated": "2026-08-21T10:00:00.000Z",
        "host": "host1",
        "boot_id": "0f3b7c1e-5a7c-4d43-9d0c-5b6f2a1c8e11",
        "coverage": {
            "complete": False,
            "sources": ["/run/vexfs"],
            "gaps": [{"source": "loop9", "reason": "stale", "lost": None, "detail": None}],
        },
        "data": [
            {
                "volume": "loop0",
                "state": "open",
                "trips": 1,
                "note": "disk \x1b[2Jreplaced\t[red]now[/red]",
            },
            {"volume": "量", "state": "closed", "trips": 12, "note": None},
        ],
        "problems": [
            {
                "code": "volume_stale",
                "message": "loop9: its driver is gone",
                "hint": "vexfsctl umount loop9",
            }
        ],
    }
    assert list(json.loads(text)) == [
        "schema",
        "version",
        "generated",
        "host",
        "boot_id",
        "coverage",
        "data",
        "problems",
    ]


def test_json_cannot_act_on_a_terminal() -> None:
    """Only printable ASCII and newlines, whatever the data: lone surrogates and DEL too."""
    hostile = CommandResult("log", "\x1b[2J\x7f\x9b\u202e\udcff量")

    text = render_json(hostile, PROVENANCE)

    assert all(character == "\n" or " " <= character <= "~" for character in text)
    assert json.loads(text)["data"] == hostile.data


DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(DATA)
def test_json_is_indented_as_the_standard_library_does(data: object) -> None:
    """By two spaces a level; an empty list or object stays on its line."""
    text = render_json(CommandResult("log", data), PROVENANCE)
    standard = json.dumps(json.loads(text), indent=2).replace("\x7f", "\\u007f")

    assert text == f"{standard}\n"
    assert json.loads(text)["data"] == data


def test_ndjson_is_the_rows_and_then_what_was_missing() -> None:
    """Rows are plain; the closing envelope without data is known by its schema."""
    lines = [json.loads(line) for line in render_ndjson(RESULT, PROVENANCE).splitlines()]

    assert [line.get("volume") for line in lines] == ["loop0", "量", None]
    assert lines[-1]["schema"] == "vexfsctl.breaker.list/1"
    assert lines[-1]["data"] is None
    assert lines[-1]["coverage"]["complete"] is False


def test_complete_ndjson_is_rows_only() -> None:
    """Nothing to add, nothing added."""
    complete = CommandResult("breaker.list", ROWS)

    assert render_ndjson(complete, PROVENANCE) == "".join(map(render_ndjson_row, ROWS))
    assert render_ndjson_row(ROWS[1]) == (
        '{"volume": "\\u91cf", "state": "closed", "trips": 12, "note": null}\n'
    )


def test_the_exit_status_follows_the_coverage_unless_it_is_given() -> None:
    """3 for a gap, 0 without, and a command may know better."""
    gap = Coverage(gaps=(Gap("kmsg", "overrun"),))

    assert CommandResult("status", None).status is ExitStatus.OK
    assert CommandResult("status", None, coverage=gap).status is ExitStatus.INCOMPLETE
    result = CommandResult("status", None, coverage=gap, exit_status=ExitStatus.OK)
    assert result.status is ExitStatus.OK


def test_an_exception_becomes_a_problem_with_a_stable_code() -> None:
    """Code, message and hint come from the exception."""
    problem = Problem.of(VolumeNotFound("no volume loop9", hint="loop0 is there"))

    assert problem == Problem("volume_not_found", "no volume loop9", "loop0 is there")


@pytest.mark.parametrize("count", [0, 1, 3])
def test_rows_that_are_made_when_shown_read_like_others(count: int) -> None:
    """An answer that is too long for memory is the same document."""
    rows = [{"at": at, "text": "a\nb [] {}", "more": {"none": ()}} for at in range(count)]
    lazily = replace(RESULT, data=Rows(range(count), rows.__getitem__))
    at_once = replace(RESULT, data=tuple(rows))

    assert render_json(lazily, PROVENANCE) == render_json(at_once, PROVENANCE)
    assert render_ndjson(lazily, PROVENANCE) == render_ndjson(at_once, PROVENANCE)
