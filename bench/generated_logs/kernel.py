"""Lines of the rest of a busy host: ordinary ones of many kinds, and errors of a failing disk."""

from collections.abc import Iterator, Mapping
from random import Random

from bench.generated_logs.messages import DAEMON_FACILITY, Message
from bench.generated_logs.own import own_messages

_ERROR, _WARNING, _NOTICE, _INFO = 3, 4, 5, 6
_SYSTEMD = DAEMON_FACILITY << 3 | _INFO
_USES = 8
"""How often a text is drawn before new ones are made."""
_SECTORS = 7_814_037_168

_FORMS: tuple[tuple[int, int, str], ...] = (
    (
        30,
        _WARNING,
        "[UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:%(byte)02x:1f:2e:00:1a:8c:15:f2:%(byte)02x:08:00"
        " SRC=185.224.%(byte)d.%(octet)d DST=10.0.2.15 LEN=40 TOS=0x00 PREC=0x00 TTL=%(octet)d"
        " ID=%(pid)d PROTO=TCP SPT=%(pid)d DPT=%(port)d WINDOW=1024 RES=0x00 SYN URGP=0",
    ),
    (
        10,
        _NOTICE,
        'audit: type=1400 audit(17931%(pid)05d.%(byte)03d:%(large)d): apparmor="DENIED"'
        ' operation="open" class="file" profile="snap.firefox.firefox" name="/proc/%(pid)d/stat"'
        ' pid=%(pid)d comm="firefox" requested_mask="r" denied_mask="r" fsuid=1000 ouid=0',
    ),
    (
        6,
        _NOTICE,
        "audit: type=1334 audit(17931%(pid)05d.%(byte)03d:%(large)d): prog-id=%(port)d op=LOAD",
    ),
    (6, _SYSTEMD, "systemd[1]: Started session-%(port)d.scope - Session %(port)d of User root."),
    (5, _SYSTEMD, "systemd[1]: run-docker-netns-%(hex)08x.mount: Deactivated successfully."),
    (3, _SYSTEMD, "systemd-journald[%(pid)d]: Data hash table of /var/log/journal is full."),
    (4, _INFO, "usb 1-%(digit)d: new high-speed USB device number %(byte)d using xhci_hcd"),
    (
        4,
        _INFO,
        "usb 1-%(digit)d: New USB device found, idVendor=%(port)04x, idProduct=%(pid)04x,"
        " bcdDevice= 1.00",
    ),
    (3, _INFO, "usb 1-%(digit)d: Product: USB Receiver"),
    (3, _INFO, "usb 1-%(digit)d: USB disconnect, device number %(byte)d"),
    (
        2,
        _INFO,
        "input: Logitech USB Receiver as /devices/pci0000:00/0000:00:14.0/usb1/1-%(digit)d/"
        "1-%(digit)d:1.0/0003:046D:C52B.%(pid)04X/input/input%(byte)d",
    ),
    (5, _INFO, "docker0: port %(digit)d(veth%(hex)08x) entered forwarding state"),
    (5, _INFO, "docker0: port %(digit)d(veth%(hex)08x) entered disabled state"),
    (5, _INFO, "device veth%(hex)08x entered promiscuous mode"),
    (5, _INFO, "IPv6: ADDRCONF(NETDEV_CHANGE): veth%(hex)08x: link becomes ready"),
    (4, _INFO, "eth0: renamed from veth%(hex)08x"),
    (3, _INFO, "e1000e 0000:00:1f.6 eno1: NIC Link is Up 1000 Mbps Full Duplex, Flow Control: Rx"),
    (3, _INFO, "e1000e 0000:00:1f.6 eno1: NIC Link is Down"),
    (3, _INFO, "wlan0: authenticate with 3c:37:86:%(byte)02x:%(octet)02x:a7 (try 1/3)"),
    (3, _INFO, "wlan0: associated"),
    (
        2,
        _INFO,
        "TCP: request_sock_TCP: Possible SYN flooding on port %(port)d. Sending cookies.",
    ),
    (2, _WARNING, "nf_conntrack: nf_conntrack: table full, dropping packet"),
    (2, _INFO, "perf: interrupt took too long (%(pid)d > %(port)d), lowering rate to %(pid)d"),
    (2, _WARNING, "CPU%(digit)d: Core temperature above threshold, cpu clock throttled"),
    (2, _INFO, "CPU%(digit)d: Core temperature/speed normal"),
    (
        2,
        _INFO,
        "python3[%(pid)d]: segfault at %(hex)x ip 00007f%(hex)08x sp 00007ff%(hex)08x error 4 in"
        " libc.so.6[7f%(hex)08x+195000]",
    ),
    (2, _INFO, "EXT4-fs (sda%(digit)d): mounted filesystem with ordered data mode. Quota: none."),
    (1, _INFO, "XFS (dm-%(digit)d): Ending clean mount"),
    (1, _NOTICE, "sd 2:0:0:0: [sdc] %(large)d 512-byte logical blocks: (1.00 TB/931 GiB)"),
    (1, _INFO, "ata%(digit)d: SATA link up 6.0 Gbps (SStatus 133 SControl 300)"),
    (1, _INFO, "nvme nvme0: 8/0/0 default/read/poll queues"),
    (2, _INFO, "hid-generic 0003:046D:C52B.%(pid)04X: hiddev0,hidraw%(digit)d: USB HID v1.11"),
    (2, _INFO, "PM: suspend entry (s2idle)"),
    (2, _INFO, "ACPI: EC: interrupt unblocked"),
    (2, _INFO, "Freezing user space processes completed (elapsed 0.0%(byte)03d seconds)"),
    (1, _INFO, "i915 0000:00:02.0: [drm] GuC firmware i915/adlp_guc_70.bin version 70.5.1"),
    (1, _INFO, "Bluetooth: hci0: Firmware revision 0.%(digit)d build %(byte)d week 11 2023"),
    (1, _INFO, "kvm: SMP vm created on host with unstable TSC; guest TSC will not be reliable"),
    (1, _WARNING, "clocksource: Long readout interval, skipping watchdog check: %(large)d"),
    (1, _INFO, "cgroup: fork rejected by pids controller in /user.slice/user-%(pid)d.slice"),
)
"""How often, at which priority, and the text."""
_WEIGHTS = tuple(weight for weight, _, _ in _FORMS)


def ordinary_messages(rng: Random, number: int) -> list[Message]:
    """Return *number* lines without VexFS in them; a text comes about eight times."""
    forms = rng.choices(_FORMS, _WEIGHTS, k=-(-number // _USES))
    texts = [Message(priority, text % _numbers(rng)) for _, priority, text in forms]
    return rng.choices(texts, k=number)


def storm_messages(rng: Random) -> Iterator[Message]:
    """Yield the errors of a disk that fails everywhere; one in a hundred is a record of VexFS."""
    own = own_messages(rng)
    while True:
        sector, kind = int(rng.random() * _SECTORS), rng.random()
        if kind < 0.01:
            yield next(own)
        elif kind < 0.25:
            yield Message(
                _ERROR,
                f"Buffer I/O error on dev sdb, logical block {sector >> 3}, async page read",
            )
        else:
            operation = "0x0:(READ) flags 0x80700" if kind < 0.9 else "0x1:(WRITE) flags 0x8800"
            yield Message(
                _ERROR,
                f"I/O error, dev sdb, sector {sector} op {operation} phys_seg 1 prio class 2",
            )


def _numbers(rng: Random) -> Mapping[str, int]:
    bits = rng.getrandbits(64)
    return {
        "digit": 1 + bits % 7,
        "byte": bits >> 3 & 0xFF,
        "octet": 1 + (bits >> 11) % 254,
        "port": 1 + (bits >> 19) % 9_999,
        "pid": 1_000 + (bits >> 32) % 31_000,
        "large": bits >> 24 & 0x7FFFFFFF,
        "hex": bits >> 32,
    }
