"""Waiting for signals without looking again and again."""

import subprocess
import sys

_PROGRAM = """
import os, signal, threading
from vexfsctl.system.signals import Wakeups

wakeups = Wakeups(signal.SIGTERM, signal.SIGHUP)
asleep = threading.Thread(target=threading.Event().wait, daemon=True)
asleep.start()
# From here on the kernel can give it to that thread only, which runs no handlers.
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
os.kill(os.getpid(), signal.SIGHUP)
print(sorted(wakeups.wait()))
threading.Timer(0.01, wakeups.call).start()
print(sorted(wakeups.wait()))
for _ in range(100_000):
    wakeups.call()
os.kill(os.getpid(), signal.SIGTERM)
heard = wakeups.wait()
while not heard:
    heard = wakeups.wait()
print(sorted(heard))
"""


def test_a_signal_or_a_call_wakes_the_main_thread() -> None:
    """Whichever thread the kernel gives the signal to, and however many calls came before it."""
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.stderr == ""
    assert ended.stdout == "[1]\n[]\n[15]\n"
