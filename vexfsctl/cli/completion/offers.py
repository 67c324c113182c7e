"""The words that may stand where the cursor is: found by click's parser, fit for any shell.

A shell replaces what was typed by what all its offers begin with. So all of them begin with what
was typed, or differ from it and not from each other in letter case, and no two of them differ in
nothing but that.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from click.shell_completion import ShellComplete

from vexfsctl.cli.command import root
from vexfsctl.cli.context import AppContext

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Offer(NamedTuple):
    """One word."""

    text: str
    """Without quotes; a whole word, or the value of an option."""
    help: str = ""
    """A phrase about it; may be empty."""


class Offers(NamedTuple):
    """All that may follow."""

    words: tuple[Offer, ...] = ()
    option: str = ""
    """What was typed before the value: `--log=`; empty if that is a word of its own."""
    paths: str = ""
    """`file` or `dir`, if the shell should complete a path too."""
    before_path: str = ""
    """What stands before the path in the value: `journal:`."""


def offers_for(app: AppContext, words: Sequence[str], begun: str) -> Offers:
    """Return what may follow *words* (without the program's name) where *begun* was typed."""
    completion = ShellComplete(root, {"obj": app}, "vexfsctl", "")
    items = completion.get_completions([*words], begun)
    option, equals, _ = begun.partition("=")
    before = option + equals if equals and option.startswith("-") and "--" not in words else ""
    typed = begun.removeprefix(before)
    path = next((item for item in items if item.type != "plain"), None)
    return Offers(
        words=tuple(_fitting((item for item in items if item.type == "plain"), typed)),
        option=before,
        paths="" if path is None else path.type,
        before_path="" if path is None else path.before_path or "",
    )


def _fitting(items: "Iterable[CompletionItem]", typed: str) -> list[Offer]:
    # A shell reads the answer line by line, and none can type what is not printable.
    offers = [Offer(item.value, item.help or "") for item in items if str(item.value).isprintable()]
    exact = [offer for offer in offers if offer.text.startswith(typed)]
    folded = typed.casefold()
    alike = exact or [offer for offer in offers if offer.text.casefold().startswith(folded)]
    spelt = [offer for offer in alike if offer.text.startswith(alike[0].text[: len(typed)])]
    # The first of those that differ only in letter case is the likeliest.
    return list({offer.text.casefold(): offer for offer in reversed(spelt)}.values())[::-1]
