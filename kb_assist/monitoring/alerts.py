"""What other monitoring systems say, read into one form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from kb_assist.monitoring.outage_model import MAX_TEXT_CHARACTERS, MAX_TITLE_CHARACTERS
from kb_assist.monitoring.plain import plain
from kb_assist.text import normalise

# As many as one transaction may hold up others for; ``max_alerts`` of the receiver keeps to it.
MAX_ALERTS = 1_000

Text = Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS)]
Key = Annotated[str, Field(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class Alert:
    """Something began or ended; the same ``key`` names both."""

    key: str
    firing: bool
    title: str
    title_de: str = ""
    tool: str = ""
    """Key of one of our tools; empty or unknown: an outage without a tool."""
    detail: str = ""
    text_de: str = ""
    text_en: str = ""
    since: datetime | None = None
    """When it began, as its source says; the same in every repeat of a message."""
    until: datetime | None = None
    """When it ended, as its source says; means nothing while it is firing."""


class GenericAlert(BaseModel):
    """The form for everything that can be taught to send it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    _plain = field_validator("*", mode="before")(plain)

    key: Key = Field(description="Names the trouble; the same when it begins and ends.")
    status: Literal["firing", "resolved"]
    title: Annotated[str, Field(min_length=1, max_length=MAX_TITLE_CHARACTERS)]
    title_de: Annotated[
        str, Field(max_length=MAX_TITLE_CHARACTERS, description="The title in German.")
    ] = ""
    tool: Annotated[str, Field(max_length=60, description="Key of a tool of the tools file.")] = ""
    detail: Text = ""
    text_de: Text = Field("", description="What everybody may read, in German.")
    text_en: Text = Field("", description="The same in English.")

    def read(self) -> Alert:
        return Alert(
            self.key,
            self.status == "firing",
            self.title,
            self.title_de,
            self.tool,
            self.detail,
            self.text_de,
            self.text_en,
        )


class AlertmanagerAlert(BaseModel):
    _plain = field_validator("*", mode="before")(plain)

    status: Literal["firing", "resolved"]
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    fingerprint: Key
    starts_at: Annotated[AwareDatetime | None, Field(alias="startsAt")] = None
    ends_at: Annotated[AwareDatetime | None, Field(alias="endsAt")] = None


class AlertmanagerMessage(BaseModel):
    """Version 4 of Alertmanager's webhook; what is not needed is ignored."""

    alerts: Annotated[list[AlertmanagerAlert], Field(max_length=MAX_ALERTS)]

    def read(self) -> list[Alert]:
        return [_labelled(one) for one in self.alerts]


class CheckmkMessage(BaseModel):
    """The context of a Checkmk notification: its variables, with or without ``NOTIFY_``."""

    model_config = ConfigDict(extra="allow")

    def read(self) -> Alert | None:
        """None for what neither begins nor ends an outage: warnings, acknowledgements …"""
        # Variables are texts: what is none, such as null, is no name of a host either.
        given = {
            name.upper().removeprefix("NOTIFY_"): normalise(str(value))
            for name, value in (self.model_extra or {}).items()
            if isinstance(value, str | int | float)
        }
        return _checkmk(given)


def _labelled(one: AlertmanagerAlert) -> Alert:
    labels, notes = one.labels, one.annotations
    title = notes.get("summary") or labels.get("alertname", "") or one.fingerprint
    detail = " · ".join(p for p in (labels.get("instance"), notes.get("description")) if p)
    return Alert(
        key=one.fingerprint,
        firing=one.status == "firing",
        title=title[:MAX_TITLE_CHARACTERS],
        tool=labels.get("kb_tool", ""),
        detail=detail[:MAX_TEXT_CHARACTERS],
        text_de=notes.get("text_de", "")[:MAX_TEXT_CHARACTERS],
        text_en=notes.get("text_en", "")[:MAX_TEXT_CHARACTERS],
        since=one.starts_at,
        until=one.ends_at,
    )


def _checkmk(given: Mapping[str, str]) -> Alert | None:
    host, service = given.get("HOSTNAME", ""), given.get("SERVICEDESC", "")
    kind = given.get("NOTIFICATIONTYPE", "")
    state = given.get("SERVICESTATE" if service else "HOSTSTATE", "")
    begins = kind == "PROBLEM" and state in ("CRITICAL", "CRIT", "DOWN", "UNREACHABLE")
    if not host or not (begins or kind == "RECOVERY"):
        return None
    return Alert(
        key=f"{host}/{service}"[:200],
        firing=begins,
        title=(f"{service} ({host})" if service else host)[:MAX_TITLE_CHARACTERS],
        tool=given.get("KB_TOOL", ""),
        detail=given.get("SERVICEOUTPUT" if service else "HOSTOUTPUT", "")[:MAX_TEXT_CHARACTERS],
    )
