"""What is wrong with a VexFS build that exports no attribute tree, from its lines in the log."""

from collections.abc import Iterator

from vexfsctl.analysis.health.findings import Finding, Verdict
from vexfsctl.analysis.upstream.health import RunningCall, UpstreamHealth
from vexfsctl.model.units import format_duration
from vexfsctl.model.volume import DegradationLevel, ModuleState


def judge_upstream(health: UpstreamHealth) -> Iterator[Finding]:
    """Yield what is wrong with that load now, whenever it was logged."""
    yield from _judge_state(health)
    if health.loaded is not False:
        yield from _judge_degradation(health.degradation)
    if health.mounting is not None and health.mounting.hangs:
        device = health.mounting.device
        what = "a mount" if device is None else f"a mount of {device}"
        message = f"{what} never ended{_since(health.mounting)}"
        yield Finding(Verdict.CRITICAL, "mount_hangs", message)
    hanging = [call for call in health.running if call.hangs]
    if len(hanging) == 1:
        yield Finding(Verdict.WARNING, "unreturned", f"a call never returned: {_told(hanging[0])}")
    elif hanging:
        message = f"{len(hanging)} calls never returned, the first is {_told(hanging[0])}"
        yield Finding(Verdict.WARNING, "unreturned", message)


def _judge_state(health: UpstreamHealth) -> Iterator[Finding]:
    if health.state is ModuleState.ERROR and health.loaded is not False:
        yield Finding(Verdict.CRITICAL, "state_error", "the VexFS module is in state error")
    elif health.errored:
        gone = "unloaded" if health.loaded is False else "recovered"
        message = f"the VexFS module went into state error and was {gone} since"
        yield Finding(Verdict.CRITICAL, "state_error", message)


def _judge_degradation(level: DegradationLevel | str | None) -> Iterator[Finding]:
    if isinstance(level, str):
        message = f"VexFS is degraded to {level!r}, which this vexfsctl does not know"
        yield Finding(Verdict.UNKNOWN, "not_understood", message)
    elif level is not None and level is not DegradationLevel.NORMAL:
        verdict = Verdict.CRITICAL if level.refuses_writes else Verdict.WARNING
        yield Finding(verdict, f"degradation_{level}", f"VexFS is degraded: {level}")


def _told(call: RunningCall) -> str:
    number = "" if call.number is None else f"CALL-{call.number} "
    return f"{number}{call.call}{_since(call)}"


def _since(call: RunningCall) -> str:
    return "" if not call.waited_us else f", begun {format_duration(call.waited_us / 1e3)} ago"
