"""Wrong usage, in the same words with every supported version of click (8.1 is the oldest).

click has raised its own exceptions for a missing and for an unknown command only since 8.2 and
8.4, and has changed the wording for an unknown option.
"""

from collections.abc import Iterable

import click


class MissingCommand(click.UsageError):
    """Nothing followed the name of a group."""

    def __init__(self, ctx: click.Context) -> None:
        super().__init__("Missing command.", ctx)
        self.help = ctx.get_help()


class NoSuchCommand(click.UsageError):
    """A group has no command called *name*; *known* are the names of those it has."""

    def __init__(self, name: str, known: Iterable[str], ctx: click.Context) -> None:
        super().__init__(f"No such command {name!r}.{_suggestion(name, known)}", ctx)


def usage_message(refusal: click.ClickException) -> str:
    """Return what is wrong, on one line."""
    if isinstance(refusal, click.NoSuchOption):
        name = refusal.option_name
        return f"No such option {name!r}.{_suggestion(name, refusal.possibilities or ())}"
    return " ".join(refusal.format_message().split())


def _suggestion(name: str, known: Iterable[str]) -> str:
    # Deferred: only a mistake needs it.
    from difflib import get_close_matches

    similar = sorted(get_close_matches(name, list(known)))
    if not similar:
        return ""
    quoted = ", ".join(map(repr, similar))
    if len(similar) == 1:
        return f" Did you mean {quoted}?"
    return f" Did you mean one of: {quoted}?"
