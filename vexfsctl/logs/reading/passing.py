"""What our own provider reports of calls and breakers: of no interest once they are over."""

import re

from vexfsctl.logs.grammar import RECORD_FORMS
from vexfsctl.model.events import StateChanged
from vexfsctl.model.record import LogRecord

_WORDS = "|".join(form.word for form in RECORD_FORMS if form.event is not StateChanged)
PASSING = rf"VexFS: (?:\[CORR-[0-9A-F]{{16}}\] (?:{_WORDS}) |(?:{_WORDS}) vol=)"
"""What our own records begin with, but for those of states."""


def is_passing(record: LogRecord) -> bool:
    """Whether our own provider reports in *record*, perhaps torn, of a call or a breaker."""
    return re.match(PASSING, record.text) is not None
