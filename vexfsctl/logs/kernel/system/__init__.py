"""Lines of the kernel as a whole and of what disks hang on: memory, tasks, faults, buses, HBAs."""

from vexfsctl.logs.kernel.form import EvidenceForm
from vexfsctl.logs.kernel.system.adapters import ADAPTER_FORMS
from vexfsctl.logs.kernel.system.failures import FAILURE_FORMS
from vexfsctl.logs.kernel.system.hardware import HARDWARE_FORMS
from vexfsctl.logs.kernel.system.memory import MEMORY_FORMS
from vexfsctl.logs.kernel.system.stalls import STALL_FORMS
from vexfsctl.logs.kernel.system.transports import TRANSPORT_FORMS

SYSTEM_FORMS: tuple[EvidenceForm, ...] = (
    *STALL_FORMS,
    *MEMORY_FORMS,
    *HARDWARE_FORMS,
    *TRANSPORT_FORMS,
    *ADAPTER_FORMS,
    *FAILURE_FORMS,
)
"""In the order tried."""
