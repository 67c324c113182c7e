"""The choices of how an answer is written: values of `--format` and `--color`."""

from enum import StrEnum


class OutputFormat(StrEnum):
    """What `--format` takes."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    TSV = "tsv"

    @property
    def is_json(self) -> bool:
        """Whether failures too belong on standard output, as an envelope."""
        return self in (OutputFormat.JSON, OutputFormat.NDJSON)


class ColourChoice(StrEnum):
    """What `--color` takes."""

    AUTO = "auto"
    """On a terminal, unless its user says otherwise (`NO_COLOR`, `TERM`)."""
    ALWAYS = "always"
    NEVER = "never"
