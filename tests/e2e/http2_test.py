#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 by nghttp, h2load, curl, and by hand where they would not go."""

import json
import os
import re
import signal
import struct
import subprocess

from checks import SLOW, check, contains, equal, main
from h2 import (DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, H2, PING, PREFACE, RST_STREAM,
                SETTINGS, WINDOW_UPDATE, frame, headers, literal, request)
from node import SECRET, Node, curl, with_node
from wire import Wire

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
[[comments]]
path = "/threads/{thread}/comments"
tenant = "t"
database = "state/comments.db"
"""
BEARER = f"Authorization: Bearer {SECRET}"
BIG = os.urandom(10 << 20)

node = None


def url(path, tls=True):
    scheme, port = ("https", node.tls_port) if tls else ("http", node.port)
    return f"{scheme}://localhost:{port}{path}"


def get(path, *arguments, tls=True, data=None):
    how = ["-k", "--http2"] if tls else ["--http2-prior-knowledge"]
    return curl(*how, *arguments, url(path, tls), data=data)


def run(*command):
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True,
                          errors="replace", timeout=120 * SLOW, check=False)
    return done.returncode, done.stdout + done.stderr


def by_nghttp():
    """nghttp sees a well-behaved server"""
    code, out = run("nghttp", "-v", "--no-dep", url("/files/a.txt"), url("/files/absent"),
                    url("/files/a.txt", False))
    equal(code, 0, "nghttp is content")
    contains(out, "negotiated protocol: h2", "ALPN")
    contains(out, ":status: 404", "a missing file")
    contains(out, "SETTINGS_MAX_CONCURRENT_STREAMS(0x03):128", "the limit is announced")
    contains(out, "content-length: 5", "the length")
    check(not re.search(r"recv (RST_STREAM|GOAWAY)", out), "no stream and no connection is broken")
    code, out = run("nghttp", "-ns", "--no-dep", "-m", "50", url("/files/a.txt"))
    equal(code, 0, "fifty on one connection")
    code, out = run("nghttp", "-v", "--no-dep", "--expect-continue", "-H", BEARER, "-d",
                    node.directory / "edge.toml", url("/publish/n"))
    contains(out, ":status: 100", "a body is asked for")
    contains(out, ":status: 200", "and taken")
    _, out = run("nghttp", "-v", "--no-dep", "-d", node.directory / "edge.toml", "--trailer",
                 "x-end: 1", "-H", BEARER, url("/publish/n"))
    contains(out, ":status: 200", "a trailer is ignored")


def by_h2load():
    """a thousand requests on ten connections, none fails"""
    for tls in (True, False):
        code, out = run("h2load", "-n", 1000, "-c", 10, "-m", 20, "-t", 1, url("/files/a.txt", tls))
        equal(code, 0, "h2load is content")
        contains(out, "1000 succeeded, 0 failed, 0 errored, 0 timeout", f"tls={tls}")
        contains(out, "status codes: 1000 2xx", f"tls={tls}")


def by_curl():
    """files intact, uploads, HEAD, ranges, conditions"""
    for tls in (True, False):
        code, out, _ = get("/files/big.bin", tls=tls)
        check(code == 0 and out == BIG, f"10 MiB are intact, tls={tls}", (code, len(out)))
        code, out, _ = get("/files/big.bin", "-r", "1000000-8000000", tls=tls)
        check(code == 0 and out == BIG[1000000:8000001], f"a range is, tls={tls}")
        _, out, _ = get("/files/a.txt", "-w", " %{http_version} %{http_code}", tls=tls)
        equal(out, b"hello 2 200", "the version")
        _, out, _ = get("/files/a.txt", "-I", tls=tls)
        contains(out, b"content-length: 5", "HEAD")
        etag = re.search(rb"etag: (.*?)\r", out).group(1).decode()
        _, out, _ = get("/files/a.txt", "-H", f"If-None-Match: {etag}", "-w", "%{http_code}",
                        tls=tls)
        equal(out, b"304", "a condition")
        comment = {"client_id": f"client-{tls}", "author": "A", "text": "T"}
        _, out, _ = get("/threads/x/comments", "-H", "Content-Type: application/json",
                        "--data-binary", "@-", "-w", " %{http_code}", tls=tls,
                        data=json.dumps(comment).encode())
        contains(out, b" 201", "a comment is posted")
        for size, status in ((0, b"200"), (1, b"200"), (65536, b"200"), (65537, b"413"),
                             (1 << 20, b"413")):
            _, out, _ = get("/publish/u", "-H", BEARER, "--data-binary", "@-", "-w",
                            " %{http_code}", tls=tls, data=b"x" * size)
            equal(out[-3:], status, f"a body of {size} bytes, tls={tls}")
        # This curl drops an answer that overtakes its body (RFC 9113, 8.1); nghttp does not.
        _, out = run("nghttp", "-v", "--no-dep", "-H", BEARER, "-d", node.www / "big.bin",
                     url("/publish/u", tls))
        contains(out, ":status: 413", f"a body of 10 MiB, tls={tls}")
        check(re.search(r"recv RST_STREAM.*\n.*NO_ERROR", out), "the rest is not wanted")
    _, out, _ = get("/threads/x/comments")
    equal(len(json.loads(out)["comments"]), 2, "both comments are there")
    with Wire(node.port) as wire:
        wire.send("GET /files/a.txt HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                  "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
        equal(wire.answer().body, b"hello", "the old upgrade to h2c is ignored")


def splits():
    """a connection that comes byte by byte, and a preface that is none"""
    with H2(node.port) as wire:
        for byte in headers(1, request("/files/a.txt")):
            wire.send(bytes([byte]))
        equal(wire.body(1), b"hello", "byte by byte")
    for at in range(1, len(PREFACE)):
        with Wire(node.port) as wire:
            wire.send(PREFACE[:at])
            node.metrics()  # by now the node has read it
            wire.send(PREFACE[at:] + frame(SETTINGS))
            equal(wire.take(9)[3], SETTINGS, f"the preface is split at {at}")
    with Wire(node.port) as wire:
        wire.send(PREFACE[:14] + b"GET / HTTP/1.1\r\n\r\n")
        check(b"HTTP/1.1 " in wire.rest(), "half a preface is HTTP/1.1")


def malformed():
    """requests that are not valid are refused, the rest of the connection goes on"""
    upper = [("X-Upper", "x")]
    cases = {
        "upper case": request(fields=upper),
        "connection": request(fields=[("connection", "close")]),
        "transfer-encoding": request(fields=[("transfer-encoding", "chunked")]),
        "te": request(fields=[("te", "gzip")]), "LF": request(fields=[("x", "a\nb")]),
        "NUL": request(fields=[("x", "a\0b")]), "CR": request(fields=[("x", "a\rb")]),
        "no path": literal(":method", "GET") + literal(":scheme", "http"),
        "two paths": literal(":path", "/") + request(), "empty path": request(""),
        "unknown pseudo": literal(":x", "y") + request(),
        "pseudo last": request(fields=[(":path", "/")]),
        "space in name": request(fields=[("a b", "c")]), "two lengths": request(
            fields=[("content-length", "1"), ("content-length", "2")]),
        "bad host": request(authority="a b"), "host differs": request(fields=[("host", "other")]),
        "path without slash": request("files/a.txt"), "fragment": request("/files/a.txt#x"),
        "status": literal(":status", "200") + request(),
    }
    with H2(node.port) as wire:
        for n, (name, block) in enumerate(cases.items()):
            stream = 2 * n + 1
            wire.send(headers(stream, block))
            got = wire.until(HEADERS, RST_STREAM, GOAWAY)
            check(got and got[2] == stream, f"{name}: the stream is answered", got)
            # :status 400 is entry 12 of the static table; the size of ours may stand before it.
            check(got[0] == RST_STREAM or b"\x8c" in got[3][:4], f"{name} is refused", got)
        equal(wire.get(2 * len(cases) + 1, "/files/a.txt"), b"hello", "the connection goes on")
    check(node.count("http_malformed") >= len(cases), "they are counted")


def broken():
    """what breaks the connection is told by GOAWAY, and others go on"""
    cases = {
        "DATA on stream 0": frame(DATA, 0, 0, b"x"), "even stream": headers(2, request()),
        "SETTINGS of 5 bytes": frame(SETTINGS, payload=b"12345"),
        "SETTINGS on a stream": frame(SETTINGS, 0, 1),
        "PING of 7 bytes": frame(PING, 0, 0, b"1234567"),
        "window of 0": frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\0"),
        "window overflow": frame(WINDOW_UPDATE, 0, 0, struct.pack("!I", 2**31 - 1)) * 2,
        "bad HPACK": frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\xff\xff\xff\xff\xff\xff"),
        "index 0": frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x80"),
        "too large a frame": b"\xff\xff\xff\0\0\0\0\0\1" + b"x" * 100,
        "CONTINUATION alone": frame(9, END_HEADERS, 1, b""),
        "padding too long": frame(DATA, 8, 1, b"\xff"),
        "PUSH_PROMISE": frame(5, END_HEADERS, 1, b"\0\0\0\2"),
        "HEADERS interrupted": frame(HEADERS, END_STREAM, 1, request()) +
                               frame(PING, 0, 0, b"12345678"),
    }
    with H2(node.port) as other:
        for n, (name, data) in enumerate(cases.items()):
            with H2(node.port) as wire:
                wire.send(data)
                error = wire.drain()
                check(error != 0 and wire.ended, f"{name} ends the connection", error)
            equal(other.get(2 * n + 1, "/files/a.txt"), b"hello", f"{name}: others go on")


def flow_control():
    """a client's windows are kept to; large files and small ones share a connection"""
    with H2(node.port, settings=struct.pack("!HI", 4, 100)) as wire:
        wire.send(headers(1, request("/files/big.bin")))
        wire.send(headers(3, request("/files/a.txt")))
        seen = {1: b"", 3: b""}
        while len(seen[3]) < 5 or len(seen[1]) < 100:
            got = wire.until(DATA)
            seen[got[2]] += got[3]
        equal((len(seen[1]), seen[3]), (100, b"hello"), "no more than the window")
        wire.send(frame(WINDOW_UPDATE, 0, 1, struct.pack("!I", 50)))
        while len(seen[1]) < 150:
            seen[1] += wire.until(DATA, stream=1)[3]
        check(seen[1] == BIG[:150], "and what it was opened by")
        wire.send(frame(PING, 0, 0, b"12345678"))
        equal(wire.until(DATA, PING)[0], PING, "then it waits")


@with_node(ROUTES)
def drains(own):
    """a drain says GOAWAY, ends event streams with retry, lets requests under way end"""
    (own.www / "big.bin").write_bytes(BIG)
    with H2(own.port) as wire, H2(own.tls_port, tls=True) as idle:
        wire.send(headers(1, request("/feed/d")))
        while b"event: ready" not in wire.until(DATA, stream=1)[3]:
            pass
        wire.send(headers(3, request("/files/big.bin")))
        check(wire.until(DATA, stream=3), "a download has begun")
        own.process.send_signal(signal.SIGTERM)
        own.wait_log("draining")
        sse = b""
        done = set()
        while done != {1, 3}:
            got = wire.frame()
            check(got is not None, "the connection lasts until all streams have ended")
            if got[0] == DATA:
                if got[2] == 1:
                    sse += got[3]
                if got[3]:
                    size = struct.pack("!I", len(got[3]))
                    wire.try_send(frame(WINDOW_UPDATE, 0, 0, size))
                    if not got[1] & END_STREAM:
                        wire.try_send(frame(WINDOW_UPDATE, 0, got[2], size))
                if got[1] & END_STREAM:
                    done.add(got[2])
            if got[0] == PING and not got[1] & 1:
                wire.try_send(frame(PING, 1, 0, got[3]))
            if got[0] == GOAWAY:
                equal(wire.goaway, 0, "GOAWAY without error")
        contains(sse, b"retry: ", "the event stream is told when to come back")
        equal(wire.drain(), 0, "the connection then ends")
        equal(idle.drain(), 0, "an idle one is told as well")
    contains(own.end(None), "connections_cut=0", "nobody was cut off")


def many_streams():
    """128 event streams on one connection, each gets its message"""
    with H2(node.tls_port, tls=True) as wire:
        for n in range(128):
            wire.send(headers(2 * n + 1, request(f"/feed/m{n}")))
        ready = set()
        while len(ready) < 128:
            got = wire.until(DATA)
            if b"event: ready" in got[3]:
                ready.add(got[2])
        check(True, "all are ready")
        with Wire(node.port) as http:
            for n in range(128):
                http.request(f"/publish/m{n}", "POST", BEARER + "\r\n", f"for {n}.".encode())
        got = {}
        while len(got) < 128:
            event = wire.until(DATA)
            got[event[2]] = event[3]
        for n in range(128):
            contains(got[2 * n + 1], f"data: for {n}.\n".encode(), f"stream {n}")


if __name__ == "__main__":
    node = Node(ROUTES)
    with node:
        (node.www / "a.txt").write_text("hello")
        (node.www / "big.bin").write_bytes(BIG)
        try:
            main(by_nghttp, by_h2load, by_curl, splits, malformed, broken, flow_control, drains,
                 many_streams)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
