"""How `status` and `errors` show what VexFS builds without an attribute tree wrote to the log."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vexfsctl.model.errnos import errno_name
from vexfsctl.model.units import format_duration
from vexfsctl.render.colour import tone_of_word
from vexfsctl.render.result import Column, Line, Paragraph, Span, Table
from vexfsctl.render.words import word

if TYPE_CHECKING:
    from vexfsctl.analysis.errors.groups import ErrorGroup, NoiseGroup
    from vexfsctl.analysis.upstream.health import RunningCall, SiteSummary, UpstreamHealth

_MOST_ROWS = 10
"""What one screen has room for; JSON has it all."""


def upstream_blocks(
    health: "UpstreamHealth | None", noise: "Sequence[NoiseGroup]"
) -> tuple[Table | Paragraph, ...]:
    """Return the state of such a build, its call sites with trouble, and its explained noise."""
    blocks: list[Table | Paragraph] = []
    if health is not None:
        lines = tuple(_state_lines(health))
        blocks += [Paragraph(lines)] if lines else []
        sites = health.troubled
        blocks += [Table(_SITE_COLUMNS, sites[:_MOST_ROWS], _title(len(sites)))] if sites else []
    if noise:
        title = "expected noise: looks like trouble but is not"
        blocks.append(Table(_NOISE_COLUMNS, tuple(noise)[:_MOST_ROWS], title))
    return tuple(blocks)


def named_error(group: "ErrorGroup") -> str:
    """Return what *group* is called: `IoError.ReadError (EIO)`."""
    doubt = "" if group.verified else " (unverified)"
    number = "" if group.errno is None else f" ({errno_name(group.errno)})"
    return f"{group.error}{number}{doubt}"


def _state_lines(health: "UpstreamHealth") -> list[Line]:
    lines: list[Line] = []
    if health.state is not None:
        state = word(health.state)
        loaded = " and unloaded since" if health.loaded is False else ""
        lines.append(("VexFS module: state ", Span(state, tone_of_word(state)), loaded))
    if health.degradation is not None:
        level = word(health.degradation)
        lines.append(("VexFS degradation: ", Span(level, tone_of_word(level))))
    lines += [_running_line(call) for call in health.running[:_MOST_ROWS]]
    return lines


def _running_line(call: "RunningCall") -> str:
    since = "" if call.waited_us is None else f" for {format_duration(call.waited_us / 1_000)}"
    fate = "never returned" if call.hangs else "was still running when the log ended"
    return f"CALL-{call.number} {call.call} {fate}{since}"


def _title(sites: int) -> str:
    more = sites - _MOST_ROWS
    title = "calls in the log since the module was loaded"
    return f"{title}; {more} more call sites in --json" if more > 0 else title


def _rate(site: "SiteSummary") -> str | None:
    return None if site.rate_pct is None else f"{site.rate_pct}%"


_SITE_COLUMNS = (
    Column("CALL", lambda site: site.call),
    Column("CALLS", lambda site: site.calls, right=True),
    Column("FAILED", lambda site: site.failed, right=True),
    Column("BLOCKED", lambda site: site.blocked, right=True),
    Column("TIMED OUT", lambda site: site.timed_out, right=True),
    Column("SKIPPED", lambda site: site.skipped, right=True),
    Column("NOISE", lambda site: site.noise, right=True),
    Column("RATE", _rate, right=True),
)
_NOISE_COLUMNS = (
    Column("COUNT", lambda group: group.count, right=True),
    Column("LINE", lambda group: group.form),
    Column("CALL", lambda group: group.call),
    Column("WHY", lambda group: group.why, wraps=True),
)
