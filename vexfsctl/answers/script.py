"""What `completion` answers: a script, as it is."""

from dataclasses import dataclass

from vexfsctl.render.result import Column, CommandResult, Paragraph, Table


@dataclass(frozen=True, slots=True)
class CompletionScript:
    """The completion script of one shell."""

    shell: str
    script: str


def script_result(shell: str, script: str) -> CommandResult:
    """Answer `completion`."""
    return CommandResult(
        "completion",
        CompletionScript(shell, script),
        body=(Paragraph(tuple(script.splitlines()), verbatim=True),),
        tables=(Table(_COLUMNS, (script,)),),
    )


_COLUMNS = (Column("SCRIPT", lambda script: script),)
