"""A breaker that all processes of a host share through one small file.

`layout` is what the bytes of the file mean, `file` opens, locks, reads and writes it, `holders`
tells processes apart, `eras` is the way from the file to the state machine and back, `breaker` the
breaker itself: `CircuitBreaker(…, shared=path)`.
"""
