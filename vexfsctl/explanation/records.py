"""Explanations of the kinds of records in the log."""

from collections.abc import Iterator
from functools import partial

from vexfsctl.explanation.form import Explanation, Heading, Subject
from vexfsctl.logs.grammar import RECORD_FORMS, RecordForm


def record_headings() -> Iterator[Heading]:
    """Yield the kinds of records in the log."""
    for form in RECORD_FORMS:
        yield Heading((form.word,), partial(_explain_record, form))


def _explain_record(form: RecordForm) -> Explanation:
    keys = (key.key if form.requires(key) else f"[{key.key}]" for key in form.keys)
    return Explanation(
        subject=Subject.RECORD,
        name=form.word,
        meaning=f"A record of the log: {form.meaning}",
        facts={"keys": tuple(keys)},
        what_you_do=f"`vexfsctl log --grep ' {form.word} vol='` shows them; vexfs-log(5) says what "
        "each key means.",
    )
