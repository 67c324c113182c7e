"""Every command in one Markdown page, `man/README.md`, for reading where the source is browsed."""

from collections.abc import Iterator

from vexfsctl.cli.documents.commands import CommandDocument, OptionDocument, read_root

_INTRODUCTION = """\
# vexfsctl, command by command

Made by `vexfsctl generate reference` from the program itself, like the manual pages beside it;
`man ./man/vexfsctl.1` shows those.
"""


def reference_files() -> dict[str, str]:
    """Return the reference by the path it is checked in under."""
    return {"man/README.md": "\n".join(_page(read_root())) + "\n"}


def _page(document: CommandDocument) -> Iterator[str]:
    yield _INTRODUCTION
    yield from _global_options(document)
    for command in document.verbs:
        yield from _section(command, "##")


def _section(document: CommandDocument, heading: str) -> Iterator[str]:
    yield from ("", f"{heading} {document.path}", "", document.summary)
    for paragraph in document.paragraphs:
        yield from ("", paragraph)
    if not document.verbs:
        yield from ("", "```", _usage(document), "```")
    yield from _options(document.options)
    if document.examples:
        yield from ("", "```sh", document.examples, "```")
    for verb in document.verbs:
        yield from _section(verb, heading + "#")


def _usage(document: CommandDocument) -> str:
    options = ["[options]"] if document.options else []
    needed = [option.usage for option in document.options if option.required]
    return " ".join([document.path, *options, *needed, *(a.usage for a in document.arguments)])


def _global_options(document: CommandDocument) -> Iterator[str]:
    yield from ("## Global options", "", "Taken by every command, before or after its name.")
    yield from _options(document.options)


def _options(options: tuple[OptionDocument, ...]) -> Iterator[str]:
    if options:
        yield from ("", "| option | |", "|---|---|")
    for option in options:
        names = ", ".join(f"`{name}`" for name in option.names)
        value = f" `{_cell(option.value)}`" if option.value else ""
        variable = f" Environment: `{option.variable}`." if option.variable else ""
        yield f"| {names}{value} | {_cell(option.help)}{variable} |"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
