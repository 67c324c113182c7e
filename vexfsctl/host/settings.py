"""Settings, `KEY=VALUE`: checked against the attribute table, written, read back.

Every value is checked before the first is written: neither a typo nor a setting that a provider
lacks changes anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vexfsctl.exceptions import (
    ActionFailed,
    InvalidInput,
    ValueRefused,
    VexfsctlException,
    covering,
)
from vexfsctl.host.changes import Change, Changes, Consent, Outcome, Refusal, obtain_consent
from vexfsctl.host.host import Host
from vexfsctl.host.operator import Operator
from vexfsctl.host.volumes import Target, consult, consult_breakers
from vexfsctl.model.volume import Volume
from vexfsctl.sysfs.attributes import ACCESS_MODE, DEGRADATION, Attribute


@dataclass(frozen=True, slots=True)
class Setting:
    """One attribute (or a template of one) and its new value."""

    key: str
    attribute: Attribute
    value: Any


def parse_settings(words: Sequence[str], keys: Mapping[str, Attribute]) -> tuple[Setting, ...]:
    """Parse `KEY=VALUE` words; raise InvalidInput for an invalid key or value."""
    settings = tuple(_parse_setting(word, keys) for word in words)
    named = [setting.key for setting in settings]
    for key in named:
        if named.count(key) > 1:
            raise InvalidInput(f"{key} is given twice", hint="give it once")
    return settings


def set_breakers(
    host: Host, operator: Operator, target: Target, settings: Sequence[Setting], consent: Consent
) -> Changes:
    """Change *settings* of the breakers that *target* means; return the result of each.

    Raises what `consult` raises, an exception for a named volume that is absent, AttributeMissing
    if a provider lacks one of the settings, Declined, and InvalidInput if nobody can be asked.
    """
    consulted = consult_breakers(host, [target])
    with covering(consulted.coverage):
        consulted.require_answers()
        tasks = [
            _Task(chosen.name, chosen.volume, setting.attribute.of(chosen.operation).path, setting)
            for chosen in consulted.operations
            for setting in settings
        ]
        return Changes(_carry_out(host, operator, tasks, consent), consulted)


def set_volumes(
    host: Host, operator: Operator, target: Target, settings: Sequence[Setting], consent: Consent
) -> Changes:
    """Change *settings* of the volumes that *target* means; as `set_breakers`.

    If setting the access mode changed the engine's own judgement, that is among the changes.
    """
    consulted = consult(host, [target])
    with covering(consulted.coverage):
        consulted.require_answers()
        tasks = [
            _Task(volume.name, volume, setting.attribute.path, setting)
            for volume in consulted.volumes
            for setting in settings
        ]
        outcomes = _carry_out(host, operator, tasks, consent)
        if not consent.dry_run and any(task.path == ACCESS_MODE.path for task in tasks):
            outcomes += tuple(_changed_judgements(host, consulted.volumes))
    return Changes(outcomes, consulted)


def value_at(volume: Volume, path: str) -> Any:
    """Return the value of the attribute at *path* when *volume* was read; None if absent."""
    holder: Any = volume.status
    *directories, name = path.split("/")
    for directory in directories:
        if holder is None:
            return None
        holder = holder.get(directory) if isinstance(holder, dict) else getattr(holder, directory)
    # Settings of a breaker are files beside its state, but a separate value in the model.
    if directories[-1:] == ["breaker"] and not hasattr(holder, name):
        holder = getattr(holder, "settings", None)
    return getattr(holder, name, None)


@dataclass(frozen=True, slots=True)
class _Task:
    """One setting for one volume or operation."""

    target: str
    """As people write it: `loop0`, `loop0/storage`."""
    volume: Volume
    """The value read beforehand."""
    path: str
    """Path of the attribute below the volume."""
    setting: Setting

    @property
    def idle(self) -> bool:
        """Whether writing it would have no effect."""
        # Writing access_mode always has an effect: it ends the hold after corruption.
        return (
            self.path != ACCESS_MODE.path and value_at(self.volume, self.path) == self.setting.value
        )

    def change_to(self, after: Any, *, dry_run: bool = False) -> Change:
        """Return the change from the value read beforehand to *after*."""
        before = value_at(self.volume, self.path)
        return Change(
            target=self.target,
            key=self.setting.key,
            before="?" if before is None else str(before),
            after="?" if after is None else str(after),
            changed=before != after,
            dry_run=dry_run,
        )


def _carry_out(
    host: Host, operator: Operator, tasks: Sequence[_Task], consent: Consent
) -> tuple[Outcome, ...]:
    """Ask, then write the values that differ, in order, reading each one back.

    Raises AttributeMissing, with nothing written, if a provider lacks one of them.
    """
    for task in tasks:
        if task.setting.attribute.optional:
            host.tree(task.volume.root).read(task.volume.name, task.path)
    if consent.dry_run:
        return tuple(task.change_to(task.setting.value, dry_run=True) for task in tasks)
    if not all(task.idle for task in tasks):
        names = ", ".join(dict.fromkeys(task.target for task in tasks))
        values = dict.fromkeys(f"{task.setting.key}={task.setting.value}" for task in tasks)
        obtain_consent(operator, consent, f"Set {', '.join(values)} of {names}?")
    return tuple(_write(host, task) for task in tasks)


def _write(host: Host, task: _Task) -> Outcome:
    wanted = task.setting.value
    if task.idle:
        return task.change_to(wanted)
    tree = host.tree(task.volume.root)
    try:
        tree.write(task.volume.name, task.path, wanted)
        after = tree.read(task.volume.name, task.path)
    except VexfsctlException as failure:
        return Refusal(task.change_to(value_at(task.volume, task.path)), failure)
    if after == wanted:
        return task.change_to(after)
    message = f"{task.target}: {task.setting.key} is {after}, not {wanted} as set"
    return Refusal(task.change_to(after), ActionFailed(message))


def _changed_judgements(host: Host, volumes: Sequence[Volume]) -> Iterator[Change]:
    """Yield how setting the access mode changed the engine's judgement, if it did."""
    for volume in volumes:
        before = value_at(volume, DEGRADATION.path)
        after = host.tree(volume.root).read(volume.name, DEGRADATION.path)
        if before != after:
            yield Change(
                volume.name, DEGRADATION.path, str(before), str(after), changed=True, dry_run=False
            )


_MOST_NAMED = 15
"""Settings that a hint can name without drowning the message."""


def _parse_setting(word: str, keys: Mapping[str, Attribute]) -> Setting:
    key, equals, text = word.partition("=")
    key = key if key in keys else key.replace(".", "/")
    if key not in keys:
        # Deferred: only a typo needs it.
        from difflib import get_close_matches

        near = get_close_matches(key, list(keys), n=1)
        if not equals and not near:
            hint = "give first what to change, then KEY=VALUE"
            raise InvalidInput(f"not KEY=VALUE: {word!a}", hint=hint)
        hint = f"did you mean {' or '.join(near or keys)}?"
        if not near and len(keys) > _MOST_NAMED:
            hint = "vexfs-sysfs(5) lists them"
        raise InvalidInput(f"there is no setting {key!a}", hint=hint)
    attribute = keys[key]
    takes = f"{key} takes {attribute.type.name}"
    if not equals:
        raise InvalidInput(f"{key} has no value", hint=takes)
    try:
        return Setting(key, attribute, attribute.type.parse(text))
    except ValueRefused as cause:
        raise InvalidInput(f"{key}: {cause.message}", hint=takes) from cause
