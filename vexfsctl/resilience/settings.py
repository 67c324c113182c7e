"""The settings of a breaker, declared once and checked at construction."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from vexfsctl.resilience import checks
from vexfsctl.resilience.delays import Random, exponential, upwards
from vexfsctl.resilience.outcomes import Classify, Exceptions

_NOTHING: Mapping[str, Any] = MappingProxyType({})


# A NamedTuple, as all values here: dataclasses would double the time to import the library.
class _Settings(NamedTuple):
    failures: int | None = 5
    """Failures inside `within` that open it; None: rule off."""
    within: float = 10.0
    """Age at which a failure, or a call in the rates, no longer counts."""
    consecutive: int | None = None
    """Failures in a row that open it."""
    failure_rate: float | None = None
    """Share of failed calls, 0 to 1, at which it opens."""
    slow_rate: float | None = None
    """Share of slow calls, 0 to 1, at which it opens."""
    slow: float | None = None
    """Duration from which a call is slow."""
    minimum_calls: int = 10
    """Calls in the window below which the rates are undefined."""
    last: int | None = None
    """Take the rates over so many calls instead of the time `within`."""
    kinds: Mapping[str, int] = _NOTHING
    """Failures of a kind inside `within` that open it."""
    at_once: Mapping[str, float | None] = _NOTHING
    """Kinds of which one failure opens it, and for how long (None: as usual)."""

    open_for: float | Callable[[int], float] = 60.0
    """How long it stays open. A function is given how often it has opened again without closing,
    and does what `open_backoff` does else.
    """
    open_backoff: float = 1.0
    """Growth of the open time each time it opens again without closing."""
    open_jitter: float = 0.0
    """Share by which the open time is spread upwards, below `max_open`."""
    max_open: float | None = None
    """Longest open time; None: an hour, or `open_for` where that is longer."""

    half_open_calls: int | None = None
    """Calls admitted at a time while half-open; None: all `probes`, or one."""
    successes: int = 3
    """Successes in half-open that close it; the first failure opens it again."""
    probes: int | None = None
    """Instead: judge so many calls by the rates, and only then open or close."""
    lease: float = 60.0
    """Time after which a half-open call that has not ended gives up its place."""
    half_open_for: float | None = None
    """Longest time in half-open."""
    half_open_closes: bool = False
    """What ends that time: closed if set, else open."""

    on: Exceptions = Exception
    """Exceptions that are failures: types, or a function that says so of each."""
    ignore: Exceptions = ()
    """Exceptions that count as nothing, even if in `on`."""
    classify: Classify | None = None
    """Judges results and exceptions first; None from it leaves them to `on` and `ignore`."""


class BreakerSettings(_Settings):
    """When a breaker trips and how it recovers, by keyword. Durations are seconds.

    The trip rules are combined: it opens when any of them fires. Raises ValueError or TypeError
    that names the setting when one is wrong.
    """

    __slots__ = ()

    def __new__(cls, **settings: Any) -> "BreakerSettings":
        """Check *settings*."""
        if unknown := settings.keys() - set(cls._fields):
            raise TypeError(f"a breaker has no setting {', '.join(sorted(unknown))}")
        for name in settings.keys() & {"kinds", "at_once"}:
            # A copy: what is changed later was not checked.
            settings[name] = MappingProxyType({**checks.by_name(name, settings[name])})
        self = super().__new__(cls, **settings)
        self._check()
        return self

    def changed(self, **changes: Any) -> "BreakerSettings":
        """Return the same settings but for *changes*, checked."""
        return BreakerSettings(**{**self._asdict(), **changes}) if changes else self

    def _check(self) -> None:
        for name in ("failures", "consecutive", "last", "half_open_calls", "probes"):
            checks.whole(name, getattr(self, name), optional=True)
        for name in ("minimum_calls", "successes"):
            checks.whole(name, getattr(self, name))
        for name in ("within", "lease"):
            checks.seconds(name, getattr(self, name))
        for name in ("slow", "half_open_for", "max_open"):
            checks.seconds(name, getattr(self, name), optional=True)
        for name in ("failure_rate", "slow_rate"):
            checks.fraction(name, getattr(self, name), zero=False, optional=True)
        checks.fraction("open_jitter", self.open_jitter)
        checks.factor("open_backoff", self.open_backoff)
        if not callable(self.open_for):
            checks.seconds("open_for", self.open_for)
        checks.exceptions("on", self.on)
        checks.exceptions("ignore", self.ignore)
        checks.function("classify", self.classify)
        checks.flag("half_open_closes", self.half_open_closes)
        for kind, threshold in self.kinds.items():
            checks.whole(f"kinds[{kind!r}]", threshold)
        for kind, duration in self.at_once.items():
            checks.seconds(f"at_once[{kind!r}]", duration, optional=True)
        self._check_together()

    def _check_together(self) -> None:
        if self.slow_rate is not None and self.slow is None:
            raise ValueError("slow_rate needs slow, the duration from which a call is slow")
        if self.last is not None and self.minimum_calls > self.last:
            raise ValueError(f"minimum_calls must be at most last ({self.last})")
        if self.probes is not None and not self.judges_rates:
            raise ValueError("probes needs failure_rate or slow_rate to judge by")
        if self.max_open is None or callable(self.open_for):
            return
        if self.open_for > self.max_open:
            raise ValueError(f"open_for must be at most max_open ({self.max_open:g})")

    @property
    def judges_rates(self) -> bool:
        """Whether a rate rule is on."""
        return self.failure_rate is not None or self.slow_rate is not None

    @property
    def needs_durations(self) -> bool:
        """Whether calls have to be timed."""
        return self.slow is not None or self.judges_rates

    @property
    def places(self) -> int:
        """Calls that half-open admits at a time."""
        return self.half_open_calls or self.probes or 1

    def open_time(self, opened_before: int, random: Random) -> float:
        """Return how long to stay open, having opened *opened_before* times without closing."""
        base, factor = self.open_for, self.open_backoff
        if callable(base):
            base, factor = base(opened_before), 1.0
            checks.seconds("open_for", base, zero=True)
        cap = max(_HOUR, base) if self.max_open is None else self.max_open
        return upwards(
            exponential(base, factor, cap, opened_before + 1), self.open_jitter, cap, random
        )


_HOUR = 3600.0
