"""vexfs-errors(7), made from the catalogue."""

from vexfsctl.catalogue.entry import FAMILIES
from vexfsctl.catalogue.lookup import ERRORS, VexfsCode
from vexfsctl.cli.documents.manual.errors import errors_page
from vexfsctl.model.hints import HintKind
from vexfsctl.render.mdoc import words

PAGE = errors_page()


def test_every_error_has_its_item() -> None:
    """Named once as a tag, with its meaning under it."""
    tags = [at for at, line in enumerate(PAGE) if line.startswith(".It")]
    wrong = []
    for error in ERRORS:
        items = [" ".join(PAGE[at : at + 4]) for at in tags if error.name in PAGE[at].split()]
        meaning = error.meaning.replace("`", '"').split(".")[0][:40]
        if len(items) != 1 or meaning not in items[0]:
            wrong.append((error.name, items))

    assert wrong == []


def test_the_families_are_those_of_the_catalogue() -> None:
    """Each has its section, and what has no family comes last."""
    assert list(FAMILIES)[-1] == ""
    assert set(FAMILIES) == {error.family for error in ERRORS}
    for family, title in FAMILIES.items():
        heading = f"{title} ({family})" if family else title
        assert f".Ss {words(heading)}" in PAGE


def test_hints_and_codes_are_there_with_their_numbers() -> None:
    """Seven flags, five codes that are no errno."""
    for kind in HintKind:
        assert f".It Sy {kind} Pq {kind.flag:#04x}" in PAGE
    own = [code for code in VexfsCode if code <= VexfsCode.CIRCUIT_BREAKER]
    assert [f".It Sy VEXFS_ERROR_{code.name} Pq {int(code)}" in PAGE for code in own] == [True] * 5
