"""The error-handling engine: what stands between an application's call and a failing device.

It puts `resilience` to work with what is VexFS's own: operation types, errno classes, correlation,
records, degradation. Time comes in as an argument or from a `Clock`, randomness from a callable,
and a listener gets what happens as events. `guard` is the entry point; `retry`, `ratelimit`,
`aggregator` and `degradation` are pure and stand alone.

`child_environment` is for programs that start others: what these are told of the call.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vexfsctl.guard.environment import child_environment as child_environment


def __getattr__(name: str) -> Any:
    """Import the name on first use."""
    if name != "child_environment":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from vexfsctl.guard import environment

    return environment.child_environment
