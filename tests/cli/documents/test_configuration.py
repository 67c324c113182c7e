"""The example configuration, made from the declaration of the settings."""

import re
import tomllib
from pathlib import Path

from vexfsctl.cli.documents.configuration import example_files
from vexfsctl.config.configuration import Configuration
from vexfsctl.config.declaration import TABLES
from vexfsctl.config.parsing import parse_configuration
from vexfsctl.sysfs.attributes import find_attribute

FILE = Path("/etc/vexfsctl/config.toml")
(EXAMPLE,) = example_files().values()
EVERYTHING = re.sub(r"^#(?=[\w[])", "", EXAMPLE, flags=re.MULTILINE)
"""The example with the `#` removed before each setting."""


def test_the_example_changes_nothing() -> None:
    """As it is shipped, the file leaves every setting at its default."""
    assert parse_configuration(EXAMPLE.encode(), FILE) == Configuration(FILE)


def test_the_example_has_every_setting_once() -> None:
    """Of every table, and one table of an operation type."""
    tables = tomllib.loads(EVERYTHING)
    of_one_type = tables["breaker"].pop("storage")

    assert {name: list(table) for name, table in tables.items()} == {
        name: list(table.keys) for name, table in TABLES.items()
    }
    assert of_one_type.keys() <= TABLES["breaker"].keys.keys()


def test_the_values_of_the_example_are_the_defaults() -> None:
    """Whoever removes a `#` and changes nothing else gets what holds anyway."""
    configuration = parse_configuration(EVERYTHING.encode(), FILE)
    of_storage = {
        path: value
        for path, value in configuration.attributes.items()
        if path.startswith(("operations/storage/", "retry/"))
    }

    assert configuration._replace(attributes={}) == Configuration(FILE, attributes={})
    assert len(of_storage) == len(TABLES["breaker"].keys) + len(TABLES["retry"].keys)
    assert of_storage == {path: find_attribute(path).default for path in of_storage}
