"""What the C library finds among bytes is what Python does."""

from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.logs.files.searching import find_all

FEW_LETTERS = st.binary(max_size=60).map(lambda text: bytes(each % 3 for each in text))


@given(FEW_LETTERS.filter(bool), FEW_LETTERS)
def test_each_place_is_found(needle: bytes, text: bytes) -> None:
    """All of them in their order, also those that overlap, and no byte behind the text."""
    places = [at for at in range(len(text)) if text.startswith(needle, at)]

    assert [*find_all(needle, bytearray(text))] == places


def test_the_text_can_be_changed_afterwards() -> None:
    """That it was looked at leaves no hold on it, even if not all places were asked for."""
    text = bytearray(b"one two one")

    assert next(find_all(b"one", text)) == 0
    text += b" three"

    assert [*find_all(b"three", text)] == [12]
