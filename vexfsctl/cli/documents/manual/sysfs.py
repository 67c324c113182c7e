"""vexfs-sysfs(5): the attribute tree, from the table that reader, writer and driver use."""

from vexfsctl.model.breaker import BreakerAction, BreakerState, state_after
from vexfsctl.model.degradation import CALLS_AT_ONCE, FALLS_BELOW_PCT, LEVEL_RULES, Resource
from vexfsctl.model.errnos import errno_name
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
from vexfsctl.sysfs.control import COMMAND_FORM, COMMAND_RULES
from vexfsctl.sysfs.failures import WRITE_ERRORS
from vexfsctl.system.directories import STANDARD_ROOTS, SYSTEM_ROOT

_DESCRIPTION = (
    "Every provider of VexFS volumes, the kernel module and the userspace driver alike, shows each"
    f" volume as a directory of attributes. This is version {ABI_VERSION} of that tree. The"
    " directory's name is the volume's name.",
    "An attribute holds one value as text with a final newline, less than a page of it. Enums are"
    " lower-case words, numbers are integers, times are nanoseconds of CLOCK_MONOTONIC, which is"
    " the kernel log's own clock, and 0 means never. Counters only grow while epoch stays the same."
    " An attribute that a provider does not have is absent.",
    "Each read from offset 0 gets a fresh value. Where noted below, poll(2) wakes with POLLPRI"
    " when the value changes.",
)
_DEGRADATION = (
    "A level begins above the percentage of a resource: memory of memory_limit_bytes, operations"
    " of max_operations; where a limit is 0, nothing counts. The highest holds. It rises to what"
    " lasted for half a second, and falls once usage was below"
    f" {FALLS_BELOW_PCT} % of the threshold for two seconds. Memory is given"
    " back before: the kernel is asked to forget what nobody uses (from Linux 6.18 on), from 60 %"
    " of the limit on. Usage is measured when calls come, four times a second at most, and on until"
    " the level is normal. Of space, the reserve is compared with what is free: 100 % and less"
    " space than that is where calls that need more get ENOSPC. Nothing else is limited for want"
    " of space.",
    "calls is how many application calls run at once while memory is short, in percent of"
    f" max_operations, or of {CALLS_AT_ONCE} where that is 0. deadlines is in percent of"
    " timeout_ms, while memory or calls are the reason. In an emergency vector operations are"
    " refused, too. More calls than may run wait within their deadline, then they get EBUSY; those"
    " that hang keep their places until they end.",
    "Corruption makes the level read_only at once, until rw is written to access_mode, whatever is"
    " measured. A volume that came up only in part is light.",
)
_TRANSITIONS = "The state after each command, by the state before; - is EBUSY."


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
        *literal_block(COMMAND_FORM),
        *paragraphs(COMMAND_RULES, _TRANSITIONS),
        *column_list(("before", *BreakerAction), _transitions()),
        ".Ss Levels of degradation",
        *column_list(("level", *Resource, *_LIMITS), _levels()),
        *paragraphs(*_DEGRADATION),
        ".Ss Errors of a write",
        "A write that fails changes nothing.",
        *tagged_list(
            (f"Er {errno_name(number)}", text_lines(text)) for number, text in WRITE_ERRORS.items()
        ),
        ".Sh FILES",
        *tagged_list((f"Pa {root}", [text]) for root, text in STANDARD_ROOTS.items()),
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


_LIMITS = ("calls", "deadlines", "writes")


def _levels() -> list[tuple[str, ...]]:
    return [
        (
            str(level),
            *(_percent(rule.threshold_pct(resource)) for resource in Resource),
            _percent(rule.calls_pct),
            _percent(rule.timeout_pct),
            "EROFS" if level.refuses_writes else "yes",
        )
        for level, rule in LEVEL_RULES.items()
    ]


def _percent(pct: int | None) -> str:
    return "-" if pct is None else f"{pct} %"


def _transitions() -> list[tuple[str, ...]]:
    return [
        (state, *(str(state_after(state, action) or "-") for action in BreakerAction))
        for state in BreakerState
    ]
