#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each limit cuts off who exceeds it, is counted, and leaves the others alone."""

import os
import struct
import time

from bystanders import Bystanders
from checks import SLOW, check, equal, main
from h2 import (DATA, END_HEADERS, END_STREAM, GOAWAY, H2, HEADERS, RST_STREAM, frame, headers,
                literal, request)
from node import SECRET, Node, with_node
from wire import Wire
from ws_client import RawWebSocket

ROUTES = """
[[directory]]
path = "/files/{path...}"
root = "www"
[[feed]]
path = "/feed/{channel}"
tenant = "t"
channel = "{channel}"
[[publish]]
path = "/publish/{channel}"
tenant = "t"
channel = "{channel}"
secret_file = "publish.secret"
"""
LIMITS = {"header_ms": 1000, "body_ms": 1000, "write_ms": 1000, "idle_ms": 1500, "h2_idle_ms": 1500,
          "request_line_bytes_max": 1000, "header_bytes_max": 4000, "header_count_max": 20,
          "body_bytes_max": 10000, "h2_streams_max": 10, "pipeline_max": 4}
BEARER = f"Authorization: Bearer {SECRET}\r\n"
POST = f"POST /publish/l HTTP/1.1\r\nHost: h\r\n{BEARER}"
POST_H2 = request("/publish/l", "POST", [("authorization", f"Bearer {SECRET}")])

node = None


class Counted:
    """The counter has grown by `by` when this is over, or by more if others may count too."""

    def __init__(self, name, by=1, on=None, others=False):
        self.name, self.by, self.node, self.others = name, by, on or node, others

    def __enter__(self):
        self.before = self.node.count(self.name)

    def __exit__(self, kind, *_):
        if not kind:
            got = self.node.wait_count(self.name, self.before + self.by) - self.before
            check(got == self.by or self.others, f"{self.name} is counted", (got, self.by))


def lasts(wire, low, high):
    """The connection ends, and not before or long after its time, in seconds; what came."""
    began = time.monotonic()
    heard = wire.rest()
    took = time.monotonic() - began
    check(low * 0.5 <= took <= high * SLOW + 2, f"cut off after {low} to {high} s", took)
    return heard


def sizes():
    """too long a request line, too large or too many fields, too large a body"""
    with Bystanders(node):
        for target, status in (("/files/a.txt?" + "q" * 900, 200), ("/" + "x" * 1000, 414),
                               ("/" + "x" * 100000, 414)):
            with Wire(node.port) as wire:
                if status != 200:
                    with Counted("limit_request_line"):
                        equal(wire.request(target).status, status, f"{len(target)} bytes")
                else:
                    equal(wire.request(target).status, status, f"{len(target)} bytes")
        many = "".join(f"X-{n}: y\r\n" for n in range(19))
        for fields, counter in ((many + "X: y\r\n", "limit_header_count"),
                                ("X: " + "y" * 4000 + "\r\n", "limit_header_bytes"),
                                ("X-" + "y" * 4000 + ": y\r\n", "limit_header_bytes"),
                                ("X: " + "y" * 200000 + "\r\n", "limit_header_bytes"),
                                ("X: y\r\n" * 600, "limit_header_count")):
            with Wire(node.port) as wire, Counted(counter):
                equal(wire.request("/files/a.txt", headers=fields).status, 431, fields[:10])
                check(wire.closed(), "the connection is closed")
        with Wire(node.port) as wire:
            equal(wire.request("/files/a.txt", headers=many).status, 200, "20 fields are fine")
        with Wire(node.port) as wire, Counted("limit_body_bytes"):
            wire.send(POST + "Content-Length: 10001\r\n\r\n")
            equal(wire.answer().status, 413, "a body that is announced as too large")
        with Wire(node.port) as wire, Counted("limit_body_bytes"):
            wire.send(POST + "Transfer-Encoding: chunked\r\n\r\n" + "64\r\n" + "x" * 100 + "\r\n")
            wire.send(("64\r\n" + "x" * 100 + "\r\n") * 100)
            equal(wire.answer().status, 413, "one that turns out to be")
        with Wire(node.port) as wire, Counted("limit_header_bytes"):
            wire.send(POST + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + "T: xxxxxxxxxx\r\n" * 1000)
            equal(wire.answer().status, 431, "an endless trailer")
        with Wire(node.port) as wire, Counted("limit_body_bytes"):
            wire.send(POST + "Transfer-Encoding: chunked\r\n\r\n1;")
            try:
                wire.send("x" * 1000000)
            except OSError:
                pass
            equal(wire.answer().status, 413, "an endless chunk extension")


def sizes_h2():
    """the same over HTTP/2"""
    with Bystanders(node), H2(node.port) as wire:
        stream, seen = 1, set()
        for block, counter, status in (
                (request("/" + "x" * 1001), "limit_request_line", b"414"),
                (request(fields=[("x", "y" * 4000)]), "limit_header_bytes", b"431"),
                (request(fields=[(f"x{n}", "y") for n in range(21)]), "limit_header_count", b"431"),
                (POST_H2 + literal("content-length", "10001"), "limit_body_bytes", b"413")):
            with Counted(counter):
                wire.send(headers(stream, block, END_HEADERS if status == b"413" else
                                  END_HEADERS | END_STREAM))
                got = wire.until(HEADERS, RST_STREAM, GOAWAY)
                check(got and got[0] == HEADERS, f"{counter}: an answer", got)
                # A status that came before is a reference into the dynamic table.
                check(status in got[3] or status in seen, f"{counter}: {status}", got)
                seen.add(status)
            stream += 2
        with Counted("limit_body_bytes"):
            wire.send(headers(stream, POST_H2, END_HEADERS) + frame(DATA, 0, stream, b"x" * 10001))
            check(wire.until(HEADERS, stream=stream), "a body that turns out too large")
        equal(wire.get(stream + 2, "/files/a.txt"), b"hello", "the connection goes on")
    with H2(node.port) as wire, Counted("limit_header_bytes"):
        # Repeated references to one large field: small on the wire, large in memory.
        bomb = b"\x40\x01x\x7f" + b"\x81\x1e" + b"y" * (127 + 3841)
        wire.send(frame(HEADERS, END_HEADERS | END_STREAM, 1,
                        b"\x20\x3f\xe1\x1f" + request() + bomb + b"\xbe" * 2000))
        wire.drain()


def slow():
    """slow headers, slow bodies, and connections that are idle or say nothing"""
    with Bystanders(node):
        with Wire(node.port) as wire, Counted("limit_header_time"):
            check(lasts(wire, 1, 2) == b"", "who says nothing")
        with Wire(node.port) as wire, Counted("limit_header_time"):
            # A byte now and then does not help.
            began = time.monotonic()
            wire.socket.settimeout(0.1)
            for byte in "GET /files/a.txt HTTP/1.1\r\nHost: h\r\nX: " + "y" * 10000:
                try:
                    wire.send(byte)
                    if wire.fill():
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
            check(time.monotonic() - began < 3 * SLOW, "a dripping header is cut off")
            check(wire.buffer.startswith(b"HTTP/1.1 408"), "and told why", wire.buffer)
        with Wire(node.port) as wire, Counted("limit_body_time"):
            wire.send(POST + "Content-Length: 10\r\n\r\nhello")
            check(lasts(wire, 1, 2).startswith(b"HTTP/1.1 408"), "half a body")
        with Wire(node.port) as wire, Counted("limit_body_time"):
            wire.send(POST + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel")
            check(lasts(wire, 1, 2).startswith(b"HTTP/1.1 408"), "half a chunk")
        with Wire(node.port) as wire, Counted("limit_idle_time", others=True):
            equal(wire.request("/files/a.txt").status, 200, "a request")
            check(lasts(wire, 1.5, 3) == b"", "and then nothing")


def slow_h2():
    """the same over HTTP/2"""
    with Bystanders(node):
        with Wire(node.port) as wire, Counted("limit_header_time"):
            wire.send("PRI * HTTP/2.0\r\n")
            lasts(wire, 1, 2)
        with Wire(node.port) as wire, Counted("limit_header_time"):
            wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            lasts(wire, 1, 2)
        with H2(node.port) as wire, Counted("limit_http2_idle"):
            equal(wire.drain(), 0, "a connection without a request")
        with H2(node.port) as wire, Counted("limit_header_time"):
            wire.send(frame(HEADERS, END_STREAM, 1, b"\x20" + request()))
            lasts(wire, 1, 2)
        with H2(node.port) as wire, Counted("limit_body_time"):
            wire.send(headers(1, POST_H2, END_HEADERS) + frame(DATA, 0, 1, b"x"))
            got = wire.until(HEADERS, RST_STREAM)
            check(got and got[0] == HEADERS and b"408" in got[3], "a body without end", got)
        with H2(node.port) as wire, Counted("limit_http2_idle"):
            equal(wire.get(1, "/files/a.txt"), b"hello", "a request")
            equal(wire.drain(), 0, "and then nothing")


def slow_read():
    """who does not read is cut off, over HTTP/1.1, HTTP/2, and as a subscriber"""
    with Bystanders(node):
        with Wire(node.port, receive_buffer=4096) as wire, Counted("limit_write_time"):
            wire.send("GET /files/big.bin HTTP/1.1\r\nHost: h\r\n\r\n")
            node.wait_count("limit_write_time", 1)
        with H2(node.port, receive_buffer=4096,
                settings=struct.pack("!HI", 4, 1 << 30)) as wire, Counted("limit_write_time"):
            wire.send(frame(8, 0, 0, struct.pack("!I", 1 << 30)) +
                      headers(1, request("/files/big.bin")))
            node.wait_count("limit_write_time", 2)
        with RawWebSocket(node.port, "/feed/s", receive_buffer=4096), Wire(node.port) as http, \
                Counted("limit_write_time"):
            for _ in range(1000):
                http.request("/publish/s", "POST", BEARER, b"x" * 9000)
                if node.count("limit_write_time") > 2:
                    break


def streams():
    """more streams than are allowed are refused, the others are served"""
    with Bystanders(node), H2(node.port) as wire:
        for n in range(10):
            wire.send(headers(2 * n + 1, request(f"/feed/s{n}")))
        ready = set()
        while len(ready) < 10:
            got = wire.until(DATA)
            if b"event: ready" in got[3]:
                ready.add(got[2])
        with Counted("limit_http2_streams"):
            wire.send(headers(21, request("/feed/one-too-many")))
            check(wire.until(RST_STREAM, GOAWAY), "the eleventh is refused")


@with_node(ROUTES, limits={"connections_max": 20, **LIMITS})
def connections(own):
    """more connections than are allowed are closed at once, and later there is room again"""
    own.metrics()
    wires = [Wire(own.port) for _ in range(19)]
    for wire in wires:
        equal(wire.request("/metrics").status, 200, "these have room")
    with Counted("limit_connections", 5, own):
        for _ in range(5):
            with Wire(own.port) as wire:
                check(wire.closed(), "there is none for these")
    equal(wires[0].request("/metrics").status, 200, "the others go on")
    for wire in wires:
        wire.close()
    own.wait_connections()
    with Wire(own.port) as wire:
        equal(wire.request("/metrics").status, 200, "there is room again")


@with_node(ROUTES, limits={"pipeline_max": 4}, pubsub={"channels_max": 3})
def pipelines_and_channels(own):
    """a pipeline that is held back is answered all the same; idle channels go for new ones"""
    with Wire(own.port) as wire:
        wire.send("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n" * 50)
        for _ in range(50):
            equal(wire.answer().status, 200, "an answer")
        check(own.count("limit_pipeline") > 0, "holding back is counted")
        statuses = [wire.request(f"/publish/c{n}", "POST", BEARER, b"x").status for n in range(5)]
        equal(statuses, [200] * 5, "there is room for a new channel, since nobody reads the others")
        # Each of the two shards has a part of the places, rounded up.
        check(own.count("pubsub_channels_evicted") > 0, "some of which went")


if __name__ == "__main__":
    node = Node(ROUTES, limits=LIMITS)
    with node:
        (node.www / "a.txt").write_text("hello")
        (node.www / "big.bin").write_bytes(os.urandom(20 << 20))
        try:
            main(sizes, sizes_h2, slow, slow_h2, slow_read, streams, connections,
                 pipelines_and_channels)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
