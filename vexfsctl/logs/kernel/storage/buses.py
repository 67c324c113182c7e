"""Lines of buses that disks hang on and of cards: USB, virtio, MMC and SD.

Wording of drivers/usb/core/hub.c, drivers/usb/storage, drivers/block/{virtio_blk,xen-blkfront}.c,
drivers/mmc, Linux 3.16 to 6.12. A USB device is called by its path, as in sysfs: `1-2`.
"""

import errno
import re
from dataclasses import replace

from vexfsctl.logs.kernel.form import NAME, ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.told import free_reader, reader
from vexfsctl.model.events import KernelEvidence

_USB = r"usb (?P<device>(?:usb)?\d{1,3}(?:-[\w.]{1,24})?(?:-port\d{1,3})?): "
_HUB = r"hub (?P<device>\d{1,3}-[\d.]{1,24}):\d{1,3}\.\d{1,3}: "
_USB_HOST_BEGINS = ("xhci", "ehci", "ohci", "uhci")
_USB_HOST = rf"(?:{'|'.join(_USB_HOST_BEGINS)})[\w-]{{0,16}} (?P<device>[\w:.-]{{1,40}}): "
_SPEEDS = (
    *("low-speed", "full-speed", "high-speed", "SuperSpeed", "super-speed", "variable speed"),
    # Up to 3.1.
    *("low speed", "full speed", "high speed", "super speed"),
)
_MMC_BEGINS = ("mmc",)
_MMC = r"(?:mmc_host )?(?P<device>mmc(?:blk)?\d{1,3}(?:boot\d|rpmb|gp\d)?): "
_MMC_HOST_BEGINS = (
    *("dwmmc_", "sdhci", "sunxi-mmc", "bcm2835-mmc", "mmc-bcm2835", "sdhost-bcm2835"),
    *("meson-gx-mmc", "meson-mx-", "omap_hsmmc", "mtk-msdc", "renesas_sdhi", "mmci-pl18x"),
    *("atmel_mci", "mxs-mmc", "mxc-mmc", "davinci_mmc", "jz4740-mmc", "sh_mmcif", "owl_mmc"),
    *("rtsx_pci_sdmmc", "rtsx_usb_sdmmc", "via_sdmmc", "alcor_sdmmc", "wmt-sdhc", "litex_mmc"),
)
_MMC_HOST = (
    rf"(?:{'|'.join(_MMC_HOST_BEGINS)})[\w-]{{0,24}} "
    r"(?P<device>[0-9a-f]{4,16}\.[\w-]{2,24}|[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]"
    r"|rtsx_\w{3,12}\.\d{1,3}(?:\.auto)?): "
)


def _read_hub(match: re.Match[str]) -> KernelEvidence:
    told = free_reader("usb")(match)
    bus, _, port = match["device"].partition("-")
    return replace(told, device=f"usb{bus}") if port == "0" else told


BUS_FORMS = (
    EvidenceForm(
        "usb 1-2: reset high-speed USB device number 3 using xhci_hcd",
        ": reset ",
        rf"{_USB}reset (?:{'|'.join(_SPEEDS)})[\w+ -]{{0,24}} USB device (?:number|using) ",
        reader("usb"),
        begins=tuple(f"{NAME}: reset {speed}" for speed in _SPEEDS),
    ),
    EvidenceForm(
        "usb 1-2: USB disconnect, device number 3",
        "USB disconnect",
        # Whoever unplugs a keyboard does the same.
        rf"{_USB}USB disconnect, ",
        reader("usb", significance=ROUTINE),
        begins=(f"{NAME}: USB disconnect, ",),
    ),
    EvidenceForm(
        "usb 1-2: device descriptor read/64, error -110",
        "usb ",
        (
            rf"{_USB}(?:device descriptor read/\w{{1,4}}, error -"
            r"|device not accepting address \d+, error -|unable to enumerate USB device"
            r"|cmd cmplt err -|stat urb: (?:status -|no pending)"
            r"|Device not responding to setup address|device firmware changed"
            r"|(?:Failed to set U[12] timeout|Set SEL for device-initiated"
            r"|Could not (?:enable|disable) )|usb_\w{1,40}:? Failed to disable L[PT]M"
            r"|cannot (?:reset|disable) \(err|Cannot enable\. |over-current condition"
            r"|can't (?:read configurations|set config|restore configuration)"
            r"|unable to (?:read config|get BOS)|string descriptor 0 read error"
            r"|failed to restore interface|got a wrong device descriptor"
            r"|disabled by hub|connect-debounce failed|clear tt \d|config error"
            r"|attempt power cycle)"
        ),
        free_reader("usb"),
        begins=(
            f"{NAME}: clear tt ",
            *(f"{NAME}: can't {doing} " for doing in ("read", "set", "restore")),
            *(f"{NAME}: unable to read config", f"{NAME}: unable to get BOS"),
            *(f"{NAME}: string descriptor 0", f"{NAME}: failed to restore interface"),
            f"{NAME}: got a wrong device descriptor",
            *(f"{NAME}: config error", f"{NAME}: attempt power cycle"),
            *(f"{NAME}: Failed to set U", f"{NAME}: Set SEL for device-initiated"),
            *(f"{NAME}: Could not ", f"{NAME}: usb_"),
            *(f"{NAME}: cannot reset (err", f"{NAME}: cannot disable (err"),
            *(f"{NAME}: Cannot enable. ", f"{NAME}: over-current condition"),
            *(f"{NAME}: disabled by hub", f"{NAME}: connect-debounce failed"),
            *(f"{NAME}: device descriptor read/", f"{NAME}: device not accepting address "),
            *(f"{NAME}: unable to enumerate USB", f"{NAME}: cmd cmplt err ", f"{NAME}: stat urb: "),
            *(f"{NAME}: Device not responding to", f"{NAME}: device firmware changed"),
        ),
    ),
    EvidenceForm(
        # The link then saves less power.
        "usb 2-1: Enable of device-initiated U1 failed.",
        " of device-initiated U",
        rf"{_USB}(?:[Ee]nable|[Dd]isable) of device-initiated U",
        reader("usb", significance=ROUTINE),
        begins=tuple(
            f"{NAME}: {done} of device-init" for done in ("Enable", "Disable", "enable", "disable")
        ),
    ),
    EvidenceForm(
        # A port of such a hub, up to 3.1x; what hangs on it is not told.
        "hub 1-1:1.0: cannot reset port 2 (err = -110)",
        "hub ",
        (
            rf"{_HUB}(?:hub_\w{{1,32}} failed|(?:cannot|Cannot) (?:reset|disable|enable) port"
            r"|unable to enumerate USB device|port \d{1,3} disabled by hub|over-current"
            r"|get_hub_status failed|connect-debounce failed|config failed)"
        ),
        _read_hub,
        begins=("hub ",),
    ),
    EvidenceForm(
        "xhci_hcd 0000:00:14.0: xHCI host controller not responding, assume dead",
        "",
        (
            rf"{_USB_HOST}(?:.{{0,80}}?(?:not responding|host is dying|HC died|not halt(?:ed|ing)"
            r"|[Tt]ook too long|ERROR |Host (?:System|Controller) Error|\bfatal|reset failed"
            r"|not accessible|halt failed|WARNING: Host)|(?:Aborting|Abort failed|Timeout while) "
            r"|Mismatch between completed|Completing active URBs anyway)"
        ),
        free_reader("usb"),
        begins=_USB_HOST_BEGINS,
    ),
    EvidenceForm(
        "virtio_blk virtio2: [vdb] new size: 4096 512-byte logical blocks (2.10 MB/2.00 MiB)",
        "new size: ",
        r"virtio_blk virtio\d{1,4}: \[(?P<device>\w{1,32})\] new size: ",
        reader("capacity", significance=ROUTINE),
        begins=("virtio_blk ",),
    ),
    EvidenceForm(
        "virtio_blk virtio2: probe with driver virtio_blk failed with error -22",
        "virtio_blk",
        (
            r"virtio_blk(?:: probe of)? (?P<device>virtio\d{1,4}):? .{0,80}?\b(?i:fail\w*|errors?"
            r"|invalid|disabled)\b"
        ),
        free_reader("virtio"),
        begins=("virtio_blk",),
    ),
    EvidenceForm(
        "blkfront: xvda: flush op failed",
        " op failed",
        # The host does not know it: the driver goes on without it.
        # Up to 3.x, the device stood last.
        r"blkfront: (?:(?!barrier: )(?P<device>\w{1,32}): (?:empty )?[\w /-]{1,40} op failed"
        r"|barrier: (?:empty )?write (?P<address>\w{1,32}) op failed)",
        reader("virtio", ROUTINE, errno=errno.EOPNOTSUPP),
        begins=("blkfront: ",),
    ),
    EvidenceForm(
        "vbd vbd-51712: 16 Device in use; refuse to close",
        "vbd",
        # Of Xen's bus, in the guest or the host (drivers/xen/xenbus/xenbus_client.c).
        (
            r"vbd (?P<device>vbd-\d{1,10}(?:-\d{1,10})?): (?:failed to write error node for"
            r" [^\s(]{1,80} \()?(?P<errno>\d{1,3}) "
        ),
        reader("virtio"),
        begins=("vbd vbd-",),
    ),
    EvidenceForm(
        "xenbus: xenbus_dev_shutdown: backend/vbd/5/51760 timeout closing device",
        "/vbd/",
        r"xenbus: xenbus_dev_shutdown: \w{1,16}/vbd/\d{1,10}/\d{1,10} timeout closing device",
        reader("virtio", errno=errno.ETIMEDOUT),
        begins=("xenbus: xenbus_dev_shutdown",),
    ),
    EvidenceForm(
        "mmcblk0: error -110 transferring data, sector 4096, nr 8, cmd response 0x900, card status"
        " 0xc00",
        "transferring data, sector ",
        (rf"{_MMC}error -(?P<errno>\d{{1,3}}) transferring data, sector (?P<sector>\d{{1,20}}),"),
        reader("mmc"),
        begins=_MMC_BEGINS,
    ),
    EvidenceForm(
        "mmcblk0: retrying using single block read",
        "etrying ",
        rf"{_MMC}retrying (?:(?:using single block )?(?P<direction>read|write)\b|because)",
        reader("mmc"),
        begins=_MMC_BEGINS,
    ),
    EvidenceForm(
        "mmc0: Timeout waiting for hardware interrupt.",
        "ime",
        (
            rf"{_MMC}(?:Timeout (?:waiting for hardware|sending command)"
            r"|(?:cqhci: )?timeout for tag|.{0,60}timed out)"
        ),
        reader("mmc", errno=errno.ETIMEDOUT),
        begins=_MMC_BEGINS,
    ),
    EvidenceForm(
        "mmc0: card 0001 removed",
        " removed",
        rf"{_MMC}(?:SPI )?card (?:[0-9a-f]{{4}} )?removed",
        reader("mmc", errno=errno.ENODEV),
        begins=_MMC_BEGINS,
    ),
    EvidenceForm(
        "mmc0: cache flush error -110",
        "ache flush error",
        rf"{_MMC}cache flush error -?(?P<errno>\d{{1,3}})",
        reader("mmc", direction="flush"),
        begins=_MMC_BEGINS,
    ),
    EvidenceForm(
        # What a card or the description of a board lacks.
        "mmc0: Tuning timeout, falling back to fixed sampling clock",
        "",
        (
            rf"{_MMC}(?:.{{1,40}}, falling back to fixed sampling clock"
            r"|unspecified timeout for CMD6|Missing autocal timeout)"
        ),
        reader("mmc", significance=ROUTINE),
        begins=_MMC_BEGINS,
    ),
    EvidenceForm(
        "mmc0: error -110 whilst initialising SD card",
        "mmc",
        (
            # The rows of a dump name registers.
            rf"{_MMC}(?!(?:sdhci|cqhci): [\w \[\]]{{1,16}}:)"
            r"(?:.{0,120}?\b(?i:errors?|fail(?:ed|ure)?|never completed|stuck|unable"
            r"|never left|removed during|consuming too much power|never released"
            r"|Resetting controller|CQE recovery|tuning execution|never stabilised|even though no"
            r"|unexpected interrupt|tried to reset|problem (?:switching|setting)|rejected|broken"
            r"|timed out|timeout|problem reading|still running|could not complete)\b)"
        ),
        free_reader("mmc"),
        begins=_MMC_BEGINS,
    ),
    EvidenceForm(
        "mmcblk mmc0:0001: __mmc_blk_ioctl_cmd: cmd error -110",
        " error -",
        (
            r"mmcblk (?P<device>mmc\d{1,3}):[0-9a-f]{4}: \w{1,40}: (?:sbc|cmd|data) error"
            r" -(?P<errno>\d{1,3})"
        ),
        reader("mmc"),
        begins=_MMC_BEGINS,
    ),
    EvidenceForm(
        "mmc_erase: erase error -110, status 0x800",
        "mmc_erase: ",
        r"mmc_erase: [\w ]{1,24} error -?(?P<errno>\d{1,3})",
        reader("mmc", direction="discard"),
        begins=_MMC_BEGINS,
    ),
    EvidenceForm(
        "sdhost-bcm2835 3f202000.mmc: timeout waiting for hardware interrupt.",
        "imeout waiting for",
        rf"{_MMC_HOST}[Tt]imeout waiting for hardware",
        reader("mmc", errno=errno.ETIMEDOUT),
        begins=_MMC_HOST_BEGINS,
    ),
    EvidenceForm(
        # Of a host controller, which the platform names.
        "dwmmc_rockchip fe2c0000.mmc: Unexpected command timeout, state 3",
        "",
        (
            rf"{_MMC_HOST}.{{0,120}}?\b(?i:errors?|timed?[ -]?out|fail(?:ed|ure)?|busy"
            r"|never completed?|unexpected|not complete|stuck|wrong state|abort(?:ing)?|CRC ERR)\b"
        ),
        free_reader("mmc"),
        begins=_MMC_HOST_BEGINS,
    ),
)
"""In the order tried."""
