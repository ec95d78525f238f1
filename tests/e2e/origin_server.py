# SPDX-License-Identifier: Apache-2.0
"""An origin that does what a test says: HTTP/1.1 on TCP, TLS or a unix socket, with every request
counted and kept. It runs on a loop in a thread of its own; what a path answers is an async function
of the request.
"""

import asyncio
import collections
import dataclasses
import threading

from checks import SLOW, wait_until


@dataclasses.dataclass
class Request:
    method: str
    target: str
    fields: list  # (name in lower case, value), in order
    connection: int  # a number of its own
    number: int  # of its path: 0 is the first
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    body: bytes = b""

    def header(self, name):
        found = [value for each, value in self.fields if each == name]
        return ", ".join(found) if found else None

    async def send(self, data):
        self.writer.write(data if isinstance(data, bytes) else data.encode("latin-1"))
        await self.writer.drain()

    async def answer(self, body=b"", status=200, close=False, **headers):
        """One whole answer; of a name like cache_control the field is Cache-Control."""
        body = body if isinstance(body, bytes) else body.encode()
        lines = [f"HTTP/1.1 {status} Said"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if status != 304:
            lines.append(f"Content-Length: {len(body)}")
        if close:
            lines.append("Connection: close")
        head = "\r\n".join(lines) + "\r\n\r\n"
        await self.send(head.encode("latin-1") + (b"" if self.method == "HEAD" else body))

    async def pieces(self):
        """The body as it comes, for paths that were added with `streams`."""
        if self.header("transfer-encoding") == "chunked":
            while size := int(await self.reader.readuntil(b"\r\n"), 16):
                yield await self.reader.readexactly(size)
                await self.reader.readexactly(2)
            await self.reader.readuntil(b"\r\n")
        else:
            left = int(self.header("content-length") or 0)
            while left:
                piece = await self.reader.read(min(left, 65536))
                if not piece:
                    raise EOFError
                left -= len(piece)
                yield piece

    async def gone(self):
        """Waits until the other side has left."""
        while await self.reader.read(65536):
            pass


def page(body, **headers):
    """A function that answers always the same, and 304 to who has it."""
    async def answer(request):
        etag = headers.get("etag")
        if etag and request.header("if-none-match") == etag:
            await request.answer(status=304, **headers)
        else:
            await request.answer(body, **headers)
    return answer


class OriginServer:
    def __init__(self, tls=None, path=None):
        self.pages = {}
        self.streamed = set()
        self.requests = []
        self.counts = collections.Counter()
        self.open = collections.Counter()  # requests under way, by path
        self.most = collections.Counter()  # and the most of them at once
        self.connections = 0
        self.tls, self.path = tls, path
        self.port = 0
        self._gates = {}
        self._tasks = set()
        self._server = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.start()

    # --- Life ----------------------------------------------------------------------------------

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30 * SLOW)

    def start(self):
        """Listens, at the port that it had before if it had one."""
        async def listen():
            if self.path:
                return await asyncio.start_unix_server(self._serve, self.path, backlog=1024)
            return await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls,
                                              backlog=1024)
        self._server = self._do(listen())
        if not self.path:
            self.port = self._server.sockets[0].getsockname()[1]

    def stop(self):
        """Listens no more, and cuts all connections."""
        async def end():
            self._server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._do(end())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def url(self):
        if self.path:
            return f"unix:{self.path}"
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    # --- What it says --------------------------------------------------------------------------

    def add(self, path, answer, streams=False):
        """`answer` is an async function of the request, or a body."""
        self.pages[path] = answer if callable(answer) else page(answer)
        if streams:
            self.streamed.add(path)

    def hold(self, path):
        """Requests for that path are counted, and then wait for release()."""
        self._gates[path] = asyncio.Event()

    def release(self, path):
        self._loop.call_soon_threadsafe(self._gates.pop(path).set)

    def count(self, path):
        return self.counts[path]

    def last(self, path):
        return next(each for each in reversed(self.requests) if each.target == path)

    def wait_open(self, path, count):
        wait_until(lambda: self.open[path] >= count, f"{count} at once for {path} at the origin")

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        self.connections += 1
        number = self.connections
        try:
            while await self._serve_one(reader, writer, number):
                pass
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(asyncio.current_task())
            writer.transport.abort()

    async def _serve_one(self, reader, writer, connection):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        method, target, _ = head[0].split(" ")
        fields = [(name.lower(), value.strip())
                  for name, value in (line.split(":", 1) for line in head[1:])]
        path = target.split("?")[0]
        request = Request(method, target, fields, connection, self.counts[path], reader, writer)
        self.counts[path] += 1
        self.requests.append(request)
        self.open[path] += 1
        self.most[path] = max(self.most[path], self.open[path])
        try:
            if path not in self.streamed:
                request.body = b"".join([piece async for piece in request.pieces()])
            if path in self._gates:
                await self._gates[path].wait()
            if path in self.pages:
                await self.pages[path](request)
            else:
                await request.answer("there is no such page", 404)
        finally:
            self.open[path] -= 1
        return not writer.is_closing()
