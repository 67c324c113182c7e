"""A command line as bash reads it, and the part of it that readline replaces.

bash hands its words over with their quotes, and broken where COMP_WORDBREAKS says, so the line is
read anew. readline replaces what stands between the cursor and the quote that is open, else the
last unquoted character of COMP_WORDBREAKS (`rl_find_completion_word` in readline 8.2, complete.c).
"""

import re
from typing import NamedTuple

_BLANK = " \t\n"
_UNSAFE = re.compile(r"[^\w./:=@%+,-]")
_UNSAFE_IN_DOUBLE_QUOTES = re.compile(r'[\\"$`]')


class TypedLine(NamedTuple):
    """A line up to the cursor."""

    words: tuple[str, ...]
    """Those before the one that is being typed, without quotes."""
    begun: str
    """What has been typed of that, without quotes."""
    piece: str
    """The end of that which readline replaces, as it was typed."""
    piece_value: str
    """The same without quotes."""
    quote: str = ""
    """The quote that is open, or nothing."""
    expands: bool = False
    """Whether bash would put something else in its place, as for `$HOME`."""

    def replacement(self, word: str) -> str | None:
        """Return what is to replace the piece so that it becomes *word*; None if nothing can.

        What was typed stays as it was typed; what is added gets quotes if it needs them.
        """
        if word.startswith(self.begun):
            kept, added = self.piece, word[len(self.begun) :]
        else:
            kept, added = "", word[len(self.begun) - len(self.piece_value) :]
        # bash expands ! in double quotes, and nothing can keep it from that there.
        if self.quote == '"' and "!" in added:
            return None
        return kept + _quoted(added, self.quote)


def read_line(line: str, breaks: str) -> TypedLine:
    """Read *line*, which ends where the cursor is; *breaks* is COMP_WORDBREAKS."""
    reader = _Reader(line, breaks)
    while reader.at < len(line):
        reader.step()
    return reader.result()


class _Reader:
    def __init__(self, line: str, breaks: str) -> None:
        self._line = line
        self._breaks = breaks
        self._words: list[str] = []
        self._target_follows = False
        self.at = 0
        self._begin_word()

    def _begin_word(self) -> None:
        self._value = ""
        self._begun = self._expands = self._redirects = False
        self._quote = ""
        self._begin_piece()
        self._before_quote = self._piece_at, self._piece_value_at

    def _begin_piece(self) -> None:
        self._piece_at, self._piece_value_at = self.at, len(self._value)

    def step(self) -> None:
        """Read one character, with the one that a backslash quotes."""
        character = self._line[self.at]
        self.at += 1
        if character == self._quote:
            self._quote = ""
            self._piece_at, self._piece_value_at = self._before_quote
        elif self._quote == "'":
            self._value += character
        elif character == "\\":
            self._take_quoted()
        elif self._quote:
            self._take(character)
        elif character in "'\"":
            self._open(character)
        elif character in _BLANK:
            self._end_word()
        else:
            self._take(character)
            self._redirects |= character in "<>"
            if character in self._breaks:
                self._begin_piece()

    def _take(self, character: str) -> None:
        self._begun = True
        self._expands |= character in "$`"
        self._value += character

    def _take_quoted(self) -> None:
        self._begun = True
        following = self._line[self.at : self.at + 1]
        self.at += 1
        literal = self._quote and following not in ("$", "`", '"', "\\")
        self._value += f"\\{following}" if literal else following

    def _open(self, quote: str) -> None:
        self._begun = True
        self._quote = quote
        # Once the quote is closed, the piece is what it was before.
        self._before_quote = self._piece_at, self._piece_value_at
        self._begin_piece()

    def _end_word(self) -> None:
        if self._begun:
            if not self._redirects and not self._target_follows:
                self._words.append(self._value)
            # `2>file` has its target, `2> file` has not yet.
            self._target_follows = self._redirects and self._value[-1] in "<>&|"
        self._begin_word()

    def result(self) -> TypedLine:
        """Return what was read."""
        return TypedLine(
            tuple(self._words),
            self._value,
            self._line[self._piece_at :],
            self._value[self._piece_value_at :],
            self._quote,
            self._expands,
        )


def _quoted(text: str, quote: str) -> str:
    if quote == "'":
        return text.replace("'", "'\\''")
    unsafe = _UNSAFE_IN_DOUBLE_QUOTES if quote else _UNSAFE
    return unsafe.sub(lambda match: f"\\{match[0]}", text)
