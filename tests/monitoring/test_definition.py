"""The file of tools, and windows of maintenance."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kb_assist.errors import InputError
from kb_assist.monitoring.definition import read_tools
from kb_assist.monitoring.maintenance import is_in_maintenance
from kb_assist.monitoring.model import Kind

BERLIN = ZoneInfo("Europe/Berlin")


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tools.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_tool_needs_only_name_kind_and_target(tmp_path: Path) -> None:
    text = '[[tool]]\nkey = "dns"\nname = "Names"\nkind = "dns"\ntarget = "nordwind.example"\n'
    (found,) = read_tools(written(tmp_path, text))
    assert (found.kind, found.name_de, found.interval_seconds) == (Kind.DNS, "Names", 60)


def test_all_faults_are_reported_together(tmp_path: Path) -> None:
    text = """
[[tool]]
key = "a"
name = "A"
kind = "tcp"
target = "no-port"
depends_on = ["z"]
maintenance = ["someday"]
[[tool]]
key = "a"
name = "A"
kind = "http"
target = "ftp://nordwind.example"
"""
    with pytest.raises(InputError) as refused:
        read_tools(written(tmp_path, text))
    for words in ("used twice", "no tool “z”", "“someday”", "host:port", "http(s)://"):
        assert words in refused.value.message


def test_tools_that_depend_on_each_other_are_refused(tmp_path: Path) -> None:
    tools = "".join(
        f'[[tool]]\nkey = "{key}"\nname = "A"\nkind = "tcp"\ntarget = "a:1"\n'
        f'depends_on = ["{beneath}", "d"]\n'
        for key, beneath in (("a", "b"), ("b", "c"), ("c", "a"))
    )
    alone = '[[tool]]\nkey = "d"\nname = "D"\nkind = "tcp"\ntarget = "d:1"\n'
    with pytest.raises(InputError) as refused:
        read_tools(written(tmp_path, tools + alone))
    assert "a: depends_on: the tools depend on each other: a → b → c → a" in refused.value.message
    assert "3 fault(s)" in refused.value.message


def test_a_fault_names_the_tool_by_its_key(tmp_path: Path) -> None:
    text = """
[[tool]]
key = "mail"
name = "E-mail"
kind = "tcp"
target = "mail.nordwind.example:25"
interval = 1
status = [999]
[[tool]]
name = "Nameless"
kind = "tcp"
target = "nordwind.example:25"
"""
    with pytest.raises(InputError) as refused:
        read_tools(written(tmp_path, text))
    for words in ("- mail: interval: at least 10", "- mail: status.0: ", "- tool.1.key: is needed"):
        assert words in refused.value.message


def test_a_file_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nested too deeply"):
        read_tools(written(tmp_path, "tool = " + "[" * 100_000))


@pytest.mark.parametrize("text", ["[[tool]\n", '[[tool]]\nkey = "A b"\n', "[tools]\n"])
def test_an_unreadable_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        read_tools(written(tmp_path, text))


@pytest.mark.parametrize(
    ("window", "at", "inside"),
    [
        ("sun 02:00-04:00", datetime(2026, 11, 1, 1, 30, tzinfo=UTC), True),
        ("sun 02:00-04:00", datetime(2026, 11, 1, 3, 0, tzinfo=UTC), False),
        ("sat 23:00-01:00", datetime(2026, 10, 31, 23, 30, tzinfo=UTC), True),
        ("sat 23:00-01:00", datetime(2026, 11, 1, 23, 30, tzinfo=UTC), False),
        ("daily 12:00-13:00", datetime(2026, 11, 3, 11, 59, tzinfo=UTC), True),
        ("2026-11-03T22:00/2026-11-04T02:00", datetime(2026, 11, 3, 21, 0, tzinfo=UTC), True),
        ("2026-11-03T22:00/2026-11-04T02:00", datetime(2026, 11, 4, 1, 0, tzinfo=UTC), False),
    ],
)
def test_windows_are_of_local_time(window: str, at: datetime, inside: bool) -> None:
    assert is_in_maintenance([window], at, BERLIN) is inside
