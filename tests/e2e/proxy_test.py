#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The reverse proxy of a whole node: what gets to an origin and what comes back, streams in both
directions, WebSockets, pools, retries, and what clients are told when the origin fails.
"""

import asyncio
import pathlib
import ssl
import subprocess
import tempfile
import threading

import websockets

from checks import SLOW, check, contains, equal, main, wait_until
from node import Node, curl, fetch, make_certificate
from origin_server import OriginServer
from wire import Wire

ROUTES = """
[[origin]]
name = "app"
type = "servers"
servers = ["{app}"]
fails_max = 1000000
first_byte_ms = {slow_ms}
[[origin]]
name = "socket"
type = "servers"
servers = ["{socket}"]
headers = {{ X-Own = "of the edge" }}
prefix = "/below"
[[origin]]
name = "tls"
type = "servers"
servers = ["{tls}"]
tls_ca_file = "{ca}"
tls_name = "origin.test"
[[origin]]
name = "tls-wrong"
type = "servers"
servers = ["{tls}"]
tls_ca_file = "{ca}"
tls_name = "other.test"
[[origin]]
name = "tls-untrusted"
type = "servers"
servers = ["{tls}"]
tls_name = "origin.test"
[[origin]]
name = "websockets"
type = "servers"
servers = ["http://127.0.0.1:{websockets}"]
[[origin]]
name = "narrow"
type = "servers"
servers = ["{app}"]
connections_max = 1
queue_max = 1
[[origin]]
name = "down"
type = "servers"
servers = ["unix:/nonexistent/origin.sock"]
[[origin]]
name = "either"
type = "failover"
of = ["down", "app"]
[[proxy]]
path = "/app/{{path...}}"
origin = "app"
strip_prefix = "/app"
[[proxy]]
path = "/other/{{path...}}"
origin = "app"
strip_prefix = "/other"
add_prefix = "/v1"
host_sent = "said.example"
forwarded = true
x_forwarded = false
trusted = ["127.0.0.0/8"]
via = ""
informational = false
[[proxy]]
path = "/no-upgrade"
origin = "websockets"
websocket = false
"""
SIMPLE = '[[proxy]]\npath = "/{0}/{{path...}}"\norigin = "{0}"\nstrip_prefix = "/{0}"\n'

app = unix = secure = node = None


def get(path, *arguments):
    return fetch(f"http://127.0.0.1:{node.port}{path}", *arguments)


def forwarding():
    """what gets to the origin, and what comes back"""
    async def answer(request):
        await request.answer("there", connection="x-back", x_back="hop", x_end="to end",
                             keep_alive="timeout=5", server="Origin")
    app.add("/fields", answer)
    status, fields, body = get("/app/fields?q=1&r", "-H", "X-Forwarded-For: 192.0.2.7", "-H",
                               "X-Mine: kept", "-H", "Connection: x-hop, keep-alive", "-H",
                               "X-Hop: one", "-H", "Proxy-Connection: close", "-H", "TE: gzip",
                               "-H", "Forwarded: for=192.0.2.7")
    equal((status, body), (200, b"there"), "the answer")
    seen = app.last("/fields?q=1&r")
    for name, value in (("host", f"127.0.0.1:{app.port}"), ("x-mine", "kept"),
                        ("x-forwarded-for", "127.0.0.1"), ("x-forwarded-proto", "http"),
                        ("x-forwarded-host", f"127.0.0.1:{node.port}"), ("via", "1.1 fcedge"),
                        ("x-hop", None), ("proxy-connection", None), ("te", None),
                        ("forwarded", None), ("keep-alive", None)):
        equal(seen.header(name), value, f"the request's {name}")
    equal((fields["x-end"], fields["server"], fields["via"]), ("to end", "Origin", "1.1 fcedge"),
          "what is for the client")
    check("x-back" not in fields and "keep-alive" not in fields, "what is not", fields)
    app.add("/v1/fields", answer)
    status, fields, _ = get("/other/fields", "-H", 'Forwarded: for="[2001:db8::7]"', "-H",
                            "X-Forwarded-For: 192.0.2.7")
    seen = app.last("/v1/fields")
    equal((seen.header("host"), seen.header("via"), fields.get("via")),
          ("said.example", None, None), "as that route says")
    contains(seen.header("forwarded"), 'for="[2001:db8::7]", for=127.0.0.1', "it is continued")
    app.add("/over-tls", answer)
    curl("-k", "--http2", f"https://127.0.0.1:{node.tls_port}/app/over-tls")
    seen = app.last("/over-tls")
    equal((seen.header("x-forwarded-proto"), seen.header("via")), ("https", "2.0 fcedge"), "TLS")


def bodies():
    """requests with bodies, of known length and not, over both protocols"""
    async def echo(request):
        await request.answer(request.method.encode() + b" " + request.body)
    app.add("/echo", echo)
    large = b"0123456789abcdef" * 20000
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for data in (b"some words", large):
            for version in ("--http1.1", "--http2"):
                for length in ((), ("-H", "Transfer-Encoding: chunked")):
                    if length and version == "--http2":
                        continue
                    code, out, err = curl("-k", version, "-X", method, *length, "-H", "Expect:",
                                          "--data-binary", "@-",
                                          f"https://127.0.0.1:{node.tls_port}/app/echo", data=data)
                    equal((code, out == method.encode() + b" " + data), (0, True),
                          f"{method} {version} {length} {len(data)}: {err}")
    status, fields, body = get("/app/echo", "-I")
    equal((status, body, fields["content-length"]), (200, b"", "5"), "HEAD")
    equal(get("/app/echo", "-X", "LINK")[0], 405, "a method that the route does not have")


def streaming():
    """both bodies get through piece by piece, as they come"""
    got = []

    async def pieces(request):
        head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        await request.send(head)
        async for piece in request.pieces():
            got.append(piece)
            await request.send(b"%x\r\n%s\r\n" % (len(piece), piece.upper()))
        await request.send("0\r\n\r\n")
    app.add("/pieces", pieces, streams=True)
    with Wire(node.port) as wire:
        wire.send("POST /app/pieces HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        equal(wire.head().headers.get("transfer-encoding"), "chunked", "it has begun")
        for piece in (b"one", b"two", b"three"):
            wire.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            equal(wire.chunk(), piece.upper(), "the answer to this piece, before the next")
        equal(got, [b"one", b"two", b"three"], "in pieces")
        wire.send("0\r\n\r\n")
        equal(wire.chunk(), b"", "the end")


def early_hints():
    """103 gets to the client before the answer, unless the route does not want it"""
    async def hints(request):
        await request.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")
        await request.answer("page")
    for path in ("/hints", "/v1/hints"):
        app.add(path, hints)
    with Wire(node.port) as wire:
        wire.send("GET /app/hints HTTP/1.1\r\nHost: h\r\n\r\n")
        first = wire.head()
        equal((first.status, first.headers["link"]), (103, "</a.css>; rel=preload"), "the hint")
        answer = wire.answer()
        equal((answer.status, answer.body), (200, b"page"), "and the answer")
        equal(wire.request("/other/hints").status, 200, "no hint")
    code, out, err = curl("-k", "--http2", "-i", f"https://127.0.0.1:{node.tls_port}/app/hints")
    equal(code, 0, err)
    contains(out.decode(), "HTTP/2 103 \r\nlink: </a.css>; rel=preload\r\n", "by HTTP/2")


class WebSocketOrigin:
    """An echo by somebody else's library, on a loop of its own."""

    def __init__(self):
        self.code = None
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = asyncio.run_coroutine_threadsafe(self.listen(), self.loop).result(10)
        self.port = self.server.sockets[0].getsockname()[1]

    async def listen(self):
        async def echo(socket, *_):
            try:
                async for message in socket:
                    await socket.send(message)
            except websockets.ConnectionClosedError as error:
                self.code = error.code
        return await websockets.serve(echo, "127.0.0.1", 0, subprotocols=["echo"])

    def stop(self):
        async def end():
            self.server.close()
            await self.server.wait_closed()
        asyncio.run_coroutine_threadsafe(end(), self.loop).result(10 * SLOW)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


def through_a_tunnel():
    """WebSockets, with what they were extended by, in both directions and to both ends"""
    async def go():
        url = f"ws://127.0.0.1:{node.port}/websockets/"
        async with websockets.connect(url, subprotocols=["echo"]) as socket:
            equal(socket.subprotocol, "echo", "the origin's choice")
            for message in ("words", b"\0" * 100, "long " * 30000):
                await socket.send(message)
                equal(await asyncio.wait_for(socket.recv(), 10 * SLOW), message, "echoed")
            await (await socket.ping())
            await socket.close(4321)
        try:
            async with websockets.connect(f"ws://127.0.0.1:{node.port}/no-upgrade"):
                check(False, "no WebSocket there")
        except websockets.InvalidStatusCode as error:
            equal(error.status_code, 426, "the origin was asked for a page")
    before = node.count("proxy_upgrades")
    asyncio.run(go())
    equal(node.count("proxy_upgrades"), before + 1, "one tunnel")
    wait_until(lambda: node.metrics()["fcedge_connections"] <= 1, "it has ended")
    wait_until(lambda: web.code == 4321, "the close code gets there")


def failures():
    """502, 503 and 504, and what is cut off"""
    async def garbage(request):
        await request.send("this is no HTTP\r\n\r\n")
        request.writer.transport.abort()

    async def short(request):
        await request.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
        request.writer.close()
    app.add("/garbage", garbage)
    app.add("/short", short)
    app.add("/slow", "late")
    equal(get("/down/")[0], 502, "nobody is there")
    equal(get("/app/garbage")[0], 502, "nonsense")
    app.hold("/slow")
    equal(get("/app/slow")[0], 504, "late")
    app.release("/slow")
    code, out, _ = curl(f"http://127.0.0.1:{node.port}/app/short")
    check(code != 0 and out == b"short", "cut off, so that nobody takes it for all", code)
    app.add("/held", "held")
    app.hold("/held")
    with Wire(node.port) as first, Wire(node.port) as second:
        queued = node.count("upstream_queued")
        for wire in (first, second):
            wire.send("GET /narrow/held HTTP/1.1\r\nHost: h\r\n\r\n")
        node.wait_count("upstream_queued", queued + 1)
        status, fields, _ = get("/narrow/held")
        equal((status, fields["retry-after"]), (503, "1"), "too much waits")
        app.release("/held")
        equal([first.answer().body, second.answer().body], [b"held"] * 2, "those who waited")
    for name in ("connect", "answer", "time", "busy"):
        check(node.count(f"proxy_failed_{name}") >= 1, f"counted: {name}")
    app.add("/kept", "by the second")
    equal(get("/either/kept")[2], b"by the second", "failover")


def pools():
    """connections are used again, also after the configuration was read again"""
    app.add("/page", "page")
    get("/app/page")
    connections, reused = app.connections, node.count("upstream_reused")
    for _ in range(10):
        equal(get("/app/page")[2], b"page", "an answer")
    contains(node.reload(), "reloaded", "reloaded")
    equal(get("/app/page")[2], b"page", "an answer")
    equal(app.connections, connections, "all on those that were there")
    equal(node.count("upstream_reused"), reused + 11, "counted")

    async def last(request):
        await request.answer("bye", close=True)
        request.writer.close()
    app.add("/last", last)
    get("/app/last")
    equal(get("/app/page")[2], b"page", "a new one where the old one was closed")
    equal(app.connections, connections + 1, "one more")


def retries():
    """what may be sent twice is tried again, what may not is not"""
    async def flaky(request):
        if request.number == 0:
            request.writer.transport.abort()
        else:
            await request.answer("at last")
    for method, status, count in (("GET", 200, 2), ("HEAD", 200, 2), ("DELETE", 200, 2),
                                  ("POST", 502, 1), ("PATCH", 502, 1)):
        path = f"/flaky-{method.lower()}"
        app.add(path, flaky)
        how = ("-I",) if method == "HEAD" else ("-X", method)
        equal((get(f"/app{path}", *how)[0], app.count(path)), (status, count), method)


def other_ways():
    """origins by unix socket and by TLS, whose certificate is verified"""
    unix.add("/below/x", "by socket")
    equal(get("/socket/x")[2], b"by socket", "a unix socket")
    seen = unix.last("/below/x")
    equal((seen.header("host"), seen.header("x-own")), ("localhost", "of the edge"), "as it says")
    secure.add("/x", "by TLS")
    equal(get("/tls/x")[2], b"by TLS", "its certificate is good")
    failed = node.count("upstream_tls_failures")
    equal(get("/tls-wrong/x")[0], 502, "a certificate of somebody else")
    equal(get("/tls-untrusted/x")[0], 502, "a certificate that nobody vouches for")
    check(node.count("upstream_tls_failures") >= failed + 2, "counted")
    equal(secure.count("/x"), 1, "it was not asked")


def goodbye():
    """over TLS a body that ends with the connection is whole only if the origin has said so"""
    head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"

    async def told(request):
        await request.send(head + "all of it")
        request.writer.close()
        await request.writer.wait_closed()

    async def cut(request):
        await request.send(head + "half of")
        request.writer.transport.abort()
    secure.add("/told", told)
    secure.add("/cut", cut)
    code, out, _ = curl("-k", f"https://127.0.0.1:{node.tls_port}/tls/told")
    equal((code, out), (0, b"all of it"), "it was said")
    code, out, _ = curl("-k", f"https://127.0.0.1:{node.tls_port}/tls/cut")
    check(code != 0, "anybody may have closed the socket", (code, out))


def authority(directory):
    """A certificate authority ca.pem, and origin.pem with its key, which it vouches for."""
    make_certificate(directory, "ca")
    subprocess.run(["openssl", "req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-subj", "/CN=origin", "-keyout",
                    directory / "origin.key", "-out", directory / "origin.csr"],
                   check=True, capture_output=True)
    (directory / "names").write_text("subjectAltName=DNS:origin.test\n")
    subprocess.run(["openssl", "x509", "-req", "-in", directory / "origin.csr", "-CA",
                    directory / "ca.pem", "-CAkey", directory / "ca.key", "-CAcreateserial",
                    "-days", "30", "-extfile", directory / "names", "-out",
                    directory / "origin.pem"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "origin.pem", directory / "origin.key")
    return context


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="fcedge-proxy-") as scratch:
        place = pathlib.Path(scratch)
        web = WebSocketOrigin()
        with OriginServer() as app, OriginServer(path=place / "app.sock") as unix, \
                OriginServer(tls=authority(place)) as secure:
            names = ("socket", "tls", "tls-wrong", "tls-untrusted", "websockets", "narrow", "down",
                     "either")
            routes = ROUTES.format(app=app.url, socket=unix.url, tls=secure.url,
                                   ca=place / "ca.pem", websockets=web.port,
                                   slow_ms=500 * SLOW)
            with Node(routes + "".join(map(SIMPLE.format, names)), shards=1) as node:
                try:
                    main(forwarding, bodies, streaming, early_hints, through_a_tunnel, failures,
                         pools, retries, other_ways, goodbye)
                except SystemExit as ended:
                    result = ended.code
        web.stop()
    raise SystemExit(result)
