"""What a child is told of the call that it belongs to."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.guard import child_environment
from vexfsctl.model.correlation import CorrelationId

ID = CorrelationId(0x6F1C93A20000002A)
TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_trace_is_continued() -> None:
    """The trace stays, the span is that of the call; everything else is left as it is."""
    environ = {"A": "b", "TRACEPARENT": f"00-{TRACE}-b7ad6b7169203331-00", "TRACESTATE": "x=1"}
    assert child_environment(environ, ID) == {
        "A": "b",
        "TRACEPARENT": f"00-{TRACE}-6f1c93a20000002a-00",
        "TRACESTATE": "x=1",
        "VEXFSCTL_CORR": "CORR-6F1C93A20000002A",
    }
    assert "VEXFSCTL_CORR" not in environ


def test_id_is_inherited() -> None:
    """A command within a command keeps the id of the outer one."""
    outer = child_environment({})
    inner = child_environment(outer)
    assert inner == outer


@pytest.mark.parametrize(
    "wrong",
    [
        f"00-{TRACE}-0000000000000000-01",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"ff-{TRACE}-b7ad6b7169203331-01",
        f"00-{TRACE}-b7ad6b7169203331-01-more",
        f"00-{TRACE.upper()}-b7ad6b7169203331-01",
    ],
)
def test_invalid_trace_is_replaced(wrong: str) -> None:
    """What is not in the form of W3C begins a new trace, without the state of the old one."""
    made = child_environment({"TRACEPARENT": wrong, "TRACESTATE": "x=1"}, ID)
    version, trace, span, flags = made["TRACEPARENT"].split("-")
    assert (version, span, flags) == ("00", "6f1c93a20000002a", "01")
    assert trace not in (TRACE, "0" * 32)
    assert "TRACESTATE" not in made


def test_later_version_is_continued() -> None:
    """A later version is read as far as it is known."""
    made = child_environment({"TRACEPARENT": f"01-{TRACE}-b7ad6b7169203331-01-more"}, ID)
    assert made["TRACEPARENT"] == f"00-{TRACE}-6f1c93a20000002a-01"


@given(st.text(), st.text())
def test_any_text_is_survived(trace: str, identifier: str) -> None:
    """Whatever the variables hold, the child gets valid ones."""
    made = child_environment({"TRACEPARENT": trace, "VEXFSCTL_CORR": identifier})
    assert len(made["TRACEPARENT"]) == 55
    assert CorrelationId.parse(made["VEXFSCTL_CORR"])


def test_own_environment_stays() -> None:
    """This process's own environment is the default, and is not changed."""
    before = dict(os.environ)
    assert child_environment().items() >= {
        item for item in before.items() if item[0] not in ("TRACEPARENT", "VEXFSCTL_CORR")
    }
    assert dict(os.environ) == before
