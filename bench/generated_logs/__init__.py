"""Logs of any size that look like those of busy hosts, the same for the same seed.

`writing` has the kinds and writes files; `own`, `older_builds` and `kernel` say what is in them;
`renderings` prints it as dmesg, /dev/kmsg, a syslog daemon and journalctl do.
"""
