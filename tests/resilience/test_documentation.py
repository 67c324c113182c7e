"""docs/resilience.md: its examples run, and its diagram is that of the tables."""

import re
from pathlib import Path

import pytest

from vexfsctl.resilience.states import AFTER_OUTCOMES, AFTER_TIME, TRANSITIONS, BreakerState

DOCUMENT = Path(__file__).parents[2] / "docs/resilience.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """The code blocks of a language, each at the line where it stands, for tracebacks."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return [
        "\n" * text[: match.start(2)].count("\n") + match[2]
        for match in FENCE.finditer(text)
        if match[1] == language
    ]


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
    names: dict[str, object] = {}
    examples = blocks("python")
    for example in examples:
        exec(compile(example, DOCUMENT, "exec"), names)
    assert len(examples) > 10


def test_diagram_is_that_of_the_tables() -> None:
    """So the document cannot say what the machine does not do."""
    (drawn,) = blocks("mermaid")
    assert drawn.lstrip("\n") == diagram()


def test_first_example_is_short() -> None:
    """Five lines."""
    first, *_ = blocks("python")
    lines = [line for line in first.splitlines() if line and not line.startswith("assert")]
    assert len(lines) <= 5
