"""What the documents in the repository say of it is so: files, packages, layers, links."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "vexfsctl"
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/resilience.md")

FENCE = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
QUOTED = re.compile(r"`([^`\n]+)`")
FILE_NAME = re.compile(r"[\w.-]+(?:/[\w.-]*)+|\w+\.(?:py|md|toml)")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
STEP = re.compile(r"\| `([^`]+\.py)` \| `([^`]+)` \|")
LAYER = re.compile(r"\| (\d+) \| `(\w+)(?:/|\.py)` \|")
RECIPE = re.compile(r"### [^\n]*: (\d) files?\n(.*?)(?=\n##)", re.DOTALL)


def text_of(document: str) -> str:
    """The whole of a document."""
    return (REPOSITORY / document).read_text(encoding="utf-8")


def layers_of_the_contract() -> list[list[str]]:
    """The layers of the import contract that are there, bottom to top."""
    settings = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]
    (contract,) = (each for each in settings["contracts"] if each.get("containers") == ["vexfsctl"])
    layers = [re.findall(r"\w+", layer) for layer in reversed(contract["layers"])]
    there = [[name for name in layer if name in packages()] for layer in layers]
    return [layer for layer in there if layer]


@cache
def packages() -> set[str]:
    """Every package and module directly below vexfsctl."""
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    return folders | {path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("__")}


def file_names(document: str) -> Iterator[str]:
    """What reads like a file or a folder of the repository: in backquotes, or to be typed."""
    text = text_of(document)
    for quoted in QUOTED.findall(FENCE.sub("", text)):
        if FILE_NAME.fullmatch(quoted):
            yield quoted
    for block in FENCE.findall(text):
        yield from (word for word in block.split() if word.startswith(("script/", "tests/")))


def names_in(module: Path) -> Iterator[str]:
    """Functions and classes of a module, and methods as `Class.method`."""
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        if isinstance(node, ast.ClassDef):
            methods = (each for each in node.body if isinstance(each, ast.FunctionDef))
            yield from (f"{node.name}.{method.name}" for method in methods)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_is_named_is_there(document: str) -> None:
    """Relative to the repository or to the package."""
    missing = [
        name
        for name in file_names(document)
        # Made by script/demo and script/test.
        if not name.startswith(".venv/")
        and not (REPOSITORY / name).exists()
        and not (PACKAGE / name).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_to_a_file(document: str) -> None:
    """Links within the repository, from where the document stands."""
    folder = (REPOSITORY / document).parent

    assert [link for link in LINK.findall(text_of(document)) if not (folder / link).exists()] == []


def test_the_readme_names_what_is_there() -> None:
    """The first column of "Where things are"."""
    section = text_of("README.md").partition("## Where things are\n")[2].partition("\n## ")[0]
    (listing,) = FENCE.findall(section)
    named = [name for line in listing.splitlines() for name in re.split("  +", line)[0].split(", ")]

    assert "docs/architecture.md" in named
    assert [name for name in named if not (REPOSITORY / name).exists()] == []


def test_the_table_of_packages_is_the_import_contract() -> None:
    """Every package once, in the contract's order, numbered by its layer, and no other."""
    rows = LAYER.findall(text_of("docs/architecture.md"))
    layers = [[name for _, name in row] for _, row in groupby(rows, key=lambda row: row[0])]

    assert layers == layers_of_the_contract()
    assert list(dict.fromkeys(int(number) for number, _ in rows)) == [
        *range(1, len(layers_of_the_contract()) + 1)
    ]
    assert {name for layer in layers for name in layer} == packages()


def test_the_picture_of_the_rooms_is_the_import_contract() -> None:
    """A line of boxes for each layer, the topmost first."""
    picture = FENCE.findall(text_of("docs/architecture.md"))[0]
    boxes = [line.split("│")[1:-1] for line in picture.splitlines() if "│" in line]

    assert [[box.split()[0] for box in line] for line in boxes][::-1] == layers_of_the_contract()


def test_every_step_of_the_failing_read_is_in_the_code() -> None:
    """Module and function or class, as the tables name them."""
    steps = STEP.findall(text_of("docs/architecture.md"))

    assert len(steps) > 20
    assert [step for step in steps if step[1] not in names_in(PACKAGE / step[0])] == []


def test_a_recipe_says_how_many_files_it_takes() -> None:
    """The number in the heading is that of the steps."""
    recipes = RECIPE.findall(text_of("CONTRIBUTING.md"))

    assert len(recipes) == 4
    for number, recipe in recipes:
        assert len(re.findall(r"^\d\. ", recipe, re.MULTILINE)) == int(number)
