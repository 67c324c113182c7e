"""Lines of the ways to disks elsewhere: iSCSI, Fibre Channel and SAS as a transport.

One form for each family; a blank stands before a name that has no driver. Wording of
drivers/scsi/scsi_transport_iscsi.c, libiscsi.c, scsi_transport_fc.c, libsas and
drivers/target/iscsi in Linux 4.4 to 6.18.
"""

import errno

from vexfsctl.logs.kernel.form import ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.told import free_reader, reader

_ISCSI = r" ?(?P<device>(?:connection[0-9]\d{0,6}:\d{1,5}|session[0-9]\d{0,6})): "
_ISCSI_BEGINS = tuple(
    f"{blank}{name}{digit}"
    for blank in ("", " ")
    for name in ("connection", "session")
    for digit in range(10)
)
_RPORT = r" ?(?P<device>rport-\d{1,5}:\d{1,5}-\d{1,7}): "
_RPORT_BEGINS = ("rport-", " rport-")

TRANSPORT_FORMS = (
    EvidenceForm(
        " connection1:0: ping timeout of 5 secs expired, recv timeout 5, last rx 4294901",
        "timeout",
        rf"{_ISCSI}ping timeout of ",
        free_reader("iscsi", errno=errno.ETIMEDOUT),
        begins=_ISCSI_BEGINS,
    ),
    EvidenceForm(
        # The number is one of enum iscsi_err (include/scsi/iscsi_if.h), no errno.
        " connection1:0: detected conn error (1022)",
        "detected conn error",
        rf"{_ISCSI}detected conn error \(\d{{1,6}}\)",
        free_reader("iscsi"),
        begins=_ISCSI_BEGINS,
    ),
    EvidenceForm(
        " session1: session recovery timed out after 120 secs",
        "session recovery timed out",
        rf"{_ISCSI}session recovery timed out after ",
        free_reader("iscsi", errno=errno.ETIMEDOUT),
        begins=_ISCSI_BEGINS,
    ),
    EvidenceForm(
        " connection1:0: pdu (op 0x1 itt 0x1f) rejected due to DataDigest error.",
        ": ",
        rf"{_ISCSI}",
        free_reader("iscsi"),
        trouble_only=True,
        begins=_ISCSI_BEGINS,
    ),
    EvidenceForm(
        "iSCSI Login timeout on Network Portal 10.0.0.1:3260",
        "iSCSI ",
        r"iSCSI (?:Login (?:timeout|negotiation failed)|.{0,60}(?:failed|timed out))",
        free_reader("iscsi"),
        begins=("iSCSI ",),
    ),
    EvidenceForm(
        # Of a target (drivers/target), whose initiators gave up: which of its devices is not told.
        "ABORT_TASK: Found referenced iSCSI task_tag: 4096",
        "",
        (
            r"ABORT_TASK: (?:Found referenced|Sending TMR_TASK_DOES_NOT_EXIST)"
            r"|TARGET_CORE\[\w{1,16}\]: (?:Detected NON_EXISTENT_LUN|Unable to|Unsupported)"
            r"|Unable to recover from DataOut timeout|Time2Retain timer expired"
            r"|Did not receive response to NOPIN|LUN_RESET: TMR caller"
        ),
        free_reader("iscsi"),
        begins=(
            *(
                "ABORT_TASK: ",
                "TARGET_CORE[",
                "Unable to recover from DataOut",
                "Time2Retain timer",
            ),
            *("Did not receive response to NOPIN", "LUN_RESET: TMR caller"),
        ),
    ),
    EvidenceForm(
        " rport-2:0-1: blocked FC remote port time out: leaving target alone",
        "blocked FC remote port time out",
        rf"{_RPORT}blocked FC remote port time out: leaving",
        free_reader("fc", ROUTINE),
        begins=_RPORT_BEGINS,
    ),
    EvidenceForm(
        " rport-2:0-1: blocked FC remote port time out: removing target and saving binding",
        "rport-",
        rf"{_RPORT}blocked FC remote port time out",
        free_reader("fc", errno=errno.ETIMEDOUT),
        begins=_RPORT_BEGINS,
    ),
    EvidenceForm(
        " rport-2:0-1: FC remote port failed to come back",
        "rport-",
        _RPORT,
        free_reader("fc"),
        trouble_only=True,
        begins=_RPORT_BEGINS,
    ),
    EvidenceForm(
        # The number is one of enum exec_status (include/scsi/libsas.h), no errno.
        "sas: sas_ata_task_done: SAS error 2",
        "SAS error ",
        r"sas: \w{1,40}: SAS error ",
        reader("sas"),
        begins=("sas: ",),
    ),
    EvidenceForm(
        "sas: Enter sas_scsi_recover_host busy: 1 failed: 1",
        "sas: ",
        (
            r"sas: (?:Enter sas_scsi_recover_host busy: \d|trying to (?:find task|abort|reset)"
            r"|(?P<device>ata\d{1,4}): end_device|.{0,120}(?:fail|error|abort|timed out|timeout))"
        ),
        free_reader("sas"),
        begins=("sas: ",),
    ),
)
"""In the order tried."""
