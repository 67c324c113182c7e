"""`script/test-install`: what README prints about installing is done in fresh Debians.

Of every release there is one base, and each way begins on a copy of its own. Root, mounts and the
network are needed, so this is no part of the suite; pytest collects nothing here.
"""
