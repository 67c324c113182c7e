"""`KEY=VALUE` on the command line: checked against the attribute table, written, read back.

Every value is checked before the first is written, so a typing mistake changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from vexfsctl.cli.changes import Change, Consent, Outcome, Refusal, obtain_consent
from vexfsctl.cli.context import AppContext
from vexfsctl.exceptions import ActionFailed, InvalidInput, ValueRefused, VexfsctlException
from vexfsctl.model.volume import Volume
from vexfsctl.sysfs.attributes import Attribute


@dataclass(frozen=True, slots=True)
class Setting:
    """One attribute (or template of one) and the value it is to have."""

    key: str
    attribute: Attribute
    value: Any


def parse_settings(words: Sequence[str], keys: Mapping[str, Attribute]) -> tuple[Setting, ...]:
    """Read `KEY=VALUE` words; raise InvalidInput for a key or value that cannot be meant."""
    settings = tuple(_parse_setting(word, keys) for word in words)
    named = [setting.key for setting in settings]
    for key in named:
        if named.count(key) > 1:
            raise InvalidInput(f"{key} is given twice", hint="give it once")
    return settings


@dataclass(frozen=True, slots=True)
class Task:
    """One setting for one volume or operation."""

    target: str
    """As a person writes it: `loop0`, `loop0/storage`."""
    volume: Volume
    """As it was read beforehand."""
    path: str
    """Of the attribute below the volume."""
    setting: Setting

    @property
    def idle(self) -> bool:
        """Whether writing it would have no effect."""
        # Writing access_mode has one even where it is so already: it ends a corruption's hold.
        return self.path != "access_mode" and value_at(self.volume, self.path) == self.setting.value

    def change_to(self, after: Any, *, dry_run: bool = False) -> Change:
        """Return the change from what was read beforehand to *after*."""
        before = value_at(self.volume, self.path)
        return Change(
            target=self.target,
            key=self.setting.key,
            before="?" if before is None else str(before),
            after="?" if after is None else str(after),
            changed=before != after,
            dry_run=dry_run,
        )


def carry_out_settings(
    app: AppContext, tasks: Sequence[Task], consent: Consent
) -> tuple[Outcome, ...]:
    """Ask, then write what is not so already, in order, reading each value back."""
    if consent.dry_run:
        return tuple(task.change_to(task.setting.value, dry_run=True) for task in tasks)
    if not all(task.idle for task in tasks):
        names = ", ".join(dict.fromkeys(task.target for task in tasks))
        values = dict.fromkeys(f"{task.setting.key}={task.setting.value}" for task in tasks)
        obtain_consent(app, consent, f"Set {', '.join(values)} of {names}?")
    return tuple(_carry_out(app, task) for task in tasks)


def _carry_out(app: AppContext, task: Task) -> Outcome:
    wanted = task.setting.value
    if task.idle:
        return task.change_to(wanted)
    tree = app.surroundings.open_tree(task.volume.root, app.source_timeout)
    try:
        tree.write(task.volume.name, task.path, wanted)
        after = tree.read(task.volume.name, task.path)
    except VexfsctlException as failure:
        return Refusal(task.change_to(value_at(task.volume, task.path)), failure)
    if after == wanted:
        return task.change_to(after)
    message = f"{task.target}: {task.setting.key} is {after}, not {wanted} as it was set"
    return Refusal(task.change_to(after), ActionFailed(message))


def value_at(volume: Volume, path: str) -> Any:
    """Return what *volume* said when it was read for the attribute at *path*, None if nothing."""
    holder: Any = volume.status
    *directories, name = path.split("/")
    for directory in directories:
        if holder is None:
            return None
        holder = holder.get(directory) if isinstance(holder, dict) else getattr(holder, directory)
    # Settings of a breaker are files beside its state, and a value of their own in the model.
    if directories[-1:] == ["breaker"] and not hasattr(holder, name):
        holder = getattr(holder, "settings", None)
    return getattr(holder, name, None)


def _parse_setting(word: str, keys: Mapping[str, Attribute]) -> Setting:
    key, equals, text = word.partition("=")
    key = key if key in keys else key.replace(".", "/")
    if key not in keys:
        near = get_close_matches(key, list(keys), n=1)
        if not equals and not near:
            hint = "first what to change, then KEY=VALUE"
            raise InvalidInput(f"no KEY=VALUE: {word!a}", hint=hint)
        raise InvalidInput(
            f"there is no setting {key!a}", hint=f"did you mean {' or '.join(near or keys)}?"
        )
    attribute = keys[key]
    takes = f"{key} takes {attribute.type.name}"
    if not equals:
        raise InvalidInput(f"{key} has no value", hint=takes)
    try:
        return Setting(key, attribute, attribute.type.parse(text))
    except ValueRefused as cause:
        raise InvalidInput(f"{key}: {cause.message}", hint=takes) from cause
