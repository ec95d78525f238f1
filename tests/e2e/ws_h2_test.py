#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""WebSocket over HTTP/2 (RFC 8441) by frames of both made by hand."""

import json
import signal
import struct
import zlib

from checks import check, contains, equal, main
from h2 import (DATA, END_HEADERS, END_STREAM, GOAWAY, H2, HEADERS, PING, RST_STREAM, SETTINGS,
                WINDOW_UPDATE, frame, headers, literal, status_text)
from node import SECRET, Node, with_node
from wire import Wire
from ws_client import CLOSE, PONG, TEXT, close_frame
from ws_client import PING as WS_PING
from ws_client import frame as ws_frame

ROUTES = """
[[feed]]
path = "/feed/{channel}"
tenant = "t"
channel = "{channel}"
origins = "https://good.example"
[[feed]]
path = "/deflate/{channel}"
tenant = "t"
channel = "{channel}"
deflate = true
[[publish]]
path = "/publish/{channel}"
tenant = "t"
channel = "{channel}"
secret_file = "publish.secret"
"""
BEARER = f"Authorization: Bearer {SECRET}\r\n"
ENABLE_CONNECT = struct.pack("!HI", 8, 1)
CANCEL = 8

node = None


def publish(channel, text, on=None):
    with Wire((on or node).port) as wire:
        answer = wire.request(f"/publish/{channel}", "POST", BEARER, text.encode())
    equal(answer.status, 200, f"publication on {channel}")
    return json.loads(answer.body)["id"]


def connect(path, *, protocol="websocket", version="13", fields=()):
    block = literal(":method", "CONNECT") + literal(":protocol", protocol)
    block += literal(":scheme", "https") + literal(":path", path)
    block += literal(":authority", "localhost") + literal("sec-websocket-version", version)
    return block + b"".join(literal(name, value) for name, value in fields)


class Tunnel:
    """A WebSocket on one stream. Only one of a connection's streams is read at a time."""

    def __init__(self, wire, stream, path, **keywords):
        self.wire, self.stream, self.buffer = wire, stream, b""
        wire.send(headers(stream, connect(path, **keywords), END_HEADERS))
        self.head = wire.until(HEADERS, RST_STREAM, GOAWAY, stream=stream)
        self.ended = self.reset = self.compressed = None

    def send(self, data, end=False):
        while len(data) > 16384:
            self.wire.send(frame(DATA, 0, self.stream, data[:16384]))
            data = data[16384:]
        self.wire.send(frame(DATA, END_STREAM if end else 0, self.stream, data))

    def fill(self):
        got = self.wire.until(DATA, RST_STREAM, stream=self.stream)
        check(got and got[0] == DATA and not self.ended, "DATA comes", got)
        self.buffer += got[3]
        self.ended = bool(got[1] & END_STREAM)
        if got[3]:
            size = struct.pack("!I", len(got[3]))
            self.wire.try_send(frame(WINDOW_UPDATE, 0, 0, size) +
                               frame(WINDOW_UPDATE, 0, self.stream, size))

    def take(self, count):
        while len(self.buffer) < count:
            self.fill()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def message(self):
        """(opcode, payload) of the next frame."""
        first, second = self.take(2)
        self.compressed = bool(first & 0x40)
        size = second & 127
        if size == 126:
            size = int.from_bytes(self.take(2), "big")
        elif size == 127:
            size = int.from_bytes(self.take(8), "big")
        return first & 15, self.take(size)

    def to_end(self):
        while not self.ended:
            self.fill()

    def close_code(self):
        while (got := self.message())[0] != CLOSE:
            pass
        return int.from_bytes(got[1][:2], "big"), got[1][2:]


def opened(tunnel):
    equal(tunnel.head and tunnel.head[0], HEADERS, "the handshake is answered")
    # Index 8 of the static table is ":status: 200"; a change of the table's size may come first.
    contains(tunnel.head[3][:4], b"\x88", "with 200")
    check(not tunnel.head[1] & END_STREAM, "the stream stays open")
    return tunnel


def refused(path, status, **keywords):
    """On a connection of its own, where the status is not in the dynamic table yet."""
    with H2(node.port) as wire:
        tunnel = Tunnel(wire, 1, path, **keywords)
        equal(tunnel.head and tunnel.head[0], HEADERS, f"there is an answer, {status}")
        contains(tunnel.head[3], status_text(status), f"it is {status}")
        opened(Tunnel(wire, 3, "/feed/h"))


def messages():
    """messages, pings and the close handshake, in clear and over TLS"""
    before = node.count("websocket_http2_opened")
    for tls in (False, True):
        with H2(node.tls_port if tls else node.port, tls=tls) as wire:
            got = wire.until(SETTINGS)
            contains(got[3], ENABLE_CONNECT, "the setting is announced")
            fields = [("sec-websocket-protocol", "fcedge.v1.json"),
                      ("origin", "https://good.example")]
            tunnel = opened(Tunnel(wire, 1, "/feed/a", fields=fields))
            contains(json.loads(tunnel.message()[1]), "ready", "the subprotocol is agreed on")
            for text in ("one", "zwei \u00e4", "x" * 126, "x" * 65000):
                told = publish("a", text)
                opcode, payload = tunnel.message()
                equal((opcode, json.loads(payload)),
                      (TEXT, {"channel": "a", "id": told, "data": text}), text[:9])
            ping = ws_frame(WS_PING, b"ping")
            tunnel.send(ping[:3])
            tunnel.send(ping[3:] + ws_frame(TEXT, b"ignored"))
            equal(tunnel.message(), (PONG, b"ping"), "a ping in two pieces")
            tunnel.send(close_frame(1001, b"bye"))
            equal(tunnel.close_code()[0], 1001, "the close is answered")
            tunnel.to_end()
            tunnel.send(b"", end=True)
            # Other requests go on.
            check(wire.get(3).startswith(b"# "), "a request on the same connection")
    equal(node.count("websocket_http2_opened"), before + 2, "both are counted")


def windows():
    """a message larger than the client's windows comes piece by piece"""
    settings = struct.pack("!HI", 4, 100)
    with H2(node.port, settings=settings) as wire:
        tunnel = opened(Tunnel(wire, 1, "/feed/w"))
        text = "".join(chr(97 + n % 26) for n in range(60000))
        publish("w", text)
        equal(tunnel.message(), (TEXT, text.encode()), "all of it")
    with H2(node.port, settings=struct.pack("!HI", 4, 0)) as wire:
        tunnel = opened(Tunnel(wire, 1, "/feed/w"))
        for n in range(300):
            publish("w", f"unread {n}")
        with H2(node.port) as other:
            check(other.get(1).startswith(b"# "), "others are not held up")
        wire.send(frame(WINDOW_UPDATE, 0, 1, struct.pack("!I", 1 << 20)))
        code, reason = tunnel.close_code()
        equal((code, reason), (4410, b"gap: overflow"), "who did not read for long has a gap")


def compressed():
    """permessage-deflate, where it is offered"""
    with H2(node.port) as wire:
        offer = ("sec-websocket-extensions", "permessage-deflate; server_max_window_bits=10")
        tunnel = opened(Tunnel(wire, 1, "/deflate/c", fields=[offer]))
        for text in ("so many words " * 100, "short", "x" * 60000):
            publish("c", text)
            opcode, payload = tunnel.message()
            equal((opcode, tunnel.compressed), (TEXT, len(text) > 63), text[:9])
            if tunnel.compressed:
                payload = zlib.decompressobj(-10).decompress(payload + b"\x00\x00\xff\xff")
            equal(payload, text.encode(), "what it says")
        plain = opened(Tunnel(wire, 3, "/deflate/d"))
        publish("d", "x" * 100)
        equal(plain.message(), (TEXT, b"x" * 100), "who has not offered")
        check(not plain.compressed, "gets it as it is")


def ends():
    """resets, half-closes, what is forbidden: the stream goes, the connection stays"""
    closed = node.count("websocket_closed")
    with H2(node.port) as wire:
        opened(Tunnel(wire, 1, "/feed/e"))
        wire.send(frame(RST_STREAM, 0, 1, struct.pack("!I", CANCEL)))
        node.wait_count("websocket_closed", closed + 1)
        tunnel = opened(Tunnel(wire, 3, "/feed/e"))
        tunnel.send(ws_frame(TEXT, b"half")[:4], end=True)
        tunnel.to_end()
        node.wait_count("websocket_closed", closed + 2)
        for stream, bad, code in ((5, ws_frame(TEXT, b"x", masked=False), 1002),
                                  (7, ws_frame(TEXT, b"\xff"), 1007),
                                  (9, ws_frame(TEXT, b"x" * 65537), 1009),
                                  (11, ws_frame(WS_PING, b"") * 200, 1008),
                                  (13, ws_frame(TEXT, b"x", rsv=4), 1002)):
            tunnel = opened(Tunnel(wire, stream, "/feed/e"))
            tunnel.send(bad)
            equal(tunnel.close_code()[0], code, f"stream {stream}")
        check(wire.get(15).startswith(b"# "), "the connection lives")
    node.wait_count("websocket_closed", closed + 7)


def handshakes():
    """what is refused, and how"""
    refused("/feed/h", 501, protocol="connect-udp")
    refused("/feed/h", 426, version="8")
    refused("/feed/h", 403, fields=[("origin", "https://bad.example")])
    refused("/metrics", 501)
    with H2(node.port) as wire:
        # 404 and 400 are in the static table.
        contains(Tunnel(wire, 1, "/nowhere").head[3][:4], b"\x8d", "an unknown path is 404")
        wire.send(headers(3, connect("/feed/h")))
        got = wire.until(HEADERS, RST_STREAM, stream=3)
        contains(got[3], b"\x8c", "a stream that is over at once is 400")
        opened(Tunnel(wire, 5, "/feed/h"))


@with_node(ROUTES)
def off(own):
    """without the option there is no setting, and CONNECT is refused"""
    with H2(own.port) as wire:
        check(ENABLE_CONNECT not in wire.until(SETTINGS)[3], "the setting is not announced")
        tunnel = Tunnel(wire, 1, "/feed/a")
        equal(tunnel.head[0], RST_STREAM, "CONNECT with a protocol breaks the rules")
        check(wire.get(3).startswith(b"# "), "the connection lives")


@with_node(ROUTES, h2_websocket=True)
def drains(own):
    """a drain closes each with 1012 and a delay, and the connection ends after the last"""
    with H2(own.port) as wire:
        tunnel = opened(Tunnel(wire, 1, "/feed/d"))
        own.process.send_signal(signal.SIGTERM)
        code, reason = tunnel.close_code()
        equal(code, 1012, "the close code")
        contains(reason, b"retry-after-ms=", "the reason")
        tunnel.send(close_frame(1012), end=True)
        equal(wire.drain(), 0, "GOAWAY without error, then the end")
    contains(own.end(None), "connections_cut=0", "nobody was cut off")


def many():
    """a hundred on one connection, each gets its message"""
    with H2(node.tls_port, tls=True) as wire:
        streams = range(1, 201, 2)
        for stream in streams:
            wire.send(headers(stream, connect(f"/feed/m{stream}"), END_HEADERS))
        answered = set()
        while len(answered) < len(streams):
            answered.add(wire.until(HEADERS)[2])
        for stream in streams:
            publish(f"m{stream}", f"for {stream}")
        got = {}
        while len(got) < len(streams):
            kind, _, stream, payload = wire.until(DATA, PING)
            got[stream] = payload
        for stream in streams:
            check(got[stream].endswith(f"for {stream}".encode()), f"stream {stream}", got[stream])


if __name__ == "__main__":
    node = Node(ROUTES, h2_websocket=True)
    with node:
        try:
            main(messages, windows, compressed, ends, handshakes, off, drains, many)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
