"""The settings behind a question (``ask: number, unit: ms``) to typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from kb_assist.errors import N_, Phrase
from kb_assist.guides.model import Ask, Kind, Outcome, StepSettings
from kb_assist.guides.wrong_value import wrong_value

_LOOPS = frozenset({"repeat", "exhausted"})
_ANY_ASK = frozenset({"optional", "prefill", "sensitive", "recheck"}) | _LOOPS
_BY_ASK: Mapping[str, frozenset[str]] = {
    Ask.CHOICE: _ANY_ASK,
    Ask.YESNO: _ANY_ASK,
    Ask.MULTI: _ANY_ASK,
    Ask.NUMBER: _ANY_ASK | {"unit", "min", "max"},
    Ask.TEXT: _ANY_ASK | {"pattern", "max_length", "example"},
    Ask.DATE: _ANY_ASK | {"before", "after"},
    Ask.FILE: _ANY_ASK | {"accept"},
    Ask.ASSET: _ANY_ASK,
    Ask.PERSON: _ANY_ASK,
}
_DO = frozenset({"minutes", "risk"}) | _LOOPS
_BY_OUTCOME: Mapping[str, frozenset[str]] = {
    Outcome.RESOLVED: frozenset(),
    Outcome.CLOSED: frozenset(),
    Outcome.ESCALATE: frozenset({"to", "queue", "priority", "dossier"}),
    Outcome.ARTICLE: frozenset({"kb"}),
}
_ACTORS = ("agent", "customer", "either")

YAML_LOADER: type[yaml.BaseLoader | yaml.CBaseLoader] = (
    yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
)


@dataclass(frozen=True, slots=True)
class Head:
    """What the settings say a step is."""

    kind: Kind
    type: str
    settings: StepSettings


@dataclass(frozen=True, slots=True)
class Fault:
    rule: str
    message: Phrase


def read_settings(source: str) -> Head | Fault:
    """Settings to a head; a fault is G108 (unreadable) or G109 (several kinds).

    Whether the kind exists and its settings belong to it is ``setting_faults``' business.
    """
    try:
        # A BaseLoader builds texts, lists and mappings only, never objects.
        loaded = yaml.load("{" + source + "}", Loader=YAML_LOADER)  # noqa: S506
    except (yaml.YAMLError, RecursionError):
        return Fault("G108", N_("cannot read the settings `%(source)s`", source=source))
    if not isinstance(loaded, dict) or not loaded or not all(isinstance(k, str) for k in loaded):
        return Fault("G108", N_("cannot read the settings `%(source)s`", source=source))
    kinds = [key for key in loaded if key in list(Kind)]
    if len(kinds) > 1:
        return Fault("G109", N_("step mixes %(kinds)s", kinds=", ".join(kinds)))
    first = next(iter(loaded))
    if first not in kinds or not isinstance(loaded[first], str):
        return Fault(
            "G108",
            N_("settings begin with ask, do, call or end, not with '%(first)s'", first=first),
        )
    type_ = loaded.pop(first)
    try:
        settings = StepSettings(**_values(loaded))
    except ValidationError as error:
        return _fault(error)
    return Head(Kind(first), type_, settings)


def _values(loaded: dict[str, Any]) -> dict[str, Any]:
    """A list of one may be written without brackets."""
    lists = ("accept", "dossier")
    return {k: [v] if k in lists and isinstance(v, str) else v for k, v in loaded.items()}


def _fault(error: ValidationError) -> Fault:
    first = error.errors()[0]
    key = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        return Fault("G202", N_("setting '%(key)s' is unknown", key=key))
    return Fault("G108", N_("setting '%(key)s': %(fault)s", key=key, fault=wrong_value(first)))


def setting_faults(head: Head) -> list[Fault]:
    """G201 for an unknown kind of answer, actor or outcome; G202 for settings that belong to
    another kind."""
    allowed = _allowed(head)
    if allowed is None:
        return [
            Fault("G201", N_("'%(head)s: %(kind)s' is unknown", head=head.kind, kind=head.type))
        ]
    return [
        Fault(
            "G202",
            N_(
                "setting '%(key)s' does not belong to '%(head)s: %(kind)s'",
                key=key,
                head=head.kind,
                kind=head.type,
            ),
        )
        for key in sorted(head.settings.model_fields_set)
        if key not in allowed
    ]


def _allowed(head: Head) -> frozenset[str] | None:
    match head.kind:
        case Kind.ASK:
            return _BY_ASK.get(head.type)
        case Kind.DO:
            return _DO if head.type in _ACTORS else None
        case Kind.CALL:
            return _LOOPS
        case Kind.END:
            return _BY_OUTCOME.get(head.type)
