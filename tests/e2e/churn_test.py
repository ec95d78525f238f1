#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tenants with the same channel names come, read, leave and resume at random, over WebSocket and
event streams, in clear and over TLS, while all of them publish: every message bears its tenant's
mark, and what a client has seen is complete or has a gap that was told. The seed is printed; a run
is had again by FCEDGE_SEED."""

import asyncio
import json
import os
import random
import re
import ssl

import websockets

from checks import SLOW, check, equal, main
from node import SECRET, Node

ROUTES = """
[[publish]]
path = "/publish/{tenant}/{channel}"
tenant = "{tenant}"
channel = "{channel}"
secret_file = "publish.secret"
[[feed]]
path = "/feed/{tenant}/{channel}"
tenant = "{tenant}"
channel = "{channel}"
[[namespace]]
name = "small"
history_messages = 8
"""
TENANTS = [f"tenant{n}" for n in range(8)]
CHANNELS = ["news", "thread", "small:news"]
CLIENTS = 3  # of each channel
MESSAGES = 150

node = None


def trusting():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Client:
    """One reader of one channel, over as many connections as it takes."""

    def __init__(self, tenant, channel, rng):
        self.tenant, self.channel, self.rng = tenant, channel, rng
        self.position = "0"
        self.seen = 0  # the number in the last message's text
        self.gaps = 0

    def message(self, identity, text):
        tenant, channel, number = text.split("/")
        equal((tenant, channel), (self.tenant, self.channel), "the mark of another")
        number = int(number)
        # "0" asks for the whole log, wherever that begins.
        begins = self.position == "0" and self.channel == "small:news"
        check(begins or number == self.seen + 1,
              f"{self.tenant}/{self.channel}: after {self.seen}", number)
        equal(int(identity.rsplit("-", 1)[1]), number, "ids are dense")
        self.seen, self.position = number, identity

    def moved(self, data, gap):
        reached = int(data["id"].rsplit("-", 1)[1])
        if gap:
            self.gaps += 1
            check(data["reason"] in ("expired", "overflow"), "the reason of a gap", data)
            check(reached >= self.seen, "a gap goes forward", data)
        else:
            equal(reached, self.seen, "ready where it stands")
        self.seen, self.position = reached, data["id"]

    async def websocket(self, tls, count):
        uri = (f"ws{'s' if tls else ''}://127.0.0.1:{node.tls_port if tls else node.port}"
               f"/feed/{self.tenant}/{self.channel}?after={self.position}")
        async with websockets.connect(uri, ssl=trusting() if tls else None, ping_interval=None,
                                      subprotocols=["fcedge.v1.json"], max_queue=None,
                                      open_timeout=30 * SLOW, close_timeout=1) as socket:
            for _ in range(count):
                if self.seen >= MESSAGES:
                    return
                data = json.loads(await socket.recv())
                equal(data["channel"], self.channel, "the channel's name")
                if "data" in data:
                    self.message(data["id"], data["data"])
                else:
                    self.moved(data.get("gap") or data["ready"], "gap" in data)

    async def event_stream(self, tls, count):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", node.tls_port if tls else node.port, ssl=trusting() if tls else None)
        writer.write(f"GET /feed/{self.tenant}/{self.channel} HTTP/1.1\r\nHost: h\r\n"
                     f"Last-Event-ID: {self.position}\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        text = ""
        while count > 0 and self.seen < MESSAGES:
            size = int(await reader.readuntil(b"\r\n"), 16)
            text += (await reader.readexactly(size + 2))[:-2].decode()
            while "\n\n" in text and count > 0:
                block, text = text.split("\n\n", 1)
                count -= 1
                self.event(dict(line.partition(": ")[::2] for line in block.split("\n")))
        writer.transport.abort()

    def event(self, fields):
        if "data" not in fields:
            return
        if "event" in fields:
            self.moved(json.loads(fields["data"]), fields["event"] == "gap")
        else:
            self.message(fields["id"], fields["data"])

    async def run(self):
        while self.seen < MESSAGES:
            way = self.rng.choice((self.websocket, self.event_stream))
            await way(self.rng.random() < 0.3, self.rng.choice((1, 3, 20, 100)))


async def publisher(tenant, channel, rng):
    reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
    sent = 0
    while sent < MESSAGES:
        burst = min(rng.choice((1, 2, 5, 20)), MESSAGES - sent)
        for n in range(sent + 1, sent + burst + 1):
            text = f"{tenant}/{channel}/{n}"
            writer.write(f"POST /publish/{tenant}/{channel} HTTP/1.1\r\nHost: h\r\n"
                         f"Authorization: Bearer {SECRET}\r\n"
                         f"Content-Length: {len(text)}\r\n\r\n{text}".encode())
        for n in range(sent + 1, sent + burst + 1):
            head = await reader.readuntil(b"\r\n\r\n")
            equal(head[:12], b"HTTP/1.1 200", f"{tenant} {n}")
            await reader.readexactly(int(re.search(rb"content-length: (\d+)", head).group(1)))
        sent += burst
    writer.close()


def churn():
    """nothing of another tenant, nothing lost or doubled without a gap"""
    seed = int(os.environ.get("FCEDGE_SEED") or random.randrange(1 << 32))
    print(f"FCEDGE_SEED={seed}")
    rng = random.Random(seed)

    async def go():
        clients, tasks = [], []
        for tenant in TENANTS:
            for channel in CHANNELS:
                of_channel = [Client(tenant, channel, random.Random(rng.random()))
                              for _ in range(CLIENTS)]
                clients += of_channel
                tasks += [client.run() for client in of_channel]
                tasks.append(publisher(tenant, channel, random.Random(rng.random())))
        await asyncio.gather(*tasks)
        for client in clients:
            equal(client.seen, MESSAGES, f"{client.tenant}/{client.channel}: the end")
            if client.channel != "small:news":
                equal(client.gaps, 0, "a log of 256 holds all")
        return sum(client.gaps for client in clients)
    gaps = asyncio.run(asyncio.wait_for(go(), 120 * SLOW))
    print(f"{gaps} gaps in the small logs")
    equal(node.count("pubsub_published"), len(TENANTS) * len(CHANNELS) * MESSAGES, "all published")


if __name__ == "__main__":
    with Node(ROUTES) as node:
        try:
            main(churn)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
