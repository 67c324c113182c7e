"""Log text into records and records into events, and events into records again.

From below: `kmsg` alone opens /dev/kmsg, `writing` keeps a driver's own file, `stream` reads what
may stick, `text` knows the forms of log text, `sources` and `follow` put what is asked for
together. `grammar` alone knows the wording of VexFS records, `evidence` that of the rest of the
kernel, and `interpret` makes entries of both. What entries mean together is for `analysis` to say.
"""
