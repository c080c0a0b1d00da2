"""Reads the file of tools; all its faults are reported together."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kb_assist.errors import InputError
from kb_assist.monitoring import maintenance
from kb_assist.monitoring.model import Expected, Follow, Kind, Tool


class _Written(BaseModel):
    """One ``[[tool]]`` of the file."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    name_de: Annotated[str, Field(max_length=200)] = ""
    group: Annotated[str, Field(max_length=200)] = ""
    kind: Kind
    target: Annotated[str, Field(min_length=1, max_length=1000)]
    status: list[Annotated[int, Field(ge=100, le=599)]] = [200]
    body: str = ""
    tls_days: Annotated[int, Field(ge=0, le=1000)] = 0
    addresses: list[str] = []
    interval: Annotated[int, Field(ge=10, le=86_400)] = 60
    timeout: Annotated[float, Field(gt=0, le=30)] = 5.0
    retries: Annotated[int, Field(ge=0, le=3)] = 1
    follow: Follow = Follow.NEVER
    authorization_file: str = ""
    depends_on: list[str] = []
    cis: list[str] = []
    article: str = ""
    maintenance: list[str] = []
    paused: bool = False


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tool: list[_Written] = []


def read_tools(path: Path) -> tuple[Tool, ...]:
    """The tools of a TOML file, in its order. Raises InputError with every fault."""
    try:
        written = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        raise _refused(path, [_where(one) for one in error.errors()]) from error
    tools = tuple(_tool(one) for one in written.tool)
    if faults := _faults(tools):
        raise _refused(path, faults)
    return tools


def tool_of(values: Mapping[str, Any], others: Sequence[Tool]) -> Tool:
    """A tool from a form, checked as in a file that holds ``others`` as well.

    Raises InputError with every fault.
    """
    try:
        made = _tool(_Written.model_validate(values))
    except ValidationError as error:
        raise InputError("\n".join(_where(one) for one in error.errors())) from error
    rest = [one for one in others if one.key != made.key]
    # Faults of others are not those of this form.
    faults = [one for one in _faults([*rest, made]) if one.startswith(f"{made.key}:")]
    if faults:
        raise InputError("\n".join(faults))
    return made


def host_and_port(target: str, usual_port: int | None = None) -> tuple[str, int]:
    """Of ``host:port`` or ``[::1]:port``. Raises ValueError."""
    parsed = urlsplit(f"//{target}")
    port = parsed.port or usual_port
    if not parsed.hostname or port is None or parsed.path:
        raise ValueError("must be host:port")
    return parsed.hostname, port


def _tool(written: _Written) -> Tool:
    expected = Expected(
        tuple(written.status), written.body, written.tls_days, tuple(written.addresses)
    )
    return Tool(
        key=written.key,
        name=written.name,
        name_de=written.name_de or written.name,
        group=written.group,
        kind=written.kind,
        target=written.target,
        expected=expected,
        interval_seconds=written.interval,
        timeout_seconds=written.timeout,
        retries=written.retries,
        follow=written.follow,
        authorization_file=written.authorization_file,
        depends_on=tuple(written.depends_on),
        cis=tuple(written.cis),
        article=written.article,
        maintenance=tuple(written.maintenance),
        paused=written.paused,
    )


def _faults(tools: Sequence[Tool]) -> list[str]:
    keys = [tool.key for tool in tools]
    found = [f"{key}: the key is used twice" for key in sorted(set(keys)) if keys.count(key) > 1]
    for tool in tools:
        found += [f"{tool.key}: depends on unknown “{k}”" for k in tool.depends_on if k not in keys]
        found += [f"{tool.key}: {f}" for f in map(maintenance.fault, tool.maintenance) if f]
        if fault := _target_fault(tool):
            found.append(f"{tool.key}: the target {fault}")
    return found


def _target_fault(tool: Tool) -> str:
    try:
        if tool.kind is Kind.HTTP:
            parsed = urlsplit(tool.target)
            good = parsed.scheme in ("http", "https") and bool(parsed.hostname)
            return "" if good and not parsed.password else "must be http(s)://… without a password"
        if tool.kind is not Kind.DNS:
            host_and_port(tool.target, 443 if tool.kind is Kind.TLS else None)
    except ValueError as error:
        return str(error)
    return ""


def _where(fault: Any) -> str:
    return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"


def _refused(path: Path, faults: Sequence[str]) -> InputError:
    listing = "\n".join(f"  - {fault}" for fault in faults)
    return InputError(
        f"{path}: {len(faults)} fault(s):\n{listing}", remedy="docs/monitoring.md shows an example."
    )
