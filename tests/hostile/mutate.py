"""Real content, broken in a thousand repeatable ways."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

_NASTY = (
    b"<script>alert(1)</script>",
    b"<img src=x onerror=alert(1)>",
    b"[x](javascript:alert(1))",
    b"<a href='data:text/html,x'>x</a>",
    b"{{ 7 * 7 }}{% raw %}${7*7}",
    b"'; DROP TABLE tickets; --",
    b'=HYPERLINK("http://evil.example")',
    b"../../../../etc/passwd",
    b"---\n",
    b"```\n",
    b"\n# \n## \n",
    b"\x00\x07\x1b[31m",
    b"\xff\xfe\xc3\x28",
    "\u202e\u200b\ufeff\U0001f600\ud7ff".encode(),
    b"&#x6a;avascript&colon;",
    b"!!python/object/apply:os.system ['true']",
    b"&a [*a, *a]",
    b"> " * 300,
    b"* " * 300,
    b"[" * 500,
    b"A" * 20_000,
    b",,;;\t\t''\"\"",
    b"\r\n.\r\nBcc: all@example.com\r\n",
)


def mutants(originals: Sequence[bytes], count: int, *, seed: int) -> Iterator[bytes]:
    """``count`` texts, each made of an original by one to four changes."""
    rng = random.Random(seed)
    for _ in range(count):
        text = rng.choice(originals)
        for _ in range(rng.randint(1, 4)):
            text = _change(text, rng)
        yield text


def _change(text: bytes, rng: random.Random) -> bytes:
    begin = rng.randint(0, len(text))
    end = min(len(text), begin + rng.randint(1, 60))
    kind = rng.randrange(7)
    if kind == 0:
        return text[:begin] + text[end:]
    if kind == 1:
        return text[:end] + text[begin:]
    if kind == 2:
        return text[:begin]
    if kind == 3:
        lines = text.split(b"\n")
        rng.shuffle(lines)
        return b"\n".join(lines)
    if kind == 4:
        return text[:begin] + bytes([rng.randrange(256)]) + text[begin + 1 :]
    return text[:begin] + rng.choice(_NASTY) + text[begin:]
