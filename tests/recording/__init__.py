"""Records what vexfsctl answers, so that two commits can be compared with `diff -r`.

Of the program it knows the entry point, the command line and the environment only: whatever moves
inside, the questions stay the same. `cases` says what is asked, `room` what the program finds on
disk, `fixed` holds time and host still, `running` asks, `__main__` is the command line.
"""
