"""Part of a collection, without a copy of it."""

from vexfsctl.model.filtered import Filtered


def test_it_can_be_iterated_over_again() -> None:
    """As often as the collection itself, as which it grows."""
    numbers = [1, 2, 3]
    odd = Filtered(numbers, lambda number: number % 2 == 1)

    assert (list(odd), list(odd)) == ([1, 3], [1, 3])
    numbers.append(5)
    assert list(odd) == [1, 3, 5]
