"""vexfs-sysfs(5): the attribute tree, from the table that reader, writer and driver use."""

from vexfsctl.model.breaker import BreakerAction, BreakerState, state_after
from vexfsctl.model.operations import OperationType
from vexfsctl.render.mdoc import (
    column_list,
    literal_block,
    page_head,
    paragraphs,
    see_also,
    tagged_list,
    text_lines,
    words,
)
from vexfsctl.sysfs.attributes import (
    ABI_VERSION,
    BREAKER_ATTRIBUTES,
    INJECT_ATTRIBUTES,
    OPERATION_ATTRIBUTES,
    VOLUME_ATTRIBUTES,
    Attribute,
)
from vexfsctl.system.directories import KERNEL_ROOT, SYSTEM_ROOT

WRITE_ERRORS = {
    "EINVAL": "An unknown word, a malformed number, or a write of a page or more.",
    "ERANGE": "A number out of range.",
    "EBUSY": "Not possible in the present state.",
    "ESTALE": "The generation asked for has moved on.",
    "EACCES": "Not permitted; for writing what can only be read, and the other way round, for root"
    " too.",
    "EIO": "The provider is in state error.",
}

_DESCRIPTION = (
    "Every provider of VexFS volumes, the kernel module and the userspace driver alike, shows each"
    f" volume as a directory of attributes. This is version {ABI_VERSION} of that tree. The"
    " directory's name is the volume's name.",
    "An attribute holds one value as text with a final newline, less than a page of it. Enums are"
    " lower-case words, numbers are integers, times are nanoseconds of CLOCK_MONOTONIC, which is"
    " the kernel log's own clock, and 0 is never. Counters only grow while epoch stays the same."
    " An attribute that a provider does not have is absent.",
    "The value is made anew by each read from offset 0. Where it says so below, poll(2) wakes with"
    " POLLPRI when a value changed.",
)
_COMMANDS = (
    "One write is one command. With if-generation it is refused with ESTALE unless the breaker is"
    " at that generation, so that two operators cannot undo each other unseen. A time in"
    " milliseconds after for goes with trip: how long to hold it. The reason goes to the log; in"
    " it a quote and a backslash are written with a backslash before them. A command that changes"
    " nothing succeeds.",
    "The state after each command, by the state before; - is EBUSY.",
)


def sysfs_page() -> list[str]:
    """Return the lines of the page."""
    return [
        *page_head("vexfs-sysfs", 5, "attribute tree of VexFS volumes"),
        ".Sh DESCRIPTION",
        *paragraphs(*_DESCRIPTION),
        ".Ss Attributes of a volume",
        *_attribute_list(VOLUME_ATTRIBUTES),
        ".Ss Attributes of an operation",
        *text_lines(f"An operation, op, is one of {', '.join(OperationType)}."),
        *_attribute_list(OPERATION_ATTRIBUTES),
        ".Ss Attributes of its circuit breaker",
        *_attribute_list(BREAKER_ATTRIBUTES),
        ".Ss Fault injection",
        *text_lines("Only in a userspace driver that was mounted with --allow-inject."),
        *_attribute_list(INJECT_ATTRIBUTES),
        ".Ss Commands to a breaker",
        *literal_block('COMMAND [for MS] [if-generation N] [reason="TEXT"]'),
        *paragraphs(*_COMMANDS),
        *column_list(("before", *BreakerAction), _transitions()),
        ".Ss Errors of a write",
        "A write that fails changes nothing.",
        *tagged_list((f"Er {name}", text_lines(text)) for name, text in WRITE_ERRORS.items()),
        ".Sh FILES",
        *tagged_list(
            [
                (f"Pa {KERNEL_ROOT}", ["Volumes of the kernel module."]),
                (f"Pa {SYSTEM_ROOT}", ["Volumes whose userspace driver root runs."]),
                ("Pa $XDG_RUNTIME_DIR/vexfs", ["Volumes whose userspace driver a user runs."]),
            ]
        ),
        ".Sh EXAMPLES",
        *literal_block(
            f"cat {SYSTEM_ROOT}/loop0/operations/storage/breaker/state\n"
            f"echo 'reset reason=\"disk replaced\"' >"
            f" {SYSTEM_ROOT}/loop0/operations/storage/breaker/control"
        ),
        *see_also("vexfsctl(1)", "vexfsctl-breaker(1)", "vexfsctl-volume(1)", "vexfs-log(5)"),
    ]


def _attribute_list(attributes: tuple[Attribute, ...]) -> list[str]:
    return tagged_list((_tag(attribute), _text(attribute)) for attribute in attributes)


def _tag(attribute: Attribute) -> str:
    return f"Pa {words(attribute.path)} Pq {attribute.access} : {words(attribute.type.name)}"


def _text(attribute: Attribute) -> list[str]:
    text = attribute.meaning
    if attribute.default is not None and attribute.writable:
        text += f" Default: {attribute.type.format(attribute.default)}."
    if attribute.pollable:
        text += " Can be polled."
    return text_lines(text)


def _transitions() -> list[tuple[str, ...]]:
    # metrics_only is a word of the table already and a state of no provider yet.
    states = [state for state in BreakerState if state is not BreakerState.METRICS_ONLY]
    return [
        (state, *(str(state_after(state, action) or "-") for action in BreakerAction))
        for state in states
    ]
