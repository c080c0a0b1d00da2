"""``guides new``: a small complete guide to start from, and cases proposed for what is untested."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from string import Template

from kb_assist.guides.run import Stored
from kb_assist.guides.sample import Walk

_GUIDE = {
    "en": Template("""\
---
guide: $guide
version: 1
lang: en
owner: $owner
audience: [agent]
suggest: {categories: [], words: [$words]}
---
# $title

Use this when … and not when …

## restarted

**Was the device restarted since the problem began?**

- `yes` → [solved](#solved)
- `no` → [restart](#restart)

## restart

**Restart the device** `do: either, minutes: 5`

**Expected:** the sign-in screen appears within five minutes.

- `ok` → [solved](#solved)
- `failed` → [hand_over](#hand_over)

## solved

**Is the problem gone?**

- `yes` → [done](#done)
- `no` → [hand_over](#hand_over)

## done

**The problem is solved** `end: resolved`

## hand_over

**Hand over to the second level** `end: escalate, to: L2, queue: service-desk, dossier: [restarted]`
"""),
    "de": Template("""\
---
guide: $guide
version: 1
lang: de
owner: $owner
audience: [agent]
suggest: {categories: [], words: [$words]}
---
# $title

Verwenden, wenn …, und nicht, wenn …

## restarted

**Wurde das Gerät neu gestartet, seit das Problem besteht?**

- `yes` → [solved](#solved)
- `no` → [restart](#restart)

## restart

**Das Gerät neu starten** `do: either, minutes: 5`

**Expected:** Binnen fünf Minuten erscheint die Anmeldung.

- `ok` → [solved](#solved)
- `failed` → [hand_over](#hand_over)

## solved

**Ist das Problem behoben?**

- `yes` → [done](#done)
- `no` → [hand_over](#hand_over)

## done

**Das Problem ist gelöst** `end: resolved`

## hand_over

**An den Second Level übergeben** `end: escalate, to: L2, queue: service-desk, dossier: [restarted]`
"""),
}
_CASES = """\
- case: it was restarted, and works by now
  today: $today
  answers: {restarted: yes, solved: yes}
  ends: done
- case: a restart does not help
  today: $today
  answers: {restarted: no, restart: ok, solved: no}
  ends: hand_over
- case: it does not even restart
  today: $today
  answers: {restarted: no, restart: failed}
  ends: hand_over
"""
_PLAIN = re.compile(r"[A-Za-z0-9][\w.@/-]*")
# Shorter words of a title stand in every ticket.
_TELLING = 4
LANGUAGES = tuple(_GUIDE)


def new_guide(guide: str, *, title: str, lang: str, owner: str) -> str:
    """A guide that ``check`` finds nothing wrong with, once its cases are written too."""
    # Without any word it would never be offered at a ticket, and nothing would say so.
    telling = [word for word in re.findall(r"\w+", title.lower()) if len(word) >= _TELLING]
    words = ", ".join(json.dumps(word, ensure_ascii=False) for word in telling or [guide])
    return _GUIDE[lang].substitute(guide=guide, title=title, owner=owner, words=words)


def new_cases(today: date) -> str:
    return Template(_CASES).substitute(today=today)


def cases_text(walks: Iterable[Walk], today: date) -> str:
    """Walks as entries of a cases file, to be read and named by a person."""
    return "".join(_case(walk, today) for walk in walks)


def _case(walk: Walk, today: date) -> str:
    end = walk.trace.outcome.step if walk.trace.outcome else ""
    context = f"  context: {_flow(walk.context)}\n" if walk.context else ""
    last = list(walk.answers.items())[-3:]
    path = ", ".join(f"{key} {_scalar(value)}".replace('"', "") for key, value in last)
    return (
        f"- case: {json.dumps(f'{path} → {end}', ensure_ascii=False)}\n  today: {today}\n{context}"
        f"  answers: {_flow(walk.answers)}\n  ends: {end}\n"
    )


def _flow(values: Mapping[str, Stored]) -> str:
    return "{" + ", ".join(f"{key}: {_scalar(value)}" for key, value in values.items()) + "}"


def _scalar(value: Stored) -> str:
    if value is None:
        return '""'
    if isinstance(value, tuple):
        return "[" + ", ".join(_scalar(item) for item in value) + "]"
    if isinstance(value, float | int):
        return f"{value:g}"
    return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
