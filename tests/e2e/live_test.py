#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Live routes: many channels on one WebSocket, by Debian's python3-websockets."""

import asyncio
import contextlib
import json
import ssl

import websockets

from checks import SLOW, check, equal, main
from node import SECRET, Node, with_node
from wire import Wire
from ws_client import RawWebSocket

ROUTES = """
[[live]]
path = "/live/{tenant}"
tenant = "{tenant}"
origins = "https://good.example"
[[live]]
path = "/small"
tenant = "t"
channels_max = 2
commands_per_s = 5
[[feed]]
path = "/feed/{channel}"
tenant = "t"
channel = "{channel}"
[[publish]]
path = "/publish/{channel}"
tenant = "t"
channel = "{channel}"
secret_file = "publish.secret"
[[namespace]]
name = "chat"
publish = "any"
presence = "members"
[[namespace]]
name = "votes"
publish = "any"
publish_per_s = 2
message_bytes_max = 10
overflow = "conflate"
[[namespace]]
name = "quiet"
publish = "none"
presence = "none"
audience = false
"""

node = None


def publish(channel, text, on=None):
    with Wire((on or node).port) as wire:
        answer = wire.request(f"/publish/{channel}", "POST", f"Authorization: Bearer {SECRET}\r\n",
                              text.encode())
    equal(answer.status, 200, f"publication on {channel}")
    return json.loads(answer.body)["id"]


class Client:
    """Sends commands and sorts what comes: answers by their number, objects by their channel."""

    def __init__(self, socket):
        self.socket = socket
        self.ref = 0
        self.objects = []

    async def take(self):
        return json.loads(await asyncio.wait_for(self.socket.recv(), 10 * SLOW))

    async def ask(self, command, **body):
        self.ref += 1
        await self.socket.send(json.dumps({"ref": self.ref, command: body}))
        while True:
            got = await self.take()
            if "channel" in got:
                self.objects.append(got)
                continue
            equal(got["ref"], self.ref, "answers come in order")
            return got.get("ok", got.get("error"))

    async def next(self):
        return self.objects.pop(0) if self.objects else await self.take()

    async def refused(self, code, command, **body):
        answer = await self.ask(command, **body)
        equal(answer.get("code"), code, f"{command} {body}"[:80])
        check(answer["message"], "there is a sentence")


@contextlib.asynccontextmanager
async def connect(target="/live/t", *, tls=False, on=None):
    on = on or node
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    scheme, port = ("wss", on.tls_port) if tls else ("ws", on.port)
    async with websockets.connect(f"{scheme}://127.0.0.1:{port}{target}", ssl=context,
                                  subprotocols=["fcedge.v1.json"], open_timeout=10 * SLOW,
                                  ping_interval=None) as socket:
        client = Client(socket)
        client.hello = (await client.take())["hello"]
        yield client


def run(coroutine):
    asyncio.run(asyncio.wait_for(coroutine, 60 * SLOW))


async def closed(client):
    """(code, reason) of the close that the server sends."""
    try:
        while True:
            await client.take()
    except websockets.ConnectionClosed:
        return client.socket.close_code, client.socket.close_reason


def commands():
    """hello, every command, and the order of answers and objects, in clear and over TLS"""
    async def go(tls, channel):
        async with connect(tls=tls) as ann, connect(tls=tls) as bob:
            equal(ann.socket.subprotocol, "fcedge.v1.json", "the subprotocol is chosen")
            equal(ann.hello, {"user": "", "session": "none", "ping_ms": 25000}, "hello")
            equal(await ann.ask("ping"), {}, "ping")
            equal(await ann.ask("subscribe", channel=channel), {}, "subscribe")
            equal(await ann.next(), {"channel": channel, "ready": {"id": node.ids + "-0"}}, "ready")
            equal(await bob.ask("subscribe", channel=channel, more=1), {}, "unknown members")
            check("ready" in await bob.next(), "ready")
            for number, text in enumerate(["hi", "ä\U0001f600\n\"", "", "x" * 60000], 1):
                told = await ann.ask("publish", channel=channel, data=text, key="k")
                equal(told["id"], f"{node.ids}-{number}", "ids are dense")
                wanted = {"channel": channel, "id": told["id"], "data": text, "key": "k"}
                equal(await ann.next(), wanted, "the publisher hears itself")
                equal(await bob.next(), wanted, "the other hears it")
            await ann.refused("already", "subscribe", channel=channel)
            equal(await ann.ask("block", users=["u9"]), {}, "block")
            equal(await ann.ask("unsubscribe", channel=channel), {}, "unsubscribe")
            await ann.refused("not_subscribed", "unsubscribe", channel=channel)
            await bob.ask("publish", channel=channel, data="unheard")
            equal(await ann.ask("ping"), {}, "nothing more comes")
            equal(ann.objects, [], "nothing of a channel that was left")
            equal((await bob.next())["data"], "unheard", "the other is still there")
    for tls in (False, True):
        run(go(tls, f"chat:commands-{tls}"))


def refusals():
    """every refusal has its code"""
    async def go():
        async with connect() as client:
            await client.refused("unknown_namespace", "subscribe", channel="nope:x")
            await client.refused("unknown_namespace", "publish", channel="nope:x", data="x")
            await client.refused("forbidden", "publish", channel="plain", data="x")
            await client.refused("forbidden", "publish", channel="quiet:x", data="x")
            await client.refused("too_big", "publish", channel="votes:x", data="x" * 11)
            await client.refused("invalid", "subscribe", channel="")
            await client.refused("invalid", "subscribe", channel="a\u0001")
            await client.refused("invalid", "publish", channel="chat:x")
            await client.refused("invalid", "publish", channel="chat:x", data="x", users=[""])
            await client.refused("invalid", "fly")
            await client.refused("unsupported", "presence", channel="quiet:x")
            await client.refused("unsupported", "subscribe", channel="quiet:x", presence=True)
            await client.refused("unsupported", "auth", token="a.b.c")
            await client.socket.send("{")
            equal((await client.take())["error"]["code"], "invalid", "no JSON, no number")
            await client.socket.send(b"{}")
            equal((await client.take())["error"]["code"], "invalid", "binary messages")
            codes = [(await client.ask("publish", channel="votes:y", data=str(n))).get("code")
                     for n in range(10)]
            check("rate" in codes and codes[0] is None, "the rate of publications", codes)
    run(go())
    check(node.count("live_command_errors") >= 15, "refusals are counted")


def limits():
    """channels and commands of one connection are bounded"""
    async def go():
        async with connect("/small") as client:
            for channel in ("a", "b"):
                equal(await client.ask("subscribe", channel=channel), {}, channel)
            await client.refused("limit", "subscribe", channel="c")
            for _ in range(200):
                await client.socket.send('{"ref":1,"ping":{}}')
            equal(await closed(client), (4429, "too many commands"), "then it is closed")
    run(go())
    check(node.count("limit_live_commands") == 1, "commands")
    check(node.count("limit_live_subscriptions") == 1, "subscriptions")


def resume():
    """each channel resumes by itself: replay, gap, and what was published over HTTP"""
    async def go():
        ids = [publish("resume", f"m{n}") for n in range(5)]
        async with connect() as client:
            await client.ask("subscribe", channel="resume", after=ids[1])
            for wanted in ("m2", "m3", "m4"):
                equal((await client.next())["data"], wanted, "replay")
            equal((await client.next())["ready"], {"id": ids[4]}, "then ready")
            await client.ask("subscribe", channel="other", after="00000001.1-7")
            got = await client.next()
            equal(got["gap"]["reason"], "epoch", "a position of another node")
            check("ready" in await client.next(), "and then ready")
            publish("resume", "live")
            equal((await client.next())["data"], "live", "live messages follow")
    run(go())


def presence():
    """who is on a channel, asked for and told in ticks"""
    async def go():
        async with connect() as ann:
            equal(await ann.ask("presence", channel="chat:who"), {"count": 0, "members": []}, "")
            await ann.ask("subscribe", channel="chat:who", presence=True)
            check("ready" in await ann.next(), "ready")
            counts = []
            async with connect() as bob:
                await bob.ask("subscribe", channel="chat:who")
                while not counts or counts[-1] != 2:
                    counts.append((await ann.next())["presence"]["count"])
            while counts[-1] != 1:
                counts.append((await ann.next())["presence"]["count"])
    run(go())


def tenants():
    """two tenants with channels of the same name hear only their own"""
    async def go():
        async with connect("/live/one") as one, connect("/live/two") as two:
            for client in (one, two):
                await client.ask("subscribe", channel="chat:same")
                check("ready" in await client.next(), "ready")
            for n in range(20):
                await one.ask("publish", channel="chat:same", data=f"one {n}")
                await two.ask("publish", channel="chat:same", data=f"two {n}")
            for client, name in ((one, "one"), (two, "two")):
                for n in range(20):
                    equal((await client.next())["data"], f"{name} {n}", "its own, all of it")
    run(go())


def many_channels():
    """a hundred channels on one connection, beside feeds of single ones"""
    async def go():
        async with connect() as client:
            for n in range(100):
                equal(await client.ask("subscribe", channel=f"many-{n}"), {}, "subscribe")
                await asyncio.sleep(0.02)  # below the rate of commands
            for n in range(100):
                publish(f"many-{n}", str(n))
            got = {}
            while len(got) < 100:
                message = await client.next()
                if "data" in message:
                    got[message["channel"]] = message["data"]
            equal(got, {f"many-{n}": str(n) for n in range(100)}, "each has come")
    run(go())


def handshake():
    """without the subprotocol there is no live route, and origins are checked"""
    with RawWebSocket(node.port, "/live/t") as raw:
        equal(raw.opening.status, 400, "no subprotocol")
        check(b"fcedge.v1.json" in raw.opening.body, "the answer says which", raw.opening.body)
    fields = "Sec-WebSocket-Protocol: fcedge.v1.json\r\n"
    with RawWebSocket(node.port, "/live/t", fields=fields) as raw:
        equal(raw.opening.status, 101, "with it there is one")
    with RawWebSocket(node.port, "/live/t", fields=fields + "Origin: https://bad.example\r\n") as raw:
        equal(raw.opening.status, 403, "another origin")
    with Wire(node.port) as wire:
        equal(wire.request("/live/t").status, 400, "no WebSocket")


@with_node(ROUTES, drain_spread_ms=500)
def drain(own):
    """a drain tells sessions when to come back"""
    async def go():
        async with connect(on=own) as client:
            await client.ask("subscribe", channel="chat:x")
            own.process.terminate()
            code, reason = await closed(client)
            equal(code, 1012, "the node restarts")
            check(reason.startswith("retry-after-ms="), "and says when", reason)
            check(100 <= int(reason.split("=")[1]) <= 1000, "within the pace of a few", reason)
    run(go())
    own.end(None)


def figures():
    """what was opened was closed"""
    node.wait_connections()
    equal(node.count("live_opened"), node.count("live_closed"), "sessions")
    equal(node.count("pubsub_subscribed"), node.count("pubsub_unsubscribed"), "subscriptions")


if __name__ == "__main__":
    with Node(ROUTES) as node:
        main(commands, refusals, limits, resume, presence, tenants, many_channels, handshake, drain,
             figures)
