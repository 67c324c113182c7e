"""A breaker that all processes of a host share through one small file.

`layout` is what its bytes mean, `lock` how it is locked, `open_file` reads and writes it, `file`
finds it at its path. `eras` is the way from the file to the state machine and back, `failures` and
`places` what calls write, `holders` tells processes apart. `breaker` is the breaker itself:
`CircuitBreaker(…, shared=path)`.
"""
