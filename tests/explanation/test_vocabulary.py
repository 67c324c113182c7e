"""No word of ours is on a screen that `explain` does not know.

The words are collected from where they are declared, so that a new one fails here.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path

import click

import vexfsctl
from vexfsctl.answers.log import TITLES
from vexfsctl.catalogue.kernel_kinds import KERNEL_KINDS
from vexfsctl.cli.command import root
from vexfsctl.exceptions import VexfsctlException
from vexfsctl.explanation.form import Subject
from vexfsctl.explanation.glossary import whole_glossary
from vexfsctl.explanation.vocabulary.columns import COLUMNS
from vexfsctl.explanation.vocabulary.concepts import CONCEPTS
from vexfsctl.explanation.vocabulary.findings import FINDINGS, PROBLEMS
from vexfsctl.explanation.vocabulary.words import WORDS
from vexfsctl.logs.grammar import RECORD_FORMS
from vexfsctl.logs.kernel.evidence import EVIDENCE_FORMS
from vexfsctl.logs.upstream import UPSTREAM_FORMS
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.coverage import GAP_REASONS
from vexfsctl.model.volume import DegradationLevel, Presence

PACKAGE = Path(vexfsctl.__file__).parent
GLOSSARY = whole_glossary()
NOT_SHOWN = {
    "vexfsctl.resilience": "a library of its own",
    "vexfsctl.driver.fuse": "the protocol of the kernel",
    "vexfsctl.guard": "states within the engine",
    "vexfsctl.render.result.Tone": "colours",
    "vexfsctl.analysis.incident.kernel_lines.When": "becomes a sign for or against a suspect",
    "vexfsctl.analysis.trace.devices_below.Standing": "becomes a sign for or against a suspect",
    "vexfsctl.analysis.trace.story.End": "becomes a sentence",
    "vexfsctl.recovery.device.bisection.Reading": "becomes a sentence",
    "vexfsctl.sysfs.attributes.Directory": "parts of paths, which are explained as such",
    "vexfsctl.exceptions.ExitStatus": "explained as numbers",
    "vexfsctl.devices.extents.ExtentFlag": "bits of the kernel",
}
"""Enums and packages whose words no screen shows, and why."""


def unknown(words: Iterator[str] | set[str]) -> list[str]:
    """Those of *words* that have no meaning."""
    return sorted({word for word in words if not GLOSSARY.explain(word)})


@cache
def modules() -> tuple[str, ...]:
    """Every module of the program."""
    return tuple(
        each.name
        for each in pkgutil.walk_packages([str(PACKAGE)], "vexfsctl.")
        if not each.name.endswith("__main__")
    )


def enums() -> Iterator[type[Enum]]:
    """Every enum whose words may be shown."""
    for module in map(importlib.import_module, modules()):
        for each in vars(module).values():
            if isinstance(each, type) and issubclass(each, Enum) and each.__module__ in modules():
                name = f"{each.__module__}.{each.__name__}"
                if not name.startswith(tuple(NOT_SHOWN)):
                    yield each


def calls_of(function: str) -> Iterator[ast.Call]:
    """Every call of *function* in the sources of the program."""
    for source in PACKAGE.rglob("*.py"):
        text = source.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if f"{function}(" in text else ():
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == function:
                yield node


def first_texts(calls: Iterator[ast.Call], place: int = 0) -> set[str]:
    """The argument at *place* of each call that spells it out."""
    arguments = (call.args[place] for call in calls if len(call.args) > place)
    return {
        each.value
        for each in arguments
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


def test_the_words_of_every_enum_are_known() -> None:
    """States, presences, origins, outcomes, kinds: all that a table or JSON may show."""
    assert unknown({str(word) for each in enums() for word in each}) == []


def test_every_title_of_a_column_is_known() -> None:
    """Of every table, on screen and in TSV."""
    titles = first_texts(calls_of("Column")) | set(TITLES)

    assert len(titles) > 80
    assert unknown(titles) == []
    assert sorted(set(COLUMNS) - {title.lower() for title in titles}) == []


def test_every_code_of_a_finding_is_known() -> None:
    """Spelt out where the finding is made, or in the tables of what is counted."""
    made = first_texts(calls_of("Finding"), place=1)
    counted = {
        code.value
        for source in (PACKAGE / "analysis/health").glob("*_findings.py")
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Tuple)
        and isinstance(node.ctx, ast.Load)
        and _begins_with_a_verdict(node)
        if isinstance(code := node.elts[1], ast.Constant) and isinstance(code.value, str)
    }
    composed = {
        *(f"breaker_{state}" for state in BreakerState if state is not BreakerState.CLOSED),
        *(f"degradation_{level}" for level in DegradationLevel),
        *(f"volume_{presence}" for presence in Presence),
    }

    assert {"mount_hangs", "kernel_failure", "error_high", "timeout"} <= made | counted
    assert sorted((made | counted | composed) - set(FINDINGS)) == []


def _begins_with_a_verdict(node: ast.Tuple) -> bool:
    return len(node.elts) > 1 and ast.unparse(node.elts[0]).startswith("Verdict.")


def test_every_code_of_a_problem_is_known() -> None:
    """Those of all exceptions, and those that the command line itself makes."""
    for module in modules():
        importlib.import_module(module)
    raised = {each.code for each in _below(VexfsctlException) if each.__module__ in modules()}

    assert raised | first_texts(calls_of("Problem")) == set(PROBLEMS)


def _below(kind: type[VexfsctlException]) -> Iterator[type[VexfsctlException]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _below(each)


def test_everything_a_log_can_say_is_known() -> None:
    """Records, lines of other builds, kinds of the kernel's lines, reasons for gaps."""
    assert unknown({form.word for form in RECORD_FORMS}) == []
    assert unknown({form.name for form in UPSTREAM_FORMS}) == []
    assert unknown(set(GAP_REASONS)) == []


def test_every_kind_of_the_kernels_lines_is_known() -> None:
    """That of the sample of each form."""
    matches = ((form, form.match(form.sample)) for form in EVIDENCE_FORMS)
    kinds = {form.read(match).kind for form, match in matches if match is not None}

    assert len(kinds) > 30
    assert unknown(kinds | set(KERNEL_KINDS)) == []


def test_what_the_usage_lines_speak_of_is_known() -> None:
    """VOLUME, TARGET, HINTS …; what is not ours is a kind of value."""
    values = {"CALL", "COMMAND", "DIR", "ERROR", "FILE", "MOUNTPOINT", "NAME", "TEXT", "WORD"}
    values |= {"DURATION", "MS", "N", "PATH", "REGEX", "SECONDS", "SIZE", "TIME", "NAMESPACE"}
    values |= {"AFTER", "BEFORE", "BOOT", "BYTES", "SHELL", "SITE", "VERB", "ARGS", "KIND"}
    values |= {"CMD", "STATUSES"}
    metavars = (p.metavar or "" for command in _commands(root) for p in command.params)
    words = {word for text in metavars for word in re.findall(r"[A-Z]{2,}", text)}

    assert {"VOLUME", "TARGET"} <= words
    assert unknown(words - values) == []


def _commands(group: click.Group) -> Iterator[click.Command]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield command
        if isinstance(command, click.Group):
            yield from _commands(command)


def test_nothing_is_explained_that_is_gone() -> None:
    """A word whose declaration was removed goes from the vocabulary too."""
    declared = {str(word) for each in enums() for word in each} | set(GAP_REASONS)
    explained = {word for _, meanings in WORDS for word in meanings}

    assert sorted(explained - declared) == ["unrecognised"]


def test_the_words_of_the_program_come_first() -> None:
    """A person who asks what a volume is gets no attribute of it first; others are found too."""
    wanted = ("volume", "lab", "driver", "breaker", "incident", "error", "hint", "degraded")
    first = {word: GLOSSARY.explain(word)[0].subject for word in wanted}

    assert set(first.values()) == {Subject.TERM}
    assert {Subject.WORD} == {GLOSSARY.explain(w)[0].subject for w in ("starts_late", "unrecorded")}
    assert len({name for concept in CONCEPTS for name in concept.names}) == sum(
        len(concept.names) for concept in CONCEPTS
    )
