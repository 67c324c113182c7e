"""Log text into records and records into events, and events into records again.

`sources` reads what was asked for, up to its present end and beyond, with deadlines, from `files`
and elsewhere; `reading` keeps what may matter of it and finds what is wanted. `decoder` makes
records of bytes: `formats` knows how a line carries time, host and level, `stretches` passes over
many lines at once, `pasted` knows what people do to lines. `kernel` knows the kernel's own lines
about devices and filesystems, `upstream` those of other VexFS builds. `grammar` alone knows the
wording of VexFS records, `interpret` makes entries of all of them, `writing` keeps a driver's own
file. What entries mean together is for `analysis` to say.
"""
