"""The use cases: what you can ask about a host, and do on it.

    from vexfsctl.host import Host, assess

    print(assess(Host.of_this_machine()).summary.verdict)

Every use case takes a `Host` and returns values; an `Operator` is asked what a person must decide.
Nothing here knows a command line, an output format or a `VEXFSCTL_` variable, except that of the
state directory. A failure carries the coverage of what was consulted before it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vexfsctl.host.assessment import assess as assess
    from vexfsctl.host.host import Host as Host

_PLACES = {"Host": "vexfsctl.host.host", "assess": "vexfsctl.host.assessment"}


def __getattr__(name: str) -> Any:
    """Import the name on first use, so that a use case does not load all the others."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Deferred: start-up is a feature.
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)
