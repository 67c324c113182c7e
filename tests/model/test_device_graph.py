"""The graph of devices: what is found by which name, below, above and beside."""

from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.model.device_graph import MOST_RELATED, Device, DeviceGraph, DeviceKind

MIRROR = DeviceGraph.of(
    (
        Device("host0", DeviceKind.CONTROLLER),
        Device("sda", DeviceKind.DISK, ("host0",), ("8:0", "0:0:0:0")),
        Device("sdb", DeviceKind.DISK, ("host0",), ("8:16", "0:0:1:0")),
        Device("sdc", DeviceKind.DISK, ("host0",), ("8:32", "0:0:2:0")),
        Device("sda1", DeviceKind.PARTITION, ("sda",)),
        Device("sdb1", DeviceKind.PARTITION, ("sdb",)),
        Device("md0", DeviceKind.ARRAY, ("sda1", "sdb1")),
        Device("dm-0", DeviceKind.MAPPED, ("md0",), ("mapper/root",)),
    )
)

names = st.sampled_from("abcdef")
devices = st.builds(
    Device,
    name=names,
    kind=st.sampled_from(DeviceKind),
    below=st.lists(names, unique=True).map(tuple),
    aliases=st.lists(st.sampled_from("uvwxyz"), unique=True).map(tuple),
)
graphs = st.lists(devices).map(DeviceGraph.of)


def test_below_a_mapped_device_are_all_members_and_their_controller() -> None:
    """Nearest first."""
    below = ("md0", "sda1", "sdb1", "sda", "sdb", "host0")

    assert MIRROR.below("dm-0") == below
    assert MIRROR.related("dm-0") == ("dm-0", *below)


def test_from_a_disk_its_controller_and_what_is_made_of_it() -> None:
    """Not the other disks of the array or the controller: those are beside it."""
    assert MIRROR.related("sda") == ("sda", "host0", "sda1", "md0", "dm-0")
    assert MIRROR.beside("sda") == ("sdb", "sdc")
    assert MIRROR.beside("dm-0") == ("sdc",)


def test_a_device_is_found_by_all_it_is_called() -> None:
    """By its node too; nothing is found by what nothing is called, but it has names like it."""
    assert MIRROR.find("/dev/mapper/root") == MIRROR.find("dm-0") == ("dm-0",)
    assert MIRROR.find("0:0:1:0") == ("sdb",)
    assert MIRROR.find("sdz") == ()
    assert "sda1" in MIRROR.near("/dev/sda2")
    assert MIRROR.spellings(("sdb", "host0")) == ("sdb", "8:16", "0:0:1:0", "host0")


@given(graphs)
def test_whoever_is_below_has_the_other_above(graph: DeviceGraph) -> None:
    """Circles end, and a device is never below or above itself."""
    for name in graph.devices:
        below, above = graph.below(name), graph.above(name)
        assert name not in below
        assert name not in above
        assert len(set(below)) == len(below)
        for each in set(below) & graph.devices.keys():
            assert name in graph.above(each)


@given(graphs, graphs)
def test_two_graphs_together_say_what_both_say(one: DeviceGraph, other: DeviceGraph) -> None:
    """Whatever either knows is still known."""
    both = one + other

    for graph in (one, other):
        for name in graph.devices:
            assert set(graph.below(name)) <= set(both.below(name)) | {name}
            for alias in graph.devices[name].aliases:
                assert name in both.find(alias) or alias in both.devices


def test_of_too_many_the_nearest_are_known() -> None:
    """A log may pile up what no host has: below each is not all the rest of it."""
    many = MOST_RELATED + 500
    pile = DeviceGraph.of(
        Device(f"dm-{at}", DeviceKind.MAPPED, (f"dm-{at + 1}",)) for at in range(many)
    )
    shelf = DeviceGraph.of(
        (
            Device("host0", DeviceKind.CONTROLLER),
            *(Device(f"vd{at}", DeviceKind.DISK, ("host0",), ("0:0",)) for at in range(many)),
        )
    )

    assert pile.below("dm-0") == tuple(f"dm-{at}" for at in range(1, MOST_RELATED + 1))
    assert pile.above("dm-500")[-1] == "dm-0"
    assert len(shelf.beside("vd7")) == len(shelf.above("host0")) == MOST_RELATED
    assert "vd7" not in shelf.beside("vd7")
    assert len(shelf.find("0:0")) == many
