"""docs/ffi.md: its examples run, with the library that it shows."""

from pathlib import Path
from subprocess import run

import pytest

from tests.support.documents import DOCUMENTS, blocks, run_examples
from tests.support.privileges import require

DOCUMENT = DOCUMENTS / "ffi.md"


def test_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, as a reader would type them."""
    require("cc")
    (source,) = blocks(DOCUMENT, "c")
    (tmp_path / "parts.c").write_text(source)
    monkeypatch.chdir(tmp_path)
    build = "cc -shared -fPIC -pthread -o libparts.so parts.c"
    assert f"`{build}`" in DOCUMENT.read_text(encoding="utf-8")
    run(build.split(), check=True)

    assert run_examples(DOCUMENT) > 5
