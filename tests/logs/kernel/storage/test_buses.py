"""Lines of USB, of cards and of virtual buses, and of disks that are memory."""

import pytest

from tests.logs.kernel.lines import ROUTINE, told
from vexfsctl.model.events import KernelEvidence


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        (
            "usb 1-2: reset high-speed USB device number 3 using xhci_hcd",
            KernelEvidence(kind="usb", device="1-2"),
        ),
        (
            "usb 2-1.4: reset SuperSpeed Gen 1 USB device number 3 using xhci_hcd",
            KernelEvidence(kind="usb", device="2-1.4"),
        ),
        (
            "usb 1-2.2: reset full speed USB device using uhci_hcd and address 3",
            KernelEvidence(kind="usb", device="1-2.2"),
        ),
        (
            "usb 1-2: device descriptor read/64, error -110",
            KernelEvidence(kind="usb", device="1-2", errno=110),
        ),
        (
            "usb 1-2: device not accepting address 7, error -71",
            KernelEvidence(kind="usb", device="1-2", errno=71),
        ),
        (
            "usb usb1-port2: unable to enumerate USB device",
            KernelEvidence(kind="usb", device="usb1-port2"),
        ),
        (
            "usb 1-2: USB disconnect, device number 3",
            KernelEvidence(kind="usb", device="1-2", significance=ROUTINE),
        ),
        ("usb 1-2: stat urb: status -32", KernelEvidence(kind="usb", device="1-2", errno=32)),
        (
            "mmcblk0: error -110 transferring data, sector 4096, nr 8, cmd response 0x900,"
            " card status 0xc00",
            KernelEvidence(kind="mmc", device="mmcblk0", sector=4096, errno=110),
        ),
        (
            "mmcblk0: timed out sending SET_BLOCK_COUNT command, card status 0x400900",
            KernelEvidence(kind="mmc", device="mmcblk0", errno=110),
        ),
        ("mmcblk0: recovery failed!", KernelEvidence(kind="mmc", device="mmcblk0")),
        (
            "mmc0: Timeout waiting for hardware interrupt.",
            KernelEvidence(kind="mmc", device="mmc0", errno=110),
        ),
        (
            "mmc0: cqhci: timeout for tag 3, qcnt 1",
            KernelEvidence(kind="mmc", device="mmc0", errno=110),
        ),
        (
            "mmc0: error -110 whilst initialising SD card",
            KernelEvidence(kind="mmc", device="mmc0", errno=110),
        ),
        (
            "mmc0: cache flush error -110",
            KernelEvidence(kind="mmc", device="mmc0", direction="flush", errno=110),
        ),
        (
            "mmcblk1: retrying write for general error",
            KernelEvidence(kind="mmc", device="mmcblk1", direction="write"),
        ),
        ("mmc0: card aaaa removed", KernelEvidence(kind="mmc", device="mmc0", errno=19)),
        (
            "mmc1: tried to HW reset card, got error -5",
            KernelEvidence(kind="mmc", device="mmc1", errno=5),
        ),
        ("mmc1: tuning execution failed: -5", KernelEvidence(kind="mmc", device="mmc1", errno=5)),
        (
            "virtio_blk virtio2: [vdb] new size: 4096 512-byte logical blocks (2.10 MB/2.00 MiB)",
            KernelEvidence(kind="capacity", device="vdb", significance=ROUTINE),
        ),
        (
            "blkfront: xvda: flush diskcache op failed",
            KernelEvidence(kind="virtio", device="xvda", errno=95, significance=ROUTINE),
        ),
        (
            "loop: Write error at byte offset 4096, length 4096.",
            KernelEvidence(kind="loop", direction="write"),
        ),
        (
            "zram: Decompression failed! err=-22, page=4096",
            KernelEvidence(kind="zram", direction="read", errno=22),
        ),
        (
            "nd_pmem btt0.0: io error in WRITE sector 4096, len 4096,",
            KernelEvidence(kind="pmem", device="btt0.0", sector=4096, direction="write"),
        ),
        (
            "usb 2-2.3: Failed to set U1 timeout to 0x0,error code -19",
            KernelEvidence(kind="usb", device="2-2.3", errno=19),
        ),
        (
            "usb 2-2.3: Set SEL for device-initiated U1 failed.",
            KernelEvidence(kind="usb", device="2-2.3"),
        ),
        (
            "usb 5-1-port1: cannot reset (err = -108)",
            KernelEvidence(kind="usb", device="5-1-port1", errno=108),
        ),
        (
            "usb usb5-port1: over-current condition",
            KernelEvidence(kind="usb", device="usb5-port1"),
        ),
        (
            "hub 5-1:1.0: hub_port_status failed (err = -108)",
            KernelEvidence(kind="usb", device="5-1", errno=108),
        ),
        (
            "hub 1-0:1.0: unable to enumerate USB device on port 3",
            KernelEvidence(kind="usb", device="usb1"),
        ),
        (
            "xhci_hcd 0000:00:14.0: xHCI host controller not responding, assume dead",
            KernelEvidence(kind="usb", device="0000:00:14.0"),
        ),
        (
            "xhci-hcd xhci-hcd.9.auto: HC died; cleaning up",
            KernelEvidence(kind="usb", device="xhci-hcd.9.auto"),
        ),
        (
            "xhci_hcd 0000:01:00.0: WARNING: Host System Error",
            KernelEvidence(kind="usb", device="0000:01:00.0"),
        ),
        (
            "mmc_host mmc1: Timeout sending command (cmd 0x200000 arg 0x0 status 0x80200000)",
            KernelEvidence(kind="mmc", device="mmc1", errno=110),
        ),
        (
            "dwmmc_rockchip fe2c0000.mmc: Busy; trying anyway",
            KernelEvidence(kind="mmc", device="fe2c0000.mmc"),
        ),
        (
            "sunxi-mmc 1c0f000.mmc: data error, sending stop command",
            KernelEvidence(kind="mmc", device="1c0f000.mmc"),
        ),
        (
            "mmc0: final write to SD card still running",
            KernelEvidence(kind="mmc", device="mmc0"),
        ),
        (
            "mmcblk mmc0:0001: __mmc_blk_ioctl_cmd: cmd error -110",
            KernelEvidence(kind="mmc", device="mmc0", errno=110),
        ),
        (
            "mmc_erase: erase error -110, status 0x800",
            KernelEvidence(kind="mmc", direction="discard", errno=110),
        ),
    ],
)
def test_a_line_says_what_happened_where(text: str, evidence: KernelEvidence) -> None:
    """Device, sector, direction and errno are those of the line."""
    assert told(text) == evidence


@pytest.mark.parametrize(
    "text",
    [
        "mmc0: new high speed SDHC card at address aaaa",
        "mmcblk0: mmc0:aaaa SL16G 14.8 GiB",
        "usb 1-2: new high-speed USB device number 3 using xhci_hcd",
        "zram: Added device: zram0",
        "xhci_hcd 0000:00:14.0: hcc params 0x200077c1 hci version 0x110 quirks 0x0",
        "xhci_hcd 0000:00:14.0: Host supports USB 3.0 SuperSpeed",
        "hub 1-0:1.0: USB hub found",
        "mmc_host mmc1: Bus speed (slot 0) = 400000Hz (slot req 400000Hz, actual 400000HZ div = 0)",
        "dwmmc_rockchip fe2c0000.mmc: Successfully tuned phase to 161",
        "sdhci-pci 0000:00:1a.0: SDHCI controller found [8086:4dc4] (rev 1)",
        "virtio_blk virtio2: 2/0/0 default/read/poll queues",
    ],
)
def test_what_every_host_says_is_no_evidence(text: str) -> None:
    """At the level of information, as the kernel writes it."""
    assert told(text, 6) is None
