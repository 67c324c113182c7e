"""The nodes and open files that the kernel knows by number, and the descriptors behind them.

`mounts` tells which inode is behind a descriptor, and which filesystems are not served
(`own_state`). `inodes` remembers the nodes and opens them again; `pruning` asks the kernel to
forget those that cost a descriptor. `descriptors` says how many there may be of each kind, `locks`
how long a call waits for a lock.
"""
