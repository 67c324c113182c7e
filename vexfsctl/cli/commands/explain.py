"""`vexfsctl explain`: what an errno, a code, a name, a word or a line of a log means."""

import re
from typing import Any

import click
from click.shell_completion import CompletionItem

from vexfsctl.cli.command import Command
from vexfsctl.cli.context import AppContext, pass_app
from vexfsctl.cli.param_type import ParamType

EXAMPLES = """\
Examples:
  vexfsctl explain EIO                        an errno by name or number, in either sign: -5
  vexfsctl explain -1003                      a code of vexfs_ffi.h
  vexfsctl explain IoError.ReadError          an error: what happened, what to do, when it is over
  vexfsctl explain retry:500 0x27             a hint, a word of recovery flags
  vexfsctl explain half_open stale read_only  states and levels
  vexfsctl explain lab coverage starts_late   what the program speaks of
  vexfsctl explain breaker/retry_after_ms     an attribute, also with its volume or full path
  vexfsctl explain 'VexFS: State transition 1 -> 3'
  dmesg | tail -1 | vexfsctl explain -        a line of a log
"""

STANDARD_INPUT = "-"

_SIGNED_NAME = re.compile(r"-e[a-z0-9]{2,}", re.IGNORECASE)
_OPTION = re.compile(r"--[a-z].*|-[a-z]", re.IGNORECASE)


class ExplainCommand(Command):
    """A command whose words may begin with a minus sign: `-5`, `-EIO`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; put a signed errno in capitals, none of which is an option."""
        spelt = [word.upper() if _SIGNED_NAME.fullmatch(word) else word for word in args]
        return super().parse_args(ctx, spelt)


class WordType(ParamType[str]):
    """A word to explain; the shell completes names."""

    name = "word"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text as it is."""
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer every name that is one word."""
        from vexfsctl.explanation.glossary import whole_glossary

        names = dict.fromkeys(whole_glossary().words)
        return [CompletionItem(name) for name in names if " " not in name]


@click.command(
    "explain",
    cls=ExplainCommand,
    epilog=EXAMPLES,
    context_settings={"ignore_unknown_options": True},
)
@click.argument("words", metavar="WORD...", type=WordType(), nargs=-1, required=True)
@pass_app
def explain(app: AppContext, words: tuple[str, ...]) -> None:
    """Explain a number, a name, a word or a log line, and what to do.

    WORD is an errno, a VexFS code, an error, a hint or a word of recovery flags, a severity, a
    state of breaker, module or volume, a degradation level, an operation type, an attribute, any
    other word on a screen of vexfsctl, also the title of a column, or a pasted line of a log; -
    reads lines from standard input. If a word has several meanings, all are shown, the likeliest
    first.
    """
    # Deferred, so that help needs neither catalogue nor grammar.
    from vexfsctl.answers.explain import explain_result
    from vexfsctl.explanation.lookup import Explainer
    from vexfsctl.host.standard_input import read_standard_input

    if words == (STANDARD_INPUT,):
        answers, unknown = Explainer().answer_lines(read_standard_input(app.host))
    else:
        answers, unknown = Explainer().answer(words)
        _refuse_options(words, known=not unknown)
    if not answers:
        raise unknown[0]
    app.show(explain_result(answers, unknown))


def _refuse_options(words: tuple[str, ...], *, known: bool) -> None:
    """Raise NoSuchOption for a misspelt option: click lets it pass, as `-5` looks like one too."""
    for word in words:
        if not known and _OPTION.fullmatch(word):
            raise click.NoSuchOption(word)
