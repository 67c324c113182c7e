"""Lines of the rest of the kernel about a device: evidence, never VexFS errors.

One declaration for each form, with the sample it was made from; they stand in modules by subsystem
and are joined here.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from vexfsctl.logs.kernel.form import ANYTHING, NAME, EvidenceForm
from vexfsctl.logs.kernel.fs import FS_FORMS
from vexfsctl.logs.kernel.general import GENERAL_FORMS
from vexfsctl.logs.kernel.mailed import as_sent
from vexfsctl.logs.kernel.prefixes import without_prefix
from vexfsctl.logs.kernel.processes import process_of
from vexfsctl.logs.kernel.storage.ata import ATA_FORMS
from vexfsctl.logs.kernel.storage.block import BLOCK_FORMS
from vexfsctl.logs.kernel.storage.buses import BUS_FORMS
from vexfsctl.logs.kernel.storage.caches import CACHE_FORMS
from vexfsctl.logs.kernel.storage.device_mapper import DEVICE_MAPPER_FORMS
from vexfsctl.logs.kernel.storage.floppy import FLOPPY_FORMS
from vexfsctl.logs.kernel.storage.ide import IDE_FORMS
from vexfsctl.logs.kernel.storage.md import MD_FORMS
from vexfsctl.logs.kernel.storage.memory import MEMORY_FORMS
from vexfsctl.logs.kernel.storage.network import NETWORK_FORMS
from vexfsctl.logs.kernel.storage.nvme import NVME_FORMS
from vexfsctl.logs.kernel.storage.scsi import SCSI_FORMS
from vexfsctl.logs.kernel.system import SYSTEM_FORMS
from vexfsctl.logs.kernel.told import without_names
from vexfsctl.logs.kernel.trouble import tells_of_trouble
from vexfsctl.logs.kernel.writer import REPORTERS, may_be_of_kernel
from vexfsctl.model.events import KernelEvidence
from vexfsctl.model.record import LogRecord

EVIDENCE_FORMS = (
    *BLOCK_FORMS,
    *SCSI_FORMS,
    *ATA_FORMS,
    *IDE_FORMS,
    *FLOPPY_FORMS,
    *NVME_FORMS,
    *MD_FORMS,
    *DEVICE_MAPPER_FORMS,
    *NETWORK_FORMS,
    *CACHE_FORMS,
    *BUS_FORMS,
    *MEMORY_FORMS,
    *FS_FORMS,
    *SYSTEM_FORMS,
    *GENERAL_FORMS,
)
"""Every form, in the order tried: but those first whose lines begin with words of their own."""
_OWN_FORMS = EVIDENCE_FORMS[: -len(GENERAL_FORMS)]

_LEAST_LEVEL = 4
# Block devices by number, others by bus and name; a log cannot tell which name a number had.
_METADATA = re.compile(r"(?:b|\+\w{1,32}:)(?P<device>[\w:.+-]{1,80})")

_SHORT = 256
"""Characters of a text that it is worth to remember."""
_REMEMBERED = 256
"""Texts that are: of those in a storm hardly any repeats, and more would not stay in the
processor's cache."""
_CUT = ">"
"""What less -S and journalctl put in place of the rest of a line."""
_CAN_BE_CUT = ("device", "member", "sector", "lba", "errno", "task", "block_bytes")

_LEAD = 2
"""How many characters of a text, or behind a name in it, say which forms are worth trying."""
_COLON = ": "
_NAMED = f"{NAME}{_COLON}"


def parse_evidence(record: LogRecord) -> KernelEvidence | None:
    """Return what a kernel line says about a device; None for every other line.

    A line that user space wrote into the kernel log is not evidence, whatever it says. The device
    is the kernel's name for it; where only the metadata of the record names one, it is what that
    has: `7:0` for a block device, the name in sysfs (`0:0:0:0`) for another.
    """
    if not may_be_of_kernel(record):
        return None
    loud = None if record.level is None else record.level <= _LEAST_LEVEL
    text = record.text
    # Texts of drivers repeat a lot.
    said = _said_in(text, loud) if len(text) <= _SHORT else _said_in.__wrapped__(text, loud)
    if said is None or said.device is not None or not record.fields:
        return said
    return _with_device(said, record)


def match_forms(text: str, *, loud: bool | None) -> tuple[re.Match[str], EvidenceForm] | None:
    """Return how a form matches *text*, and the form; None if none does.

    *loud*: the kernel says by its level that something is wrong; None if no level is known.
    """
    matched = _first_of(_BY_LEAD.get(text[:_LEAD], ()), text, loud=loud)
    if matched is None:
        matched = _first_of(_behind_a_name(text), text, loud=loud)
    if matched is None:
        matched = _first_of(_GENERAL.get(text[:_LEAD], ()), text, loud=loud)
    if matched is None or process_of(text) is None or text.startswith(REPORTERS):
        return matched
    # What looks like another line's beginning is but what the process calls itself.
    return _first_of(_ANYWHERE, text, loud=loud)


def forms_for(text: str) -> tuple[EvidenceForm, ...]:
    """Return the forms that *text* may have, in the order tried: a few of them all."""
    lead = text[:_LEAD]
    return (*_BY_LEAD.get(lead, ()), *_behind_a_name(text), *_GENERAL.get(lead, ()))


@lru_cache(maxsize=_REMEMBERED)
def _said_in(text: str, loud: bool | None) -> KernelEvidence | None:
    evidence = _said_behind_prefix(text, loud=loud)
    if (evidence is None or not evidence.devices) and (plain := as_sent(text)) != text:
        told = _said_behind_prefix(plain, loud=loud)
        return told if evidence is None or (told is not None and told.devices) else evidence
    return evidence


def _said_behind_prefix(text: str, *, loud: bool | None) -> KernelEvidence | None:
    evidence = _said_by_form(text, loud=loud)
    if evidence is None and (inner := without_prefix(text)) is not text:
        evidence = _said_by_form(inner, loud=loud)
    return evidence


def _said_by_form(text: str, *, loud: bool | None) -> KernelEvidence | None:
    matched = match_forms(text, loud=loud)
    if matched is None:
        return None
    match, form = matched
    evidence = form.read(match)
    if form.general:
        evidence = replace(evidence, general=True)
    return _without_cut(evidence, text, form) if text.endswith(_CUT) else evidence


def _first_of(
    forms: Iterable[EvidenceForm], text: str, *, loud: bool | None
) -> tuple[re.Match[str], EvidenceForm] | None:
    for form in forms:
        if (match := form.match(text)) is None:
            continue
        if form.general:
            if tells_of_trouble(without_names(text[match.end() :])):
                return match, form
            continue
        if loud or not form.trouble_only or tells_of_trouble(text):
            return match, form
        if loud is None and form.is_bad_news(match):
            return match, form
    return None


def _without_cut(evidence: KernelEvidence, text: str, form: EvidenceForm) -> KernelEvidence:
    """Return *evidence* without what a pager cut in *text*: `sector 140083>`.

    That is what would be another number or name if a digit more stood there.
    """
    longer = form.match(f"{text.removesuffix(_CUT)}0")
    if longer is None:
        return evidence
    other = form.read(longer)
    cut: dict[str, Any] = {
        name: None for name in _CAN_BE_CUT if getattr(evidence, name) != getattr(other, name)
    }
    return replace(evidence, **cut) if cut else evidence


def _behind_a_name(text: str) -> tuple[EvidenceForm, ...]:
    start = text.find(_COLON) + len(_COLON)
    return _BY_WORD.get(text[start : start + _LEAD], _ANYWHERE)


def _with_device(evidence: KernelEvidence, record: LogRecord) -> KernelEvidence:
    """Name the device by the metadata of the record, as the text does not."""
    named = dict(record.fields).get("DEVICE", "")
    match = _METADATA.fullmatch(named)
    return evidence if match is None else replace(evidence, device=match["device"])


def _by_lead(forms: Iterable[EvidenceForm], before: str) -> dict[str, tuple[EvidenceForm, ...]]:
    """Return *forms*, in their order, by how a beginning of theirs goes on behind *before*."""
    found: dict[str, list[EvidenceForm]] = {}
    for form in forms:
        behind = {begin[len(before) :][:_LEAD] for begin in form.begins if begin.startswith(before)}
        for lead in behind:
            found.setdefault(lead, []).append(form)
    return {lead: tuple(each) for lead, each in found.items()}


_ANYWHERE = tuple(
    form for form in _OWN_FORMS if any(begin.startswith(ANYTHING) for begin in form.begins)
)
# Beginnings that are a name, or anything, have leads here that no text of theirs need have.
_BY_LEAD = _by_lead(_OWN_FORMS, "")
_BY_WORD = {lead: (*found, *_ANYWHERE) for lead, found in _by_lead(_OWN_FORMS, _NAMED).items()}
_GENERAL = _by_lead(GENERAL_FORMS, "")
