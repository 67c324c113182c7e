"""Shared breakers of this user: found, read, and commanded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vexfsctl.exceptions import ActionFailed, NotFound, Problem, VexfsctlException
from vexfsctl.host.changes import (
    Change,
    Changes,
    Consent,
    Outcome,
    Refusal,
    obtain_consent,
    tell_doubts,
)
from vexfsctl.host.guarded.places import breaker_files
from vexfsctl.host.host import Host
from vexfsctl.host.operator import Operator
from vexfsctl.host.volumes import Consulted
from vexfsctl.model.breaker import BreakerAction, BreakerCommand, BreakerState, state_after
from vexfsctl.model.units import format_duration
from vexfsctl.render.words import word
from vexfsctl.resilience import CircuitBreaker, ResilienceException, SharedFileUnusable
from vexfsctl.resilience.shared.eras import present
from vexfsctl.resilience.shared.file import SharedFile, peek
from vexfsctl.resilience.shared.holders import on_host
from vexfsctl.system.directories import make_breaker_directory

_UNUSABLE = "breaker_unusable"
_NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class SharedStatus:
    """A shared breaker as of now."""

    name: str
    path: Path
    state: BreakerState
    generation: int
    failures: int
    """Failures inside `within_ms`, at most `limit`."""
    limit: int
    """Failures inside `within_ms` that open it; 0 if the file is of an earlier boot, and void."""
    within_ms: int
    open_for_ms: int
    """How long it stays open. Like the two before, as its last user has set it."""
    trips: int
    retry_after_ms: int | None
    """Time until a timer lets a call through; None if none will, or calls pass."""
    opened_ms_ago: int | None
    last_failure_ms_ago: int | None
    """Only of failures that count."""
    cause: str | None
    """The failure that opened it."""
    reason: str | None
    author: str | None
    unrecorded: int
    """Outcomes that could not be recorded, as the file was locked for too long."""


@dataclass(frozen=True, slots=True)
class SharedBreakers:
    """Those that were found, and what could not be read."""

    statuses: tuple[SharedStatus, ...]
    problems: tuple[Problem, ...] = ()


def read_shared(host: Host, names: Sequence[str] = ()) -> SharedBreakers:
    """Read the breakers of *names*; without names, all.

    Raises NotFound for a name that none has. A file that cannot be used is a problem.
    """
    files = breaker_files(host)
    for name in names:
        if name not in files:
            raise _not_found(name, files)
    statuses, problems = [], []
    for name in dict.fromkeys(names or files):
        try:
            status = _read(host, files[name])
        except SharedFileUnusable as cause:
            hint = "its next user sets it aside and makes a new one"
            problems.append(Problem(_UNUSABLE, str(cause), hint))
        except FileNotFoundError:
            continue
        else:
            statuses.append(status)
    return SharedBreakers(tuple(statuses), tuple(problems))


def command_shared(
    host: Host,
    operator: Operator,
    names: Sequence[str],
    command: BreakerCommand,
    consent: Consent,
) -> Changes:
    """Send *command* to the breakers of *names*; a trip makes those that do not exist.

    Raises NotFound, Declined, and InvalidInput if nobody can be asked.
    """
    known = breaker_files(host)
    if command.action is not BreakerAction.TRIP:
        for name in names:
            if name not in known:
                raise _not_found(name, known)
    plans = [_plan(host, name, command) for name in dict.fromkeys(names)]
    if command.action is BreakerAction.RESET:
        tell_doubts(operator, [doubt for plan in plans for doubt in _doubts(plan)])
    if not consent.dry_run and not all(plan.idle for plan in plans):
        obtain_consent(operator, consent, _question(plans))
    return Changes(tuple(_outcome(host, operator, plan, consent) for plan in plans), Consulted())


@dataclass(frozen=True, slots=True)
class _Plan:
    name: str
    command: BreakerCommand
    status: SharedStatus | None
    """The breaker as it was read; None if there is none, or none that can be used."""
    unusable: str | None = None
    """Why not, in the second case."""

    @property
    def before(self) -> BreakerState:
        return BreakerState.CLOSED if self.status is None else self.status.state

    @property
    def after(self) -> BreakerState:
        return state_after(self.before, self.command.action) or self.before

    @property
    def idle(self) -> bool:
        if self.command.action is BreakerAction.TRIP:
            return False  # it renews the time a trip holds
        return self.before is self.after and not (self.status and self.status.failures)

    def change(self, *, changed: bool, dry_run: bool) -> Change:
        after = self.after if changed else self.before
        return Change(self.name, "state", word(self.before), word(after), changed, dry_run)


def _plan(host: Host, name: str, command: BreakerCommand) -> _Plan:
    if name not in breaker_files(host):
        return _Plan(name, command, None)
    read = read_shared(host, [name])
    unusable = next((problem.message for problem in read.problems), None)
    return _Plan(name, command, read.statuses[0] if read.statuses else None, unusable)


def _outcome(host: Host, operator: Operator, plan: _Plan, consent: Consent) -> Outcome:
    if consent.dry_run or plan.idle:
        return plan.change(changed=not plan.idle, dry_run=consent.dry_run)
    try:
        _carry_out(host, operator, plan)
    except (ResilienceException, OSError) as cause:
        failure: VexfsctlException = ActionFailed(
            f"{plan.name}: {cause}", hint=f"vexfsctl guard show {plan.name}"
        )
        return Refusal(plan.change(changed=False, dry_run=False), failure)
    return plan.change(changed=True, dry_run=False)


def _carry_out(host: Host, operator: Operator, plan: _Plan) -> None:
    path = _path(host, plan)
    shown: dict[str, Any] = {}
    if plan.status is not None and plan.status.limit:
        shown = {
            "failures": plan.status.limit,
            "within": plan.status.within_ms / 1000,
            "open_for": plan.status.open_for_ms / 1000,
        }
    breaker = CircuitBreaker(
        plan.name, shared=SharedFile(path, operator.tell), clock=host.clock, **shown
    )
    for_s = None if plan.command.for_ms is None else plan.command.for_ms / 1000
    breaker.command(
        plan.command.action,
        for_s,
        reason=plan.command.reason,
        author=str(operator.who.uid),
        if_generation=None if plan.status is None else plan.status.generation,
    )


def _path(host: Host, plan: _Plan) -> Path:
    if plan.status is not None:
        return plan.status.path
    return make_breaker_directory(host.breaker_directories) / plan.name


def _question(plans: Sequence[_Plan]) -> str:
    busy = [plan for plan in plans if not plan.idle]
    action = busy[0].command.action.capitalize()
    if len(busy) == 1:
        return f"{action} breaker {busy[0].name} ({word(busy[0].before)})?"
    return f"{action} {len(busy)} breakers ({', '.join(plan.name for plan in busy)})?"


def _doubts(plan: _Plan) -> Iterator[str]:
    status = plan.status
    if plan.unusable is not None:
        yield plan.unusable
    if status is None or status.last_failure_ms_ago is None or plan.idle:
        return
    ago = format_duration(status.last_failure_ms_ago)
    yield f"{plan.name}: its last failure was {ago} ago" + (
        "" if status.cause is None else f" ({status.cause})"
    )


def _read(host: Host, path: Path) -> SharedStatus:
    peeked = peek(path)
    if peeked is None:
        # Of an earlier boot, and void.
        return SharedStatus(
            *(path.name, path, BreakerState.CLOSED, 1, 0, 0, 0, 0, 0),
            *(None, None, None, None, None, None, 0),
        )
    seen, dates = peeked
    now_ns = on_host(host.clock).now_ns()
    record = present(seen, now_ns)
    counting = [at for at in dates if now_ns - at < record.within_ns]
    waits = record.state.rejects and record.until_ns is not None
    return SharedStatus(
        name=path.name,
        path=path,
        state=record.state,
        generation=record.generation,
        failures=len(counting),
        limit=record.limit,
        within_ms=record.within_ns // _NS_PER_MS,
        open_for_ms=record.open_ns // _NS_PER_MS,
        trips=record.trips,
        retry_after_ms=((record.until_ns or 0) - now_ns) // _NS_PER_MS if waits else None,
        opened_ms_ago=(now_ns - record.opened_ns) // _NS_PER_MS if record.opened_ns else None,
        last_failure_ms_ago=(now_ns - max(counting)) // _NS_PER_MS if counting else None,
        cause=record.cause,
        reason=record.reason,
        author=record.author,
        unrecorded=seen.unrecorded,
    )


def _not_found(name: str, known: Mapping[str, Path]) -> NotFound:
    hint = f"there are {', '.join(sorted(known))}" if known else "`vexfsctl guard run` makes one"
    return NotFound(f"there is no shared breaker {name!a}", hint=hint)
