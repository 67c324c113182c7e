"""Interleaved measurement: what a ratio of one run can be trusted to say."""

from bench.measure import Comparison, measure, render
from tests.support.clock import VirtualClock


def test_machine_that_slows_down_leaves_the_ratio_alone() -> None:
    """Both get slower with every round; ours takes half as long throughout."""
    clock, pace = VirtualClock(), [1.0]

    def ours() -> None:
        clock.advance(0.02 * pace[0])

    def peer() -> None:
        clock.advance(0.04 * pace[0])
        pace[0] += 1

    comparison = Comparison("reading", {"vexfsctl": ours, "grep": peer}, clock.now_ns)
    times = measure(comparison, rounds=3)

    # The first pace was that of warming up.
    assert times == {"vexfsctl": [4e7, 6e7, 8e7], "grep": [8e7, 12e7, 16e7]}
    assert list(render("reading", times)) == [
        "reading                                           median   ours/peer: min  median     max",
        "  vexfsctl                                         60 ms",
        "  grep                                            120 ms             0.50    0.50    0.50",
    ]


def test_quick_runs_are_repeated_until_they_fill_a_turn() -> None:
    """A run of 100 ns is timed by the hundred thousand, and its own time comes out."""
    clock, runs = VirtualClock(), [0]

    def run() -> None:
        clock.advance(100e-9)
        runs[0] += 1

    times = measure(Comparison("call", {"ours": run}, clock.now_ns), rounds=2)

    assert times == {"ours": [100.0, 100.0]}
    assert runs[0] > 2 * 100_000
