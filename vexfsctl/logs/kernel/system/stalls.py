"""Lines of the watchdogs: tasks that hang, processors that are stuck, RCU that waits.

Wording of kernel/hung_task.c, kernel/watchdog.c, kernel/workqueue.c and kernel/rcu/tree_stall.h in
Linux 4.19 to 6.18.
"""

import re
from dataclasses import replace

from vexfsctl.logs.kernel.form import ROUTINE, TROUBLE, EvidenceForm
from vexfsctl.logs.kernel.told import Reader, free_reader
from vexfsctl.model.events import EvidenceSignificance, KernelEvidence

_TASK = r"(?P<task>[^\n]{1,32}:\d{1,10})"
_WATCHDOG = r"(?:(?:NMI )?watchdog: )?"
_WATCHDOG_BEGINS = ("watchdog: ", "NMI watchdog: ")


_OF_DEVICE = re.compile(
    r"(?:jbd2/(?P<journal>[\w!-]{1,32})-\d{1,10}|xfs(?:aild|_\w{1,12})/(?P<xfs>[\w-]{1,32}?)"
    r"|(?P<array>md[\w-]{1,20}?)_(?:raid|resync|reclaim)\w{0,10}|(?P<loop>loop\d{1,6})):\d"
)
"""Names of tasks that work for one device alone: journals, XFS, md, loop devices."""


def _device_of(task: str) -> str | None:
    match = _OF_DEVICE.match(task)
    return None if match is None else next(filter(None, match.groups()))


def _of_task(kind: str, significance: EvidenceSignificance = TROUBLE) -> Reader:
    told = free_reader(kind, significance)

    def read(match: re.Match[str]) -> KernelEvidence:
        task = match["task"]
        return replace(told(match), task=task, device=_device_of(task))

    return read


STALL_FORMS = (
    EvidenceForm(
        "INFO: task fio:4242 blocked for more than 120 seconds.",
        "INFO: task ",
        rf"INFO: task {_TASK} blocked (?:in I/O wait )?for more than \d{{1,20}} seconds",
        _of_task("hung_task"),
        begins=("INFO: task ",),
    ),
    EvidenceForm(
        # Since 6.15, after the stack of the task: who holds what it waits for.
        "INFO: task sync:4243 <writer> blocked on an rw-semaphore likely owned by task fio:4242"
        " <reader>",
        "INFO: task ",
        rf"INFO: task {_TASK} (?:<\w{{1,16}}> )?(?:is )?blocked on an? ",
        _of_task("hung_task"),
        begins=("INFO: task ",),
    ),
    EvidenceForm(
        "Future hung task reports are suppressed, see sysctl kernel.hung_task_warnings",
        "Future hung task reports are suppressed",
        r"Future hung task reports are suppressed",
        free_reader("hung_task", ROUTINE),
        begins=("Future hung task reports are suppressed",),
    ),
    EvidenceForm(
        "watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [umount:145]",
        "soft lockup",
        (
            rf"{_WATCHDOG}BUG: soft lockup - CPU#\d{{1,5}} stuck for \d{{1,10}}s!"
            r" \[(?P<task>[^\]\n]{1,40})\]"
        ),
        _of_task("stall"),
        begins=(*_WATCHDOG_BEGINS, "BUG: soft lockup "),
    ),
    EvidenceForm(
        "watchdog: BUG: soft lockup - CPU#1 stuck for 22s!",
        "soft lockup",
        rf"{_WATCHDOG}BUG: soft lockup ",
        free_reader("stall"),
        begins=(*_WATCHDOG_BEGINS, "BUG: soft lockup "),
    ),
    EvidenceForm(
        "NMI watchdog: Watchdog detected hard LOCKUP on cpu 3",
        "hard LOCKUP",
        r"(?:(?:NMI )?watchdog: (?:CPU\d{1,5}: )?)?Watchdog .{0,40}hard LOCKUP",
        free_reader("stall"),
        begins=(*_WATCHDOG_BEGINS, "Watchdog "),
    ),
    EvidenceForm(
        "BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 31s!",
        "workqueue lockup",
        r"BUG: workqueue lockup ",
        free_reader("stall"),
        begins=("BUG: workqueue lockup ",),
    ),
    EvidenceForm(
        "rcu: INFO: Stall ended before state dump start",
        "INFO: Stall ended",
        r"(?:rcu: )?INFO: Stall ended",
        free_reader("stall", ROUTINE),
        begins=("rcu: INFO: ", "INFO: Stall ended"),
    ),
    EvidenceForm(
        "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
        "INFO: rcu",
        r"(?:rcu: )?INFO: rcu_\w{1,32} (?:self-)?detected",
        free_reader("stall"),
        begins=("rcu: INFO: ", "INFO: rcu_"),
    ),
    EvidenceForm(
        "rcu: rcu_sched kthread starved for 5250 jiffies! g1253 f0x0 RCU_GP_WAIT_FQS(5)",
        " kthread ",
        r"(?:rcu: )?rcu_\w{1,32} kthread (?:starved|timer wakeup didn't happen) for \d{1,20} jiff",
        free_reader("stall"),
        begins=("rcu: ", "rcu_"),
    ),
    EvidenceForm(
        "rcu_tasks_wait_gp: rcu_tasks grace period number 37 (since boot) is 602 jiffies old.",
        " grace period ",
        (
            r"(?:rcu_tasks_wait_gp|tasks_rcu_exit_srcu_stall): [\w ]{1,40}? grace period"
            r" (?:number )?\d{1,20} .{0,80}?is \d{1,20} jiffies old"
        ),
        free_reader("stall"),
        begins=("rcu_tasks_wait_gp: ", "tasks_rcu_exit_srcu_stall: "),
    ),
)
"""In the order tried."""
