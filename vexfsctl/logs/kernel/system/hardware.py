"""Lines about the hardware that everything rests on: machine checks, memory controllers, PCIe.

One form for each family. What the hardware corrected itself is a repair. The device is the PCI
address that is meant, or the memory controller. Wording of arch/x86/kernel/cpu/mce, drivers/edac,
drivers/acpi/apei, drivers/pci/pcie and drivers/pci/hotplug in Linux 5.10 to 6.18.
"""

from vexfsctl.logs.kernel.form import REPAIR, EvidenceForm
from vexfsctl.logs.kernel.system.adapters import DRIVERS
from vexfsctl.logs.kernel.told import free_reader

_ADDRESS = r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]"
_PCI = rf"(?P<device>{_ADDRESS})"
_PORTS = ("pcieport", "nvme", "vmd", "xhci_hcd", *DRIVERS)
"""Drivers of the devices whose errors are storage's, and of the ports that these are behind."""
_DRIVER = rf"(?:{'|'.join(_PORTS)})"
_BUS_BEGINS = tuple(f"{driver} " for driver in _PORTS)
_DETAILS = r" {0,4}(?:device \[|\[ ?\d|TLP Header|Error of this Agent)"
"""What follows a report of an error and does not say how bad it was."""
_EDAC = r"EDAC (?:\w{1,24} )?(?P<device>MC\d{1,3}|PCI\d{0,3}|DEVICE\d{0,3}): "
_HARDWARE = r"(?:mce: |\{[0-9]{1,10}\})?\[Hardware Error\]: "
_HARDWARE_BEGINS = (
    *("mce: [Hardware Error]: ", "[Hardware Error]: "),
    *map("{{{}".format, range(10)),
)

HARDWARE_FORMS = (
    EvidenceForm(
        "mce: [Hardware Error]: Corrected error, no action required.",
        "[Hardware Error]: ",
        rf"{_HARDWARE}.{{0,120}}(?:[Cc]orrected error|severity: corrected|type: corrected)",
        free_reader("mce", REPAIR),
        begins=_HARDWARE_BEGINS,
    ),
    EvidenceForm(
        "mce: [Hardware Error]: CPU 3: Machine Check: 0 Bank 5: be00000000800400",
        "[Hardware Error]: ",
        _HARDWARE,
        free_reader("mce"),
        begins=_HARDWARE_BEGINS,
    ),
    EvidenceForm(
        "mce: Uncorrected hardware memory error in user-access at 3b67d7c0",
        "",
        (
            r"(?:mce: (?:Uncorrected |Memory error not recovered|CPUs not responding to MCE"
            r"|Kernel accessed poison|CPU#?\d{1,5}: (?:Possible thermal|Machine Check|Unexpected))"
            r"|Memory failure: 0x[0-9a-f]{1,16}: |Machine check events logged)"
        ),
        free_reader("mce"),
        begins=("mce: ", "Memory failure: 0x", "Machine check events logged"),
    ),
    EvidenceForm(
        "CMCI storm subsided: switching to interrupt mode",
        "CMCI storm subsided",
        r"(?:mce: )?CMCI storm subsided",
        free_reader("mce", REPAIR),
        begins=("CMCI storm ", "mce: CMCI storm "),
    ),
    EvidenceForm(
        # More errors than are worth an interrupt each (arch/x86/kernel/cpu/mce/threshold.c).
        "CMCI storm detected: switching to poll mode",
        "CMCI storm detected",
        r"(?:mce: )?CMCI storm detected",
        free_reader("mce"),
        begins=("CMCI storm ", "mce: CMCI storm "),
    ),
    EvidenceForm(
        # Red Hat's 2.6.32; before 2.6.33 the words stood so without a driver's name, too.
        "sbridge: HANDLING MCE MEMORY ERROR",
        "M",
        (
            r"(?:(?:sbridge|i7core|skx|sb_edac): HANDLING MCE MEMORY ERROR"
            r"|CPU [0-9]{1,5}: Machine Check Exception: )"
        ),
        free_reader("mce"),
        begins=(
            *("sbridge: HANDLING MCE", "i7core: HANDLING MCE", "skx: HANDLING MCE"),
            *("sb_edac: HANDLING MCE", *(f"CPU {digit}" for digit in range(10))),
        ),
    ),
    EvidenceForm(
        "EDAC MC0: 1 CE memory read error on CPU_SrcID#0_Ha#0_Chan#0_DIMM#0 (channel:0 slot:0)",
        "EDAC ",
        rf"{_EDAC}(?:\d{{1,10}} CE\b|CE[ :])",
        free_reader("edac", REPAIR),
        begins=("EDAC ",),
    ),
    EvidenceForm(
        "EDAC MC0: 1 UE memory read error on any memory ( page:0x0 offset:0x0 grain:0)",
        "EDAC ",
        (
            rf"{_EDAC}(?:\d{{1,10}} UE\b|UE[ :]"
            r"|HANDLING MCE|CPU \d{1,5}: Machine Check |.{0,80}\b(?i:error|fail|uncorrect))"
        ),
        free_reader("edac"),
        begins=("EDAC ",),
    ),
    EvidenceForm(
        "pcieport 0000:00:1c.0: AER: Multiple Corrected error message received from 0000:01:00.0",
        "AER: ",
        (
            rf"{_DRIVER} {_ADDRESS}: AER: (?:Multiple )?[Cc]orrect(?:ed|able) error (?:message )?"
            rf"received(?: from|:)? ?{_PCI}"
        ),
        free_reader("aer", REPAIR),
        begins=_BUS_BEGINS,
    ),
    EvidenceForm(
        # Up to 4.20, in numbers that tell no more than the port does.
        "pcieport 0000:00:1c.0: AER: Multiple Corrected error received: id=00e0",
        "AER: ",
        rf"{_DRIVER} {_PCI}: AER: (?:Multiple )?[Cc]orrect(?:ed|able) error received:(?: id=| ?$)",
        free_reader("aer", REPAIR),
        begins=_BUS_BEGINS,
    ),
    EvidenceForm(
        "pcieport 0000:00:1c.0: AER: Uncorrected (Fatal) error received: 0000:01:00.0",
        "AER: ",
        (
            rf"{_DRIVER} {_ADDRESS}: AER: (?:Multiple )?Uncorrect(?:ed|able) \([\w-]{{1,16}}\)"
            rf" error (?:message )?received(?: from|:)? ?{_PCI}"
        ),
        free_reader("aer"),
        begins=_BUS_BEGINS,
    ),
    EvidenceForm(
        "pcieport 0000:00:1c.0: AER: device recovery successful",
        "AER: ",
        (
            rf"{_DRIVER} {_PCI}: AER: (?:device recovery successful"
            r"|(?:Root|Downstream) Port link has been reset)"
        ),
        free_reader("aer", REPAIR),
        begins=_BUS_BEGINS,
    ),
    EvidenceForm(
        "pcieport 0000:00:1c.0: AER: device recovery failed",
        "AER: ",
        rf"{_DRIVER} {_PCI}: AER: (?!enabled with|PCIe Bus Error|PCIe errors handled|{_DETAILS})",
        free_reader("aer"),
        begins=_BUS_BEGINS,
    ),
    EvidenceForm(
        # A device without a driver is in the way of its whole port.
        "pci 0000:01:00.0: AER: can't recover (no error_detected callback)",
        "AER: can't recover",
        rf"pci {_PCI}: AER: can't recover",
        free_reader("aer"),
        begins=("pci ",),
    ),
    EvidenceForm(
        "pcieport 0000:00:1c.0: DPC: containment event, status:0x1f01 source:0x0000",
        "",
        (
            # Up to 4.19, what is a service of a port had a driver of its own.
            rf"(?:pcieport|pciehp|dpc) {_PCI}(?::pcie\d{{3}})?: "
            r"(?:DPC: (?!enabled|error containment|RP PIO log size)|EDR: EDR event received"
            r"|(?:pciehp: )?(?:Slot\(\S{1,16}\): (?:Link Down|Card not present"
            r"|.{0,40}[Pp]ower fault)|Timeout on hotplug command)"
            r"|broken device|device lost)"
        ),
        free_reader("aer"),
        begins=("pcieport ", "pciehp ", "dpc "),
    ),
    EvidenceForm(
        "nvme 0000:01:00.0: ready 1023ms after FLR",
        "ready ",
        rf"{_DRIVER} {_PCI}: ready \d{{1,9}}ms after ",
        free_reader("aer", REPAIR),
        begins=_BUS_BEGINS,
    ),
    EvidenceForm(
        # Of drivers/pci/pci.c: what does not answer may be gone.
        "nvme 0000:01:00.0: Unable to change power state from D3cold to D0, device inaccessible",
        "",
        (
            rf"{_DRIVER} {_PCI}: (?:(?:Unable to|can't) change power state|Refused to change power"
            r"|not ready \d{1,9}ms after |timed out waiting for pending transaction"
            r"|Device config space inaccessible)"
        ),
        free_reader("aer"),
        begins=_BUS_BEGINS,
    ),
    EvidenceForm(
        "nvme 0000:01:00.0: PCIe Bus Error: severity=Corrected, type=Physical Layer, (Receiver ID)",
        "PCIe Bus Error: ",
        rf"{_DRIVER} {_PCI}: (?:AER: )?PCIe Bus Error: severity=(?:3D)?Correct",
        free_reader("aer", REPAIR),
        begins=_BUS_BEGINS,
    ),
    EvidenceForm(
        "nvme 0000:01:00.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction Layer,"
        " (Requester ID)",
        "PCIe Bus Error: ",
        rf"{_DRIVER} {_PCI}: (?:AER: )?PCIe Bus Error: severity=",
        free_reader("aer"),
        begins=_BUS_BEGINS,
    ),
)
"""In the order tried."""
