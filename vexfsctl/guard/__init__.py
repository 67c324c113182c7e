"""The error-handling engine: what stands between an application's call and a failing device.

It puts `resilience` to work with what is VexFS's own: operation types, errno classes, correlation,
records, degradation. Time comes in as an argument or from a `Clock`, randomness from a callable,
and a listener gets what happens as events. `guard` is the entry point; `retry`, `ratelimit`,
`aggregator` and `degradation` are pure and stand alone.
"""
