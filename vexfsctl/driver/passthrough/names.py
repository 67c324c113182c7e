"""Requests about names: finding, making, moving and removing them, and listing directories."""

import os

from vexfsctl.driver import system_calls
from vexfsctl.driver.fuse import OpenFlag, replies, requests
from vexfsctl.driver.fuse.replies import DirectoryEntry
from vexfsctl.driver.passthrough.backing import DONE, Answer, Backing, Handler
from vexfsctl.driver.passthrough.inodes import Inode, OpenFile

_FORMAT_SHIFT = 12


class Names:
    """Handlers of requests about names, one for each shape."""

    def __init__(self, backing: Backing) -> None:
        self._backing = backing
        self._inode = backing.inodes.get
        self.handlers: dict[type, Handler] = {
            requests.Lookup: self._look_up,
            requests.MkNod: self._make_node,
            requests.MkDir: self._make_directory,
            requests.SymLink: self._make_symlink,
            requests.Link: self._link,
            requests.ReadLink: self._read_link,
            requests.Unlink: self._unlink,
            requests.RmDir: self._remove_directory,
            requests.Rename: self._rename,
            requests.OpenDir: self._open_directory,
            requests.ReadDir: self._read_directory,
        }

    def _look_up(self, request: requests.Lookup) -> Answer:
        return self._backing.entry(self._inode(request.header.nodeid), request.name)

    def _make_node(self, request: requests.MkNod) -> Answer:
        parent = self._inode(request.header.nodeid)
        self._backing.identities.use_umask(request.umask)
        os.mknod(request.name, request.mode, request.rdev, dir_fd=parent.number)
        return self._backing.entry(parent, request.name)

    def _make_directory(self, request: requests.MkDir) -> Answer:
        parent = self._inode(request.header.nodeid)
        self._backing.identities.use_umask(request.umask)
        os.mkdir(request.name, request.mode, dir_fd=parent.number)
        return self._backing.entry(parent, request.name)

    def _make_symlink(self, request: requests.SymLink) -> Answer:
        parent = self._inode(request.header.nodeid)
        os.symlink(request.target, request.name, dir_fd=parent.number)
        return self._backing.entry(parent, request.name)

    def _link(self, request: requests.Link) -> Answer:
        parent, inode = self._inode(request.header.nodeid), self._inode(request.old_nodeid)
        os.link(inode.path, request.new_name, dst_dir_fd=parent.number, follow_symlinks=True)
        return self._backing.entry_of(inode, self._backing.inodes.again(inode))

    def _read_link(self, request: requests.ReadLink) -> Answer:
        return Answer((os.readlink(b"", dir_fd=self._inode(request.header.nodeid).number),))

    def _unlink(self, request: requests.Unlink) -> Answer:
        os.unlink(request.name, dir_fd=self._inode(request.header.nodeid).number)
        return DONE

    def _remove_directory(self, request: requests.RmDir) -> Answer:
        os.rmdir(request.name, dir_fd=self._inode(request.header.nodeid).number)
        return DONE

    def _rename(self, request: requests.Rename) -> Answer:
        old, new = self._inode(request.header.nodeid), self._inode(request.new_parent)
        system_calls.rename(old.number, request.name, new.number, request.new_name, request.flags)
        return DONE

    def _open_directory(self, request: requests.OpenDir) -> Answer:
        inode = self._inode(request.header.nodeid)
        number = os.open(inode.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        return self._backing.opened(OpenFile(number, os.O_RDONLY, inode), OpenFlag(0))

    def _read_directory(self, request: requests.ReadDir) -> Answer:
        """Answer from the backing directory's own position, whose cookies survive changes."""
        file = self._backing.files.get(request.handle)
        # Only if the kernel goes back: on ramfs a cookie counts entries, so that going to the same
        # one again after some were removed would leave others out.
        if os.lseek(file.number, 0, os.SEEK_CUR) != request.offset:
            os.lseek(file.number, request.offset, os.SEEK_SET)
        # No more than fit into the answer: an entry of at least 24 bytes grows by at most 8.
        entries = system_calls.read_entries(file.number, request.size * 3 // 4)
        return Answer(
            (replies.pack_dirents((self._entry(file.inode, e) for e in entries), request.size),)
        )

    def _entry(self, directory: Inode, entry: system_calls.RawEntry) -> DirectoryEntry:
        # What is above the root is not part of the volume: the root is its own parent.
        above = entry.name == b".." and directory is self._backing.inodes.root
        ino = directory.key[1] if above else entry.ino
        return DirectoryEntry(
            entry.name, ino ^ directory.ino_mask, entry.type << _FORMAT_SHIFT, entry.next_offset
        )
