"""Lines of filesystems behind a network or a daemon: NFS, SMB, Ceph, 9P, FUSE, and of clusters.

The device of such a line is the server it names. Wording of net/sunrpc/clnt.c, fs/nfs,
fs/smb/client, fs/ceph, fs/fuse, fs/gfs2, fs/ocfs2 and fs/dlm in Linux 5.10 to 6.18.
"""

import errno

from vexfsctl.logs.kernel.form import REPAIR, ROUTINE, EvidenceForm
from vexfsctl.logs.kernel.literals import DIGITS, LETTERS
from vexfsctl.logs.kernel.told import free_reader

_SERVER = r"(?P<device>[^\s,]{1,255})"
_RPC = r"(?:nfs4?|lockd|rpcbind|nfsacl): "
_RPC_BEGINS = (
    "nfs: server ",
    "nfs4: server ",
    "lockd: server ",
    "rpcbind: server ",
    "nfsacl: server ",
)
_SMB = r"CIFS:? (?:VFS: )?"
_CEPH = r"ceph: (?:\[[^\]]{1,80}\]: )? ?"
"""Since 6.6 the cluster and the client stand in brackets."""
_MDS = rf"{_CEPH}(?P<device>mds\d{{1,5}})"
_GFS2 = r"(?:gfs2|GFS2): fsid=(?P<device>[^\s:]{1,64}(?::[^\s:]{1,64})?): "
_OCFS2_BEGINS = tuple(f"({first}" for first in LETTERS + DIGITS)
"""A task may be called anything, but its name begins like that."""
_OCFS2 = r"\((?=[a-zA-Z0-9])[^,)\n]{1,32},\d{1,10},\d{1,5}\):\w{1,64}:\d{1,6} "

REMOTE_FORMS = (
    EvidenceForm(
        "nfs: server 10.0.0.1 OK",
        ": server ",
        rf"{_RPC}server {_SERVER} OK$",
        free_reader("nfs", REPAIR),
        begins=_RPC_BEGINS,
    ),
    EvidenceForm(
        "nfs: server 10.0.0.1 not responding, timed out",
        ": server ",
        rf"{_RPC}server {_SERVER} not responding, timed out",
        free_reader("nfs", errno=errno.ETIMEDOUT),
        begins=_RPC_BEGINS,
    ),
    EvidenceForm(
        "nfs: server 10.0.0.1 not responding, still trying",
        ": server ",
        rf"{_RPC}server {_SERVER} not responding",
        free_reader("nfs"),
        begins=_RPC_BEGINS,
    ),
    EvidenceForm(
        "NFS: state manager: lease expired failed on NFSv4 server 10.0.0.1 with error 5",
        " server ",
        rf"(?:NFS|NFSv4|RPC): .{{0,200}}?\bserver {_SERVER}",
        free_reader("nfs"),
        trouble_only=True,
        begins=("NFS: ", "NFSv4: ", "RPC: "),
    ),
    EvidenceForm(
        "nfsd: non-standard errno: -107",
        "nfsd: ",
        r"nfsd: non-standard errno",
        free_reader("nfs"),
        begins=("nfsd: ",),
    ),
    EvidenceForm(
        "NFS: Server wrote zero bytes, expected 4096.",
        "",
        (r"(?:NFSD?|nfsd?|NFSv4|NFS4|RPC|SUNRPC|nfs4|lockd|svc): |nfs4?_\w{1,40}: "),
        free_reader("nfs"),
        trouble_only=True,
        begins=(
            *("NFS: ", "NFSD: ", "NFSv4: ", "RPC: ", "SUNRPC: ", "nfs: ", "nfsd: ", "nfs4: "),
            *("NFS4: ", "lockd: ", "svc: ", "nfs_", "nfs4_"),
        ),
    ),
    EvidenceForm(
        r"CIFS: VFS: \\nas has not responded in 180 seconds. Reconnecting...",
        "CIFS",
        (
            rf"{_SMB}(?:\\\\|Server )(?P<device>[^\s\\]{{1,255}})(?:\\\S{{1,255}})?"
            r" has not responded"
        ),
        free_reader("smb", errno=errno.ETIMEDOUT),
        begins=("CIFS",),
    ),
    EvidenceForm(
        # What it does otherwise than was asked, or better should not be asked.
        "CIFS: VFS: Use of the less secure dialect vers=1.0 is not recommended unless required for"
        " access to very old servers",
        "CIFS",
        (
            rf"{_SMB}(?:\\\\\S{{1,255}} )?(?:Use of the less secure dialect|Autodisabling the use "
            r"|[Cc]annot query dirs between root and final path, enabling|mounting share "
            r"|mounted to read only share|read only mount of RW share|Hardlinks will not be "
            r"|Signing is enabled, and|disabling echoes and oplocks|unknown negcontext of type"
            r"|mount option dynperm ignored|slow response threshold"
            r"|.{0,80}(?:is experimental|not supported by server(?:, disabling)?$"
            r"|does not support (?:POSIX|mounting with posix|multichannel anymore)))"
        ),
        free_reader("smb", ROUTINE),
        begins=("CIFS",),
    ),
    EvidenceForm(
        r"CIFS: VFS: \\nas\share Send error in SessSetup = -13",
        "CIFS",
        rf"{_SMB}\\\\(?P<device>[^\s\\]{{1,255}})",
        free_reader("smb"),
        begins=("CIFS",),
    ),
    EvidenceForm(
        # Of what it prints the errors alone have that word (fs/smb/client/cifs_debug.h).
        "CIFS: VFS: No writable handle in writepages",
        "VFS: ",
        r"CIFS:? VFS: ",
        free_reader("smb"),
        begins=("CIFS",),
    ),
    EvidenceForm(
        # What the server answered, where debugging messages are on (smb2maperror.c), but not that
        # it asks for the next step of a login.
        "CIFS: Status code returned 0xc00000d0 STATUS_REQUEST_NOT_ACCEPTED",
        "Status code returned 0xc",
        r"CIFS(?: VFS)?: (?:VFS: )?Status code returned 0xc(?!0000016)",
        free_reader("smb"),
        begins=("CIFS",),
    ),
    EvidenceForm(
        "CIFS: cifs_mount failed w/return code = -2",
        "CIFS",
        r"CIFS",
        free_reader("smb"),
        trouble_only=True,
        begins=("CIFS",),
    ),
    EvidenceForm(
        "ceph: mds0 reconnect success",
        "ceph: ",
        rf"{_MDS} (?:reconnect success|came back|recovery completed)",
        free_reader("cluster", REPAIR),
        begins=("ceph: ",),
    ),
    EvidenceForm(
        "ceph: mds0 hung",
        "ceph: ",
        (
            rf"{_MDS} (?:hung|caps (?:went |still )?stale"
            r"|reconnect (?:start|denied|rejected|failed)|rejected|closed)"
        ),
        free_reader("cluster"),
        begins=("ceph: ",),
    ),
    EvidenceForm(
        "ceph:  dropping dirty Fw state for 00000000c0ffee00 1099935956631",
        "ceph: ",
        (
            rf"{_CEPH}(?:dropping |(?:auto reconnect after )?bl(?:ock|ack)listed"
            r"|probably no mds server)"
        ),
        free_reader("cluster"),
        begins=("ceph: ",),
    ),
    EvidenceForm(
        "ceph: No mds server is up or the cluster is laggy",
        "ceph: ",
        r"ceph: (?!loaded |mds \S+ is)",
        free_reader("cluster"),
        trouble_only=True,
        begins=("ceph: ",),
    ),
    EvidenceForm(
        "9pnet: -- p9_client_rpc error -512: could not send request",
        "9p",
        r"9p(?:net(?:_\w{1,16})?)?: ",
        free_reader("network_filesystem"),
        trouble_only=True,
        good_news=r"(?:Installing|Unloading|Limiting|Found fid|Tag \d|Unknown|\(|-- )",
        begins=("9p: ", "9pnet"),
    ),
    EvidenceForm(
        "fuse: connection aborted by the administrator",
        "",
        r"(?:fuse|FUSE|virtio-fs|virtiofs\S{0,16}|cuse): (?!trying to steal weird)",
        free_reader("fuse"),
        trouble_only=True,
        begins=("fuse: ", "FUSE: ", "virtio-fs: ", "virtiofs", "cuse: "),
    ),
    EvidenceForm(
        "gfs2: fsid=cluster:data.0: jid=1: Done",
        "fsid=",
        (
            rf"{_GFS2}(?:jid=\d{{1,5}}: (?:Done|Journal (?:replayed|recovery complete)|Looking at"
            r"|Replay)|Joined cluster|Now mounting)"
        ),
        free_reader("cluster", ROUTINE),
        trouble_only=True,
        begins=("gfs2: ", "GFS2: "),
    ),
    EvidenceForm(
        "gfs2: fsid=cluster:data.0: fatal: I/O error - block = 17, function = gfs2_ail1_start",
        "fsid=",
        _GFS2,
        free_reader("cluster"),
        trouble_only=True,
        begins=("gfs2: ", "GFS2: "),
    ),
    EvidenceForm(
        "OCFS2: ERROR (device dm-3): ocfs2_validate_inode_block: Invalid dinode #4711",
        "OCFS2: ",
        r"OCFS2: (?:ERROR|abort) \(device (?P<device>[^\s)]{1,64})\)",
        free_reader("cluster"),
        begins=("OCFS2: ",),
    ),
    EvidenceForm(
        "(o2hb-0AB1C2,4711,1):o2hb_do_disk_heartbeat:990 ERROR: status = -5",
        " ERROR: ",
        rf"{_OCFS2}ERROR: (?:Device \"(?P<device>[^\s\"]{{1,64}})\")?",
        free_reader("cluster"),
        begins=_OCFS2_BEGINS,
    ),
    EvidenceForm(
        "o2net: Connection to node n2 (num 2) at 10.0.0.2:7777 has been idle for 30.0 secs.",
        "",
        (
            r"(?:o2net|o2dlm|o2cb|o2hb|o2quo|ocfs2): .{0,200}(?i:idle for|shutdown|evicted"
            r"|fencing|no longer connected|error|failed|lost|unable)"
            r"|\*\*\* ocfs2 is very sorry to be fencing"
        ),
        free_reader("cluster"),
        begins=("o2net: ", "o2dlm: ", "o2cb: ", "o2hb: ", "o2quo: ", "ocfs2: ", "*** ocfs2 "),
    ),
    EvidenceForm(
        "OCFS2: File system is now read-only.",
        "OCFS2: ",
        r"OCFS2: ",
        free_reader("cluster"),
        trouble_only=True,
        begins=("OCFS2: ",),
    ),
    EvidenceForm(
        "dlm: data: remote node 2 not responding, closing connection",
        "dlm: ",
        r"dlm: (?:(?P<device>[\w.-]{1,64}): )?",
        free_reader("cluster"),
        trouble_only=True,
        begins=("dlm: ",),
    ),
)
"""In the order tried."""
