"""Lines of host bus adapters: one family for all of their drivers.

Such a line begins with the driver and the PCI address, or with the name of the adapter
(`mpt3sas_cm0`, `aacraid0`). Wording of drivers/scsi and drivers/ata in Linux 4.4 to 6.18.
"""

import re
from dataclasses import replace

from vexfsctl.logs.kernel.form import REPAIR, ROUTINE, TROUBLE, EvidenceForm
from vexfsctl.logs.kernel.storage.scsi_results import (
    key_errno,
    key_significance,
    read_command,
    sense_key,
)
from vexfsctl.logs.kernel.told import free_reader, reader
from vexfsctl.model.events import KernelEvidence

DRIVERS = (
    *("mpt2sas", "mpt3sas", "mptbase", "mptscsih", "mptsas", "mptspi", "mptfc"),
    *("megaraid_sas", "megasas", "megaraid"),
    *("hpsa", "cciss", "aacraid", "smartpqi", "lpfc", "mvsas"),
    *("qla2xxx", "qla2100", "qla2200", "qla2300", "qla2400", "qla4xxx", "qla1280", "qlogicfc"),
    *("pm80xx", "pm8001", "ahci", "isci", "arcmsr", "3w-9xxx", "3w-sas", "3w-xxxx", "bnx2fc"),
    *("bnx2i", "be2iscsi", "fnic", "snic", "qedf", "qedi", "csiostor"),
    *("hisi_sas", "hisi_sas_v2_hw", "hisi_sas_v3_hw", "mpi3mr", "myrb", "myrs", "pmcraid"),
    *("sata_sil24", "sata_mv", "sata_nv", "virtio_scsi", "vmw_pvscsi", "hv_storvsc", "storvsc"),
    *("ufshcd", "ufshcd-qcom", "ufshcd-mtk", "ufshcd-hisi", "exynos-ufshc", "exynos-ufs"),
    *("google-ufshcd", "sunxi-ufs-pltfm", "cdns-ufshcd", "ufshcd-pltfm", "ufs-rockchip"),
    *("efct", "aic7xxx", "aic79xx", "aic94xx", "sym53c8xx", "stex", "hptiop"),
)
"""Drivers of adapters that disks are connected to."""
_ADDRESS = (
    r"(?:[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]|[0-9a-f]{4,16}\.[\w-]{2,24}"
    r"|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"
)
"""Of PCI, of a device that the platform has (`1d84000.ufshc`), or of one of Hyper-V's."""
_BEFORE_PLACE = r" (?=\w{1,64} {1,2}\d{1,5}:)"
"""Up to 5.9, pm80xx puts a function and a line behind its name, and nothing between."""
_DRIVER = "|".join(sorted(DRIVERS, key=len, reverse=True))
_HEAD = (
    rf"(?:(?:{_DRIVER})(?: \[?|\()(?P<device>{_ADDRESS})[\])]?(?:-[0-9a-f]{{4}}:(?:\d{{1,4}}| ))?: "
    r"|mpt(?:base|scsih|sas|spi|fc): (?P<controller>ioc\d{1,3}): "
    rf"|(?P<address>(?:{_DRIVER})(?:_cm)?\d{{0,4}})(?::{{1,2}} {{0,2}}|{_BEFORE_PLACE}))"
)
_BEGINS = DRIVERS
_WORDS = (
    r"(?i:\b(?:hard)?reset(?:ting|s)?\b"
    r"|\btime(?:d )?-?out\w*|\bfault\w*|\bdown\b|\boffline\w*|\bhung\b"
    r"|\bdead\b|\bnot respond\w*|\babort\w*|\bfail\w*|\berrors?\b|\bfatal\b|log_info\(0x"
    r"|LogInfo\(0x|\bremov(?:ed|ing)\b.{0,40}\bhandle|\black of|\blockup\b|\bnot ready\b"
    r"|\bwaiting for \d+ commands|\brc ?= ?-?[1-9]|\bparity\b|\bdegraded\b|\bCRC\b|\blost\b"
    r"|\bnot coming back\b|\bblocked\b|\bunavailable\b|\boutstanding\b|\billegal\b)"
)


def _read_hyper_v(match: re.Match[str]) -> KernelEvidence:
    told = reader("hba")(match)
    direction = read_command(bytes([int(match["command"], 16)])).direction
    # Of commands that move no data it tries some that a disk may not know.
    if direction is None:
        return replace(told, significance=ROUTINE)
    return replace(told, direction=direction)


def _read_sense(match: re.Match[str]) -> KernelEvidence:
    key = sense_key(match["key"])
    return reader("hba", key_significance(key), errno=key_errno(key))(match)


def _read_3ware(match: re.Match[str]) -> KernelEvidence:
    quiet = match["level"] == "INFO"
    told = reader("hba", ROUTINE if quiet else TROUBLE)(match)
    return replace(told, device=f"host{match['number']}")


def _read_abort(match: re.Match[str]) -> KernelEvidence:
    return replace(reader("hba")(match), device=match["disk"].replace(",", ":"))


ADAPTER_FORMS = (
    EvidenceForm(
        # Of some adapters in two lines, of which the second has the disk.
        "aacraid: Host adapter abort request (0,0,3,0)",
        "aacraid",
        (
            rf"{_HEAD}(?:Host adapter abort request|Outstanding commands on)"
            r" \((?P<disk>\d{1,5},\d{1,5},\d{1,5},\d{1,5})\)"
        ),
        _read_abort,
        begins=("aacraid",),
    ),
    EvidenceForm(
        # Of channel, target and LUN; what becomes of it has the number of the host alone.
        "hptiop_reset(0/0/0)",
        "hptiop_reset(",
        r"hptiop_reset\(\d",
        reader("hba"),
        begins=("hptiop",),
    ),
    EvidenceForm(
        "stex(0000:03:00.0): no signature after handshake frame",
        "stex(",
        rf"{_HEAD}(?:no (?:signature|handshake)|resetting: |firmware not |invalid |bad |lagging )",
        free_reader("hba"),
        begins=("stex",),
    ),
    EvidenceForm(
        # What a 3ware adapter reports itself (AEN) has a level of its own.
        "3w-9xxx: scsi0: AEN: ERROR (0x04:0x0009): Drive timeout detected:port=3.",
        "3w-",
        (
            r"3w-(?:9xxx|sas|xxxx): scsi(?P<number>\d{1,4}): (?:(?:AEN: )?"
            r"(?P<level>ERROR|WARNING|INFO)\b|Command failed|.{0,80}?\b(?i:error|fail\w*|reset\w*"
            r"|time(?:d )?out))"
        ),
        _read_3ware,
        begins=("3w-9xxx", "3w-sas", "3w-xxxx"),
    ),
    EvidenceForm(
        "hv_storvsc f8b3781b-1e82-4818-a1c3-63d806ec15bb: tag#59 cmd 0x28 status: scsi 0x2 srb 0xa"
        " hv 0xc0000001",
        "hv_storvsc ",
        (
            r"hv_storvsc (?P<device>[0-9a-f-]{36}): tag#\d{1,8} cmd"
            r" (?P<command>0x[0-9a-f]{1,2}) status: scsi "
        ),
        _read_hyper_v,
        begins=("hv_storvsc ",),
    ),
    EvidenceForm(
        # Of HP's adapters up to 3.x.
        "cciss 0000:05:00.0: cciss: c ffff810037e00000 has CHECK CONDITION sense key = 0x3",
        "ense key = 0x",
        rf"{_HEAD}.{{0,60}}has CHECK CONDITION sense key = (?P<key>0x[0-9a-f]{{1,2}})",
        _read_sense,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "lpfc 0000:03:00.0: 0:1303 Link Up Event x1 received Data: x1 x0 x20 x0 x0 x0 0",
        "",
        (
            rf"{_HEAD}.{{0,120}}?(?:Link Up\b|LOOP UP\b"
            r"|(?i:reset (?:[\w ]{1,16} )?(?:success|succeeded|complete)|[\w ]{1,24}: SUCCESS"
            r"|abort(?:ed)? (?:command )?success)"
            r"|no pending (?:cmds|commands) after reset"
            r"|controller is now (?:online|ready)|re-?enabled)"
        ),
        free_reader("hba", REPAIR),
        begins=_BEGINS,
    ),
    EvidenceForm(
        # What adapters lack, a row of a dump (ufshcd_print_host_state), a bit of what AER reports.
        "hpsa 0000:03:00.0: can't disable ASPM; OS doesn't have ASPM control",
        "",
        (
            rf"{_HEAD}(?:can't disable ASPM|[^\n]{{0,60}}\bnot supported\s{{0,2}}$"
            r"|error handling flags=| {0,8}\[ ?\d{1,2}\] [A-Z])"
        ),
        free_reader("hba", ROUTINE),
        trouble_only=True,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "megaraid_sas 0000:03:00.0: resetting fusion adapter scsi0.",
        "",
        rf"{_HEAD}[^\n]{{0,300}}?{_WORDS}",
        free_reader("hba"),
        begins=_BEGINS,
    ),
    EvidenceForm(
        "ahci 0000:00:1f.2: AHCI 0001.0300 32 slots 6 ports 6 Gbps 0x3f impl SATA mode",
        "",
        (
            rf"{_HEAD}.{{0,120}}?(?:FW now in Ready state|SSS flag set"
            r"|flags: |slots \d|impl \w{1,8} mode|version|IRQ"
            r"|vectors?\b|MSI|DMA|firmware type|FW(?:Pkg)?Version|enabled|supports?\b|capabilit)"
        ),
        free_reader("hba", ROUTINE),
        trouble_only=True,
        begins=_BEGINS,
    ),
    EvidenceForm(
        "qla2xxx [0000:03:00.0]-801c:3: Async-gnlist WAIT 0",
        "",
        _HEAD,
        free_reader("hba"),
        trouble_only=True,
        begins=_BEGINS,
    ),
)
"""In the order tried."""
