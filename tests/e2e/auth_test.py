#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tokens and anonymous sessions on feeds and live routes, with tokens that are made here."""

import asyncio
import json
import time

import websockets

import tokens
from checks import SLOW, check, contains, equal, main, wait_until
from node import SECRET, Node
from tokens import KEY, keys
from wire import Wire

ROUTES = """
[auth]
key_file = "keys.json"
leeway_s = 1
anonymous = true
[[feed]]
path = "/feed/{tenant}/{channel}"
tenant = "{tenant}"
channel = "{channel}"
auth = "required"
[[feed]]
path = "/open/{tenant}/{channel}"
tenant = "{tenant}"
channel = "{channel}"
auth = "optional"
anonymous = true
[[live]]
path = "/live/{tenant}"
tenant = "{tenant}"
auth = "required"
[[live]]
path = "/lobby/{tenant}"
tenant = "{tenant}"
auth = "optional"
anonymous = true
[[publish]]
path = "/publish/{tenant}/{channel}"
tenant = "{tenant}"
channel = "{channel}"
secret_file = "publish.secret"
"""

node = None


def token(**claims):
    return tokens.token(**{"tenant": "acme", "sub": "ann", **claims})


def publish(channel, text, query=""):
    with Wire(node.port) as wire:
        answer = wire.request(f"/publish/acme/{channel}{query}", "POST",
                              f"Authorization: Bearer {SECRET}\r\n", text.encode())
        equal(answer.status, 200, "published")


def status(path, fields=""):
    with Wire(node.port) as wire:
        wire.send(f"GET {path} HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n{fields}\r\n")
        return wire.head()


def refusals():
    """a feed that needs a token refuses who has none, a bad one, or another tenant's"""
    bearer = "Authorization: Bearer {}\r\n".format
    equal(status("/feed/acme/c", bearer(token())).status, 200, "a good one")
    equal(status(f"/feed/acme/c?token={token()}").status, 200, "by query")
    answer = status("/feed/acme/c")
    equal(answer.status, 401, "none")
    contains(answer.headers.get("www-authenticate", ""), "Bearer", "what is wanted is told")
    for bad, code in ((token(exp=int(time.time()) - 100), 401), (token(key=KEY[::-1]), 401),
                      (token(alg="none"), 401), ("x" * 9000, 401), ("a.b.c", 401),
                      (token(tenant="globex"), 403), (token(channels=["d"]), 403)):
        equal(status("/feed/acme/c", bearer(bad)).status, code, bad[:40])
    equal(status("/feed/acme/c", bearer(token(channels=["c*"]))).status, 200, "by a pattern")
    check(not any("token=ey" in (line or "") for line in node.log), "no token is logged")


def sessions():
    """who has no token gets a session, which is taken again"""
    answer = status("/open/acme/c")
    equal(answer.status, 200, "open to all")
    cookie = answer.headers["set-cookie"]
    contains(cookie, "fcedge_session_", "a session")
    contains(cookie, "HttpOnly", "not for scripts")
    again = status("/open/acme/c", f"Cookie: {cookie.split(';')[0]}\r\n")
    check("set-cookie" not in again.headers, "it is kept")
    other = status("/open/globex/c", f"Cookie: {cookie.split(';')[0]}\r\n")
    contains(other.headers.get("set-cookie", ""), "fcedge_session_", "not that of another tenant")
    check(other.headers["set-cookie"].split("=")[0] != cookie.split("=")[0], "nor in its place")


def without_cookies():
    """who keeps session_token and sends it itself stays the same without cookies"""
    async def hello(query=""):
        async with websockets.connect(f"ws://127.0.0.1:{node.port}/lobby/acme{query}",
                                      subprotocols=["fcedge.v1.json"],
                                      open_timeout=20 * SLOW) as socket:
            return json.loads(await socket.recv())["hello"]
    first = asyncio.run(hello())
    equal(first["session"], "anonymous", "a session")
    kept = first["session_token"]
    again = asyncio.run(hello(f"?session={kept}"))
    equal(again["user"], first["user"], "the same by query")
    check("session_token" not in again, "which is not given anew")
    check(asyncio.run(hello())["user"] != first["user"], "without it somebody else")
    for name, target, field in (("query", f"?session={kept}", ""),
                                ("field", "", f"X-Fcedge-Session: {kept}\r\n")):
        with Wire(node.port) as wire:
            wire.send(f"GET /open/acme/nc-{name}{target} HTTP/1.1\r\nHost: h\r\n"
                      f"Accept: text/event-stream\r\n{field}\r\n")
            head = wire.head()
            equal(head.status, 200, f"a feed, by {name}")
            check("set-cookie" not in head.headers, f"the session is known, by {name}")
            wire.take_until(b"event: ready")
            publish(f"nc-{name}", "for this one", f"?user={first['user']}")
            wire.take_until(b"data: for this one")
    check(not any(kept in (line or "") for line in node.log), "no session is logged")


def audience():
    """messages for a user reach that user's feeds, and no others"""
    async def go():
        def connect(user):
            return websockets.connect(
                f"ws://127.0.0.1:{node.port}/feed/acme/aud?token={token(sub=user)}",
                subprotocols=["fcedge.v1.json"], open_timeout=20 * SLOW)
        async with connect("ann") as ann, connect("bob") as bob:
            for socket in (ann, bob):
                contains(json.loads(await socket.recv()), "ready", "ready")
            await asyncio.to_thread(publish, "aud", "for ann", "?user=ann")
            await asyncio.to_thread(publish, "aud", "for all")
            equal(json.loads(await ann.recv())["data"], "for ann", "hers")
            equal(json.loads(await ann.recv())["data"], "for all", "and that for all")
            equal(json.loads(await bob.recv())["data"], "for all", "his is that for all only")
    asyncio.run(asyncio.wait_for(go(), 60 * SLOW))


def expiry():
    """a feed ends when its token expires; a live route lets it be refreshed"""
    async def go():
        soon = token(exp=int(time.time()) + 2)
        async with websockets.connect(f"ws://127.0.0.1:{node.port}/feed/acme/e?token={soon}",
                                      open_timeout=20 * SLOW) as socket:
            await socket.wait_closed()
            equal((socket.close_code, socket.close_reason), (4401, "expired"), "the feed ends")
        async with websockets.connect(f"ws://127.0.0.1:{node.port}/live/acme",
                                      subprotocols=["fcedge.v1.json"],
                                      open_timeout=20 * SLOW) as socket:
            await socket.send(json.dumps({"ref": 1, "auth": {"token": token()}}))
            while True:
                said = json.loads(await socket.recv())
                if said.get("ref") == 1:
                    break
            contains(said, "ok", "a token in band")
            await socket.send(json.dumps({"ref": 2, "subscribe": {"channel": "e"}}))
            equal(json.loads(await socket.recv()), {"ref": 2, "ok": {}}, "then it may subscribe")
    asyncio.run(asyncio.wait_for(go(), 60 * SLOW))


def rotation():
    """a new key file is taken, a broken one changes nothing"""
    fresh = b"fedcba9876543210fedcba9876543210"
    path = node.directory / "keys.json"
    bearer = "Authorization: Bearer {}\r\n".format
    path.write_text("{broken")
    equal(status("/feed/acme/c", bearer(token())).status, 200, "the old keys stay")
    path.write_text(keys(fresh))
    wait_until(lambda: status("/feed/acme/c", bearer(token(key=fresh))).status == 200, "rotation")
    equal(status("/feed/acme/c", bearer(token())).status, 401, "the old key is gone")


if __name__ == "__main__":
    node = Node(ROUTES, start=False)
    (node.directory / "keys.json").write_text(keys())
    node.start()
    with node:
        try:
            main(refusals, sessions, without_cookies, audience, expiry, rotation)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
