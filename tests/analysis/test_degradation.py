"""Why a volume is degraded, in the words of status and check."""

from dataclasses import replace
from typing import Any

import pytest

from tests.analysis.volumes import healthy_volume, with_status
from vexfsctl.analysis.degradation import explain_degradation
from vexfsctl.model.volume import DegradationLevel, ResourceStatus

NORMAL, LIGHT, MODERATE, HEAVY, READ_ONLY, EMERGENCY = DegradationLevel
NOTHING_SHORT = ResourceStatus(50 << 20, 0, 1 << 30, 0, 0, 0, 0)
MIB = 1 << 20


def explained(level: DegradationLevel, **used: Any) -> str | None:
    """What is said about a volume at *level* that uses so much."""
    status = with_status(
        healthy_volume(), degradation=level, resources=replace(NOTHING_SHORT, **used)
    ).status
    assert status is not None
    reason = explain_degradation(status)
    return None if reason is None else str(reason)


@pytest.mark.parametrize(
    ("level", "used", "words"),
    [
        (
            HEAVY,
            {"memory_bytes": 87 * MIB, "memory_limit_bytes": 100 * MIB},
            "memory at 87 % of its limit; 40 calls at once, deadlines 2 times as long; ends below"
            " 76 %",
        ),
        (
            EMERGENCY,
            {"memory_bytes": 99, "memory_limit_bytes": 100, "max_operations": 50},
            "memory at 99 % of its limit; 2 calls at once, deadlines 5 times as long, writes fail"
            " (EROFS), no vectors (EBUSY); ends below 85 %",
        ),
        (
            MODERATE,
            {"active_operations": 11, "max_operations": 10},
            "11 calls for 10 places; deadlines 1.5 times as long; ends at 9 calls",
        ),
        (
            HEAVY,
            {"free_bytes": 15 * MIB, "reserve_bytes": 16 * MIB},
            "15 MiB free, 16 MiB in reserve; what needs space fails (ENOSPC); ends above 18 MiB"
            " free",
        ),
        (
            HEAVY,
            {"free_bytes": 17 * MIB, "reserve_bytes": 16 * MIB},
            "17 MiB free, 16 MiB in reserve; ends above 18 MiB free",
        ),
        (
            LIGHT,
            {"free_bytes": 30 * MIB, "reserve_bytes": 16 * MIB},
            "30 MiB free, 16 MiB in reserve; ends above 36 MiB free",
        ),
        (
            READ_ONLY,
            {},
            "held after damage until rw is written to access_mode",
        ),
        (LIGHT, {}, "a part did not start; until it is mounted again"),
        (
            MODERATE,
            {"memory_bytes": 10, "memory_limit_bytes": 100},
            "nothing is short any more; it recovers in seconds",
        ),
        (NORMAL, {"memory_bytes": 99, "memory_limit_bytes": 100}, None),
        (HEAVY, {"active_operations": None}, None),
    ],
)
def test_a_level_has_a_reason_an_effect_and_an_end(
    level: DegradationLevel, used: dict[str, Any], words: str | None
) -> None:
    """Of a resource while that keeps it up; else it is damage, or a part that did not start."""
    assert explained(level, **used) == words


def test_a_provider_without_these_attributes_is_not_guessed_about() -> None:
    """Its level stands alone."""
    status = with_status(healthy_volume(), degradation=HEAVY, resources=None).status
    assert status is not None
    assert explain_degradation(status) is None
