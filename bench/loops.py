"""Servers of an event loop in a thread of their own, from entering to leaving a block."""

from __future__ import annotations

import asyncio
import threading
from typing import Self


class LoopServer:
    """Listens on loopback at ``port``; what it does with a connection is ``_serve``."""

    def __init__(self) -> None:
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError

    def _begin(self) -> None:
        """What runs beside the connections."""

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._begin()
        self._started.set()
        self._loop.run_forever()
        server.close()
        rest = asyncio.all_tasks(self._loop)
        for task in rest:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
        self._loop.close()


class Delay(LoopServer):
    """A way to another port on which every answer arrives ``seconds`` later."""

    def __init__(self, target: int, seconds: float) -> None:
        super().__init__()
        self._target = target
        self._seconds = seconds

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            behind, to_behind = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        await asyncio.gather(
            _copy(reader, to_behind),
            self._take(behind, waiting),
            self._give(waiting, writer),
            return_exceptions=True,
        )

    async def _take(
        self, behind: asyncio.StreamReader, waiting: asyncio.Queue[tuple[float, bytes]]
    ) -> None:
        while True:
            part = await behind.read(65_536)
            await waiting.put((self._loop.time() + self._seconds, part))
            if not part:
                return

    async def _give(
        self, waiting: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        while True:
            due, part = await waiting.get()
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            if not part:
                writer.close()
                return
            writer.write(part)
            await writer.drain()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(65_536):
        writer.write(part)
        await writer.drain()
    writer.close()
