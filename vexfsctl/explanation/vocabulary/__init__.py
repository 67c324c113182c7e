"""The words of vexfsctl itself: what a table, a verdict, a plan or a message is made of.

`concepts` has what the program is about, `columns` the titles of its tables, `words` the closed
sets of words that stand in them, `findings` the codes of findings and problems, and `lines` the
names of lines of other VexFS builds and of the kernel. What all of these stand for is declared
where it is made; a test holds that nothing is left out.
"""
