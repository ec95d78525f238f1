#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""WebSocket feeds: by Debian's python3-websockets, and by raw frames for what is forbidden."""

import asyncio
import json
import ssl

import websockets

from checks import SLOW, check, contains, equal, main
from node import SECRET, Node, with_node
from wire import Wire
from ws_client import BINARY, CLOSE, PING, PONG, TEXT, RawWebSocket, close_frame, frame

FEED = """
[[feed]]
path = "/feed/{channel}"
tenant = "t"
channel = "{channel}"
origins = "https://good.example"
"""
ROUTES = FEED + """
[[feed]]
path = "/open/{channel}"
tenant = "t"
channel = "{channel}"
origins = "*"
[[feed]]
path = "/quick/{channel}"
tenant = "t"
channel = "{channel}"
ping_ms = 200
dead_ms = 600
[[feed]]
path = "/sse/{channel}"
tenant = "t"
channel = "{channel}"
websocket = false
[[publish]]
path = "/publish/{channel}"
tenant = "t"
channel = "{channel}"
secret_file = "publish.secret"
"""

node = None


def publish(channel, text, on=None):
    on = on or node
    with Wire(on.port) as wire:
        answer = wire.request(f"/publish/{channel}", "POST", f"Authorization: Bearer {SECRET}\r\n",
                              text if isinstance(text, bytes) else text.encode())
    equal(answer.status, 200, f"publication on {channel}")
    return json.loads(answer.body)["id"]


def connect(target, *, tls=False, json_protocol=False, on=None, **keywords):
    on = on or node
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    scheme, port = ("wss", on.tls_port) if tls else ("ws", on.port)
    protocols = ["fcedge.v1.json"] if json_protocol else None
    return websockets.connect(f"{scheme}://127.0.0.1:{port}{target}", ssl=context,
                              subprotocols=protocols, open_timeout=10 * SLOW, ping_interval=None,
                              **keywords)


async def receive(socket):
    return await asyncio.wait_for(socket.recv(), 10 * SLOW)


async def receive_json(socket):
    return json.loads(await receive(socket))


def run(coroutine):
    asyncio.run(asyncio.wait_for(coroutine, 60 * SLOW))


def messages():
    """messages arrive as they were published, in clear and over TLS"""
    async def go(tls):
        async with connect("/feed/a", tls=tls, json_protocol=True) as socket:
            equal(socket.subprotocol, "fcedge.v1.json", "the subprotocol is chosen")
            contains(await receive_json(socket), "ready", "ready comes first")
            for text in ("one", "zwei \u00e4\u00f6\u00fc \U0001f600", "", 'a "quoted" \\ \n line',
                         "x" * 125, "x" * 126, "x" * 65000, "\u2028"):
                told = publish("a", text)
                equal(await receive_json(socket),
                      {"channel": "a", "id": told, "data": text}, text[:20])
        async with connect("/feed/a", tls=tls) as socket:
            await socket.ping()
            equal(socket.subprotocol, None, "no subprotocol unasked")
            await (await socket.ping())
            for text in ("bare", "x" * 65536):
                publish("a", text)
                equal(await receive(socket), text, "without it the payload alone comes")
    for tls in (False, True):
        run(go(tls))


def from_client():
    """what clients send is read and ignored, however it is cut"""
    async def go():
        async with connect("/feed/b", json_protocol=True) as socket:
            await receive(socket)
            await socket.send("hello")
            await socket.send(b"\x00\xff")
            await socket.send(["many ", "pieces ", "of text"])
            await socket.send("x" * 65536)
            for payload in (b"", b"p", b"x" * 125):
                await asyncio.wait_for(await socket.ping(payload), 10 * SLOW)
            publish("b", "alive")
            equal((await receive_json(socket))["data"], "alive", "the connection lives on")
            await socket.close(1000, "bye")
            equal(socket.close_code, 1000, "the close is answered")
    run(go())
    with RawWebSocket(node.port, "/feed/b") as raw:
        # A ping between the fragments of a message, and every byte by itself.
        for byte in (frame(TEXT, b"\xe2\x82", fin=False) + frame(PING, b"mid") +
                     frame(0, b"\xac") + frame(PING, b"end")):
            raw.send(bytes([byte]))
        equal(raw.frame(), (PONG, b"mid"), "a ping within a message")
        equal(raw.frame(), (PONG, b"end"), "a character over two fragments")


def close_codes():
    """each mistake has its close code"""
    wrong = {
        1002: {
            "not masked": frame(TEXT, b"x", masked=False), "RSV1": frame(TEXT, b"x", rsv=4),
            "RSV3": frame(TEXT, b"x", rsv=1), "opcode 3": frame(3, b""), "opcode 11": frame(11),
            "nothing to continue": frame(0, b"x"),
            "a message within another": frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"),
            "fragmented ping": frame(PING, b"", fin=False), "long ping": frame(PING, b"x" * 126),
            "close of one byte": frame(CLOSE, b"\x03"), "code 1005": close_frame(1005),
            "code 1006": close_frame(1006), "code 999": close_frame(999),
            "code 1015": close_frame(1015), "code 5000": close_frame(5000),
            "longer than needed": frame(TEXT, b"x", length_bytes=2),
            "much longer than needed": frame(TEXT, b"x" * 200, length_bytes=8),
        },
        1007: {
            "bad UTF-8": frame(TEXT, b"\xff"), "cut UTF-8": frame(TEXT, b"\xe2\x82"),
            "surrogate": frame(TEXT, b"\xed\xa0\x80"), "overlong": frame(TEXT, b"\xc0\xaf"),
            "bad over fragments": frame(TEXT, b"\xe2", fin=False) + frame(0, b"A"),
            "bad reason": close_frame(1000, b"\xff"),
        },
        1008: {"too many pings": frame(PING) * 200},
        1009: {
            "too large": frame(BINARY, b"x" * 65537),
            "too large in sum": frame(TEXT, b"x" * 40000, fin=False) + frame(0, b"x" * 40000),
            "announced as huge": b"\x82\xff" + b"\x7f" + b"\xff" * 7,
        },
    }
    for code, tries in wrong.items():
        for name, data in tries.items():
            with RawWebSocket(node.port, "/feed/c") as raw:
                try:
                    raw.send(data)
                except OSError:
                    pass
                got = raw.close_code()
                # The length of an unmasked or overlong frame may be judged in either order.
                allowed = (code, 1002) if name == "announced as huge" else (code,)
                check(got in allowed, name, f"{got}, expected {code}")
                check(raw.closed(), f"{name}: the connection ends")
    for code in (None, 1000, 1001, 3000, 4999):
        with RawWebSocket(node.port, "/feed/c") as raw:
            raw.send(close_frame(code))
            equal(raw.close_code(), code, f"close {code} is echoed")
            check(raw.closed(), "and the connection ends")
    figures = node.metrics()
    equal(figures["fcedge_websocket_protocol_errors_total"],
          len(wrong[1002]) + len(wrong[1007]), "protocol errors are counted")
    equal(figures["fcedge_limit_websocket_message_total"], len(wrong[1009]), "large messages too")
    equal(figures["fcedge_limit_websocket_control_total"], 1, "and floods")


def handshakes():
    """what is no proper handshake is refused"""
    base = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    for change, status in (({}, 101), ({"Sec-WebSocket-Version": "8"}, 426),
                           ({"Sec-WebSocket-Key": "short"}, 400),
                           ({"Sec-WebSocket-Key": None}, 400), ({"Connection": "close"}, 400),
                           ({"Connection": "keep-alive, Upgrade"}, 101),
                           ({"Upgrade": "WebSocket"}, 101), ({"Content-Length": "0"}, 101)):
        fields = {**base, **change}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
        with Wire(node.port) as wire:
            answer = wire.request("/open/h", headers=head)
            equal(answer.status, status, f"{change}")
            if status == 426:
                equal(answer.headers.get("sec-websocket-version"), "13", "the version is told")
    with RawWebSocket(node.port, "/sse/h") as raw:
        equal(raw.opening.status, 406, "a feed without WebSocket")
    with RawWebSocket(node.port, "/feed/%01") as raw:
        equal(raw.opening.status, 400, "a channel's name with a control character")
    with Wire(node.port) as wire:
        equal(wire.request("/open/h", "GET", "Accept: text/html\r\n").status, 406, "a plain GET")


def origins():
    """a browser from elsewhere is refused, also over TLS"""
    refused = node.count("http_origin_refused")
    for origin, target, status in (("https://good.example", "/feed/o", 101),
                                   ("https://evil.example", "/feed/o", 403),
                                   ("http://good.example", "/feed/o", 403),
                                   ("https://good.example.evil", "/feed/o", 403),
                                   ("null", "/feed/o", 403), ("https://any.example", "/open/o", 101),
                                   ("http://localhost", "/quick/o", 101),
                                   ("http://localhost:1", "/quick/o", 403),
                                   (None, "/feed/o", 101)):
        fields = f"Origin: {origin}\r\n" if origin else ""
        with RawWebSocket(node.port, target, fields=fields) as raw:
            equal(raw.opening.status, status, f"{origin} on {target}")
    equal(node.count("http_origin_refused") - refused, 5, "they are counted")
    fields = "Origin: https://evil.example\r\n"
    with RawWebSocket(node.tls_port, "/feed/o", fields=fields, tls=True) as raw:
        equal(raw.opening.status, 403, "over TLS")
    with RawWebSocket(node.tls_port, "/quick/o", fields="Origin: http://localhost\r\n",
                      tls=True) as raw:
        equal(raw.opening.status, 403, "a page in clear on a node with TLS")


def resume():
    """?after= replays what was missed, once and in order"""
    ids = [publish("r", f"m{n}") for n in range(20)]
    async def go():
        async with connect(f"/feed/r?after={ids[4]}", json_protocol=True) as socket:
            for n in range(5, 20):
                equal(await receive_json(socket),
                      {"channel": "r", "id": ids[n], "data": f"m{n}"}, f"replayed {n}")
            equal(await receive_json(socket),
                  {"channel": "r", "ready": {"id": ids[19]}}, "ready after the replay")
            told = publish("r", "live")
            equal(await receive_json(socket),
                  {"channel": "r", "id": told, "data": "live"}, "then live")
        async with connect("/feed/r?after=0", json_protocol=True) as socket:
            equal((await receive_json(socket))["data"], "m0", "0 asks for all")
        async with connect(f"/feed/r?x=1&after={told}", json_protocol=True) as socket:
            equal(await receive_json(socket),
                  {"channel": "r", "ready": {"id": told}}, "nothing missed")
        async with connect("/feed/r", extra_headers={"Last-Event-ID": ids[19]},
                           json_protocol=True) as socket:
            equal((await receive_json(socket))["data"], "live", "Last-Event-ID does as well")
    run(go())


def gaps():
    """a position that cannot be served is a gap, told once"""
    told = publish("g", "x")
    async def go():
        for position, reason in ((f"00000000.{node.epoch}-1", "epoch"), ("1-1", "invalid"),
                                 ("nonsense", "invalid"),
                                 (told.split("-")[0] + "-99", "invalid"), ("-", "invalid")):
            async with connect(f"/feed/g?after={position}", json_protocol=True) as socket:
                gap = await receive_json(socket)
                equal(gap.get("gap", {}).get("reason"), reason, f"{position}")
                equal(gap["gap"]["id"], told, "the gap says where we are")
                contains(await receive_json(socket), "ready", "and then it is ready")
            async with connect(f"/feed/g?after={position}") as socket:
                try:
                    await receive(socket)
                except websockets.ConnectionClosed as closed:
                    equal(closed.rcvd.code, 4410, f"{position}: without JSON it closes")
    run(go())


@with_node(ROUTES, pubsub={"history_messages": 8})
def expired(own):
    """what the ring no longer holds is a gap, and so is another epoch after a restart"""
    ids = [publish("e", f"m{n}", own) for n in range(20)]
    async def first(position):
        async with connect(f"/feed/e?after={position}", json_protocol=True, on=own) as socket:
            return await receive_json(socket)
    async def go():
        equal((await first(ids[2]))["gap"]["reason"], "expired", "too far back")
        equal((await first(ids[12]))["data"], "m13", "just far enough")
        equal((await first("0"))["data"], "m12", "the whole ring")
    run(go())
    epoch = own.epoch
    own.restart()
    check(own.epoch > epoch, "a restart has a larger epoch", f"{epoch}, {own.epoch}")
    async def after():
        equal((await first(ids[19]))["gap"]["reason"], "epoch", "after a restart")
    run(after())


def dead_peers():
    """pings go out, and who does not answer is dead; who does lives"""
    dead = node.count("websocket_dead")
    with RawWebSocket(node.port, "/quick/d") as quiet, RawWebSocket(node.port, "/quick/d") as busy:
        pings = 0
        while pings < 6:
            opcode, payload = busy.frame()
            if opcode == PING:
                pings += 1
                busy.send(frame(PONG, payload))
        check(pings == 6, "who answers lives longer than dead_ms")
        check(node.wait_count("websocket_dead", dead + 1) == dead + 1, "who does not is counted")
        check(quiet.rest().count(b"\x89\x00") >= 1, "it was asked before")
        busy.send(close_frame(1000))
        equal(busy.close_code(), 1000, "the living one still is")


if __name__ == "__main__":
    node = Node(ROUTES)
    with node:
        try:
            main(messages, from_client, close_codes, handshakes, origins, resume, gaps, expired,
                 dead_peers)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
