"""`status`, `log` and `trace` on a live volume: what they say while it fails and after."""

import json
import os
import select
import signal
import subprocess
import sys
from typing import Any

import pytest

from tests.support.program import BOUND_S
from tests.volumes.conftest import LiveLab, await_kernel_words

pytestmark = pytest.mark.privileged("fuse", "loop", "kmsg")


def read_in_vain(live: LiveLab) -> None:
    """Read the file that cannot be read."""
    with pytest.raises(OSError, match="Errno"):
        (live.mountpoint / "data").read_bytes()


def trip(live: LiveLab) -> None:
    """Let one read fail, which opens the breaker."""
    live.make_file("data")
    live.set("operations/storage/breaker/failure_threshold", 1)
    live.fail("read", "data")
    read_in_vain(live)


def trace(live: LiveLab) -> dict[str, Any]:
    """Return the latest incident of the volume's storage."""
    answer = live.run("trace", f"{live.name}/storage", "--json")
    assert answer.exit_status == 0, answer.stderr
    (incident,) = answer.json["data"]
    assert isinstance(incident, dict)
    return incident


def test_a_trace_goes_from_the_application_to_the_kernel_and_on_to_the_reset(
    live: LiveLab,
) -> None:
    """The device is found through the tree; the story goes on until the breaker is closed."""
    await_kernel_words()
    trip(live)
    live.heal()
    reset = live.run("breaker", "reset", f"{live.name}/storage", "--yes", "--reason", "healed")
    assert reset.exit_status == 0, reset.stderr

    incident = trace(live)

    device = os.path.basename(live.lab.device or "")
    timeline = incident["timeline"]
    kernel = [line["record"] for line in timeline if line["actor"] == "kernel"]
    assert incident["devices"][0] == device
    assert [(call["depth"], call["operation"]) for call in incident["calls"]] == [
        (0, "file"),
        (1, "storage"),
    ]
    assert any(f"I/O error, dev {device}, sector" in record["text"] for record in kernel)
    assert {record["origin"] for record in kernel} == {"kernel"}
    assert [line["actor"] for line in timeline][-2:] == ["operator", "breaker"]
    assert incident["breakers_now"][-1]["state"] == "closed"
    assert {line["record"]["origin"] for line in timeline if line["within"]} == {"driver"}


def test_status_names_what_is_wrong_and_the_trace_to_read(live: LiveLab) -> None:
    """The id in the next step is that of the error behind the open breaker."""
    trip(live)

    answer = live.run("status", live.name, "--json", "--exit-code")

    data = answer.json["data"]
    identifier = live.attribute("operations/storage/breaker/last_error_id")
    assert answer.exit_status == 2
    assert data["verdict"] == "critical"
    assert [(each["operation"], each["state"]) for each in data["breakers"]] == [
        ("storage", "open")
    ]
    assert data["next_steps"][0]["command"] == f"vexfsctl trace {identifier}"
    assert [each["last_id"] for each in data["errors"]] == [identifier]


def test_a_followed_log_shows_a_record_as_it_is_written(live: LiveLab) -> None:
    """One flushed line of JSON for each."""
    live.make_file("data")
    live.set("operations/storage/breaker/control", "disable")
    live.fail("read", "data")
    argv = [sys.executable, "-m", "vexfsctl", "log", "-f", "-n", "0", "--json", "-V", live.name]
    follower = subprocess.Popen(
        argv, env=live.vexfsctl.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert follower.stdout is not None
    try:
        # What comes before the follower is there it does not show.
        while not select.select([follower.stdout], [], [], 0.2)[0]:
            read_in_vain(live)
        row = json.loads(follower.stdout.readline())
    finally:
        follower.send_signal(signal.SIGINT)
        follower.communicate(timeout=BOUND_S)

    assert (row["volume"], row["origin"], row["source"]) == (live.name, "driver", "kmsg")
