"""What `status` says: every volume in one line, what is wrong, and the next step."""

from collections.abc import Callable, Collection, Iterable, Sequence
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
    """What the kernel itself says about devices in the window, the worst first: if only volumes of
    this host are judged, about those that failing ones lie on."""


def summarize(
    observation: Observation,
    evidence: "Callable[[], Iterable[LogEntry]]" = tuple,
    name_of: Callable[[str], str] = str,
    related: Callable[[str], Collection[str]] = lambda _: (),
) -> Summary:
    """Sum up what *observation* shows.

    *evidence* gives the kernel's own lines about devices; it is called only if something is wrong
    with a volume, the log has a VexFS build without a tree, or it is a saved log of no volume here.
    *name_of* is as for `find_kernel_trouble`, *related* returns what a device and all that is below
    and above it are called.
    """
    verdict, findings = judge(observation)
    volumes, window = observation.volumes, observation.window
    breakers = summarize_breakers(volumes, observation.now_us * 1_000)
    digest = observation.digest
    errors = () if digest is None else digest.errors.result()
    noise = () if digest is None else digest.noise.result()
    of_others = window.saved and observation.log_alone
    failing = _failing(observation, findings)
    trouble: tuple[KernelTrouble, ...] = ()
    if failing or of_others or observation.upstream is not None:
        trouble = _kernel_trouble(observation, failing, evidence, name_of, related)
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
            devices=[each.device for each in foremost(trouble) if each.device is not None],
        ),
        log_alone=observation.log_alone and observation.has_records,
        upstream=observation.upstream,
        noise=noise,
        kernel_trouble=trouble,
    )


def foremost(trouble: "Sequence[KernelTrouble]") -> "Sequence[KernelTrouble]":
    """Return of *trouble* that with what failing volumes lie on; all if there is none."""
    return tuple(each for each in trouble if each.volumes) or trouble


def _failing(observation: Observation, findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return the volumes that something is known to be wrong with."""
    known = [each for each in findings if each.verdict is not Verdict.UNKNOWN]
    names = [each.volume for each in known if each.volume is not None]
    if len(names) < len(known) and observation.upstream is not None:
        # Such a build has no names of volumes.
        digest = observation.digest
        names += () if digest is None else digest.mounted
    return tuple(dict.fromkeys(names))


def _kernel_trouble(
    observation: Observation,
    failing: Collection[str],
    evidence: "Callable[[], Iterable[LogEntry]]",
    name_of: Callable[[str], str],
    related: Callable[[str], Collection[str]],
) -> "tuple[KernelTrouble, ...]":
    # Deferred, as few hosts ask.
    from vexfsctl.analysis.health.kernel_trouble import VolumesBelow, find_kernel_trouble

    digest = observation.digest
    devices = {} if digest is None else dict(digest.devices)
    replays = None if digest is None else digest.replays
    for volume in observation.volumes:
        if volume.status is not None and volume.status.device is not None:
            devices[volume.name] = volume.status.device
    names = (*failing, *(() if replays is None else replays.volumes))
    # The module calls a volume by its device.
    found = {name: related(devices.get(name, name)) for name in dict.fromkeys(names)}
    below = VolumesBelow(found, failing, replays)
    trouble = find_kernel_trouble(evidence(), observation.window, name_of, below)
    alone = observation.log_alone or observation.upstream is not None
    return trouble if alone else tuple(each for each in trouble if each.volumes)


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
