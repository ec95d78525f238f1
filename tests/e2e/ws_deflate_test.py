#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compressed WebSocket messages of feeds and live routes: by python3-websockets, and by frames."""

import asyncio
import contextlib
import json
import random
import ssl
import zlib

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from checks import SLOW, check, contains, equal, main
from node import SECRET, Node, with_node
from wire import Wire
from ws_client import TEXT, RawWebSocket, frame

PUBLISH = """
[[publish]]
path = "/publish/{channel}"
tenant = "t"
channel = "{channel}"
secret_file = "publish.secret"
"""
ROUTES = PUBLISH + """
[[feed]]
path = "/feed/{channel}"
tenant = "t"
channel = "{channel}"
deflate = true
[[feed]]
path = "/plain/{channel}"
tenant = "t"
channel = "{channel}"
[[live]]
path = "/live"
tenant = "t"
deflate = true
"""
JSON_PROTOCOL = "fcedge.v1.json"
WORDS = "All that was said is said again. \u00e4\u20ac\U0001f600 " * 40
RSV1 = 4

node = None


def publish(channel, text, on=None):
    with Wire((on or node).port) as wire:
        answer = wire.request(f"/publish/{channel}", "POST", f"Authorization: Bearer {SECRET}\r\n",
                              text.encode())
    equal(answer.status, 200, f"publication on {channel}")
    return json.loads(answer.body)["id"]


def connect(target, *, bits=None, tls=False, protocol=None, **keywords):
    """`bits` is the window that the client asks for; None has the library offer what it does."""
    if bits:
        keywords.update(compression=None, extensions=[ClientPerMessageDeflateFactory(
            server_max_window_bits=bits, client_max_window_bits=True)])
    if tls:
        keywords["ssl"] = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        keywords["ssl"].check_hostname, keywords["ssl"].verify_mode = False, ssl.CERT_NONE
    scheme, port = ("wss", node.tls_port) if tls else ("ws", node.port)
    return websockets.connect(f"{scheme}://127.0.0.1:{port}{target}", ping_interval=None,
                              subprotocols=[protocol] if protocol else None,
                              open_timeout=10 * SLOW, **keywords)


async def take(socket):
    return await asyncio.wait_for(socket.recv(), 10 * SLOW)


async def many(stack, target, *offers, **keywords):
    """A client for each window that is offered: 15 as the library does it, 0 none."""
    sockets = []
    for bits in offers:
        how = {15: {"compression": "deflate"}, 0: {"compression": None}}.get(bits, {"bits": bits})
        socket = await stack.enter_async_context(connect(target, **how, **keywords))
        equal([each.name for each in socket.extensions],
              ["permessage-deflate"] if bits else [], f"what is agreed with {bits}")
        if bits:
            equal(socket.extensions[0].remote_max_window_bits, bits, "the server's window")
        sockets.append(socket)
    return sockets


def run(coroutine):
    asyncio.run(asyncio.wait_for(coroutine, 60 * SLOW))


def feeds():
    """payloads alone: one compression per window, whatever the number of clients"""
    async def all_of_it():
        for tls in (False, True):
            name = f"feed-{tls}"
            async with contextlib.AsyncExitStack() as stack:
                sockets = await many(stack, f"/feed/{name}", 15, 15, 10, 10, 0, tls=tls)
                sockets += await many(stack, f"/plain/{name}", 0, tls=tls)
                before = node.count("websocket_deflate_input_bytes")
                publish(name, WORDS)
                for socket in sockets:
                    equal(await take(socket), WORDS, "it is the same for all")
                equal(node.count("websocket_deflate_input_bytes") - before,
                      2 * len(WORDS.encode()), "it was compressed twice")
    run(all_of_it())


def sessions():
    """live sessions and JSON feeds share their frames; commands may come compressed"""
    async def all_of_it():
        async with contextlib.AsyncExitStack() as stack:
            lives = await many(stack, "/live", 15, 10, 0, protocol=JSON_PROTOCOL)
            sockets = lives + await many(stack, "/feed/live", 15, 10, 0, protocol=JSON_PROTOCOL)
            for socket in lives:
                contains(json.loads(await take(socket)), "hello", "hello")
                command = {"ref": 1, "subscribe": {"channel": "live", "more": WORDS}}
                await socket.send(json.dumps(command))
                equal(json.loads(await take(socket)), {"ref": 1, "ok": {}}, "the answer")
            for socket in sockets:
                contains(json.loads(await take(socket)), "ready", "ready")
            before = node.count("websocket_deflate_input_bytes")
            told = publish("live", WORDS)
            wanted = {"channel": "live", "id": told, "data": WORDS}
            for socket in sockets:
                text = await take(socket)
                equal(json.loads(text), wanted, "the object")
            equal(node.count("websocket_deflate_input_bytes") - before, 2 * len(text.encode()),
                  "feeds and sessions share, so it was compressed twice")
    run(all_of_it())


def replays():
    """a whole log comes to who resumes, also larger than what a socket takes at once"""
    dice = random.Random(1)
    texts = [str(n) + "".join(dice.choices("abcdefgh ", k=dice.choice((10, 300, 20000))))
             for n in range(60)]
    for text in texts:
        publish("log", text)
    async def all_of_it():
        for tls in (False, True):
            before = node.count("websocket_deflate_input_bytes")
            async with contextlib.AsyncExitStack() as stack:
                for socket in await many(stack, "/feed/log?after=0", 15, 10, 15, 10, 0, tls=tls):
                    for n, text in enumerate(texts):
                        check(await take(socket) == text, f"message {n}")
            again = node.count("websocket_deflate_input_bytes") - before
            check(bool(again) != tls, "it is compressed for the first ones only", again)
    run(all_of_it())
    for tls in (False, True):
        with Raw(node.tls_port if tls else node.port, "/feed/log?after=0", tls=tls,
                 receive_buffer=4096) as wire:
            for n, text in enumerate(texts):
                check(wire.frame() == (len(text) > 63, TEXT, text), f"piece by piece: {n}")


class Raw(RawWebSocket):
    """Tells a frame as (compressed, opcode, text)."""
    def __init__(self, port, target, bits=15, fields="", **keywords):
        super().__init__(port, target, fields=(
            f"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits={bits}\r\n"
            + fields), **keywords)
        self.bits = bits
        self.heads = []

    def take(self, count):
        taken = super().take(count)
        self.heads.append(taken)
        return taken

    def frame(self):
        self.heads = []
        opcode, payload = super().frame()
        compressed = bool(self.heads[0][0] & RSV1 << 4)
        if compressed:
            # A window smaller than the sender's would show as an error.
            payload = zlib.decompressobj(-self.bits).decompress(payload + b"\x00\x00\xff\xff")
        return compressed, opcode, payload.decode()


def frames():
    """what is compressed on the wire, what is not, and that no frame needs another"""
    noise = "".join(chr(35 + n * 37 % 90) for n in range(90))
    for bits in range(9, 16):
        with Raw(node.port, "/feed/raw", bits) as wire:
            answer = wire.opening.headers["sec-websocket-extensions"]
            contains(answer, "server_no_context_takeover", "no contexts")
            contains(answer, f"server_max_window_bits={bits}", "the window")
            for text, compressed in ((WORDS, True), ("x" * 63, False), ("x" * 64, True),
                                     (noise, False), (WORDS, True), ("y" * 60000, True)):
                publish("raw", text)
                equal(wire.frame(), (compressed, TEXT, text), f"{bits}: {text[:9]}")
    fields = f"Sec-WebSocket-Protocol: {JSON_PROTOCOL}\r\n"
    with Raw(node.port, "/feed/raw?after=nonsense", fields=fields) as wire:
        for what in ("gap", "ready"):
            compressed, _, text = wire.frame()
            contains(text, f'"{what}"', what)
            check(not compressed, f"{what} is not compressed")
    with Raw(node.port, "/live", fields=fields) as wire:
        check(not wire.frame()[0], "hello is not compressed")
        wire.send(frame(TEXT, b'{"ref":1,"ping":{}}'))
        equal(wire.frame(), (False, TEXT, '{"ref":1,"ok":{}}'), "nor an answer")
    with Raw(node.port, "/plain/raw") as wire:
        check("sec-websocket-extensions" not in wire.opening.headers, "off unless it is on")
        publish("raw", WORDS)
        equal(wire.frame(), (False, TEXT, WORDS), "it comes as it is")


@with_node(ROUTES, shards=2)
def shards(own):
    """on each shard once"""
    wires = [Raw(own.port, "/feed/s") for _ in range(20)]
    for n in range(5):
        text = WORDS + str(n)
        publish("s", text, on=own)
        for wire in wires:
            equal(wire.frame(), (True, TEXT, text), f"message {n}")
    for wire in wires:
        wire.close()
    times = own.count("websocket_deflate_input_bytes") / (5 * len(text.encode()))
    check(times in (1, 2), "once for each shard that has clients", times)


if __name__ == "__main__":
    node = Node(ROUTES, shards=1, pubsub={"history_bytes": 16 << 20})
    with node:
        try:
            main(feeds, sessions, replays, frames, shards)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
