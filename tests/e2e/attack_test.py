#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Floods: each is cut off within its limit and counted, while others are served."""

import struct
import threading

from bystanders import Bystanders
from checks import check, equal, main
from h2 import (CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, H2, HEADERS, PING,
                PRIORITY, RST_STREAM, SETTINGS, WINDOW_UPDATE, frame, headers, request)
from node import Node
from wire import Wire
from ws_client import PING as WS_PING
from ws_client import RawWebSocket
from ws_client import frame as ws_frame

ROUTES = """
[[directory]]
path = "/files/{path...}"
root = "www"
[[feed]]
path = "/feed/{channel}"
tenant = "t"
channel = "{channel}"
"""
LIMITS = {"h2_resets_per_s": 20, "h2_continuations_max": 8, "h2_control_per_s": 50,
          "ws_control_per_s": 20, "tls_handshake_ms": 2000, "header_ms": 2000,
          "h2_idle_ms": 2000}
CANCEL = struct.pack("!I", 8)

node = None


def flood(pieces, counter, what):
    """Sends piece after piece: the node closes before the last."""
    before = node.count(counter)
    with Bystanders(node), H2(node.port) as wire:
        # The reader answers SETTINGS: later its answer could come in the middle of a header block.
        wire.until(SETTINGS)
        # What comes back is read aside, so that no side waits for the other.
        reader = threading.Thread(target=wire.drain)
        reader.start()
        for piece in pieces:
            if wire.ended or not wire.try_send(piece):
                break
        reader.join()
        check(wire.ended, f"{what}: the connection is closed")
    equal(node.wait_count(counter, before + 1) - before, 1, f"{what}: it is counted once")


def rapid_resets():
    """streams that are opened and reset at once (CVE-2023-44487)"""
    opened = (headers(stream, request("/files/a.txt")) + frame(RST_STREAM, 0, stream, CANCEL)
              for stream in range(1, 200000, 2))
    # Once warned by GOAWAY, streams are no longer taken and their frames count as control frames.
    before = node.count("limit_http2_resets") + node.count("limit_http2_control")
    requests = node.count("http2_requests")
    with Bystanders(node), H2(node.port) as wire:
        reader = threading.Thread(target=wire.drain)
        reader.start()
        for piece in opened:
            if wire.ended or not wire.try_send(piece):
                break
        reader.join()
        check(wire.ended, "the connection is closed")
        # A warning goes before, but may be lost with what was on its way at the end.
        check(wire.goaway in (ENHANCE_YOUR_CALM, None), "no other error is told", wire.goaway)
    cut = node.count("limit_http2_resets") + node.count("limit_http2_control")
    equal(cut - before, 1, "it is counted")
    check(node.count("http2_requests") > requests, "some were requests")


def resets_by_us():
    """streams that make the server reset them (CVE-2025-8671)"""
    broken = (headers(stream, request("/files/a.txt"), END_HEADERS) +
              frame(WINDOW_UPDATE, 0, stream, b"\0\0\0\0") for stream in range(1, 200000, 2))
    before = sum(node.count(f"limit_http2_{name}") for name in ("resets", "control"))
    with Bystanders(node), H2(node.port) as wire:
        reader = threading.Thread(target=wire.drain)
        reader.start()
        for piece in broken:
            if wire.ended or not wire.try_send(piece):
                break
        reader.join()
        check(wire.ended, "the connection is closed")
    after = sum(node.count(f"limit_http2_{name}") for name in ("resets", "control"))
    check(after - before == 1 or wire.goaway == 1, "it is counted, or the first one broke it")


def continuations():
    """a header block without end (CVE-2024-27316)"""
    def pieces():
        yield frame(HEADERS, END_STREAM, 1, b"\x20" + request("/files/a.txt"))
        for n in range(100000):
            yield frame(CONTINUATION, 0, 1, b"\0\1x\1y")
    flood(pieces(), "limit_http2_continuations", "small ones")
    flood((frame(HEADERS, END_STREAM, 1, b"\x20" + request()) + frame(CONTINUATION, 0, 1) * 20,),
          "limit_http2_continuations", "empty ones")
    with H2(node.port) as wire:
        block = b"\x20" + request("/files/a.txt")
        wire.send(frame(HEADERS, END_STREAM, 1, block[:5]) + b"".join(
            frame(CONTINUATION, 0, 1, block[at:at + 1]) for at in range(5, 11)) +
            frame(CONTINUATION, END_HEADERS, 1, block[11:]))
        equal(wire.body(1), b"hello", "a few are fine")


def control_frames():
    """PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA, unknown frames without end"""
    many = range(1000000)
    for what, piece in (("PING", frame(PING, 0, 0, b"12345678")), ("SETTINGS", frame(SETTINGS)),
                        ("PRIORITY", frame(PRIORITY, 0, 1, b"\0\0\0\0\0")),
                        ("WINDOW_UPDATE", frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\1")),
                        ("SETTINGS with entries", frame(SETTINGS, 0, 0, b"\0\4\0\0\xff\xff" * 30))):
        flood((piece for _ in many), "limit_http2_control", what)
    def empty_data():
        yield headers(1, request("/files/a.txt", "POST"), END_HEADERS)
        for _ in many:
            yield frame(DATA, 0, 1)
    flood(empty_data(), "limit_http2_control", "empty DATA")
    # nghttp2 skips what it does not know without a word; but it keeps no connection alive.
    flood((frame(77, 0, 0, b"?" * 1000) * 10 for _ in many), "limit_http2_idle", "unknown frames")
    with H2(node.port) as wire:
        wire.send(frame(PING, 0, 0, b"12345678") * 30)
        for _ in range(30):
            got = wire.until(PING)
            equal((got[1], got[3]), (1, b"12345678"), "some PINGs are answered")
        equal(wire.get(1, "/files/a.txt"), b"hello", "and the connection goes on")


def websocket_pings():
    """a WebSocket that sends pings without end"""
    with Bystanders(node):
        before = node.count("limit_websocket_control")
        with RawWebSocket(node.port, "/feed/x") as raw:
            try:
                for _ in range(10000):
                    raw.send(ws_frame(WS_PING, b"x" * 125))
            except OSError:
                pass
            # The close frame may be lost with a reset, since more was on its way.
            check(raw.close_code() in (1008, "no close frame"), "it is told 1008")
        equal(node.wait_count("limit_websocket_control", before + 1) - before, 1, "it is counted")


def many_slow_clients():
    """300 clients that send a header slowly, and 300 that are in the middle of a handshake"""
    before = node.metrics()
    with Bystanders(node):
        slow = [Wire(node.port) for _ in range(300)] + [Wire(node.tls_port) for _ in range(300)]
        for number, wire in enumerate(slow):
            wire.send(b"GET / HTTP/1.1\r\nX: " if number < 300 else b"\x16\x03\x01")
        for number, wire in enumerate(slow):
            heard = wire.rest()
            told = heard.startswith(b"HTTP/1.1 408")
            check(told if number < 300 else not heard, "cut off", heard)
            wire.close()
    after = node.metrics()
    for name in ("limit_header_time", "limit_tls_handshake_time"):
        name = f"fcedge_{name}_total"
        equal(after[name] - before[name], 300, f"{name} is counted")


def garbage():
    """connections that send nonsense or leave at once"""
    with Bystanders(node):
        for n in range(200):
            for port in (node.port, node.tls_port):
                wire = Wire(port)
                if n % 4:
                    wire.send(bytes((n * at + at // 7) % 256 for at in range(n * 3)))
                wire.close()
    node.wait_connections()
    check(True, "all are gone")


if __name__ == "__main__":
    node = Node(ROUTES, limits=LIMITS)
    with node:
        (node.www / "a.txt").write_text("hello")
        try:
            main(rapid_resets, resets_by_us, continuations, control_frames, websocket_pings,
                 many_slow_clients, garbage)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
