"""One form of line of an earlier VexFS build: its template, how much it matters, what it says.

Templates read like the format strings in VexFS's sources, with fields in place of conversions:

    {inode:12}         a field with an example of what stands there; `fields` has the vocabulary
    {d:7}              something skipped: d, x, f numbers, w a word, t text
    {code=-1}          a field that must have this value for the form to fit

With its examples filled in, a template is a sample of its form, which the tests read back.
"""

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from vexfsctl.catalogue.lookup import ERRORS
from vexfsctl.logs.upstream.fields import FIELDS, error_for_code, pattern_of, read_fields
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance, UpstreamEvent, UpstreamKind

_FIELD = re.compile(r"\{(?P<name>\w+)(?P<mark>[:=])(?P<example>[^{}]*)\}")
_SEVERITIES = {error.name: error.severity for error in ERRORS}
_OWN_FIELDS = frozenset(UpstreamEvent.__dataclass_fields__)
_DAMAGE = frozenset(error.name for error in ERRORS if error.corruption)
_GRAVE = (Significance.CORRUPTION, Significance.DATA_LOSS)


@dataclass(frozen=True)
class Form:
    """One declaration; what is None here comes from the line itself, or is unknown."""

    name: str
    template: str
    significance: Significance = Significance.ROUTINE
    kind: UpstreamKind = UpstreamKind.MESSAGE
    severity: Severity | None = None
    operation: OperationType | None = None
    call: str | None = None
    error: str | None = None
    """Catalogue name, if the form says more than its return code does."""
    after: str | None = None
    note: str | None = None
    bare: bool = False
    """Whether the text alone could be anyone's: it counts only in a daemon's own output."""

    @cached_property
    def lead(self) -> str:
        """What every line of this form begins with."""
        match = _FIELD.search(self.template)
        if match is None:
            return self.template
        known = FIELDS.get(match["name"])
        return self.template[: match.start()] + ("" if known is None else known.begins)

    @property
    def sample(self) -> str:
        """A line of this form."""
        return _FIELD.sub(lambda field: field["example"], self.template)

    @property
    def names_vexfs(self) -> bool:
        """Whether every line of this form has the name in it, in whatever letter case."""
        return "vexfs" in _FIELD.sub("\0", self.template).lower()

    def read(self, text: str) -> UpstreamEvent | None:
        """Return what *text* says; None if it is not of this form."""
        if self._mark not in text or not text.startswith(self.lead):
            return None
        match = self._pattern.fullmatch(text)
        return None if match is None else self._event(read_fields(match))

    @cached_property
    def _mark(self) -> str:
        """The longest piece that every line of it has: looked for first, because that is quick."""
        return max(_FIELD.sub("\0", self.template).split("\0"), key=len)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # On first use: most logs have few of the forms, and compiling all takes 50 ms.
        parts, at = [], 0
        for field in _FIELD.finditer(self.template):
            parts.append(re.escape(self.template[at : field.start()]))
            parts.append(_group(field, last=field.end() == len(self.template)))
            at = field.end()
        return re.compile("".join(parts) + re.escape(self.template[at:]), re.DOTALL)

    def _event(self, told: dict[str, Any]) -> UpstreamEvent:
        call = self.call or told.get("call")
        error = self.error or told.get("error") or error_for_code(told.get("code", 0), call)
        declared: dict[str, Any] = {
            "call": call,
            "operation": self.operation or told.get("operation"),
            "error": error,
            "after": self.after or told.get("after"),
            "severity": self._severity(told, error),
        }
        values = {key: value for key, value in told.items() if key in _OWN_FIELDS}
        return UpstreamEvent(
            form=self.name,
            kind=self.kind,
            significance=self._significance(told),
            note=self.note,
            **(values | declared),
        )

    def _significance(self, told: dict[str, Any]) -> Significance:
        # For a form that covers all errors, only the line says which it is.
        if self.significance is Significance.ERROR and told.get("error") in _DAMAGE:
            return Significance.CORRUPTION
        return self.significance

    def _severity(self, told: dict[str, Any], error: str | None) -> Severity | None:
        if not self.significance.is_trouble:
            return None
        stated = self.severity if self.severity is not None else told.get("severity")
        if stated is None and self.significance in _GRAVE:
            return Severity.CRITICAL
        if stated is None:
            stated = told.get("token", _SEVERITIES.get(error or "", Severity.HIGH))
        return stated


def _group(field: re.Match[str], *, last: bool) -> str:
    name = field["name"]
    fixed = field["mark"] == "="
    shape = re.escape(field["example"]) if fixed else pattern_of(name, last=last)
    return f"(?P<{name}>{shape})" if name in FIELDS else f"(?:{shape})"


def about(operation: OperationType, *forms: Form) -> tuple[Form, ...]:
    """Return *forms* with that operation, except those that have one of their own."""
    return tuple(form if form.operation else replace(form, operation=operation) for form in forms)
