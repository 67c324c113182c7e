"""Counting what of the kernel's messages is understood, with sources of our own making."""

import re
from pathlib import Path

import pytest

from tests.evidence.counting import Count, count
from tests.evidence.formats import Format, Macro, example_of, find_formats
from tests.evidence.reasons import OTHER, REASONS, reason_of
from tests.evidence.subsystems import SUBSYSTEMS, Subsystem

PRINTK = {"pr_err": Macro("{pr_fmt}"), "printk": Macro("", levelled=True)}


def texts(source: str) -> list[str]:
    """Return what the messages of *source* look like."""
    return [each.text for each in find_formats(source, PRINTK, "mod")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('printk(KERN_ERR "disk %s failed: %d\\n", name, err);', ["disk name failed: 5"]),
        ('printk(KERN_ERR "error %d\\n", err);', ["error -5"]),
        ('printk(KERN_INFO "all is well");', []),
        ('pr_err("one " \n "two (%s)", f(a, ")"));', ["one two (name)"]),
        ('#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt\npr_err("bad");', ["mod: bad"]),
        ('/* pr_err("old") */ // pr_err("older")\n', []),
        ('#define x(f) \\\n  pr_err("in a macro")\n', []),
        ("pr_err(text);", []),
        ('pr_err("unfinished', []),
    ],
)
def test_messages_of_a_source(source: str, expected: list[str]) -> None:
    """Those at level error or worse, with examples in place of conversions."""
    assert texts(source) == expected


def test_examples_of_conversions() -> None:
    """As the kernel prints them."""
    assert example_of("%pg %#llx %5d%% %-8s %pS") == "sda1 0x1f 5% name function+0x1f/0x2f"


def test_a_subsystem_is_counted(tmp_path: Path) -> None:
    """Different messages count once; what is no evidence has a reason."""
    (tmp_path / "a.c").write_text(
        'xfs_err(mp, "log I/O error %d", e); xfs_err(mp, "log I/O error %d", e);'
        ' printk(KERN_ERR "out of memory"); printk(KERN_ERR "hm");'
    )
    own = Subsystem("own", ("*.c",), own={"xfs_err": Macro("XFS (sda1): ")})

    assert count(own, tmp_path) == Count(3, 1, count(own, tmp_path).reasons)
    assert dict(count(own, tmp_path).reasons) == {"no memory": 1, OTHER: 1}


def test_every_reason_and_macro_is_sound() -> None:
    """Patterns compile, names of subsystems are unique, and no message has no reason."""
    names = [each.name for each in SUBSYSTEMS]

    assert all(re.compile(words) for words in REASONS.values())
    assert len(names) == len(set(names))
    assert all(each.macros for each in SUBSYSTEMS)
    assert reason_of(Format("hm").text) == OTHER
