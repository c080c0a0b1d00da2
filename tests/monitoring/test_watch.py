"""Rounds: what is due is probed once, and outages follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from kb_assist.cli.main import cli
from kb_assist.errors import DatabaseUnavailableError
from kb_assist.monitoring import outages_store, store
from kb_assist.monitoring.model import Health, Kind, Probed, Tool
from kb_assist.monitoring.outage_model import NewOutage
from kb_assist.monitoring.watch import Round, Watcher, settle
from kb_assist.storage.db import Database
from tests.fakes import FrozenClock
from tests.monitoring.conftest import FakeProbe, tool

BERLIN = ZoneInfo("Europe/Berlin")


class House:
    """Tools, a clock, and rounds a minute apart."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FrozenClock()
        self.probe = FakeProbe()
        self.watcher = Watcher(database, self.clock, self.probe, BERLIN, at_once=4)

    def has(self, *tools: Tool) -> None:
        with self.database.write() as connection:
            store.sync(connection, tools, self.clock.now())

    def rounds(self, count: int) -> Round:
        for _ in range(count):
            self.clock.advance(timedelta(seconds=61))
            done = self.watcher.round()
        return done

    def health(self) -> dict[str, Health]:
        with self.database.read() as connection:
            return {one.tool.key: one.health for one in store.watched(connection)}

    def open_titles(self) -> list[str]:
        with self.database.read() as connection:
            return [one.title for one in outages_store.open_ones(connection)]


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def test_a_tool_survives_the_database(house: House) -> None:
    wanted = tool(depends_on=(), cis=("SRV-1",), maintenance=("sun 02:00-04:00",))
    house.has(wanted)
    with house.database.read() as connection:
        assert [one.tool for one in store.watched(connection)] == [wanted]


def test_an_outage_opens_once_and_ends(house: House) -> None:
    house.has(tool("mail"), tool("web"))
    house.rounds(2)
    house.probe.broken = {"mail"}
    assert house.rounds(1).opened == ()
    opened = house.rounds(1).opened
    assert [one.title for one in opened] == ["Mail"]
    assert house.rounds(3).opened == ()
    house.probe.broken = set()
    assert house.rounds(2).ended == ()
    assert [one.id for one in house.rounds(1).ended] == [opened[0].id]
    with house.database.read() as connection:
        told = outages_store.events(connection, opened[0].id)
        assert outages_store.get(connection, opened[0].id).is_open is False
    assert [(one.kind, one.note) for one in told] == [("opened", "no connection"), ("ended", "")]


def test_what_is_not_due_is_not_probed(house: House) -> None:
    house.has(tool("often", interval_seconds=60), tool("seldom", interval_seconds=3600))
    house.rounds(3)
    assert house.probe.asked.count("often") == 3
    assert house.probe.asked.count("seldom") == 1
    house.watcher.round(all_of_them=True)
    assert house.probe.asked.count("seldom") == 2


def test_a_timer_need_not_be_exact(house: House) -> None:
    house.has(tool(interval_seconds=60))
    house.rounds(1)
    house.clock.advance(timedelta(seconds=57))
    assert house.watcher.round().probed == 1
    house.clock.advance(timedelta(seconds=50))
    assert house.watcher.round().probed == 0


def test_a_changed_tool_is_due_at_once(house: House) -> None:
    house.has(tool(interval_seconds=86_400), tool("web", interval_seconds=86_400))
    assert house.rounds(1).probed == 2
    house.has(tool(interval_seconds=10), tool("web", interval_seconds=86_400))
    assert house.rounds(1).probed == 1
    assert house.probe.asked[-1] == "mail"


@pytest.mark.parametrize("interval_seconds", [60, 3_600])
def test_a_clock_that_was_set_back_stops_no_watch(house: House, interval_seconds: int) -> None:
    house.has(tool(interval_seconds=interval_seconds))
    house.clock.advance(timedelta(days=1))
    assert house.rounds(1).probed == 1
    house.clock.advance(timedelta(seconds=-40))
    assert house.watcher.round().probed == 0, "clocks of two machines differ a little"
    house.clock.advance(timedelta(days=-1))
    assert house.watcher.round().probed == 1
    assert house.watcher.round().probed == 0, "and then by its interval again"


def test_certificate_days_last_as_long_as_there_is_a_certificate(house: House) -> None:
    def days() -> int | None:
        with house.database.read() as connection:
            (one,) = store.watched(connection)
        return one.certificate_days

    def probed(found: Probed) -> int | None:
        house.clock.advance(timedelta(seconds=61))
        replace(house.watcher, probe=lambda _: found).round()
        return days()

    house.has(tool(kind=Kind.TLS))
    assert probed(Probed(True, 3, certificate_days=19)) == 19
    assert probed(Probed(False, 3, "no connection")) == 19, "it still ends then"
    assert probed(Probed(True, 3)) is None, "nobody looks at one any more"
    probed(Probed(True, 3, certificate_days=19))
    house.has(tool(kind=Kind.TCP))
    assert probed(Probed(False, 3, "no connection")) is None


def test_the_tools_of_a_round_that_died_are_probed_soon(house: House) -> None:
    house.has(tool(interval_seconds=86_400))
    with house.database.write() as connection:
        assert store.claim(connection, house.clock.now())
    house.clock.advance(timedelta(minutes=1))
    assert house.watcher.round().probed == 0, "it may still be at it"
    house.clock.advance(timedelta(minutes=2))
    assert house.watcher.round().probed == 1


def test_a_tool_is_not_due_while_it_is_probed(house: House) -> None:
    house.has(tool(interval_seconds=10))
    inner: list[int] = []

    def slow(_: Tool) -> Probed:
        house.clock.advance(timedelta(seconds=27))
        inner.append(replace(house.watcher, probe=house.probe).round().probed)
        return Probed(True, 27_000)

    assert replace(house.watcher, probe=slow).round().probed == 1
    assert inner == [0]
    assert house.watcher.round().probed == 1, "its interval was over meanwhile"


def test_a_verdict_goes_by_what_other_rounds_found_meanwhile(house: House) -> None:
    """One good answer, asked for before the failures of others, ends no outage."""
    house.has(tool())

    def slow(_: Tool) -> Probed:
        house.probe.broken = {"mail"}
        for _again in range(2):
            house.clock.advance(timedelta(seconds=27))
            house.watcher.round(all_of_them=True)
        assert house.open_titles() == ["Mail"]
        return Probed(True, 27_000)

    assert replace(house.watcher, probe=slow).round().ended == ()
    assert house.open_titles() == ["Mail"]


def test_two_rounds_at_a_time_probe_a_tool_once(house: House) -> None:
    house.has(*(tool(f"t{number}") for number in range(30)))
    threads = [Thread(target=house.watcher.round) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(house.probe.asked) == sorted(f"t{number}" for number in range(30))


def test_a_chain_has_one_cause_even_when_it_fails_last(house: House) -> None:
    house.has(tool("db"), tool("app", depends_on=("db",)), tool("web", depends_on=("app",)))
    house.rounds(1)
    house.probe.broken = {"web", "app"}
    house.rounds(2)
    house.probe.broken |= {"db"}
    house.rounds(2)
    with house.database.read() as connection:
        found = {one.title: one for one in outages_store.open_ones(connection)}
    assert found["Db"].cause_id is None
    assert found["Web"].cause_id == found["App"].cause_id == found["Db"].id


def follows(house: House) -> dict[str, str]:
    """Titles of open outages that follow from another, with the title of that one."""
    with house.database.read() as connection:
        found = {one.id: one for one in outages_store.open_ones(connection)}
    return {one.title: found[one.cause_id].title for one in found.values() if one.cause_id}


def told(house: House, key: str, title: str, source: str = "alert") -> int:
    """An outage from another system."""
    with house.database.write() as connection:
        (tool_id,) = [one.id for one in store.watched(connection) if one.tool.key == key]
        made = outages_store.add(
            connection, NewOutage(source, title, house.clock.now(), tool_id, title)
        )
    assert made is not None
    return made


def test_an_outage_from_elsewhere_is_to_blame_for_what_depends_on_it(house: House) -> None:
    house.has(tool("mail", depends_on=("directory",)), tool("directory"))
    alert = told(house, "directory", "LDAP")
    house.probe.broken = {"mail"}
    house.rounds(2)
    assert follows(house) == {"Mail": "LDAP"}
    with house.database.write() as connection:
        outages_store.end(connection, alert, house.clock.now())
    house.rounds(1)
    assert (house.open_titles(), follows(house)) == (["Mail"], {})


def test_an_outage_of_a_tool_that_is_no_longer_watched_stands_for_itself(house: House) -> None:
    directory = tool("directory")
    house.has(tool("mail", depends_on=("directory",)), directory)
    told(house, "mail", "SMTP")
    house.probe.broken = {"directory"}
    house.rounds(2)
    assert follows(house) == {"SMTP": "Directory"}
    house.has(directory)
    house.rounds(1)
    assert follows(house) == {}


def test_of_two_outages_of_a_tool_the_later_follows_from_the_first(house: House) -> None:
    house.has(tool("mail"), tool("erp"))
    told(house, "mail", "SMTP")
    house.probe.broken = {"mail", "erp"}
    house.rounds(2)
    told(house, "erp", "Batch")
    house.rounds(1)
    assert follows(house) == {"Mail": "SMTP", "Batch": "Erp"}


def test_two_outages_from_elsewhere_stand_each_for_themselves(house: House) -> None:
    house.has(tool("mail"))
    told(house, "mail", "SMTP")
    told(house, "mail", "IMAP")
    house.rounds(1)
    assert follows(house) == {}


def test_maintenance_opens_nothing_and_is_left_out_of_the_history(house: House) -> None:
    house.has(tool(maintenance=("daily 00:00-23:59",)))
    house.probe.broken = {"mail"}
    house.rounds(4)
    assert house.open_titles() == []
    with house.database.read() as connection:
        (found,) = store.availability(connection, date(2026, 1, 1)).values()
    assert found.percent is None


@pytest.mark.parametrize(
    ("broken", "parent", "excused"),
    [
        ({"dir", "app"}, {}, True),
        ({"app"}, {}, False),
        ({"dir", "app"}, {"maintenance": ()}, False),
        ({"dir", "app"}, {"paused": True}, False),
        # Its newest probe was before the maintenance.
        ({"app"}, {"interval_seconds": 86_400, "maintenance": ("mon 09:03-23:00",)}, True),
    ],
)
def test_what_depends_on_a_tool_in_maintenance_is_excused_while_that_is_away(
    house: House, broken: set[str], parent: dict[str, Any], excused: bool
) -> None:
    given: dict[str, Any] = {"maintenance": ("daily 00:00-23:59",)} | parent
    house.has(
        tool("dir", **given), tool("mid", depends_on=("dir",)), tool("app", depends_on=("mid",))
    )
    house.rounds(6)
    house.probe.broken = broken
    house.rounds(4)
    assert ("App" not in house.open_titles()) is excused
    with house.database.read() as connection:
        (app,) = (one for one in store.watched(connection) if one.tool.key == "app")
        counted = store.availability(connection, date(2026, 1, 1))[app.id]
    assert (counted.percent == 100.0, app.in_maintenance) == (excused, excused)
    house.probe.broken = set()
    house.rounds(1)
    with house.database.read() as connection:
        (app,) = (one for one in store.watched(connection) if one.tool.key == "app")
    assert not app.in_maintenance, "only what fails is excused"


def test_the_history_counts_good_probes_by_day(house: House) -> None:
    house.has(tool())
    house.rounds(3)
    house.clock.advance(timedelta(days=1))
    house.probe.broken = {"mail"}
    house.rounds(1)
    with house.database.read() as connection:
        (whole,) = store.availability(connection, date(2026, 11, 1)).values()
        (newest,) = store.availability(connection, date(2026, 11, 3)).values()
        (by_day,) = store.days(connection, date(2026, 11, 1)).values()
    assert (whole.percent, newest.percent) == (75.0, 0.0)
    assert sorted(by_day) == [date(2026, 11, 2), date(2026, 11, 3)]


def test_a_paused_tool_is_not_probed(house: House) -> None:
    house.has(tool(paused=True))
    assert house.rounds(2).probed == 0
    assert house.health() == {"mail": Health.UNKNOWN}


def test_the_outage_of_a_tool_that_is_no_longer_watched_ends(house: House) -> None:
    house.has(tool("mail"), tool("web"))
    house.probe.broken = {"mail"}
    house.rounds(2)
    house.has(tool("web"))
    assert [one.title for one in house.rounds(1).ended] == ["Mail"]
    house.has(tool("mail"), tool("web"))
    house.rounds(2)
    assert house.open_titles() == ["Mail"], "it is back with its history"


def test_the_outage_of_a_paused_tool_ends(house: House) -> None:
    house.has(tool())
    house.probe.broken = {"mail"}
    (opened,) = house.rounds(2).opened
    house.has(tool(paused=True))
    assert [one.id for one in house.rounds(1).ended] == [opened.id]
    with house.database.read() as connection:
        assert outages_store.events(connection, opened.id)[-1].note == "no longer watched"
    house.has(tool())
    assert house.rounds(1).opened == ()
    assert [one.title for one in house.rounds(1).opened] == ["Mail"]


def test_what_somebody_ended_opens_again_only_when_it_fails_again(house: House) -> None:
    house.has(tool("mail"))
    house.probe.broken = {"mail"}
    (first,) = house.rounds(2).opened
    with house.database.write() as connection:
        outages_store.end(connection, first.id, house.clock.now())
    house.probe.broken = set()
    assert house.rounds(1).opened == (), "it works, and two more probes will say so"
    house.probe.broken = {"mail"}
    assert house.rounds(1).opened == ()
    (second,) = house.rounds(1).opened
    assert second.id != first.id


def test_what_was_repaired_before_its_outage_was_ended_is_never_opened_again(
    house: House,
) -> None:
    house.has(tool("mail"))
    house.probe.broken = {"mail"}
    (first,) = house.rounds(2).opened
    house.probe.broken = set()
    house.rounds(1)
    with house.database.write() as connection:
        outages_store.end(connection, first.id, house.clock.now())
    assert [house.rounds(1).opened for _ in range(4)] == [()] * 4
    assert house.health() == {"mail": Health.UP}


_ONE_TOOL = '[[tool]]\nkey="x"\nname="X"\nkind="tcp"\ntarget="127.0.0.1:1"\nretries=0\n'


@pytest.fixture
def tools_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Of one tool that does not answer, as the command finds it."""
    path = tmp_path / "tools.toml"
    path.write_text(_ONE_TOOL, encoding="utf-8")
    monkeypatch.setenv("KB_ASSIST_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("KB_ASSIST_TOOLS", str(path))
    return path


def test_the_command_probes_and_tells(monkeypatch: Any, tools_file: Path) -> None:
    monkeypatch.delenv("KB_ASSIST_TOOLS")
    without = CliRunner().invoke(cli, ["watch"])
    monkeypatch.setenv("KB_ASSIST_TOOLS", str(tools_file))
    first = CliRunner().invoke(cli, ["watch"])
    second = CliRunner().invoke(cli, ["watch", "--all"])
    assert (without.exit_code, "KB_ASSIST_TOOLS" in without.output) == (3, True)
    assert first.output == "1 probed, 1 failed.\n"
    assert "outage 1 opened: X" in second.output


def test_without_the_setting_the_tools_of_the_file_go_on(
    monkeypatch: pytest.MonkeyPatch, tools_file: Path
) -> None:
    run = CliRunner().invoke
    for _ in range(2):
        run(cli, ["watch", "--all"])
    monkeypatch.delenv("KB_ASSIST_TOOLS")
    without = run(cli, ["watch", "--all"])
    assert (without.exit_code, without.output) == (0, "1 probed, 1 failed.\n"), "no outage ended"
    monkeypatch.setenv("KB_ASSIST_TOOLS", str(tools_file))
    tools_file.write_text("", encoding="utf-8")
    empty = run(cli, ["watch", "--all"])
    assert (empty.exit_code, empty.stdout) == (4, "1 probed, 1 failed.\n")
    tools_file.write_text("tool = []", encoding="utf-8")
    none = run(cli, ["watch", "--all"])
    assert none.exit_code == 0
    assert none.stdout == "0 probed, 0 failed.\n  outage 1 ended: X\n"


def test_a_fault_in_the_file_stops_no_watch(monkeypatch: Any, tools_file: Path) -> None:
    tools_file.write_text("[[tool", encoding="utf-8")
    at_first = CliRunner().invoke(cli, ["watch", "--every", "5"])
    assert (at_first.exit_code, "cannot be read" in at_first.output) == (4, True)
    tools_file.write_text(_ONE_TOOL, encoding="utf-8")
    assert CliRunner().invoke(cli, ["watch"]).exit_code == 0

    tools_file.write_text("[[tool", encoding="utf-8")
    once = CliRunner().invoke(cli, ["watch", "--all"])
    assert once.exit_code == 4
    assert "1 probed" in once.stdout
    assert "cannot be read" in once.stderr

    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            tools_file.unlink()
        if len(slept) == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)
    again = CliRunner().invoke(cli, ["watch", "--every", "5", "--all"])
    assert again.exit_code == 0
    assert again.stdout.count("1 probed") == 5
    assert again.stderr.count("Error:") == 2, "each fault once"


@pytest.mark.usefixtures("tools_file")
def test_a_service_outlasts_a_database_that_is_away(monkeypatch: Any) -> None:
    rounds: list[int] = []
    probed = Watcher.round

    def away_at_the_second(watcher: Watcher, *, all_of_them: bool = False) -> Round:
        rounds.append(1)
        if len(rounds) == 2:
            raise DatabaseUnavailableError("The database is away.")
        if len(rounds) == 4:
            raise KeyboardInterrupt
        return probed(watcher, all_of_them=all_of_them)

    monkeypatch.setattr(Watcher, "round", away_at_the_second)
    monkeypatch.setattr("time.sleep", lambda _: None)
    done = CliRunner().invoke(cli, ["watch", "--every", "5", "--all"])
    assert (done.exit_code, done.stdout.count("1 probed")) == (0, 2)
    assert done.stderr.count("The database is away.") == 1


def test_two_rounds_at_a_time_open_one_outage(house: House) -> None:
    """Both see the tool down and no outage; the database lets one of them open it."""
    house.has(tool("mail"))
    with house.database.write() as connection:
        (one,) = store.watched(connection)
        result = (Probed(False, 1, "timed out"), False)
        store.set_health(connection, one, Health.DOWN, result=result, at=house.clock.now())
    both = Barrier(2)
    opened: list[int] = []

    def settles() -> None:
        both.wait()
        with house.database.write() as connection:
            opened.append(len(settle(connection, house.clock.now())[0]))

    threads = [Thread(target=settles) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(opened) == [0, 1]
    assert house.open_titles() == ["Mail"]


def test_the_same_is_not_opened_twice_and_again_after_its_end(house: House) -> None:
    now = house.clock.now()
    new = NewOutage("checkmk", "ERP", now, external_key="erp-batch")
    with house.database.write() as connection:
        first = outages_store.add(connection, new)
        assert first is not None
        assert outages_store.add(connection, new) is None
        assert outages_store.add(connection, replace(new, source="alertmanager")) is not None
        assert outages_store.add(connection, replace(new, external_key=None)) is not None
        assert outages_store.add(connection, replace(new, external_key=None)) is not None
        outages_store.end(connection, first, now)
        assert outages_store.add(connection, new) is not None
