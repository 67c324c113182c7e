"""Errors and noise in the window of a verdict, equal ones counted together."""

from collections.abc import Iterator

from vexfsctl.analysis.errors.groups import (
    ErrorGroup,
    ErrorGroups,
    NoiseGroup,
    NoiseGroups,
    Sighting,
    is_error,
)
from vexfsctl.analysis.health.verdict import Observation


def group_log(observation: Observation) -> tuple[tuple[ErrorGroup, ...], tuple[NoiseGroup, ...]]:
    """Return the errors of the log, those of live volumes first, and its noise."""
    errors, noise = ErrorGroups(), NoiseGroups()
    for sighting in _sightings(observation):
        errors.take(sighting)
        noise.take(sighting)
    return errors.result(), noise.result()


def _sightings(observation: Observation) -> Iterator[Sighting]:
    """Errors and noise of the window, unverified ones included: they are counted separately."""
    for entry in observation.entries:
        told = entry.upstream is not None or is_error(entry)
        if told and observation.window.holds(entry.record):
            moment = observation.window.moment(entry.record)
            yield Sighting(entry, moment, observation.live.hold(entry))
