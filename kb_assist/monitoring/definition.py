"""Reads the file of tools; all its faults are reported together."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from kb_assist.errors import N_, InputError, Phrase
from kb_assist.monitoring import maintenance
from kb_assist.monitoring.model import Expected, Follow, Kind, Tool
from kb_assist.monitoring.plain import plain


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field; the field as the file calls it."""

    field: str
    words: str


class FaultyToolError(InputError):
    """A tool that cannot be watched as it is written, with every fault."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(f"{one.field}: {one.words}" for one in faults))
        self.faults = tuple(faults)


class _Written(BaseModel):
    """One ``[[tool]]`` of the file."""

    model_config = ConfigDict(extra="forbid")
    _plain = field_validator("*", mode="before")(plain)

    key: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    name_de: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    group: Annotated[str, Field(max_length=200)] = ""
    kind: Kind
    target: Annotated[str, Field(min_length=1, max_length=1000)]
    status: Annotated[list[Annotated[int, Field(ge=100, le=599)]], Field(min_length=1)] = [200]
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
    given = _given(path)
    try:
        written = _File.model_validate(given)
    except ValidationError as error:
        raise _refused(path, [_where(one, given) for one in error.errors()]) from error
    if "tool" not in given:
        # Perhaps it is being written just now; whoever wants none says so.
        remedy = "Write “tool = []” where there are to be none."
        raise InputError(f"{path} names no tools.", remedy=remedy)
    tools = tuple(_tool(one) for one in written.tool)
    keys = [tool.key for tool in tools]
    faults = [f"{key}: the key is used twice" for key in sorted(set(keys)) if keys.count(key) > 1]
    known = {tool.key: tool.depends_on for tool in tools}
    for tool in tools:
        faults += [f"{tool.key}: {one.field}: {one.words}" for one in _faults(tool, known)]
    if faults:
        raise _refused(path, faults)
    return tools


def _given(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    except RecursionError as error:
        raise InputError(f"{path} cannot be read: it is nested too deeply") from error


def tool_of(values: Mapping[str, Any], others: Sequence[Tool]) -> Tool:
    """A tool from a form, checked as in a file that holds ``others`` as well.

    Raises FaultyToolError with every fault.
    """
    known = {one.key: one.depends_on for one in others}
    try:
        made = _tool(_Written.model_validate(values))
    except ValidationError as error:
        found = [_fault(one) for one in error.errors()]
        found += _depends_faults(str(values.get("key", "")), values.get("depends_on", ()), known)
        found += _maintenance_faults(values.get("maintenance", ()))
        found += _address_faults(values.get("addresses", ()))
        raise FaultyToolError(found) from error
    if faults := list(_faults(made, known)):
        raise FaultyToolError(faults)
    return made


def host_and_port(target: str, usual_port: int | None = None) -> tuple[str, int]:
    """Of ``host:port`` or ``[::1]:port``. Raises ValueError."""
    parsed = urlsplit(f"//{target}")
    port = parsed.port or usual_port
    if not parsed.hostname or port is None or parsed.path or "@" in target:
        raise ValueError(target)
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


# The keys of all tools, with those of the tools that each depends on.
_Known = Mapping[str, Sequence[str]]


def _faults(tool: Tool, known: _Known) -> Iterator[Fault]:
    """What a tool's own fields do not tell one by one."""
    yield from _depends_faults(tool.key, tool.depends_on, known)
    yield from _maintenance_faults(tool.maintenance)
    yield from _address_faults(tool.expected.addresses)
    if words := _target_fault(tool):
        yield Fault("target", words)


def _depends_faults(own: str, depends_on: Sequence[str], known: _Known) -> Iterator[Fault]:
    for key in depends_on:
        if key == own:
            yield Fault("depends_on", N_("a tool cannot depend on itself"))
        elif key not in known:
            yield Fault("depends_on", N_("there is no tool “%(key)s”", key=key))
        elif back := _way(key, own, known):
            circle = " → ".join((own, *back))
            yield Fault("depends_on", N_("the tools depend on each other: %(keys)s", keys=circle))


def _way(begin: str, end: str, known: _Known) -> tuple[str, ...]:
    """The keys from a tool down to another, both named; empty where no way leads there."""
    ways: dict[str, tuple[str, ...]] = {begin: (begin,)}
    waiting = [begin]
    for key in waiting:
        for beneath in known.get(key, ()):
            if beneath not in ways:
                ways[beneath] = (*ways[key], beneath)
                waiting.append(beneath)
    return ways.get(end, ())


def _address_faults(addresses: Sequence[str]) -> Iterator[Fault]:
    for address in addresses:
        try:
            ip_address(address)
        except ValueError:
            yield Fault("addresses", N_("“%(address)s” is no IP address", address=address))


def _maintenance_faults(windows: Sequence[str]) -> Iterator[Fault]:
    for window in windows:
        if words := maintenance.fault(window):
            yield Fault("maintenance", words)


def _target_fault(tool: Tool) -> Phrase | None:
    if tool.kind is Kind.HTTP:
        is_address = _is_web_address(tool.target)
        return None if is_address else N_("must be http(s)://… without user name and password")
    if tool.kind is Kind.DNS:
        is_name = re.fullmatch(r"[^\s/:@]+", tool.target)
        return None if is_name else N_("must be a name such as intranet.example")
    try:
        host_and_port(tool.target, 443 if tool.kind is Kind.TLS else None)
    except ValueError:
        return N_("must be host:port")
    return None


def _is_web_address(target: str) -> bool:
    try:
        parsed = urlsplit(target)
        # Reading the port raises as well.
        is_whole = bool(parsed.hostname) and parsed.port != 0
    except ValueError:
        return False
    return parsed.scheme in ("http", "https") and is_whole and not set("@\\") & set(parsed.netloc)


# Of the schema above, by the name that pydantic gives a fault; its own words are English.
_WORDS: Mapping[str, Callable[[Mapping[str, Any]], Phrase]] = {
    "missing": lambda _: N_("is needed"),
    "string_too_short": lambda _: N_("is needed"),
    "too_short": lambda _: N_("is needed"),
    "string_too_long": lambda c: N_("at most %(most)s characters", most=c["max_length"]),
    "string_pattern_mismatch": lambda _: N_("small letters, digits and hyphens, at most 60"),
    "int_parsing": lambda _: N_("must be a whole number"),
    "int_from_float": lambda _: N_("must be a whole number"),
    "float_parsing": lambda _: N_("must be a number"),
    "greater_than": lambda c: N_("more than %(least)s", least=f"{c['gt']:g}"),
    "greater_than_equal": lambda c: N_("at least %(least)s", least=c["ge"]),
    "less_than_equal": lambda c: N_("at most %(most)s", most=f"{c['le']:g}"),
    "enum": lambda c: N_("one of these: %(known)s", known=c["expected"]),
    "extra_forbidden": lambda _: N_("there is no such field"),
}


def _fault(fault: Any) -> Fault:
    """One of pydantic's; an entry of a list counts for its field."""
    words = _WORDS.get(fault["type"])
    field = next((part for part in reversed(fault["loc"]) if isinstance(part, str)), "")
    return Fault(field, words(fault.get("ctx", {})) if words else fault["msg"])


def _where(fault: Any, given: Mapping[str, Any]) -> str:
    """By the key of the tool where it has one, as people look for it in the file."""
    where = [str(part) for part in fault["loc"]]
    match fault["loc"], given:
        case ("tool", int(place), *within), {"tool": list(tools)}:
            match tools[place]:
                case {"key": str(key)} if key and within:
                    where = [f"{key[:60]}: {'.'.join(str(part) for part in within)}"]
    return f"{'.'.join(where)}: {_fault(fault).words}"


def _refused(path: Path, faults: Sequence[str]) -> InputError:
    listing = "\n".join(f"  - {fault}" for fault in faults)
    return InputError(
        f"{path}: {len(faults)} fault(s):\n{listing}", remedy="docs/monitoring.md shows an example."
    )
