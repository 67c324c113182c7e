"""Circuit breakers, retries, deadlines, bulkheads and fallbacks for any Python program.

    from vexfsctl.resilience import Retry, resilient

    @resilient(retry=Retry(on=OSError), breaker="payments", deadline=2.0)
    def pay(order): ...

Nothing here knows VexFS or imports anything else of vexfsctl, and nothing holds a lock, but for a
breaker that processes share (`shared`): that of its file. `machine` is the state machine, `states`
its tables. Names are imported when they are first used. docs/resilience.md shows
each policy.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vexfsctl.resilience.breaker import CircuitBreaker as CircuitBreaker
    from vexfsctl.resilience.breaker import Status as Status
    from vexfsctl.resilience.budget import RetryBudget as RetryBudget
    from vexfsctl.resilience.bulkhead import Bulkhead as Bulkhead
    from vexfsctl.resilience.deadline import Deadline as Deadline
    from vexfsctl.resilience.deadline import remaining as remaining
    from vexfsctl.resilience.declaring import resilient as resilient
    from vexfsctl.resilience.delays import Jitter as Jitter
    from vexfsctl.resilience.events import Transition as Transition
    from vexfsctl.resilience.exceptions import BreakerOpen as BreakerOpen
    from vexfsctl.resilience.exceptions import BulkheadFull as BulkheadFull
    from vexfsctl.resilience.exceptions import DeadlineExceeded as DeadlineExceeded
    from vexfsctl.resilience.exceptions import GenerationMoved as GenerationMoved
    from vexfsctl.resilience.exceptions import NoTimeLeft as NoTimeLeft
    from vexfsctl.resilience.exceptions import NoWorker as NoWorker
    from vexfsctl.resilience.exceptions import Rejected as Rejected
    from vexfsctl.resilience.exceptions import ResilienceException as ResilienceException
    from vexfsctl.resilience.exceptions import SharedFileUnusable as SharedFileUnusable
    from vexfsctl.resilience.exceptions import StateConflict as StateConflict
    from vexfsctl.resilience.fallback import Fallback as Fallback
    from vexfsctl.resilience.outcomes import FAILED as FAILED
    from vexfsctl.resilience.outcomes import IGNORED as IGNORED
    from vexfsctl.resilience.outcomes import OK as OK
    from vexfsctl.resilience.outcomes import Outcome as Outcome
    from vexfsctl.resilience.outcomes import Verdict as Verdict
    from vexfsctl.resilience.policy import Policy as Policy
    from vexfsctl.resilience.policy import compose as compose
    from vexfsctl.resilience.registry import REGISTRY as REGISTRY
    from vexfsctl.resilience.registry import Registry as Registry
    from vexfsctl.resilience.retry import Retry as Retry
    from vexfsctl.resilience.settings import BreakerSettings as BreakerSettings
    from vexfsctl.resilience.states import BreakerAction as BreakerAction
    from vexfsctl.resilience.states import BreakerState as BreakerState
    from vexfsctl.resilience.statistics import PolicyStatistics as PolicyStatistics
    from vexfsctl.resilience.statistics import Statistics as Statistics
    from vexfsctl.resilience.workers import WORKERS as WORKERS
    from vexfsctl.resilience.workers import Workers as Workers

_MODULES = {
    "breaker": ("CircuitBreaker", "Status"),
    "budget": ("RetryBudget",),
    "bulkhead": ("Bulkhead",),
    "deadline": ("Deadline", "remaining"),
    "declaring": ("resilient",),
    "delays": ("Jitter",),
    "events": ("Transition",),
    "exceptions": (
        "BreakerOpen",
        "BulkheadFull",
        "DeadlineExceeded",
        "GenerationMoved",
        "NoTimeLeft",
        "NoWorker",
        "Rejected",
        "ResilienceException",
        "SharedFileUnusable",
        "StateConflict",
    ),
    "fallback": ("Fallback",),
    "outcomes": ("FAILED", "IGNORED", "OK", "Outcome", "Verdict"),
    "policy": ("Policy", "compose"),
    "registry": ("REGISTRY", "Registry"),
    "retry": ("Retry",),
    "settings": ("BreakerSettings",),
    "states": ("BreakerAction", "BreakerState"),
    "statistics": ("PolicyStatistics", "Statistics"),
    "workers": ("WORKERS", "Workers"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
