"""Mapped devices and arrays of the kernel, on loop devices made for them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.privileges import require
from vexfsctl.devices.block_state import read_block_state
from vexfsctl.devices.loop import attach, detach
from vexfsctl.devices.sysfs_graph import name_of_node, read_device_graph
from vexfsctl.system.programs import run

MAPPER = Path("/sys/class/misc/device-mapper")
ARRAYS = Path("/proc/mdstat")


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """Two loop devices of 32 MiB."""
    made: list[Path] = []
    try:
        for name in ("one", "other"):
            image = tmp_path / name
            image.touch()
            os.truncate(image, 32 << 20)
            made.append(attach(image))
        yield made[0], made[1]
    finally:
        for device in made:
            detach(device)


@pytest.mark.privileged("loop")
def test_a_mapped_device(two: tuple[Path, Path]) -> None:
    """It stands on both, is found by its name, and says when it is suspended."""
    if not MAPPER.exists():
        pytest.skip("needs device-mapper: this kernel does not have it loaded")
    require("dmsetup")
    name = f"vexfsctl-test-{os.getpid()}"
    table = f"0 32768 linear {two[0]} 0\n32768 32768 linear {two[1]} 0"
    run(["dmsetup", "create", name, "--table", table])
    try:
        graph = read_device_graph()
        mapped = name_of_node(f"/dev/mapper/{name}")
        assert mapped is not None
        run(["dmsetup", "suspend", name])
        state = read_block_state(mapped)
    finally:
        run(["dmsetup", "resume", name])
        run(["dmsetup", "remove", "--retry", name])

    assert graph.find(f"/dev/mapper/{name}") == graph.find(name) == (mapped,)
    assert {two[0].name, two[1].name} <= set(graph.below(mapped))
    assert (state.state, state.mapped_name) == ("suspended", name)


@pytest.mark.privileged("loop")
def test_an_array(two: tuple[Path, Path]) -> None:
    """It stands on all members, and says how many it lacks."""
    if not ARRAYS.exists():
        pytest.skip("needs md: this kernel does not have it loaded")
    require("mdadm")
    node = f"/dev/md/vexfsctl-test-{os.getpid()}"
    members = [str(each) for each in two]
    create = ["mdadm", "--create", node, "--run", "--level=1", "--metadata=1.0", "--raid-devices=2"]
    run([*create, "--assume-clean", *members])
    try:
        array = name_of_node(node)
        assert array is not None
        graph = read_device_graph()
        run(["mdadm", node, "--fail", members[1]])
        state = read_block_state(array)
    finally:
        run(["mdadm", "--stop", node])

    assert {each.name for each in two} <= set(graph.below(array))
    assert state.degraded == 1
