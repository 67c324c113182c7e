"""Requests about names: finding, making, moving and removing them, and listing directories."""

import os

from vexfsctl.driver import system_calls
from vexfsctl.driver.fuse import OpenFlag, replies, requests
from vexfsctl.driver.fuse.replies import DirectoryEntry
from vexfsctl.driver.passthrough.backing import DONE, Answer, Backing, Handler
from vexfsctl.driver.passthrough.nodes.inodes import Inode, OpenInode
from vexfsctl.driver.passthrough.nodes.open_files import OpenFile

_FORMAT_SHIFT = 12


class Names:
    """Handlers of requests about names, one for each shape."""

    def __init__(self, backing: Backing) -> None:
        self._backing = backing
        self._inodes = backing.inodes
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

    def _look_up(self, request: requests.Lookup, parent: OpenInode) -> Answer:
        return self._backing.entry(parent, request.name)

    def _make_node(self, request: requests.MkNod, parent: OpenInode) -> Answer:
        self._backing.identities.use_umask(request.umask)
        os.mknod(request.name, request.mode, request.rdev, dir_fd=parent.number)
        return self._backing.entry(parent, request.name)

    def _make_directory(self, request: requests.MkDir, parent: OpenInode) -> Answer:
        self._backing.identities.use_umask(request.umask)
        os.mkdir(request.name, request.mode, dir_fd=parent.number)
        return self._backing.entry(parent, request.name)

    def _make_symlink(self, request: requests.SymLink, parent: OpenInode) -> Answer:
        os.symlink(request.target, request.name, dir_fd=parent.number)
        return self._backing.entry(parent, request.name)

    def _link(self, request: requests.Link, parent: OpenInode, node: OpenInode) -> Answer:
        os.link(node.path, request.new_name, dst_dir_fd=parent.number, follow_symlinks=True)
        return self._backing.entry_of(*self._inodes.of_open(node.number, parent, request.new_name))

    def _read_link(self, _request: requests.ReadLink, node: OpenInode) -> Answer:
        return Answer((os.readlink(b"", dir_fd=node.number),))

    def _unlink(self, request: requests.Unlink, parent: OpenInode) -> Answer:
        with self._inodes.losing(parent, request.name):
            os.unlink(request.name, dir_fd=parent.number)
        return DONE

    def _remove_directory(self, request: requests.RmDir, parent: OpenInode) -> Answer:
        with self._inodes.losing(parent, request.name):
            os.rmdir(request.name, dir_fd=parent.number)
        return DONE

    def _rename(self, request: requests.Rename, old: OpenInode, new: OpenInode) -> Answer:
        name, new_name, flags = request.name, request.new_name, request.flags
        inodes = self._inodes
        with inodes.moving():
            if flags & system_calls.RENAME_EXCHANGE:
                system_calls.rename(old.number, name, new.number, new_name, flags)
                inodes.moved(old, name)
            else:
                with inodes.losing(new, new_name):
                    system_calls.rename(old.number, name, new.number, new_name, flags)
            inodes.moved(new, new_name)
        return DONE

    def _open_directory(self, _request: requests.OpenDir, node: OpenInode) -> Answer:
        self._backing.files.check_room(directory=True)
        number = os.open(node.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        file = OpenFile(number, os.O_RDONLY, node.inode)
        return self._backing.opened(file, OpenFlag(0))

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
        above = entry.name == b".." and directory is self._inodes.root
        ino = directory.ino if above else entry.ino ^ directory.mount.ino_mask
        return DirectoryEntry(entry.name, ino, entry.type << _FORMAT_SHIFT, entry.next_offset)
