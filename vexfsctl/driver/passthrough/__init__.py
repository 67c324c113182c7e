"""The data side of a volume: a directory, passed through request by request, each one guarded.

`filesystem` is the entry: it finds the handler of a request. `service` takes the request through
the guard, answers, and cleans up after requests that were answered at their deadline. The handlers
`names`, `data` and `attributes` do the work on the backing directory and know nothing about guard,
faults or identity. They share `backing`: the kernel's nodes and open files (`nodes`), and on whose
behalf they act (`identity`, by what `callers` reads of them). `direct` says which direct I/O is
refused, `reserve` what is refused for want of space. `vectors` is pure; `driver.system_calls` has
what Python lacks.
"""

from vexfsctl.driver.passthrough.filesystem import Passthrough as Passthrough
