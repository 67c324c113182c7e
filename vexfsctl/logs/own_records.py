"""Which records of a log VexFS may have written, our provider or another build: a quick look."""

from functools import cache

from vexfsctl.model.record import LogRecord

NAMED = b"vexfs"
"""What most of VexFS's lines have in them, in whatever letter case."""
STATE = "VexFS: state vol="
"""What all our own records of states begin with."""
DAEMON_FIELD = "TARGET"
"""Metadata of a record that a VexFS daemon wrote with the tracing library: the module's path."""
PROGRAM_FIELD = "SYSLOG_IDENTIFIER"
"""Metadata of a record that a log daemon says a program wrote: what that calls itself."""
DAEMON_FIELDS = (DAEMON_FIELD, PROGRAM_FIELD)
"""Metadata that may name a VexFS daemon."""
VEXFS = NAMED.decode()

_DAEMONS = (VEXFS, "vexgraph")


def may_be_vexfs(record: LogRecord) -> bool:
    """Whether VexFS may have written *record*, ours or an earlier build: quick; False is certain.

    Most lines name VexFS; the others begin like a form, or are a daemon's output.
    """
    text = record.text
    if VEXFS in text.lower() or is_daemon_output(record):
        return True
    return text.startswith(unnamed_leads()) and not is_of_program(record)


def is_daemon_output(record: LogRecord) -> bool:
    """Whether a VexFS daemon printed *record*: there even a line that could be anyone's is its own.

    Its metadata says so, or it has no time at all, as nothing of the kernel's.
    """
    if record.uptime_us is None and record.wall_time_s is None:
        return not record.loose
    # Most have no metadata, and very many are looked at.
    return bool(record.fields) and any(
        key in DAEMON_FIELDS and value.lower().startswith(_DAEMONS) for key, value in record.fields
    )


def is_of_program(record: LogRecord) -> bool:
    """Whether a log daemon says that some program wrote *record*, and not the kernel or VexFS."""
    return any(
        key == PROGRAM_FIELD and not value.lower().startswith(_DAEMONS)
        for key, value in record.fields
    )


@cache
def unnamed_leads() -> tuple[str, ...]:
    """Beginnings of the forms whose lines need not name VexFS, whoever printed them."""
    from vexfsctl.logs.upstream.forms import UPSTREAM_FORMS

    leads = (form.lead for form in UPSTREAM_FORMS if not form.names_vexfs and not form.bare)
    return tuple(dict.fromkeys(leads))
