"""A small HTTP load balancer: asks every node's /readyz, chooses the ready one with least to do.

Only for measuring and trying out: one request a connection, bodies are held in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Sequence

from bench.loops import LoopServer

_CHECK_SECONDS = 0.25
_CHECK_TIMEOUT = 3.0
_ANSWER_TIMEOUT = 60.0
_IDEMPOTENT = (b"GET", b"HEAD", b"PUT", b"DELETE", b"OPTIONS")
_AWAY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Type: application/problem+json\r\nContent-Length: 27\r\n\r\n"
    b'{"code":"no_node_answered"}'
)


class Balancer(LoopServer):
    """In front of nodes on loopback."""

    def __init__(self, ports: Sequence[int]) -> None:
        super().__init__()
        self.ports = tuple(ports)
        self._ready: set[int] = set()
        self._in_hand: Counter[int] = Counter()
        self._checks: list[asyncio.Task[None]] = []

    @property
    def ready(self) -> frozenset[int]:
        """Ports of the nodes that get requests now."""
        return frozenset(self._ready)

    def wait(self, count: int, seconds: float = 60.0) -> None:
        """Until so many nodes get requests. Raises TimeoutError."""
        until = time.monotonic() + seconds
        while len(self._ready) < count:
            if time.monotonic() > until:
                raise TimeoutError(f"only {len(self._ready)} of {count} nodes are ready")
            time.sleep(0.05)

    def _begin(self) -> None:
        self._checks = [self._loop.create_task(self._watch(port)) for port in self.ports]

    async def _watch(self, port: int) -> None:
        request = b"GET /readyz HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n"
        while True:
            try:
                async with asyncio.timeout(_CHECK_TIMEOUT):
                    answer = await _exchange(port, request)
            except (OSError, TimeoutError):
                answer = b""
            if answer.split(b" ", 2)[1:2] == [b"200"]:
                self._ready.add(port)
            else:
                self._ready.discard(port)
            await asyncio.sleep(_CHECK_SECONDS)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            request = await _read_request(reader)
            writer.write(await self._answer(request))
            await writer.drain()
        writer.close()

    async def _answer(self, request: bytes) -> bytes:
        """From one node; from another one only where the first refused and repeating is safe."""
        candidates = sorted(self._ready, key=lambda port: (self._in_hand[port], random.random()))
        may_repeat = request.split(b" ", 1)[0] in _IDEMPOTENT
        for port in candidates if may_repeat else candidates[:1]:
            self._in_hand[port] += 1
            try:
                async with asyncio.timeout(_ANSWER_TIMEOUT):
                    answer = await _exchange(port, request)
            except ConnectionRefusedError:
                self._ready.discard(port)
                continue
            except (OSError, TimeoutError):
                break
            finally:
                self._in_hand[port] -= 1
            if answer:
                return answer
            break
        return _AWAY


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    """Head and body, with a header that ends the connection after the answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head[:-4].split(b"\r\n")
    headers = [line for line in lines[1:] if not line.lower().startswith(b"connection:")]
    length = 0
    for line in headers:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    body = await reader.readexactly(length)
    return b"\r\n".join([lines[0], *headers, b"Connection: close", b"", body])


async def _exchange(port: int, request: bytes) -> bytes:
    """The whole answer; a node that dies in the middle is an error."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        answer = await reader.read(-1)
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    said = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    if said and request[:4] != b"HEAD" and int(said[0].partition(b":")[2]) != len(body):
        raise ConnectionError("half an answer")
    return answer
