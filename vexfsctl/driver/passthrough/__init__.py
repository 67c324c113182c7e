"""The data side of a volume: a directory, passed through request by request, each one guarded.

`filesystem` is the way in: it finds the handler of a request. `service` takes it through the
guard, answers, and cleans up after what was answered at its deadline. What a request does to the
backing directory stands in the handlers, which know nothing of guard, faults or identity: `names`,
`data` and `attributes`. They share `backing`: the kernel's nodes and open files
(`inodes`), and on whose behalf they act (`identity`). `vectors` is pure; `driver.system_calls` has
what Python lacks.
"""

from vexfsctl.driver.passthrough.filesystem import Passthrough as Passthrough
