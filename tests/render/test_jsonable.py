"""How each type of value looks in JSON."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.coverage import Gap
from vexfsctl.model.hints import HintKind
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import DegradationLevel
from vexfsctl.render.jsonable import Json, jsonable


@pytest.mark.parametrize(
    ("value", "json"),
    [
        (None, None),
        (True, True),
        (18446744073709551615, 18446744073709551615),
        (0.5, 0.5),
        ("text", "text"),
        (CorrelationId(0x6F1C93A20000002A), "CORR-6F1C93A20000002A"),
        (Severity.CRITICAL, "critical"),
        (DegradationLevel.READ_ONLY, "read_only"),
        (BreakerState.HALF_OPEN, "half_open"),
        (HintKind.RETRY, "retry"),
        (Path("/run/vexfs"), "/run/vexfs"),
        (datetime(2026, 8, 21, 10, 0, tzinfo=UTC), "2026-08-21T10:00:00.000Z"),
        (
            datetime(2026, 8, 21, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2))),
            "2026-08-21T10:00:00.123Z",
        ),
        ((1, [2, (3,)]), [1, [2, [3]]]),
        ({OperationType.FILE: 1}, {"file": 1}),
        (
            Gap("kmsg", "overrun", lost=3),
            {"source": "kmsg", "reason": "overrun", "lost": 3, "detail": None},
        ),
    ],
)
def test_each_type_has_one_form(value: object, json: Json) -> None:
    """Integers stay integers; enums, ids and times are words."""
    result = jsonable(value)

    assert result == json
    assert type(result) is type(json)


@dataclass
class Undecided:
    """Holds a value of a type without a JSON form."""

    value: object


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", Undecided, Undecided(object())])
def test_a_type_nobody_decided_on_is_refused(value: object) -> None:
    """An unknown type is a mistake here, not something to guess about."""
    with pytest.raises(TypeError, match="no JSON form for "):
        jsonable(value)
