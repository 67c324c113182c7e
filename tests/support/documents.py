"""The code blocks of a document: what a reader would type is what the tests run."""

import re
from pathlib import Path

DOCUMENTS = Path(__file__).parents[2] / "docs"

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(document: Path, language: str) -> list[str]:
    """The code blocks of a language, each at the line where it stands, for tracebacks."""
    text = document.read_text(encoding="utf-8")
    return [
        "\n" * text[: match.start(2)].count("\n") + match[2]
        for match in _FENCE.finditer(text)
        if match[1] == language
    ]


def run_examples(document: Path) -> int:
    """Run its Python blocks one after the other; return how many there are."""
    names: dict[str, object] = {}
    examples = blocks(document, "python")
    for example in examples:
        exec(compile(example, document, "exec"), names)
    return len(examples)
