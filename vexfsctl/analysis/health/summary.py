"""What `status` says: every volume in one line, what is wrong, and the next step."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vexfsctl.analysis.health.findings import Finding, Verdict
from vexfsctl.analysis.health.next_steps import NextStep, next_steps
from vexfsctl.analysis.health.tripped_breakers import BreakerSummary, summarize_breakers
from vexfsctl.analysis.health.verdict import Observation, judge
from vexfsctl.analysis.window import Window
from vexfsctl.model.volume import (
    AccessMode,
    DegradationLevel,
    ErrorCounts,
    ModuleState,
    Presence,
    Volume,
    VolumeStatus,
)

if TYPE_CHECKING:
    from vexfsctl.analysis.errors.groups import ErrorGroup, NoiseGroup
    from vexfsctl.analysis.health.kernel_trouble import KernelTrouble
    from vexfsctl.analysis.upstream.health import UpstreamHealth
    from vexfsctl.model.entry import LogEntry


@dataclass(frozen=True, slots=True)
class Service:
    """What a volume that answers says of itself."""

    driver: str
    device: str | None
    """`major:minor` of the backing block device."""
    mountpoint: str | None
    state: ModuleState | str
    degradation: DegradationLevel | str
    access_mode: AccessMode | str
    errors: ErrorCounts | None
    """Of this epoch, not of the window; None if a counter is unknown."""
    in_flight: int
    """Calls now running, of all operation types."""
    overdue: int
    """Those of them past their deadline."""


@dataclass(frozen=True, slots=True)
class VolumeSummary:
    """One volume in one line."""

    name: str
    root: Path
    verdict: Verdict
    """The worst finding about it."""
    presence: Presence
    detail: str | None
    """Why it is not present, or what was not understood of it."""
    service: Service | None
    """None unless present."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole answer."""

    verdict: Verdict
    window: Window
    findings: tuple[Finding, ...]
    """The worst first."""
    volumes: tuple[VolumeSummary, ...]
    breakers: tuple[BreakerSummary, ...]
    """Those that are not closed."""
    errors: "tuple[ErrorGroup, ...]"
    """Those of the window, from the log: of live volumes first, then the most severe."""
    next_steps: tuple[NextStep, ...]
    log_alone: bool
    """Whether there is no attribute tree behind what the log shows."""
    upstream: "UpstreamHealth | None"
    """Health of VexFS builds that export no tree; None if none of them is in the log."""
    noise: "tuple[NoiseGroup, ...]"
    """Lines of the window that look like trouble but are known to be harmless."""
    kernel_trouble: "tuple[KernelTrouble, ...]"
    """What the kernel itself says about devices in the window, if no tree names the device."""


def summarize(
    observation: Observation,
    evidence: "Callable[[], Iterable[LogEntry]]" = tuple,
    name_of: Callable[[str], str] = str,
) -> Summary:
    """Sum up what *observation* shows.

    *evidence* gives the kernel's own lines about devices; it is called only if the log has a VexFS
    build that does not name its device, or is a saved log of no volume here. *name_of* is as for
    `find_kernel_trouble`.
    """
    verdict, findings = judge(observation)
    volumes, window = observation.volumes, observation.window
    breakers = summarize_breakers(volumes, observation.now_us * 1_000)
    digest = observation.digest
    errors = () if digest is None else digest.errors.result()
    noise = () if digest is None else digest.noise.result()
    of_others = window.saved and observation.log_alone
    told = of_others or observation.upstream is not None
    trouble = _kernel_trouble(evidence(), window, name_of) if told else ()
    return Summary(
        verdict=verdict,
        window=window,
        findings=findings,
        volumes=tuple(_summarize_volume(volume, findings) for volume in volumes),
        breakers=breakers,
        errors=errors,
        next_steps=next_steps(
            volumes,
            breakers,
            errors,
            records=observation.has_records or of_others,
            devices=[each.device for each in trouble if each.device is not None],
        ),
        log_alone=observation.log_alone and observation.has_records,
        upstream=observation.upstream,
        noise=noise,
        kernel_trouble=trouble,
    )


def _kernel_trouble(
    entries: "Iterable[LogEntry]", window: Window, name_of: Callable[[str], str]
) -> "tuple[KernelTrouble, ...]":
    # Deferred, as few hosts ask.
    from vexfsctl.analysis.health.kernel_trouble import find_kernel_trouble

    return find_kernel_trouble(entries, window, name_of)


def _summarize_volume(volume: Volume, findings: Sequence[Finding]) -> VolumeSummary:
    verdicts = [each.verdict for each in findings if each.volume == volume.name]
    return VolumeSummary(
        name=volume.name,
        root=volume.root,
        verdict=max(verdicts, key=lambda verdict: verdict.weight, default=Verdict.OK),
        presence=volume.presence,
        detail=volume.detail,
        service=None if volume.status is None else _summarize_service(volume.status),
    )


def _summarize_service(status: VolumeStatus) -> Service:
    operations = status.operations.values()
    return Service(
        driver=status.driver,
        device=status.device,
        mountpoint=status.mountpoint,
        state=status.state,
        degradation=status.degradation,
        access_mode=status.access_mode,
        errors=status.errors,
        in_flight=sum(each.in_flight for each in operations),
        overdue=sum(each.overdue for each in operations),
    )
