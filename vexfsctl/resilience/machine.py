"""The state machine of a breaker on one page: which state follows which, and with what.

An `Era` is the time a breaker spends in one state. It is never changed; what happens in it gathers
in its evidence, and its successor is published by one `dict.setdefault` on its `next`. That is
atomic, so of many that would end an era one does, nothing is ever locked, and whoever is
interrupted leaves either the old era or the new one. The eras form a chain: from any of them
`latest` leads to the present.

The functions below are pure: each returns the era that follows, or None if none does. What commands
lead to stands in `states.TRANSITIONS`, what time leads to in `states.AFTER_TIME`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from vexfsctl.resilience.clock import nanoseconds
from vexfsctl.resilience.counters import Counter
from vexfsctl.resilience.evidence import Attempt, Evidence, Rates, exceeded
from vexfsctl.resilience.places import Places
from vexfsctl.resilience.settings import BreakerSettings
from vexfsctl.resilience.states import (
    AFTER_TIME,
    TIMED_ACTIONS,
    BreakerAction,
    BreakerState,
    state_after,
)

OpenTime = Callable[["Era", Attempt | None], int]
"""How long an attempt, or the end of half-open, opens it, in nanoseconds; asked only then."""

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
DISABLED, METRICS_ONLY = BreakerState.DISABLED, BreakerState.METRICS_ONLY


class Change(NamedTuple):
    """Why an era began."""

    by: str = "outcome"
    """`outcome`, `timer` or `operator`."""
    rule: str | None = None
    """The trip rule that fired."""
    reason: str | None = None
    author: str | None = None
    context: object = None
    """What came with the attempt or the command that did it."""


class Permit:
    """Leave for attempts of one era; the same object for all that need no place."""

    __slots__ = ("__weakref__", "generation", "watched")

    def __init__(self, generation: int, *, watched: object) -> None:
        self.generation = generation
        self.watched = watched
        """What is true while whatever returns has to be judged, or a success to be reported."""


class Trial:
    """The calls that half-open admits."""

    __slots__ = ("places", "successes", "verdicts")

    def __init__(self) -> None:
        self.places = Places()
        self.successes = Counter()
        self.verdicts: list[Attempt] = []
        """Attempts that have ended, where `probes` wants them judged together."""

    def alone(self) -> "Trial":
        """Return the same with all places free."""
        trial = Trial()
        trial.successes, trial.verdicts = self.successes, self.verdicts
        return trial


class Era:
    """A breaker in one state."""

    __slots__ = (
        "began_ns",
        "cause",
        "change",
        "evidence",
        "generation",
        "next",
        "opened",
        "opened_ns",
        "refuses",
        "settings",
        "standing",
        "state",
        "trial",
        "trips",
        "until_ns",
    )

    def __init__(
        self,
        *,
        state: BreakerState,
        settings: BreakerSettings,
        evidence: Evidence,
        standing: Permit | None,
        generation: int = 1,
        trips: int = 0,
        opened: int = 0,
        opened_ns: int = 0,
        began_ns: int = 0,
        until_ns: int | None = None,
        change: Change = Change(),  # noqa: B008 - is never changed
        cause: str | None = None,
        trial: Trial | None = None,
    ) -> None:
        self.state = state
        self.refuses = state.rejects
        self.settings = settings
        self.generation = generation
        """Rises by one at every change of state."""
        self.trips = trips
        """Entries into open and forced open."""
        self.opened = opened
        """Entries into open since it was last closed."""
        self.opened_ns = opened_ns
        """When it last opened; 0: never."""
        self.began_ns = began_ns
        """When it entered this state; 0: it began in it."""
        self.until_ns = until_ns
        """When time ends this state."""
        self.change = change
        self.cause = cause
        """Type and text of the failure that opened it; kept until it closes."""
        self.evidence = evidence
        self.standing = standing
        """The permit of everybody, where no place is needed and no clock; None: ask `breaker`."""
        self.trial = trial
        """What is learned in half-open; None in every other state."""
        self.next: dict[None, Era] = {}

    def but(self, **changes: Any) -> "Era":
        """Return this era with *changes*, its successor not known."""
        kept = {name: getattr(self, name) for name in self.__slots__}
        del kept["next"], kept["refuses"]
        return Era(**{**kept, **changes})

    def latest(self) -> "Era":
        """Return the era that is now."""
        era = self
        while era.next:
            era = era.next[None]
        return era

    def publish(self, successor: "Era") -> bool:
        """End this era with *successor*; False if it has ended already."""
        return self.next.setdefault(None, successor) is successor


def first(settings: BreakerSettings) -> Era:
    """Return the era in which a breaker begins: closed."""
    evidence = Evidence(settings)
    permit = _standing(1, CLOSED, settings, evidence)
    return Era(state=CLOSED, settings=settings, evidence=evidence, standing=permit)


def _standing(
    generation: int, state: BreakerState, settings: BreakerSettings, evidence: Evidence
) -> Permit:
    if state is not CLOSED:
        return Permit(generation, watched=False)
    judges = settings.classify is not None
    return Permit(generation, watched=judges or evidence.watches_successes)


def enter(
    era: Era,
    state: BreakerState,
    now_ns: int,
    lasting_ns: int | None,
    change: Change,
    cause: str | None = None,
) -> Era:
    """Return the successor of *era* in *state*, which time ends after *lasting_ns*, if given.

    The same state again keeps its generation: permits stay valid, and nobody is told.
    """
    moved = state is not era.state
    evidence = era.evidence
    if not (state.rejects or state is HALF_OPEN):
        evidence = Evidence(era.settings, newest=evidence.newest)
    generation = era.generation + moved
    passes = state is CLOSED or (state is DISABLED and lasting_ns is None)
    return Era(
        state=state,
        settings=era.settings,
        generation=generation,
        trips=era.trips + (moved and state.rejects),
        opened=0 if state is CLOSED else era.opened + (moved and state is OPEN),
        opened_ns=now_ns if moved and state.rejects else era.opened_ns,
        began_ns=now_ns if moved else era.began_ns,
        until_ns=None if lasting_ns is None else now_ns + lasting_ns,
        change=change,
        cause=None if state is CLOSED else cause or era.cause,
        evidence=evidence,
        standing=_standing(generation, state, era.settings, evidence) if passes else None,
        trial=Trial() if state is HALF_OPEN else None,
    )


def reconfigure(era: Era, settings: BreakerSettings, open_ns: OpenTime) -> Era:
    """Return the successor of *era* that goes by other settings, with what it has seen.

    An open breaker stays open for as long as it would have been with them from the beginning.
    """
    evidence = era.evidence.under(settings)
    standing = era.standing
    if standing is not None:
        standing = _standing(era.generation, era.state, settings, evidence)
    after = era.but(settings=settings, evidence=evidence, standing=standing)
    if era.state is OPEN and _open_time(settings) != _open_time(era.settings):
        after.until_ns = era.opened_ns + open_ns(after.but(opened=era.opened - 1), None)
    return after


def _open_time(settings: BreakerSettings) -> tuple[object, ...]:
    return settings.open_for, settings.open_backoff, settings.open_jitter, settings.max_open


def alone(era: Era) -> Era:
    """Return *era* as a forked child sees it: nobody is in a place and nothing is to be told."""
    return era.but(trial=None if era.trial is None else era.trial.alone())


def after_time(era: Era, now_ns: int, open_ns: OpenTime) -> Era | None:
    """Return what follows when the time of *era* is over."""
    if era.until_ns is None or now_ns < era.until_ns:
        return None
    state = AFTER_TIME[era.state]
    if era.state is HALF_OPEN and era.settings.half_open_closes:
        state = CLOSED
    lasting_ns = open_ns(era, None) if state is OPEN else _lasting_ns(era, state)
    return enter(era, state, now_ns, lasting_ns, Change(by="timer"))


def after_command(
    era: Era, action: BreakerAction, now_ns: int, for_ns: int | None, change: Change
) -> Era | None:
    """Return what follows a command, *era* itself if nothing does; None if it is not possible."""
    state = state_after(era.state, action)
    if state is None:
        return None
    if state is era.state and action not in _RENEWING:
        return era
    lasting_ns = for_ns if action in TIMED_ACTIONS else _lasting_ns(era, state)
    return enter(era, state, now_ns, lasting_ns, change)


_RENEWING = (*TIMED_ACTIONS, BreakerAction.RESET)
"""Actions that mean something in the state they lead to as well: a new time, an empty window."""


def after_failure(
    era: Era, attempt: Attempt, rule: str | None, open_ns: OpenTime, cause: BaseException | None
) -> Era | None:
    """Return what follows a failure: any in half-open, else one that fired *rule*, opens."""
    if era.state is HALF_OPEN:
        rule = rule or "half_open"
    if rule is None or attempt.dated_back or era.state not in (CLOSED, HALF_OPEN):
        return None
    return _open(era, attempt, rule, open_ns, cause)


def after_success(era: Era, attempt: Attempt) -> Era | None:
    """Return what follows a success: the last one needed in half-open closes."""
    if era.trial is None or era.trial.successes.value < era.settings.successes:
        return None
    return enter(era, CLOSED, attempt.now_ns, None, Change(context=attempt.context))


def after_probes(era: Era, open_ns: OpenTime, cause: BaseException | None = None) -> Era | None:
    """Return what follows when all probes of half-open have ended, judged by the rate rules.

    To be asked by whoever comes, too: who brought the last verdict may have been interrupted.
    """
    wanted = era.settings.probes
    if wanted is None or era.trial is None or len(era.trial.verdicts) < wanted:
        return None
    probes = era.trial.verdicts[:wanted]
    last = probes[-1]
    failed, slow = sum(probe.failed for probe in probes), sum(probe.slow for probe in probes)
    rule = exceeded(Rates(wanted, failed, slow, 0), era.settings, wanted)
    if rule is None:
        return enter(era, CLOSED, last.now_ns, None, Change(context=last.context))
    return _open(era, last, rule, open_ns, cause)


def _open(
    era: Era, attempt: Attempt, rule: str, open_ns: OpenTime, cause: BaseException | None
) -> Era:
    text = None if cause is None else _described(cause)
    lasting_ns = open_ns(era, attempt)
    return enter(
        era, OPEN, attempt.now_ns, lasting_ns, Change(rule=rule, context=attempt.context), text
    )


def _lasting_ns(era: Era, state: BreakerState) -> int | None:
    longest = era.settings.half_open_for
    return nanoseconds(longest) if state is HALF_OPEN and longest is not None else None


def _described(cause: BaseException) -> str:
    """Return type and text of an exception; it is kept, so not much of it."""
    kind = type(cause).__qualname__
    try:
        text = str(cause)
    except Exception:  # noqa: BLE001 - of a class that is not ours
        return kind
    return f"{kind}: {text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + '…'}"


_LONGEST_TEXT = 1000
