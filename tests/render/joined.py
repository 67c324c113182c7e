"""What the renderers yield, as one text."""

from collections.abc import Callable, Iterator
from typing import ParamSpec

from vexfsctl.render import envelope, formats, plain, terminal, tsv

P = ParamSpec("P")


def joined(render: Callable[P, Iterator[str]]) -> Callable[P, str]:
    """Return *render*, which yields pieces, as a function that returns all of them together."""

    def render_all(*args: P.args, **kwargs: P.kwargs) -> str:
        return "".join(render(*args, **kwargs))

    return render_all


render = joined(formats.render)
render_json = joined(envelope.render_json)
render_ndjson = joined(envelope.render_ndjson)
render_plain = joined(plain.render_plain)
render_terminal = joined(terminal.render_terminal)
render_tsv = joined(tsv.render_tsv)
