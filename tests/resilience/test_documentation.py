"""docs/resilience.md: its examples run, and its diagram is that of the tables."""

from pathlib import Path

import pytest

from tests.support.documents import DOCUMENTS, blocks, run_examples
from vexfsctl.resilience.states import AFTER_OUTCOMES, AFTER_TIME, TRANSITIONS, BreakerState

DOCUMENT = DOCUMENTS / "resilience.md"


def diagram() -> str:
    """Every way from one state into another, once for each pair of states."""
    ways: dict[tuple[str, str], list[str]] = {}
    for before in BreakerState:
        for why, after in AFTER_OUTCOMES.get(before, {}).items():
            ways.setdefault((before, after), []).append(why)
        if before in AFTER_TIME:
            ways.setdefault((before, AFTER_TIME[before]), []).append("time")
        for action, commanded in TRANSITIONS[before].items():
            if commanded is not None and commanded is not before:
                ways.setdefault((before, commanded), []).append(action)
    lines = [
        f"    {before} --> {after}: {', '.join(whys)}" for (before, after), whys in ways.items()
    ]
    return "\n".join(["stateDiagram-v2", "    [*] --> closed", *lines]) + "\n"


def test_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, as a reader would type them."""
    monkeypatch.chdir(tmp_path)
    assert run_examples(DOCUMENT) > 10


def test_diagram_is_that_of_the_tables() -> None:
    """So the document cannot say what the machine does not do."""
    (drawn,) = blocks(DOCUMENT, "mermaid")
    assert drawn.lstrip("\n") == diagram()


def test_first_example_is_short() -> None:
    """Five lines."""
    first, *_ = blocks(DOCUMENT, "python")
    lines = [line for line in first.splitlines() if line and not line.startswith("assert")]
    assert len(lines) <= 5
