"""``python -m bench.guides``: how long a check of many guides takes, and a step of a session.

The guides are generated: twelve steps each with options, rules on numbers and days, an action, a
loop, a called guide, a translation and cases that cover everything. Files are read from disk, as
``guides check`` does.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from string import Template

from kb_assist.guides.bundle import compile_bundle
from kb_assist.guides.check import Surroundings, check
from kb_assist.guides.decide import Opening
from kb_assist.guides.library import load_folder
from kb_assist.guides.model import Channel
from kb_assist.guides.run import AnswerStep, Event, Refusal, Resume, Submission
from kb_assist.guides.sample import representatives
from kb_assist.guides.sessions import Current, GuideSessions
from kb_assist.guides.sync import new_overlay

_DAY = date(2026, 5, 4)
_GUIDE = Template("""\
---
guide: $name
version: 1
lang: en
translations: [de]
owner: team-bench
audience: [agent, customer]
context: [asset]
suggest: {categories: [bench], words: [generated, $name]}
---
# Generated guide $name

Use this when number $number is on the note.

## device

**Which device is affected?** `ask: asset, prefill: ctx.asset`

- next → [symptom](#symptom)

## symptom

**What happens on {{device}}?** `ask: choice, repeat: 2, exhausted: hand_over`

> **Agent:** ask for the exact words.

- `slow` It is slow → [latency](#latency)
- `error` It shows an error → [since](#since)
- `nothing` Nothing happens → [network](#network)

## latency

**How long does it take?** `ask: number, unit: ms, min: 0, max: 5000`

Run `ping example.org` and enter the average.

- if `latency >= $limit` → [hand_over](#hand_over)
- otherwise → [restart](#restart)

## since

**Since when?** `ask: date`

- if `since < today` → [restart](#restart)
- otherwise → [works](#works)

## network

**Check the network** `call: $called`

- `resolved` → [works](#works)
- `escalate` → [hand_over](#hand_over)

## restart

**Restart the program** `do: either, minutes: 2`

1. Close every window.
2. Open it again.

**Expected:** it starts within ten seconds.

- `ok` → [works](#works)
- `failed` → [hand_over](#hand_over)

## works

**Does it work now?**

- `yes` → [done](#done)
- `no` → [symptom](#symptom)

## done

**It works** `end: resolved`

## hand_over

**Hand over** `end: escalate, to: L2, queue: bench, dossier: [device, symptom]`
""")
_CALLED = """\
---
guide: $name
version: 1
lang: en
translations: [de]
owner: team-bench
audience: [agent, customer]
exports: [link]
---
# Generated network check $name

## link

**How is it connected?**

- `cable` By cable → [plug](#plug)
- `air` By radio → [out](#out)

## plug

**Plug it in again** `do: customer, minutes: 1`

**Expected:** a light is on.

- `ok` → [fine](#fine)
- `failed` → [out](#out)

## fine

**Connected** `end: resolved`

## out

**Not connected** `end: escalate, to: L2, queue: bench, dossier: [link]`
"""
_CASES = Template("""\
- case: too slow
  today: 2026-05-04
  answers: {device: X, symptom: slow, latency: $limit}
  ends: hand_over
- case: quick enough, but no restart
  today: 2026-05-04
  answers: {device: X, symptom: slow, latency: 1, restart: failed}
  ends: hand_over
- case: two rounds
  today: 2026-05-04
  answers:
    {device: X, symptom: error, since: 2026-05-03, restart: ok, works: no,
     symptom@2: error, since@2: 2026-05-04, works@2: no}
  ends: hand_over
- case: the cable
  today: 2026-05-04
  answers: {device: X, symptom: nothing, network/link: cable, network/plug: ok, works: yes}
  ends: done
- case: no network
  today: 2026-05-04
  answers: {device: X, symptom: nothing, network/link: air}
  ends: hand_over
""")
_CALLED_CASES = """\
- {case: a, today: 2026-05-04, answers: {link: cable, plug: ok}, ends: fine}
- {case: b, today: 2026-05-04, answers: {link: cable, plug: failed}, ends: out}
- {case: c, today: 2026-05-04, answers: {link: air}, ends: out}
"""
_CALLED_EVERY = 10


def generate(root: Path, count: int) -> None:
    """Write ``count`` guides with translations and cases; every tenth is called by nine others."""
    for number in range(count):
        name = f"guide_{number}"
        called = f"guide_{number - number % _CALLED_EVERY}"
        values = {"name": name, "number": number, "limit": 100 + number % 400, "called": called}
        is_called = number % _CALLED_EVERY == 0
        guide = Template(_CALLED) if is_called else _GUIDE
        (root / f"{name}.md").write_text(guide.substitute(values), encoding="utf-8")
        cases = _CALLED_CASES if is_called else _CASES.substitute(values)
        (root / f"{name}.cases.yml").write_text(cases, encoding="utf-8")
    for name, guide in load_folder(root).guides.items():
        overlay = new_overlay(guide, "de")
        for step in guide.source.steps.values():
            overlay = overlay.replace("00000000", step.digest, 1)
        (root / f"{name}.de.md").write_text(overlay, encoding="utf-8")


class _Memory:
    """A store that costs nothing, so that only our own time is measured."""

    def __init__(self) -> None:
        self.kept: dict[str, list[Event]] = {}
        self.bundles: dict[str, str] = {}

    def append(self, events: tuple[Event, ...]) -> bool:
        self.kept.setdefault(events[0].session, []).extend(events)
        return True

    def events(self, session: str) -> list[Event]:
        return list(self.kept.get(session, []))

    def keep_bundle(self, digest: str, content: str) -> None:
        self.bundles.setdefault(digest, content)

    def bundle(self, digest: str) -> str | None:
        return self.bundles.get(digest)


def answer_times(root: Path, sessions: int) -> list[float]:
    """Milliseconds of every answer of some sessions, from reading events to the next view."""
    guides = load_folder(root).guides
    name = next(key for key, guide in guides.items() if len(guide.steps) > 5)
    bundle = compile_bundle(guides, name)
    service = GuideSessions(_Memory(), guides)  # type: ignore[arg-type]
    at = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
    times: list[float] = []
    for number in range(sessions):
        opening = Opening(f"s{number}", "de", {})
        now = service.start(name, opening, Submission(Resume(), 0, "a", Channel.AGENT, at, _DAY))
        while isinstance(now, Current) and now.trace.current is not None:
            place = now.trace.current
            choices = representatives(bundle, place, _DAY)
            command = AnswerStep(place.key, choices[number % len(choices)])
            by = Submission(command, now.state.seq, "a", Channel.AGENT, at, _DAY)
            started = time.perf_counter()
            result = service.submit(opening.session, by)
            times.append((time.perf_counter() - started) * 1000)
            assert not isinstance(result, Refusal)
            now = result
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guides", type=int, default=1000)
    parser.add_argument("--sessions", type=int, default=200)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        generate(root, chosen.guides)
        started, cpu = time.perf_counter(), time.process_time()
        loaded = load_folder(root)
        read = time.perf_counter()
        problems = check(loaded, Surroundings(_DAY))
        ended, cpu = time.perf_counter(), time.process_time() - cpu
        times = answer_times(root, chosen.sessions)
    result = {
        "guides": chosen.guides,
        "files": len(loaded.sources) * 3,
        "problems": len(problems),
        "read_seconds": round(read - started, 2),
        "check_seconds": round(ended - read, 2),
        "seconds": round(ended - started, 2),
        "cpu_seconds": round(cpu, 2),
        "answers": len(times),
        "answer_p50_ms": round(statistics.median(times), 3),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
