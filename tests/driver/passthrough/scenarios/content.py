"""Scenarios about the bytes of files."""

import fcntl
import mmap
import os

from tests.driver.passthrough.scenarios.tools import (
    AT_FDCWD,
    NOBODY,
    attempt,
    become,
    checked,
    fallocate,
    libc,
    look,
    make_own,
    opened,
    read,
    say,
    scenario,
)


@scenario
def reading_and_writing() -> None:
    """Every way of reading and writing, at and around the ends."""
    become(NOBODY)
    with opened("file", os.O_CREAT | os.O_RDWR) as file:
        say("empty", os.read(file, 10))
        os.write(file, b"0123456789")
        say("past the end", [os.pread(file, 10, 10), os.pread(file, 10, 8), os.pread(file, 0, 0)])
        os.pwrite(file, b"far", 1_000_000)
        say("hole", os.pread(file, 5, 999_998))
        say("vector", os.pwritev(file, [b"ab", b"", b"cd"], 3))
        os.lseek(file, -3, os.SEEK_END)
        say("end", os.read(file, 10))
        attempt("negative", os.pread, file, 5, -1)
        attempt("seek before", os.lseek, file, -1, os.SEEK_SET)
        attempt("truncate negative", os.ftruncate, file, -1)
        attempt("huge", os.ftruncate, file, 1 << 62)
        attempt("huge write", os.pwrite, file, b"x", (1 << 63) - 1)
    data = os.urandom(5_000_000)
    with opened("big", os.O_CREAT | os.O_RDWR) as file:
        say("written", os.write(file, data))
        say("read", os.pread(file, 6_000_000, 0) == data)
        say("odd", os.pread(file, 1_234_567, 7) == data[7 : 7 + 1_234_567])
    with opened("file", os.O_WRONLY) as file:
        attempt("read write-only", os.read, file, 1)
    with opened("file", os.O_RDONLY) as file:
        attempt("write read-only", os.write, file, b"x")
        attempt("truncate read-only", os.ftruncate, file, 1)
    attempt("truncate", os.truncate, "big", 100)
    say("rest", read("big") == data[:100])
    attempt("truncate directory", os.truncate, ".", 0)


@scenario
def opening() -> None:
    """The flags of open(2) mean what they mean."""
    become(NOBODY)
    make_own("file", b"data")
    os.mkdir("directory")
    attempt("exclusive", os.open, "file", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    attempt("missing", os.open, "missing", os.O_RDONLY)
    attempt("write directory", os.open, "directory", os.O_WRONLY)
    attempt("create directory", os.open, "directory", os.O_CREAT | os.O_RDWR)
    attempt("no directory", os.open, "file", os.O_RDONLY | os.O_DIRECTORY)
    attempt("slash", os.open, "file/", os.O_RDONLY)
    attempt("below file", os.open, "file/x", os.O_CREAT | os.O_WRONLY)
    with opened("file", os.O_CREAT | os.O_WRONLY) as file:
        say("kept", os.fstat(file).st_size)
    with opened("file", os.O_WRONLY | os.O_TRUNC) as file:
        say("cut", os.fstat(file).st_size)
    for flag in (os.O_SYNC, os.O_DSYNC, os.O_NOATIME, os.O_NONBLOCK):
        with opened("file", os.O_RDWR | flag) as file:
            os.write(file, b"synced")
    with opened("new", os.O_CREAT | os.O_TRUNC | os.O_RDWR | os.O_DIRECT) as file:
        area = mmap.mmap(-1, 8192)
        area.write(b"d" * 8192)
        say("direct", os.pwritev(file, [area], 0))
        say("direct", os.preadv(file, [area], 4096))
    with opened("file", os.O_PATH) as file:
        say("path", os.fstat(file).st_size)


@scenario
def appending() -> None:
    """O_APPEND writes at the end, wherever that is by now, and can be switched."""
    become(NOBODY)
    with (
        opened("log", os.O_CREAT | os.O_WRONLY | os.O_APPEND) as first,
        opened("log", os.O_WRONLY | os.O_APPEND) as second,
        opened("log", os.O_WRONLY) as third,
    ):
        for _ in range(3):
            os.write(first, b"first ")
            os.write(second, b"second ")
        os.pwrite(first, b"[pwrite]", 0)
        os.write(third, b"FIRST")
        fcntl.fcntl(third, fcntl.F_SETFL, os.O_APPEND)
        os.write(third, b"appended ")
        fcntl.fcntl(third, fcntl.F_SETFL, 0)
        os.pwrite(third, b"OVER", 6)
        fcntl.fcntl(first, fcntl.F_SETFL, 0)
        os.pwrite(first, b"X", 0)
        say("flags", fcntl.fcntl(second, fcntl.F_GETFL) & os.O_APPEND)
    say("content", read("log"))


@scenario
def mappings() -> None:
    """Shared mappings write the file, private ones do not, and both see what is written."""
    become(NOBODY)
    make_own("file", bytes(3 * 4096) + b"tail")
    with opened("file", os.O_RDWR) as file, mmap.mmap(file, 0) as shared:
        shared[4096:4100] = b"page"
        shared[12290:12292] = b"IL"
        shared.flush()
        say("flushed", [os.pread(file, 4, 4096), os.pread(file, 9, 12288)])
        os.pwrite(file, b"written", 8192)
        say("seen", bytes(shared[8192:8199]))
        shared[0:5] = b"later"
    say("after", [read("file")[:5], len(read("file"))])
    with opened("file", os.O_RDONLY) as file, mmap.mmap(file, 0, mmap.MAP_PRIVATE) as private:
        private[0:5] = b"mine!"
        say("private", [bytes(private[:5]), os.pread(file, 5, 0)])


@scenario
def a_mapping_of_an_appending_file_writes_in_place() -> None:
    """Pages of a shared mapping go where they belong, even if all descriptors append."""
    become(NOBODY)
    make_own("file", bytes(8192))
    with opened("file", os.O_RDWR | os.O_APPEND) as file:
        with mmap.mmap(file, 8192) as shared:
            shared[4096:4104] = b"in place"
            shared.flush()
        os.write(file, b"end")
    content = read("file")
    say("content", [len(content), content[4096:4104], content[-3:]])


@scenario
def sparse_files() -> None:
    """Holes are found, punched, zeroed and kept; other modes of fallocate FUSE does not carry."""
    become(NOBODY)
    with opened("file", os.O_CREAT | os.O_RDWR) as file:
        os.ftruncate(file, 1 << 20)
        os.pwrite(file, b"x" * 8192, 262_144)
        os.fsync(file)
        look("file")
        say("data", os.lseek(file, 0, os.SEEK_DATA))
        say("hole", os.lseek(file, 262_144, os.SEEK_HOLE))
        attempt("none", os.lseek, file, 524_288, os.SEEK_DATA)
        attempt("beyond", os.lseek, file, 1 << 21, os.SEEK_HOLE)
        attempt("allocate", fallocate, file, 0, 0, 65_536)
        attempt("keep size", fallocate, file, 1, 2 << 20, 65_536)
        attempt("punch", fallocate, file, 3, 262_144, 4096)
        os.fsync(file)
        look("file")
        attempt("zero", fallocate, file, 16, 266_240, 100)
        attempt("unknown", fallocate, file, 1 << 20, 0, 4096)
        attempt("nothing", fallocate, file, 0, 0, 0)
        os.fsync(file)
        look("file")
        attempt("posix", os.posix_fallocate, file, 0, 3 << 20)
        look("file")
        say("position", os.lseek(file, 0, os.SEEK_CUR))


@scenario
def copying_ranges() -> None:
    """copy_file_range(2) and sendfile(2) copy what they say they do."""
    become(NOBODY)
    data = os.urandom(40_000_000)
    make_own("source", data)
    with opened("source", os.O_RDONLY) as source:
        with opened("copy", os.O_CREAT | os.O_WRONLY) as copy:
            while os.copy_file_range(source, copy, 1 << 30):
                pass
        with opened("sent", os.O_CREAT | os.O_WRONLY) as sent:
            say("sent", os.sendfile(sent, source, 100, 1000))
            attempt("range", os.copy_file_range, source, sent, 10, 39_999_995, 50)
            attempt("past the end", os.copy_file_range, source, sent, 10, 1 << 40, 0)
    say("copied", read("copy") == data)
    say("sent", read("sent") == data[1000:1050] + data[-5:] + data[1055:1100])


@scenario
def unnamed_files() -> None:
    """O_TMPFILE makes a file without a name, that can be given one unless O_EXCL says no."""
    become(NOBODY)
    os.umask(0o027)
    with opened(".", os.O_TMPFILE | os.O_RDWR, 0o666) as file:
        os.write(file, b"unnamed")
        say("links", os.fstat(file).st_nlink)
        say("names", os.listdir("."))
        give_name(file, "named")
    say("content", read("named"))
    look("named")
    with opened(".", os.O_TMPFILE | os.O_EXCL | os.O_RDWR, 0o600) as file:
        attempt("link", give_name, file, "other")


def give_name(descriptor: int, name: str) -> int:
    """linkat(2) of a file without a name."""
    path = b"/proc/self/fd/%d" % descriptor
    return checked(libc.linkat(AT_FDCWD, path, AT_FDCWD, os.fsencode(name), 0x400))


@scenario
def locks() -> None:
    """flock(2) and fcntl(2) locks hold between two opens."""
    become(NOBODY)
    with (
        opened("file", os.O_CREAT | os.O_RDWR) as first,
        opened("file", os.O_RDWR) as second,
    ):
        fcntl.flock(first, fcntl.LOCK_EX)
        attempt("flock", fcntl.flock, second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(first, fcntl.LOCK_UN)
        attempt("flock", fcntl.flock, second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.lockf(first, fcntl.LOCK_EX)
        pid = os.fork()
        if pid == 0:
            attempt("lockf", fcntl.lockf, second, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os._exit(0)
        os.waitpid(pid, 0)


@scenario
def direct_io() -> None:
    """Direct I/O takes the ranges that the disk takes, and ends as it does there."""
    become(NOBODY)
    buffer = memoryview(mmap.mmap(-1, 3 << 20))
    places = (0, 1, 100, 511, 512, 1000, 1024, 4096, 8192, (1 << 20) + 7, (1 << 20) - 4608)
    lengths = (1, 100, 512, 1000, 1536, 4096, 4097, 65536, (1 << 20) + 4096)
    with opened("file", os.O_CREAT | os.O_RDWR | os.O_DIRECT) as file:
        for offset in places:
            for length in lengths:
                attempt(f"write {length} at {offset}", os.pwritev, file, [buffer[:length]], offset)
        for size in ((1 << 20) - 4096, 5000, 0):
            os.ftruncate(file, size)
            for offset in (*places, 4999, 5000, 5001):
                for length in lengths:
                    what = f"read {length} at {offset} of {size}"
                    attempt(what, os.preadv, file, [buffer[:length]], offset)
    make_own("plain", bytes(5000))
    with opened("plain", os.O_RDWR) as file:
        for flags in (os.O_DIRECT, 0, os.O_APPEND | os.O_DIRECT):
            attempt("flags", fcntl.fcntl, file, fcntl.F_SETFL, flags)
            attempt("read", os.preadv, file, [buffer[:512]], 100)
            attempt("write", os.pwritev, file, [buffer[:512]], 100)
            say("size", os.fstat(file).st_size)
