"""What every error of the catalogue means to a person and what to do: prose, by family.

One declaration serves all names of the same thing. What VexFS does by itself follows from errno and
hints (`catalogue.automatic`); only what is special is stated here.
"""

from vexfsctl.catalogue.advice import (
    answers,
    contention,
    damage,
    device,
    internals,
    space,
    vectors,
)
from vexfsctl.catalogue.advice.form import Advice

__all__ = ["ADVICE", "Advice"]

ADVICE: dict[str, Advice] = {
    **device.ADVICE,
    **damage.ADVICE,
    **space.ADVICE,
    **contention.ADVICE,
    **answers.ADVICE,
    **vectors.ADVICE,
    **internals.ADVICE,
}
"""Name of an entry to its advice; a test holds the names to those of the catalogue."""
