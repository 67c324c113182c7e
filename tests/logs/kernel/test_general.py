"""Lines that no form knows are read by their words: as much as they print, and nothing else."""

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.kernel.told import evidence_of, told
from vexfsctl.logs.kernel.general import GENERAL_FORMS
from vexfsctl.logs.kernel.trouble import tells_of_trouble

HEADS = (
    ("sd 3:0:0:0: [sdc] ", "sdc"),
    ("sd 3:0:0:0: ", "3:0:0:0"),
    ("ata7.00: ", "ata7.00"),
    ("nvme nvme3: ", "nvme3"),
    ("md/raid10:md7: ", "md7"),
    ("device-mapper: era: 253:9: ", "253:9"),
    ("mmc1: ", "mmc1"),
    ("block nbd4: ", "nbd4"),
    ("virtio_blk virtio5: ", "virtio5"),
    ("usb-storage 2-1.4:1.0: ", "2-1.4"),
)
"""How lines begin, and what they are about."""
WORDS = (
    "quux",
    "of",
    "the",
    "zone",
    "page",
    "buffer",
    "command",
    "tag 7",
    "queue 3",
    "0x1f",
    "(2)",
)
NUMBERS = st.sampled_from([number for number in errno.errorcode if number < 200])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sd 0:0:0:0: [sda] Invalid zone at LBA 4096 with capacity 65536", "scsi sda"),
        ("nvme nvme0: Minimum device page size 65536 too large for host (4096)", "nvme nvme0"),
        ("md: cannot handle concurrent replacement and reshape.", "md"),
        ("md: remove_and_add_spares rdev nvme9n1p4 remove fail", "md nvme9n1p4"),
        ("mmcblk mmc0:0001: Wrong max_segs assigned", "mmc mmc0"),
        ("loop8: partition table beyond EOD, truncated", "block loop8"),
        ("dm-6: error: dax access failed (-5)", "block dm-6 5"),
        ("md0: incompatible integrity profile for sda1", "block md0"),
        ("usb-storage 1-2:1.0: usb_submit_urb failed", "usb 1-2"),
        ("nvmet: ctrl 1 fatal error occurred!", "nvme"),
        ("nvmet_rdma: post_recv cmd failed", "nvme"),
        ("zfcp.3dff9c: 0.0.1900: Opening a port failed with -5", "block 0.0.1900 5"),
    ],
)
def test_a_line_that_no_form_knows(line: str, expected: str) -> None:
    """It is marked, at whatever level it is."""
    assert {told(line, level) for level in (None, 3, 6)} == {expected}
    evidence = evidence_of(line)
    assert evidence is not None
    assert evidence.general


def test_a_line_of_a_known_form_is_not_marked() -> None:
    """Though it begins as such a line does, and has such words."""
    for line in (
        "sd 0:0:0:0: rejecting I/O to offline device",
        "ata1.00: failed command: READ DMA",
    ):
        evidence = evidence_of(line)
        assert evidence is not None
        assert not evidence.general


@pytest.mark.parametrize(
    "line",
    [
        "sd 6:0:0:0: [sdb] Media removed, stopped polling",
        "ata7.00: link offline, clearing class 1 to NONE",
        "nvme nvme0: Shutdown timeout set to 8 seconds",
        "scsi host3: scsi scan: INQUIRY result too short (5), using 36",
        "mmc0: host does not support reading read-only switch, assuming write-enable",
        "mmc0: sdhci: Timeout:   0x0000000e | Int stat: 0x00000000",
        "device-mapper: thin: Data device (dm-1) discard unsupported: Disabling discard passdown.",
        "sd 0:0:0:0: [sda] Attached SCSI disk",
        "nvme nvme0: 8/0/0 default/read/poll queues",
        "md: raid6 personality registered for level 6",
    ],
)
def test_what_is_no_trouble(line: str) -> None:
    """The driver knows what to do, or nothing is wrong."""
    assert told(line, None) == "nothing"


@pytest.mark.parametrize("name", ["sda", "nvme0n1", "md0", "loop3", "dm-1"])
def test_a_network_interface_that_is_called_like_a_disk(name: str) -> None:
    """Any user may call one so, and have the kernel complain of it."""
    for words in ("hw csum failure", "failed to set mtu -22", "error: caps=(0x1, 0x2) invalid"):
        assert told(f"{name}: {words}") == "nothing"


@given(
    head=st.sampled_from(HEADS),
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=6),
    sector=st.none() | st.integers(0, 1 << 40),
    number=st.none() | NUMBERS,
)
def test_what_it_prints_is_what_it_tells(
    head: tuple[str, str], words: list[str], sector: int | None, number: int | None
) -> None:
    """Device, sector and errno, and no number that stands for something else."""
    begin, device = head
    where = "" if sector is None else f" at sector {sector}"
    result = "" if number is None else f": {-number}"
    evidence = evidence_of(f"{begin}bogus {' '.join(words)}{where}{result}")

    assert evidence is not None
    assert evidence.devices == (device,)
    assert (evidence.sector, evidence.errno) == (sector, number)
    assert (evidence.lba, evidence.direction) == (None, None)


@given(head=st.sampled_from(HEADS), text=st.text(max_size=80))
def test_without_a_word_of_trouble_it_is_none(head: tuple[str, str], text: str) -> None:
    """Whatever else stands there; with one, the device is that of the head."""
    evidence = evidence_of(head[0] + text, level=None)

    if evidence is not None and evidence.general:
        assert tells_of_trouble(text)
        assert evidence.device == head[1]


def test_words_of_users_are_no_words_of_trouble() -> None:
    """A process may be called as it likes, and further records on a line are other lines."""
    assert told("sd 0:0:0:0: [sda] quux by comm bogus wrong") == "nothing"
    assert told("sd 0:0:0:0: [sda] quux 'bad'") == "nothing"
    assert told("sd 0:0:0:0: [sda] quux May  8 12:55:14 host kernel: bogus") == "nothing"


def test_every_general_form_is_the_last_to_be_tried() -> None:
    """Its sample has no form of its own."""
    for form in GENERAL_FORMS:
        evidence = evidence_of(form.sample)
        assert evidence is not None
        assert evidence.general, form.sample
