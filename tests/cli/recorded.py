"""A recorded incident: a volume on sdq1 whose disk fails reads, trips, and is reset."""

from pathlib import Path

from tests.support.tree import FakeTree

INCIDENT = Path(__file__).parents[1] / "data" / "sdq1-incident.kmsg"
"""Raw kmsg: an earlier failing call, the incident, a refusal, other trouble, the reset."""
ERROR_ID = "CORR-6F1C93A20000002A"


def before_reset(directory: Path) -> Path:
    """Return the same log as it was before the operator reset the breaker, in *directory*."""
    log = directory / "before-reset.kmsg"
    log.write_text("".join(INCIDENT.read_text().splitlines(keepends=True)[:-2]))
    return log


def add_recorded_volume(tree: FakeTree, log: Path = INCIDENT) -> None:
    """Make the tree of that volume as it was at the end of *log*, which it writes."""
    state = "closed" if log == INCIDENT else "open"
    tree.remove("loop0")
    tree.add("sdq1")
    # A live volume writes there, so its records are of this boot and have a date.
    for path, value in (
        ("log", str(log)),
        ("device", "-"),
        ("errors/total", "6"),
        ("errors/high", "6"),
        ("errors/logged", "6"),
        ("errors/last_id", ERROR_ID),
        ("errors/last_time_ns", "3583018000000"),
        ("operations/storage/breaker/state", state),
        ("operations/storage/breaker/trips", "1"),
        ("operations/storage/breaker/opened_ns", "3583018080000"),
        ("operations/storage/breaker/last_failure_ns", "3583018000000"),
        ("operations/storage/breaker/retry_after_ms", "0" if log == INCIDENT else "43018"),
        ("operations/storage/breaker/last_error_id", ERROR_ID),
    ):
        tree.write(f"sdq1/{path}", value)
