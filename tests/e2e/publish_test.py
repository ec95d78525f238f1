#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Publishing over HTTP: who may, what is refused, and that everybody gets everything in order."""

import asyncio
import json
import re

import websockets

from checks import SLOW, check, contains, equal, main
from node import SECRET, Node, with_node
from wire import Wire, ask

ROUTES = """
[[publish]]
path = "/publish/{tenant}/{channel}"
tenant = "{tenant}"
channel = "{channel}"
secret_file = "publish.secret"
[[publish]]
path = "/rated/{channel}"
tenant = "t"
channel = "{channel}"
secret_file = "publish.secret"
rate_per_s = 5
[[feed]]
path = "/feed/{tenant}/{channel}"
tenant = "{tenant}"
channel = "{channel}"
"""
BEARER = f"Authorization: Bearer {SECRET}\r\n"
SUBSCRIBERS = 50  # of each kind
MESSAGES = 200

node = None


def post(path, body=b"x", headers=BEARER, on=None):
    with Wire((on or node).port) as wire:
        return wire.request(path, "POST", headers, body)


def who_may():
    """401 without a secret, 403 with a wrong one, and the secret is not told"""
    for headers, status in (("", 401), ("Authorization: Basic YTpi\r\n", 401),
                            ("Authorization: Bearer\r\n", 401),
                            (f"Authorization: Bearer {SECRET}x\r\n", 403),
                            (f"Authorization: Bearer {SECRET[:-1]}\r\n", 403),
                            (f"Authorization: Bearer {SECRET.upper()}\r\n", 403),
                            ("Authorization: Bearer x\r\n", 403), (BEARER, 200),
                            (f"authorization: bearer {SECRET}\r\n", 200),
                            (f"X: {SECRET}\r\n", 401)):
        answer = post("/publish/a/b", headers=headers)
        equal(answer.status, status, headers)
        check(SECRET.encode() not in answer.body, "the secret is not told")
        if status == 401:
            contains(answer.headers.get("www-authenticate", ""), "Bearer", "what is wanted is told")
    with Wire(node.port) as wire:
        equal(wire.request(f"/publish/a/b?secret={SECRET}", "POST").status, 401, "not by query")
        equal(wire.request("/publish/a/b", "GET", BEARER).status, 405, "only POST publishes")


def what_may():
    """400 for what is no text, 413 for what is too large, and ids count from one"""
    for body in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"ok\xe2\x82"):
        equal(post("/publish/a/w", body).status, 400, f"{body!r}")
    for path in ("/publish/a/%01", "/publish/%0a/b", "/publish/a/%ff", "/publish/a/" + "x" * 256):
        equal(post(path).status, 400, path)
    equal(post("/publish/a/" + "x" * 255).status, 200, "a name of 255 bytes")
    equal(post("/publish/a/w", b"y" * 65537).status, 413, "65,537 bytes")
    equal(post("/publish/a/w", b"y" * 65536).status, 200, "65,536 bytes")
    equal(json.loads(post("/publish/a/w", "\U0001f600".encode()).body),
          {"id": f"{node.ids}-2"}, "the second of its channel")
    equal(post("/publish/a/w", b"").status, 200, "an empty one")
    answer = ask(node.port, "POST /publish/a/w HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n"
                            f"{BEARER}\r\n", "POST")
    equal(answer.status, 413, "it is refused before it is sent")
    check(node.count("limit_message_bytes") >= 1, "too large ones are counted")


def rate():
    """over the rate comes 429 with Retry-After"""
    with Wire(node.port) as wire:
        statuses = []
        for _ in range(40):
            answer = wire.request("/rated/r", "POST", BEARER, b"x")
            statuses.append(answer.status)
            if answer.status == 429:
                check("retry-after" in answer.headers, "Retry-After")
        equal(statuses[:5], [200] * 5, "the burst is let through")
        check(set(statuses) == {200, 429}, "the rest is not", statuses)
        equal(node.count("limit_publish_rate"), statuses.count(429), "refusals are counted")
        equal(wire.request("/publish/t/r", "POST", BEARER, b"x").status, 200, "others are free")
        equal(wire.request("/rated/r", "POST", "", b"x").status, 401, "strangers are told nothing")


@with_node('[[feed]]\npath = "/feed/{c}"\ntenant = "t"\nchannel = "{c}"\n', certificates=())
def off(own):
    """without a section there is no publishing"""
    equal(post("/publish/t/c", on=own).status, 404, "no such route")
    equal(post("/feed/c", on=own).status, 405, "a feed takes nothing")


async def websocket(tenant, got):
    uri = f"ws://127.0.0.1:{node.port}/feed/{tenant}/fan"
    async with websockets.connect(uri, subprotocols=["fcedge.v1.json"], ping_interval=None,
                                  open_timeout=20 * SLOW, max_queue=None) as socket:
        ready.append(json.loads(await socket.recv())["ready"])
        while len(got) < MESSAGES:
            message = json.loads(await socket.recv())
            got.append((message.get("id"), message.get("data")))


async def event_stream(tenant, got):
    reader, writer = await asyncio.open_connection("127.0.0.1", node.port, limit=1 << 20)
    writer.write(f"GET /feed/{tenant}/fan HTTP/1.1\r\nHost: h\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    text = b""
    while len(got) < MESSAGES:
        size = int(await reader.readuntil(b"\r\n"), 16)
        text += (await reader.readexactly(size + 2))[:-2]
        while b"\n\n" in text:
            block, text = text.split(b"\n\n", 1)
            if b"event: ready" in block:
                ready.append(block)
            found = re.fullmatch(rb"id: (\S+)\ndata: (.*)", block)
            if found:
                got.append((found.group(1).decode(), found.group(2).decode()))
    writer.close()


ready = []


async def publisher(tenant):
    """Publishes over one connection, pipelined; gives the ids."""
    reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
    ids = []
    for n in range(MESSAGES):
        text = f"{tenant} {n}"
        writer.write(f"POST /publish/{tenant}/fan HTTP/1.1\r\nHost: h\r\n{BEARER}"
                     f"Content-Length: {len(text)}\r\n\r\n{text}".encode())
    for n in range(MESSAGES):
        head = await reader.readuntil(b"\r\n\r\n")
        equal(head[:12], b"HTTP/1.1 200", f"{tenant} {n}")
        length = int(re.search(rb"content-length: (\d+)", head).group(1))
        ids.append(json.loads(await reader.readexactly(length))["id"])
    writer.close()
    return ids


def fan_out():
    """50 WebSockets and 50 event streams of each of two tenants get all, in order, and no more"""
    async def go():
        got = {tenant: [[] for _ in range(2 * SUBSCRIBERS)] for tenant in ("red", "blue")}
        tasks = []
        for tenant, lists in got.items():
            tasks += [asyncio.create_task(websocket(tenant, each)) for each in lists[:SUBSCRIBERS]]
            tasks += [asyncio.create_task(event_stream(tenant, each))
                      for each in lists[SUBSCRIBERS:]]
        while len(ready) < len(tasks):
            await asyncio.sleep(0)
        ids = dict(zip(got, await asyncio.gather(*(publisher(tenant) for tenant in got))))
        await asyncio.gather(*tasks)
        for tenant, lists in got.items():
            expected = [(ids[tenant][n], f"{tenant} {n}") for n in range(MESSAGES)]
            for number, each in enumerate(lists):
                equal(each, expected, f"{tenant} {number}")
    asyncio.run(asyncio.wait_for(go(), 120 * SLOW))
    equal(node.count("pubsub_gaps"), 0, "nobody had a gap")
    check(node.count("pubsub_delivered") >= 4 * SUBSCRIBERS * MESSAGES, "deliveries are counted")


if __name__ == "__main__":
    node = Node(ROUTES)
    with node:
        try:
            main(who_may, what_may, rate, off, fan_out)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
