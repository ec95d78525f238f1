#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A node that cannot let its clients in fast enough sends those away who can come back later.

The backlog is made by stopping the process: while it stands still, clients of TLS that it has
accepted send their ClientHellos, and others their requests. It then finds all of that at once.
"""

import os
import re
import signal
import ssl

from checks import check, contains, equal, main, wait_until
from node import Node
from wire import Wire
from ws_client import CLOSE, RawWebSocket

ROUTES = """
[[feed]]
path = "/feed/{channel}"
tenant = "t"
channel = "{channel}"
[[live]]
path = "/live"
tenant = "t"
"""
# At first a shard is taken to admit 2,000 in a second: these are 100 ms, of which 1 is admitted.
WAITING = 200
STREAM = "GET /feed/a HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n"

node = None


def client_hello():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    out = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


class Storm:
    """While it lasts the node stands still, and so many ClientHellos have come before the rest."""

    def __enter__(self):
        # Held in clear, so that nothing is read of them before the node is stopped.
        hello = client_hello()
        before = node.metrics()["fcedge_connections"]
        self.wires = [Wire(node.tls_port) for _ in range(WAITING)]
        wait_until(lambda: node.metrics()["fcedge_connections"] >= before + WAITING, "accepted")
        node.process.send_signal(signal.SIGSTOP)
        os.waitpid(node.process.pid, os.WUNTRACED)
        for wire in self.wires:
            wire.send(hello)
        return self

    def __exit__(self, *_):
        node.process.send_signal(signal.SIGCONT)

    def close(self):
        for wire in self.wires:
            wire.close()


def sent_away():
    """WebSockets by 1013, event streams by retry, others by 503: and other routes are served"""
    before = node.count("limit_overload")
    wires = {name: Wire(node.port) for name in ("live", "feed", "sse", "ndjson", "poll", "plain")}
    for wire in wires.values():
        equal(wire.request("/metrics").status, 200, "connected")
    upgrade = ("Host: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
               "Sec-WebSocket-Protocol: fcedge.v1.json\r\n\r\n")
    with Storm() as storm:
        wires["live"].send(f"GET /live HTTP/1.1\r\n{upgrade}")
        wires["feed"].send(f"GET /feed/a HTTP/1.1\r\n{upgrade}")
        wires["sse"].send(STREAM)
        wires["ndjson"].send("GET /feed/a?format=ndjson HTTP/1.1\r\nHost: h\r\n\r\n")
        wires["poll"].send("GET /feed/a?poll=1 HTTP/1.1\r\nHost: h\r\n"
                           "Accept: application/x-ndjson\r\n\r\n")
        wires["plain"].send("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n")
    for name in ("live", "feed"):
        head = wires[name].head()
        equal(head.status, 101, f"{name}: scripts see close codes only of what has opened")
        first, size = wires[name].take(2)
        equal(first & 15, CLOSE, f"{name}: it closes at once")
        payload = wires[name].take(size)
        equal(int.from_bytes(payload[:2], "big"), 1013, f"{name}: try again later")
        check(re.fullmatch(rb"retry-after-ms=[1-9]\d*", payload[2:]), f"{name}: when", payload)
    answer = wires["sse"].answer()
    equal(answer.status, 200, "an EventSource would not come back after an error")
    check(re.search(rb"retry: ?[1-9]\d*\n", answer.body), "when to come back", answer.body)
    check(b"ready" not in answer.body, "it has not begun", answer.body)
    for name in ("ndjson", "poll"):
        head = wires[name].head()
        equal(head.status, 503, name)
        check(int(head.headers["retry-after"]) >= 1, f"{name}: when")
    equal(wires["plain"].answer().status, 200, "what is over at once is served")
    equal(node.count("limit_overload") - before, 5, "they are counted")
    for wire in wires.values():
        wire.close()
    storm.close()


def over():
    """once all are in, nobody is sent away any more"""
    node.wait_connections()
    with RawWebSocket(node.port, "/live",
                      fields="Sec-WebSocket-Protocol: fcedge.v1.json\r\n") as socket:
        contains(socket.frame()[1], b'{"hello":', "a live route greets")
    with Wire(node.port) as wire:
        wire.send(STREAM)
        equal(wire.head().status, 200, "a feed")
        wire.take_until(b"event: ready")


if __name__ == "__main__":
    node = Node(ROUTES, shards=1, limits={"overload_ms": 1, "tls_handshakes_per_turn": 1})
    with node:
        try:
            main(sent_away, over)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
