"""What an application may do to a directory, run as a process of its own.

    python -m tests.driver.passthrough.scenarios NAME DIRECTORY

Prints one line for each outcome, the same whether the directory is an ordinary one or a mount of
it: that is what `test_agreement` claims. A scenario begins as root; `become` makes it somebody
else. The first line of its docstring says what it is about.
"""

from tests.driver.passthrough.scenarios import attributes as attributes
from tests.driver.passthrough.scenarios import chance as chance
from tests.driver.passthrough.scenarios import content as content
from tests.driver.passthrough.scenarios import names as names
from tests.driver.passthrough.scenarios import ownership as ownership
from tests.driver.passthrough.scenarios import rights as rights
from tests.driver.passthrough.scenarios.tools import SCENARIOS as SCENARIOS
