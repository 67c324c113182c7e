"""The error-handling engine: what stands between an application's call and a failing device.

Usable without VexFS. Time comes in as an argument or from a `Clock`, randomness from a callable,
and a log gets what happens as events. `guard` is the entry point: it composes the breaker, the
retry arithmetic, deadlines, fallbacks and counters. `breaker`, `retry`, `ratelimit`, `aggregator`
and `degradation` are pure and stand alone, for replaying recorded events through them.
"""
