"""The use cases: what can be asked about a host, and what can be done on it.

    from vexfsctl.host import Host, assess

    print(assess(Host.of_this_machine()).summary.verdict)

Every use case takes a `Host` and returns values; what a person must decide goes through an
`Operator`. Nothing here knows a command line, an output format or a `VEXFSCTL_` variable but that
of the state directory. A failure carries the coverage of what was consulted before it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vexfsctl.host.assessment import assess as assess
    from vexfsctl.host.host import Host as Host

_PLACES = {"Host": "vexfsctl.host.host", "assess": "vexfsctl.host.assessment"}


def __getattr__(name: str) -> Any:
    """Import what is asked for: a use case loads itself, not all the others."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Deferred: start-up is a feature.
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)
