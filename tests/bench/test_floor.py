"""Costs over a floor: what a table says of them."""

from bench.floor import Bound, render_over_floor


def test_costs_over_a_floor_are_those_of_the_best_process() -> None:
    """A slow one is left out; a bound is on a multiple of the floor or of another row."""
    times = {"plain call": [20.0, 25.0], "ours": [990.0, 100.0], "pybreaker 1.4": [500.0, 400.0]}
    instructions = {"plain call": 300.0, "ours": 1200.0, "pybreaker 1.4": 6000.0}
    bounds = {"ours": (Bound(4), Bound(0.3, "pybreaker"), Bound(0.5, "aiobreaker"))}

    assert list(render_over_floor("a call", times, instructions, bounds)) == [
        f"{'a call':<58}    least x floor   instr x floor  to reach",
        f"  {'plain call':<56}    20 ns     1.0     300     1.0",
        f"  {'ours':<56}   100 ns     5.0    1200     4.0  "
        "≤ 4 x floor: 5 MISSED, ≤ 0.3 x pybreaker: 0.25 reached, ≤ 0.5 x aiobreaker: not installed",
        f"  {'pybreaker 1.4':<56}   400 ns    20.0    6000    20.0",
    ]
    assert next(iter(render_over_floor("a call", {"plain call": [20.0]}))).startswith("a call")
