"""A small HTTP load balancer: asks every node's /readyz, takes turns among those that are ready.

Only for measuring and trying out: one request a connection, bodies are held in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Sequence

_CHECK_SECONDS = 0.25
_CHECK_TIMEOUT = 3.0
_ANSWER_TIMEOUT = 60.0
_IDEMPOTENT = (b"GET", b"HEAD", b"PUT", b"DELETE", b"OPTIONS")
_AWAY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Type: application/problem+json\r\nContent-Length: 27\r\n\r\n"
    b'{"code":"no_node_answered"}'
)


class Balancer:
    """Serves on loopback in a thread of its own, from entering to leaving."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.ports = tuple(ports)
        self.port = 0
        self._ready: set[int] = set()
        self._turn = 0
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def ready(self) -> frozenset[int]:
        """Ports of the nodes that get requests now."""
        return frozenset(self._ready)

    def __enter__(self) -> Balancer:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
        )
        self.port = server.sockets[0].getsockname()[1]
        checks = [self._loop.create_task(self._watch(port)) for port in self.ports]
        self._started.set()
        self._loop.run_forever()
        server.close()
        rest = [task for task in asyncio.all_tasks(self._loop) if not task.done()]
        for task in rest:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*checks, *rest, return_exceptions=True))
        self._loop.close()

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
        candidates = sorted(self._ready)
        self._turn += 1
        tries = len(candidates) if request.split(b" ", 1)[0] in _IDEMPOTENT else 1
        for number in range(min(tries, len(candidates))):
            port = candidates[(self._turn + number) % len(candidates)]
            try:
                async with asyncio.timeout(_ANSWER_TIMEOUT):
                    answer = await _exchange(port, request)
            except ConnectionRefusedError:
                self._ready.discard(port)
                continue
            except (OSError, TimeoutError):
                break
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
