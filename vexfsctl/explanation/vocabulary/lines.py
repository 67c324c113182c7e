"""Kinds of lines of the kernel, and the names of lines of other VexFS builds."""

from collections.abc import Iterator
from functools import partial

from vexfsctl.catalogue.kernel_kinds import KERNEL_KINDS, KernelKind
from vexfsctl.explanation.form import Explanation, Heading, Subject
from vexfsctl.explanation.vocabulary.words import WORDS
from vexfsctl.logs.upstream.form import Form
from vexfsctl.logs.upstream.forms import UPSTREAM_FORMS


def line_headings() -> Iterator[Heading]:
    """Yield both."""
    for kind, told in KERNEL_KINDS.items():
        yield Heading((kind, f"kernel {kind}"), partial(_explain_kind, kind, told))
    # Several wordings of one line share its name; the first stands for them.
    for name, form in {form.name: form for form in reversed(UPSTREAM_FORMS)}.items():
        yield Heading((name,), partial(_explain_form, form))


def _explain_kind(kind: str, told: KernelKind) -> Explanation:
    return Explanation(
        subject=Subject.KERNEL_KIND,
        name=kind,
        meaning=told.meaning.format(device="DEVICE"),
        what_you_do=told.advice,
    )


def _explain_form(form: Form) -> Explanation:
    meanings = {word: meaning for _, words in WORDS for word, meaning in words.items()}
    note = "" if form.note is None else f" {form.note[0].upper()}{form.note[1:].rstrip('.')}."
    return Explanation(
        subject=Subject.UPSTREAM_LINE,
        name=form.name,
        meaning=f"{meanings[form.significance]}{note}",
        facts={"line": form.sample, "significance": form.significance},
    )
