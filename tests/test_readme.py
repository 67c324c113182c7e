"""README's commands as `script/test-install` and the suite read them."""

from pathlib import Path

from tests.install.ways import WAYS
from tests.support.readme import Command, blocks, blocks_below

TEXT = """\
# program

```
script/demo
```

## Install

```sh
# as root
apt-get install one
# two
make two  # builds
```

Or:

```sh
apt-get install pipx           # as root
pipx install .
```

## Use

```toml
[a]
```
"""


def test_commands_are_read_with_who_runs_them(tmp_path: Path) -> None:
    """Blocks of other languages are none, nor are comments and blocks below other headings."""
    readme = tmp_path / "README.md"
    readme.write_text(TEXT)

    assert blocks_below("Install", readme) == [
        [Command("apt-get install one", True), Command("make two  # builds", True)],
        [
            Command("apt-get install pipx           # as root", True),
            Command("pipx install .", False),
        ],
    ]
    assert blocks_below("Use", readme) == []


def test_every_block_of_the_readme_is_run() -> None:
    """By itself at the top, by script/test-install, or by tests/volumes/test_readme.py."""
    ways = [way for way in WAYS for _ in ("install", "remove")]
    headings = [heading for heading, _ in blocks()]

    assert headings == ["vexfsctl", *ways, "First steps", "First steps"]
    assert [command.text.split()[0] for command in blocks_below("vexfsctl")[0]] == [
        "script/demo",
        "script/test",
    ]
