"""Explanations of the attributes of a volume, by any path that leads to them."""

from collections.abc import Iterator
from functools import partial

from vexfsctl.explanation.form import Explanation, Heading, Subject
from vexfsctl.explanation.terms import (
    ACCESS_MODES,
    BREAKER_STATES,
    DEGRADATION_LEVELS,
    MODULE_STATES,
)
from vexfsctl.model.operations import OperationType
from vexfsctl.sysfs.attributes import (
    BREAKER_ATTRIBUTES,
    BREAKER_KEYS,
    INJECT_ATTRIBUTES,
    OPERATION_ATTRIBUTES,
    VOLUME_ATTRIBUTES,
    VOLUME_KEYS,
    Attribute,
    Directory,
    attributes,
)
from vexfsctl.sysfs.values import Word

_TEMPLATES = VOLUME_ATTRIBUTES + OPERATION_ATTRIBUTES + BREAKER_ATTRIBUTES + INJECT_ATTRIBUTES
_DIRECTORIES = tuple(
    dict.fromkeys(path for each in _TEMPLATES if (path := each.path.rpartition("/")[0]))
)
_EXPLAINED_WORDS = {
    str(word)
    for table in (BREAKER_STATES, MODULE_STATES, DEGRADATION_LEVELS, ACCESS_MODES)
    for word in table
}


def attribute_headings() -> Iterator[Heading]:
    """Yield every attribute: its path, that of its template, and its last component alone."""
    for template in _TEMPLATES:
        yield Heading((template.path, template.name), partial(explain_attribute, template))
    for attribute in attributes():
        if attribute.operation is not None:
            yield Heading((attribute.path,), partial(explain_attribute, attribute))
    for directory in _DIRECTORIES:
        yield Heading((directory, f"{directory}/"), partial(_explain_directory, directory))


def explain_path(path: str) -> tuple[Explanation, ...]:
    """Return the attribute that *path* names: relative to the volume, absolute, or only its end.

    Empty if there is none.
    """
    parts = [part for part in path.split("/") if part]
    known = {attribute.path: attribute for attribute in (*_TEMPLATES, *attributes())}
    directories = {directory.partition("/")[0] for directory in _DIRECTORIES}
    for at in range(len(parts)):
        attribute = known.get("/".join(parts[at:]))
        if attribute is not None and not directories & set(parts[:at]):
            return (explain_attribute(attribute, parts[at - 1] if at else None),)
    template = "/".join("<op>" if part in set(OperationType) else part for part in parts)
    directory = next((each for each in _DIRECTORIES if f"/{template}".endswith(f"/{each}")), None)
    if directory is not None:
        return (_explain_directory(directory),)
    ending = f"/{template}"
    return tuple(explain_attribute(each) for each in _TEMPLATES if each.path.endswith(ending))


def explain_attribute(attribute: Attribute, volume: str | None = None) -> Explanation:
    """Return what *attribute* says, and how to change it if it can be changed."""
    words = attribute.type.words if isinstance(attribute.type, Word) else ()
    default = None if attribute.default is None else attribute.type.format(attribute.default)
    return Explanation(
        subject=Subject.ATTRIBUTE,
        name=attribute.path,
        meaning=attribute.meaning,
        facts={
            "volume": volume,
            "access": str(attribute.access),
            "type": attribute.type.name,
            "default": default,
            "can_be_polled": attribute.pollable,
            "operation": attribute.operation,
        },
        what_you_do=_use_of(attribute, volume or "VOLUME"),
        see_also=tuple(word for word in words if word in _EXPLAINED_WORDS),
    )


def _explain_directory(directory: str) -> Explanation:
    paths = tuple(each.path for each in _TEMPLATES if each.path.rpartition("/")[0] == directory)
    return Explanation(
        subject=Subject.ATTRIBUTE,
        name=f"{directory}/",
        meaning=f"A directory of {len(paths)} attributes of a volume.",
        facts={"attributes": paths},
        what_you_do="Explain the one you need; all of them are in vexfs-sysfs(5).",
    )


def _use_of(attribute: Attribute, volume: str) -> str:
    where = f"{volume}/{attribute.operation or 'OPERATION'}"
    for key, template in BREAKER_KEYS.items():
        if template.name == attribute.name and _is_of(template, attribute):
            return f"`vexfsctl breaker set {where} {key}=VALUE` changes it."
    if attribute.path in VOLUME_KEYS:
        return f"`vexfsctl volume set {volume} {attribute.path}=VALUE` changes it."
    if attribute.directory is Directory.INJECT:
        return "`vexfsctl lab inject` writes it, in a lab."
    if not attribute.readable:
        return f"`vexfsctl breaker trip {where}` and the other breaker verbs write it."
    return f"`vexfsctl volume show {volume}` shows it."


def _is_of(template: Attribute, attribute: Attribute) -> bool:
    if attribute.operation is None:
        return template.path == attribute.path
    return template.of(attribute.operation).path == attribute.path
