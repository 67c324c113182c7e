"""Lines of the kernel as a whole, of hardware and of the ways to disks, from 3.10 to 6.19."""

import pytest

from tests.logs.kernel.told import told


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "INFO: task kworker/u16:3:77 blocked for more than 122 seconds.",
            "hung_task kworker/u16:3:77",
        ),
        ("INFO: task fio:412 blocked in I/O wait for more than 120 seconds.", "hung_task fio:412"),
        (
            "INFO: task jbd2/dm-0-8:412 is blocked on a mutex likely owned by task dd:12.",
            "hung_task dm-0 jbd2/dm-0-8:412",
        ),
        (
            "INFO: task xfsaild/sdb1:412 blocked for more than 120 seconds.",
            "hung_task sdb1 xfsaild/sdb1:412",
        ),
        (
            "INFO: task md127_raid5:412 blocked for more than 120 seconds.",
            "hung_task md127 md127_raid5:412",
        ),
        ("INFO: task loop7:412 blocked for more than 120 seconds.", "hung_task loop7 loop7:412"),
        ("INFO: task jbd2:412 blocked for more than 120 seconds.", "hung_task jbd2:412"),
        (
            "INFO: task sync:4243 <writer> blocked on an rw-semaphore likely owned by task"
            " fio:4242 <reader>",
            "hung_task sync:4243",
        ),
        ("watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [umount:145]", "stall umount:145"),
        (
            "NMI watchdog: BUG: soft lockup - CPU#3 stuck for 23s! [kworker/3:1:88]",
            "stall kworker/3:1:88",
        ),
        ("NMI watchdog: Watchdog detected hard LOCKUP on cpu 3", "stall"),
        ("watchdog: CPU3: Watchdog detected hard LOCKUP on cpu 3", "stall"),
        ("BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 31s!", "stall"),
        ("rcu: INFO: rcu_preempt self-detected stall on CPU", "stall"),
        (
            "INFO: rcu_sched detected stalls on CPUs/tasks: { 2} (detected by 0, t=60002 jiffies)",
            "stall",
        ),
        ("Read-error on swap-device (254:0:16)", "swap 254:0 16 read"),
        ("Write-error on swap-device (8:2:123456)", "swap 8:2 123456 write"),
        ("Write error -5 on dio swapfile (4096)", "swap write 5"),
        ("get_swap_device: Bad swap file entry 3ffffffffffff", "swap"),
        ("Out of memory: Killed process 412 (fio) total-vm:1000kB, anon-rss:900kB", "oom_kill"),
        (
            "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(8,1)",
            "kernel_bug 8:1",
        ),
        (
            "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
            "kernel_bug",
        ),
        (
            'Kernel panic - not syncing: VFS: Unable to mount root fs on "/dev/ram0" or'
            " unknown-block(1,0)",
            "kernel_bug ram0",
        ),
        (
            "Kernel panic - not syncing: EXT4-fs (device sda35): panic forced after error",
            "kernel_bug sda35",
        ),
        (
            "c3   2869 Kernel panic - not syncing: EXT4-fs (device sda35): panic forced after"
            " error",
            "kernel_bug sda35",
        ),
        ("**Kernel panic - not syncing: Attempted to kill init!**", "kernel_bug"),
        (
            "WARNING: src/fs/bcachefs/btree/iter.c:3707 at __bch2_trans_kmalloc+0x1fe/0x2d0"
            " [bcachefs], CPU#52: kworker/u495:2/2070076",
            "kernel_bug",
        ),
        (
            "WARNING: CPU: 0 PID: 18853 at ../fs/bcachefs/buckets.c:409 bch2_fs_usage_apply+0xce",
            "kernel_bug",
        ),
        ("rcu: rcu_sched kthread timer wakeup didn't happen for 1518 jiffies! g-1055", "stall"),
        (
            "tasks_rcu_exit_srcu_stall: rcu_tasks grace period number 37 (since boot) gp_state:"
            " RTGS_POST_SCAN_TASKLIST is 11222989 jiffies old.",
            "stall",
        ),
        ("swapper: page allocation failure. order:3, mode:0x4020", "memory"),
        ("__alloc_pages: 0-order allocation failed (gfp=0xf0/0)", "memory"),
        ("python invoked oom-killer:", "oom_kill"),
        ("VM: killing process gammu-smsd", "oom_kill"),
        ("Out of Memory: Killed process 412 (fio).", "oom_kill"),
        ("Killed process 412 (fio), UID 1000, total-vm:1000kB, anon-rss:900kB", "oom_kill"),
        ("Killed process 412 (fio) vsz:1000kB, anon-rss:900kB, file-rss:0kB", "oom_kill"),
        (
            "oom_reaper: reaped process 412 (fio), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
            "oom_kill routine",
        ),
        ("kswapd0: page allocation failure: order:0, mode:0x1080020", "memory"),
        ("mce: [Hardware Error]: CPU 3: Machine Check: 0 Bank 5: be00000000800400", "mce"),
        ("[Hardware Error]: Corrected error, no action required.", "mce repair"),
        ("{1}[Hardware Error]: event severity: corrected", "mce repair"),
        ("{1}[Hardware Error]: event severity: fatal", "mce"),
        (
            "EDAC MC1: 3 CE memory scrubbing error on CPU_SrcID#1 (channel:1 slot:0)",
            "edac MC1 repair",
        ),
        (
            "EDAC MC0: 1 UE memory read error on any memory ( page:0x0 offset:0x0 grain:0)",
            "edac MC0 read",
        ),
        (
            "pcieport 0000:00:1c.0: AER: Corrected error received: 0000:01:00.0",
            "aer 0000:01:00.0 repair",
        ),
        (
            "pcieport 0000:00:1c.0: AER: Uncorrected (Non-Fatal) error message received from"
            " 0000:01:00.0",
            "aer 0000:01:00.0",
        ),
        # As a mailer wrapped and coded them.
        ("pcieport 0000:00:1c.0: AER: Corrected error received:", "aer 0000:00:1c.0 repair"),
        (
            "pcieport 0000:00:1c.0: PCIe Bus Error: severity=3DCorrected,",
            "aer 0000:00:1c.0 repair",
        ),
        (
            "nvme 0000:01:00.0: PCIe Bus Error: severity=Corrected, type=Physical Layer,"
            " (Receiver ID)",
            "aer 0000:01:00.0 repair",
        ),
        (
            "nvme 0000:01:00.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction"
            " Layer, (Requester ID)",
            "aer 0000:01:00.0",
        ),
        ("nvme 0000:01:00.0: AER: can't recover (no error_detected callback)", "aer 0000:01:00.0"),
        ("pci 0000:01:00.0: AER: can't recover (no error_detected callback)", "aer 0000:01:00.0"),
        (
            "pcieport 0000:00:1c.0: AER: Multiple Corrected error received: id=00e0",
            "aer 0000:00:1c.0 repair",
        ),
        (
            "pcieport 0000:00:1c.0: AER: Uncorrected (Fatal) error received: id=00e0",
            "aer 0000:00:1c.0",
        ),
        ("hpsa 0000:04:00.0:    [ 0] Receiver Error         (First)", "hba 0000:04:00.0 routine"),
        ("pcieport 0000:00:1c.0: AER: device recovery successful", "aer 0000:00:1c.0 repair"),
        ("pcieport 0000:00:1c.0: AER: enabled with IRQ 120", "nothing"),
        ("pcieport 0000:00:1c.0: pciehp: Slot(4): Link Down", "aer 0000:00:1c.0"),
        (" connection1:0: detected conn error (1022)", "iscsi connection1:0"),
        (
            "connection12:0: ping timeout of 5 secs expired, recv timeout 5, last rx 4294901",
            "iscsi connection12:0 110",
        ),
        (" session1: session recovery timed out after 120 secs", "iscsi session1 110"),
        (
            " rport-2:0-1: blocked FC remote port time out: removing target and saving binding",
            "fc rport-2:0-1 110",
        ),
        ("sas: Enter sas_scsi_recover_host busy: 1 failed: 1", "sas"),
        ("sas: ata2: end_device-1:0:9: cmd error handler", "sas ata2"),
        (
            "cciss 0000:05:00.0: cciss: c ffff810037e00000 has CHECK CONDITION sense key = 0x3",
            "hba 0000:05:00.0 61",
        ),
        ("cciss: cmd 0000010000540000 has CHECK CONDITION sense key = 0x1", "hba cciss repair"),
        ("aacraid: Host adapter abort request (0,0,3,1)", "hba 0:0:3:1"),
        ("aacraid: Outstanding commands on (0,0,3,1):", "hba 0:0:3:1"),
        (": mpt2sas0: fault_state(0x5841)!", "hba mpt2sas0"),
        (
            "mpt3sas_cm0: log_info(0x31120303): originator(PL), code(0x12), sub_code(0x0303)",
            "hba mpt3sas_cm0",
        ),
        ("mpt2sas_cm0: removing handle(0x0009), sas_addr(0x4433221100000000)", "hba mpt2sas_cm0"),
        ("mptbase: ioc0: LogInfo(0x31140000): Originator={PL}, Code={IO Executed}", "hba ioc0"),
        (
            "megaraid_sas 0000:03:00.0: 2031 (595s/0x0020/FATAL) - Controller encountered a"
            " fatal error and was reset",
            "hba 0000:03:00.0",
        ),
        ("megaraid_sas 0000:03:00.0: FW now in Ready state", "nothing"),
        ("hpsa 0000:03:00.0: Controller lockup detected: 0x00130000 after 30", "hba 0000:03:00.0"),
        ("stex(0000:9f:00.0): firmware not operational", "hba 0000:9f:00.0"),
        ("stex(0000:9f:00.0): resetting: handshake failed", "hba 0000:9f:00.0"),
        ("hptiop_reset(0/0/0)", "hba"),
        (
            "EDAC sbridge MC1: CPU 0: Machine Check Event: 0 Bank 7: cc00418000010091",
            "edac MC1",
        ),
        ("qla2300 0000:07:09.0: LOOP DOWN detected (4).", "hba 0000:07:09.0"),
        ("hptiop: fail to enable pci device", "hba hptiop"),
        ("aacraid: Host adapter abort request.", "hba aacraid"),
        ("smartpqi 0000:5c:00.0: controller is offline: status code 0x6100c", "hba 0000:5c:00.0"),
        (
            "lpfc 0000:03:00.0: 0:1305 Link Down Event x2 received Data: x2 x20 x800110",
            "hba 0000:03:00.0",
        ),
        (
            "lpfc 0000:03:00.0: 0:1303 Link Up Event x1 received Data: x1 x0 x20 x0",
            "hba 0000:03:00.0 repair",
        ),
        (
            "qla2xxx [0000:03:00.0]-801c:3: Abort command issued nexus=3:0:0 -- 2002.",
            "hba 0000:03:00.0",
        ),
        ("qla2xxx [0000:03:00.0]-500a:3: LOOP UP detected (8 Gbps).", "hba 0000:03:00.0 repair"),
        ("pm80xx0:: mpi_sata_event 2692: SATA EVENT 0x23 failed", "hba pm80xx0"),
        ("pm80xx pm8001_mpi_task_abort_resp 3742:task abort failed status 0x6", "hba pm80xx"),
        ("pm80xx pm8001_abort_task 1231:rc= 5", "hba pm80xx"),
        (
            "hv_storvsc f8b3781b-1e82-4818-a1c3-63d806ec15bb: tag#59 cmd 0x2a status: scsi 0x2"
            " srb 0xa hv 0xc0000001",
            "hba f8b3781b-1e82-4818-a1c3-63d806ec15bb write",
        ),
        (
            "hv_storvsc f8b3781b-1e82-4818-a1c3-63d806ec15bb: tag#59 cmd 0x12 status: scsi 0x0"
            " srb 0x4 hv 0xc0000001",
            "hba f8b3781b-1e82-4818-a1c3-63d806ec15bb routine",
        ),
        (
            "qla2xxx [0000:02:00.0]-705d:12: Remote port 51 40 2e c0 is not coming back",
            "hba 0000:02:00.0",
        ),
        ("mptscsih: ioc1: task abort: SUCCESS (rv=2002) (sc=00000000c0ffee00)", "hba ioc1 repair"),
        ("megasas: [ 0]waiting for 1 commands to complete", "hba megasas"),
        (
            "3w-9xxx: scsi0: WARNING: (0x06:0x002C): Unit #0: Command (0x2a) timed out, resetting"
            " card.",
            "hba host0",
        ),
        (
            "3w-9xxx: scsi1: AEN: INFO (0x04:0x005E): Cache synchronized after power fail:unit=0.",
            "hba host1 routine",
        ),
        ("3w-xxxx: scsi3: Command failed: status = 0xc4, flags = 0x43, unit #8", "hba host3"),
        (
            "arcmsr2: scsi id = 0 lun = 1 ccb = '0xc0ffee00' poll command abort successfully",
            "hba arcmsr2 repair",
        ),
        ("arcmsr2: isr get an illegal ccb command", "hba arcmsr2"),
        (
            "hv_storvsc f8b3781b-1e82-4818-a1c3-63d806ec15bb: Failed to create sub-channel: err=-5",
            "hba f8b3781b-1e82-4818-a1c3-63d806ec15bb 5",
        ),
        ("pciehp 0000:00:1c.0:pcie004: Slot(3): Link Down", "aer 0000:00:1c.0"),
        (
            "nvme 0000:01:00.0: Unable to change power state from D3cold to D0, device"
            " inaccessible",
            "aer 0000:01:00.0",
        ),
        ("nvme 0000:01:00.0: not ready 1023ms after FLR; waiting", "aer 0000:01:00.0"),
        ("nvme 0000:01:00.0: ready 2047ms after FLR", "aer 0000:01:00.0 repair"),
        ("ABORT_TASK: Found referenced iSCSI task_tag: 4096", "iscsi"),
        ("sunxi-ufs-pltfm 4520000.ufs: link startup failed 1", "hba 4520000.ufs"),
        (
            "sunxi-ufs-pltfm 4520000.ufs: error handling flags=0x0, req. abort count=0",
            "hba 4520000.ufs routine",
        ),
        (
            "hpsa 0000:03:00.0: can't disable ASPM; OS doesn't have ASPM control",
            "hba 0000:03:00.0 routine",
        ),
        ("hpsa 0000:03:00.0: Logical aborts not supported", "hba 0000:03:00.0 routine"),
        ("Internal error: : 96000210 [#1] SMP", "kernel_bug"),
        (
            "Unhandled fault: synchronous external abort (0x96000210) at 0xffffff80093e6130",
            "kernel_bug",
        ),
        ("Machine check events logged", "mce"),
        ("CMCI storm detected: switching to poll mode", "mce"),
        ("mce: CMCI storm subsided: switching to interrupt mode", "mce repair"),
        ("megaraid_sas: no pending cmds after reset", "hba megaraid_sas repair"),
        (
            "hpsa 0000:05:00.0: scsi 0:1:0:0: reset logical  completed successfully Direct-Access",
            "hba 0000:05:00.0 repair",
        ),
        (
            "ufshcd-qcom 1d84000.ufshc: ufshcd_abort: Device abort task at tag 7",
            "hba 1d84000.ufshc",
        ),
        (
            "xhci_hcd 0000:97:00.0: AER: can't recover (no error_detected callback)",
            "aer 0000:97:00.0",
        ),
        (
            "pcieport 0000:00:1d.0: AER:   device [8086:a330] error status/mask=00001000/00002000",
            "nothing",
        ),
        ("pcieport 0000:00:1d.0: AER:    [12] Timeout", "nothing"),
        (
            "pcieport 0000:00:1d.0: AER:   TLP Header: 60000001 0100000f 000000ff ffffe000",
            "nothing",
        ),
        ("ahci 0000:00:1f.2: controller reset failed (0xffffffff)", "hba 0000:00:1f.2"),
        (
            "ahci 0000:00:1f.2: AHCI 0001.0300 32 slots 6 ports 6 Gbps 0x3f impl SATA mode",
            "nothing",
        ),
        ("WARNING: CPU: 1 PID: 145 at fs/buffer.c:1081 mark_buffer_dirty+0xd2/0x150", "kernel_bug"),
        (
            "WARNING: fs/buffer.c:1081 at mark_buffer_dirty+0xd2/0x150, CPU#1: umount/145",
            "kernel_bug",
        ),
        ("BUG: kernel NULL pointer dereference, address: 0000000000000010", "kernel_bug"),
    ],
)
def test_a_line_of_the_kernel_as_a_whole(line: str, expected: str) -> None:
    """Kind, device, member, sector, direction, errno, task, and significance if no trouble."""
    assert told(line, None) == expected


@pytest.mark.parametrize(
    "line",
    [
        "mpt3sas_cm0: LSISAS3008: FWVersion(16.00.01.00), ChipRevision(0x02)",
        "lpfc 0000:03:00.0: enabling device (0000 -> 0002)",
        "pcieport 0000:00:1c.0: PME: Signaling with IRQ 120",
        "scsi host0: iSCSI Initiator over TCP/IP",
        "EDAC MC0: Giving out device to module skx_edac controller Skylake Socket#0 IMC#0",
        "rcu: Hierarchical RCU implementation.",
        "watchdog: Delayed init of the lockup detector failed: 0",
        "block drbd1: Starting worker thread (from drbdsetup)",
    ],
)
def test_what_is_said_at_boot_is_no_evidence(line: str) -> None:
    """At level info, or where the level is not known."""
    assert [told(line, level) for level in (6, None)] == ["nothing", "nothing"]


@pytest.mark.parametrize(
    "line",
    [
        "note: mpt3sas_cm0: log_info(0x31120303)",
        "app said 'XFS (dm-3): log I/O error -5'",
        "sshd[12]: INFO: task fio:4242 blocked for more than 120 seconds.",
        "x zed: eid=5 class=io pool='tank' vdev=sdb1",
    ],
)
def test_a_quotation_is_no_evidence(line: str) -> None:
    """What a program reports of the kernel's words stands behind words of its own."""
    assert told(line, None) == "nothing"
