"""The file of tools, and windows of maintenance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kb_assist.errors import InputError
from kb_assist.monitoring.definition import read_tools
from kb_assist.monitoring.maintenance import ended_at, fault, is_in_maintenance
from kb_assist.monitoring.model import Kind

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


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


def test_control_characters_are_left_out(tmp_path: Path) -> None:
    text = '[[tool]]\nkey = "a"\nname = "%s"\nkind = "tcp"\ntarget = "a:1"\ncis = ["X\\u0000-1"]\n'
    (found,) = read_tools(written(tmp_path, text % "A\\u0000\\u001b"))
    assert (found.name, found.cis) == ("A", ("X-1",))
    with pytest.raises(InputError, match="a: name: is needed"):
        read_tools(written(tmp_path, text % "\\u0000"))


def test_a_file_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nested too deeply"):
        read_tools(written(tmp_path, "tool = " + "[" * 100_000))


@pytest.mark.parametrize(
    "text", ["", "# soon", "[[tool]\n", '[[tool]]\nkey = "A b"\n', "[tools]\n"]
)
def test_an_unreadable_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        read_tools(written(tmp_path, text))


def test_a_file_may_say_that_there_are_no_tools(tmp_path: Path) -> None:
    assert read_tools(written(tmp_path, "tool = []")) == ()


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


@pytest.mark.parametrize(
    ("window", "begin", "end"),
    [
        # From midnight of Monday, 2 November.
        ("mon 00:00-24:00", 0, 24),
        ("daily 22:00-24:00", 22, 24),
        ("tue 12:00-00:00", 36, 48),
        ("fri 22:00-mon 04:00", 118, 172),
        ("sat 00:00-sun 24:00", 120, 168),
        ("thu 06:00-thu 04:00", 78, 244),
        ("wed 02:00-wed 04:00", 50, 52),
    ],
)
def test_windows_may_last_for_days(window: str, begin: int, end: int) -> None:
    assert fault(window) is None
    midnight = datetime(2026, 11, 2, tzinfo=BERLIN).astimezone(UTC)
    inside = [h for h in range(260) if is_in_maintenance([window], midnight + h * HOUR, BERLIN)]
    first = [hour for hour in inside if hour >= begin][: end - begin]
    assert first == list(range(begin, end))
    assert end not in inside
    assert begin - 1 not in inside


@pytest.mark.parametrize(
    "window",
    [
        "sat 00:00-00:00",
        "mon 04:00-mon 04:00",
        "sat 24:00-sun 04:00",
        "daily 22:00-mon 04:00",
        "mon 22:00-daily 04:00",
        "sat 00:00-24:01",
        "2026-11-04T02:00/2026-11-03T22:00Z",
        "2026-11-04T02:00Z/2026-11-05T02:00",
        "2026-11-04T02:00Z/2026-11-04T02:30+01:00",
    ],
)
def test_windows_that_mean_nothing_are_refused(window: str) -> None:
    assert fault(window) is not None


@pytest.mark.parametrize(
    ("window", "begin", "end"),
    [
        # Clocks go back at 01:00 UTC: the hour from 02:00 to 03:00 comes twice.
        ("sun 02:30-04:00", (25, 0, 30), (25, 3, 0)),
        ("sun 01:30-02:30", (24, 23, 30), (25, 1, 30)),
        ("sun 02:15-02:45", (25, 0, 15), (25, 1, 45)),
        ("sat 23:00-02:30", (24, 21, 0), (25, 1, 30)),
        ("2026-10-25T02:30/2026-10-25T04:00", (25, 0, 30), (25, 3, 0)),
        ("2026-10-25T02:30+01:00/2026-10-25T04:00", (25, 1, 30), (25, 3, 0)),
    ],
)
def test_a_window_is_one_piece_where_clocks_go_back(
    window: str, begin: tuple[int, int, int], end: tuple[int, int, int]
) -> None:
    midday = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert covered(window, midday) == (
        datetime(2026, 10, *begin, tzinfo=UTC),
        datetime(2026, 10, *end, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("window", "begin", "end"),
    [
        # Clocks go forward at 01:00 UTC: the hour from 02:00 to 03:00 does not come.
        ("sun 02:00-03:00", (1, 0), (2, 0)),
        ("sun 02:15-02:45", (1, 15), (1, 45)),
        ("sun 01:30-02:30", (0, 30), (1, 30)),
        ("sun 01:00-04:00", (0, 0), (2, 0)),
        ("2026-03-29T02:00/2026-03-29T03:00", (1, 0), (2, 0)),
    ],
)
def test_a_window_in_an_hour_that_is_left_out_follows_the_change(
    window: str, begin: tuple[int, int], end: tuple[int, int]
) -> None:
    midday = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert covered(window, midday) == (
        datetime(2026, 3, 29, *begin, tzinfo=UTC),
        datetime(2026, 3, 29, *end, tzinfo=UTC),
    )


def covered(window: str, begin: datetime) -> tuple[datetime, datetime]:
    """From when until when, looked at every quarter of an hour of a day; in one piece."""
    quarters = [begin + timedelta(minutes=15 * number) for number in range(96)]
    inside = [one for one in quarters if is_in_maintenance([window], one, BERLIN)]
    assert inside[-1] - inside[0] == timedelta(minutes=15 * (len(inside) - 1))
    return inside[0], inside[-1] + timedelta(minutes=15)


def test_a_window_of_a_single_time_ends_once_where_clocks_go_back() -> None:
    window, over = "2026-10-25T02:00/2026-10-25T02:30", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert ended_at([window], over - timedelta(minutes=1), BERLIN) is None
    assert ended_at([window], over, BERLIN) == over


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_a_window_may_last_from_the_first_of_all_days_to_the_last(zone: str) -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    assert is_in_maintenance(["0001-01-01T00:00/9999-12-31T23:59"], now, ZoneInfo(zone))
