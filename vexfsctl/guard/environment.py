"""What a child process is told of the call that it belongs to: its correlation id and its trace.

Only who asks for such an environment passes them on. https://www.w3.org/TR/trace-context/ has the
form of TRACEPARENT; the span in it is the correlation id.
"""

import os
import re
from collections.abc import Mapping

from vexfsctl.model.correlation import CorrelationId, CorrelationSource

CORRELATION_VARIABLE = "VEXFSCTL_CORR"
TRACE_VARIABLE = "TRACEPARENT"
_STATE_VARIABLE = "TRACESTATE"
_TRACE = re.compile(
    r"([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?"
)
_VERSION, _INVALID = "00", "ff"
_RECORDED = "01"
_source = CorrelationSource()


def child_environment(
    environ: Mapping[str, str] = os.environ, correlation: CorrelationId | None = None
) -> dict[str, str]:
    """Return *environ* with VEXFSCTL_CORR and TRACEPARENT for a child of the call *correlation*.

    Without one, that which *environ* already names, else a new one. A trace that *environ* names
    is continued.
    """
    correlation = correlation or _inherited(environ) or _source.draw()
    environment = dict(environ)
    trace = _TRACE.fullmatch(environ.get(TRACE_VARIABLE, ""))
    if trace is None or trace[1] == _INVALID or (trace[1] == _VERSION and trace[4]):
        environment.pop(_STATE_VARIABLE, None)
        identifier, flags = os.urandom(16).hex(), _RECORDED
    else:
        identifier, flags = trace[2], trace[3]
    environment[CORRELATION_VARIABLE] = str(correlation)
    environment[TRACE_VARIABLE] = f"{_VERSION}-{identifier}-{int(correlation):016x}-{flags}"
    return environment


def _inherited(environ: Mapping[str, str]) -> CorrelationId | None:
    try:
        return CorrelationId.parse(environ.get(CORRELATION_VARIABLE, ""))
    except ValueError:
        return None
