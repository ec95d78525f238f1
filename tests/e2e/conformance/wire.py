# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 by hand for the conformance tests, on asyncio: all fields as they come, in order."""

import asyncio
import dataclasses

NO_BODY = {204, 304}


@dataclasses.dataclass
class Received:
    status: int
    fields: list
    body: str = ""
    whole: bool = True
    interim: list = dataclasses.field(default_factory=list)


def fields_of(lines):
    fields = []
    for line in lines:
        name, _, value = line.partition(":")
        fields.append((name.lower(), value.strip()))
    return fields


def values(fields, name):
    return [value for each, value in fields if each == name.lower()]


async def read_head(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    first, *rest = head[:-4].decode("latin-1").split("\r\n")
    return first, fields_of(rest)


async def read_body(reader, fields, *, has_length):
    """The body; what has no length ends with the connection if `has_length`, else there is none."""
    if "chunked" in values(fields, "transfer-encoding"):
        body = b""
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readuntil(b"\r\n")
        return body.decode("latin-1")
    length = values(fields, "content-length")
    if length:
        return (await reader.readexactly(int(length[0]))).decode("latin-1")
    return (await reader.read()).decode("latin-1") if has_length else ""


class Connection:
    """A client's, opened again when the node has closed it."""

    def __init__(self, port):
        self.port = port
        self.reader = self.writer = None

    def close(self):
        if self.writer:
            self.writer.close()
        self.writer = None

    async def request(self, method, target, fields, body=""):
        if not self.writer:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        if body or method in ("POST", "PUT"):
            fields = (*fields, f"Content-Length: {len(body)}")
        lines = "".join(f"{field}\r\n" for field in ("Host: cache.test", *fields))
        self.writer.write(f"{method} {target} HTTP/1.1\r\n{lines}\r\n{body}".encode("latin-1"))
        await self.writer.drain()
        interim = []
        while True:
            try:
                line, got = await read_head(self.reader)
            except (asyncio.IncompleteReadError, ConnectionError):
                self.close()
                return Received(0, [], whole=False, interim=interim)
            status = int(line.split(" ")[1])
            if status >= 200:
                break
            interim.append((status, got))
        received = Received(status, got, interim=interim)
        try:
            if method != "HEAD" and status not in NO_BODY:
                received.body = await read_body(self.reader, got, has_length=True)
        except (asyncio.IncompleteReadError, ConnectionError):
            received.whole = False
        if not received.whole or "close" in values(got, "connection"):
            self.close()
        return received
