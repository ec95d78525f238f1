#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The subscribe hook and revocations, in a program that embeds the library (hook_host.c)."""

import asyncio
import contextlib
import json
import pathlib
import queue
import subprocess
import tempfile
import threading

import websockets

import tokens
from checks import SLOW, check, equal, main
from node import BUILD, TRACES
from wire import Wire


def token(user, *groups):
    return tokens.token(tenant="t", sub=user, groups=groups)


class Host:
    """The program; what it says comes in two queues, of questions and of answers to commands."""

    def __init__(self, hook_ms):
        self.directory = tempfile.TemporaryDirectory(prefix="fcedge-hook-")
        keys = pathlib.Path(self.directory.name) / "keys.json"
        keys.write_text(tokens.keys())
        self.errors = pathlib.Path(self.directory.name) / "stderr"
        self.asked, self.answers = queue.Queue(), queue.Queue()
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [BUILD / "tests/e2e/hook-host", keys, str(hook_ms * SLOW)], text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        line = self.process.stdout.readline()
        check(line.startswith("port "), "it starts", self.errors.read_text())
        self.port = int(line.split()[1])
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            kind, _, rest = line.rstrip("\n").partition(" ")
            if kind == "asked":
                self.asked.put(rest)
            else:
                self.answers.put(line.rstrip("\n"))

    def question(self):
        return self.asked.get(timeout=10 * SLOW)

    def obey(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        equal(self.answers.get(timeout=10 * SLOW), "done", line)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.stdin.close()
        try:
            code = self.process.wait(20 * SLOW)
        finally:
            self.process.kill()
            self.reader.join()
            self.process.stdout.close()
            said = self.errors.read_text()
            self.directory.cleanup()
        if kind:
            print(said[-3000:])
            return
        check(not TRACES.search(said), "no sanitizer has found anything", said[-6000:])
        equal(code, 0, "it ends well")
        check(self.asked.empty(), "no question that nobody expected")


class Client:
    """One WebSocket on the live route."""

    def __init__(self, socket):
        self.socket, self.ref = socket, 0

    async def take(self):
        return json.loads(await asyncio.wait_for(self.socket.recv(), 10 * SLOW))

    async def send(self, command, **body):
        self.ref += 1
        await self.socket.send(json.dumps({"ref": self.ref, command: body}))
        return self.ref

    async def answer(self, command, **body):
        ref = await self.send(command, **body)
        got = await self.take()
        equal(got.get("ref"), ref, f"{command} is answered next: {got}")
        return got

    async def refused(self, command, **body):
        error = (await self.answer(command, **body))["error"]
        return error["code"], error["message"]

    async def subscribed(self, channel, **more):
        equal((await self.answer("subscribe", channel=channel, **more))["ok"], {}, "allowed")
        got = await self.take()
        check("ready" in got, "ready", got)

    async def message(self, channel, text):
        got = await self.take()
        equal((got.get("channel"), got.get("data")), (channel, text), "a message")

    async def close(self):
        """Code and reason of the node's close, which is to come next."""
        try:
            got = await self.take()
        except websockets.ConnectionClosed:
            return self.socket.close_code, self.socket.close_reason
        raise AssertionError(f"no close but {got}")


@contextlib.asynccontextmanager
async def connect(host, of=None):
    query = f"?token={of}" if of else ""
    async with websockets.connect(f"ws://127.0.0.1:{host.port}/live{query}",
                                  subprotocols=["fcedge.v1.json"], open_timeout=10 * SLOW,
                                  ping_interval=None) as socket:
        client = Client(socket)
        check("hello" in await client.take(), "hello")
        yield client


def feed(host, channel, wire, query=""):
    wire.send(f"GET /feed/{channel}{query} HTTP/1.1\r\nHost: h\r\n"
              "Accept: text/event-stream\r\n\r\n")
    return wire.head()


def with_host(hook_ms):
    def decorate(test):
        def run():
            with Host(hook_ms) as host:
                asyncio.run(asyncio.wait_for(test(host), 60 * SLOW))
        run.__name__, run.__doc__ = test.__name__, test.__doc__
        return run
    return decorate


@with_host(30000)
async def at_once(host):
    """what the hook decides within its call, with its reasons, on live routes and feeds"""
    async with connect(host) as nobody, connect(host, token("ann", "staff", "members")) as ann:
        await nobody.subscribed("open-1")
        equal(host.question(), "open-1 user= after= groups=", "what it is told of nobody")
        equal(await nobody.refused("subscribe", channel="private-1"),
              ("forbidden", "this thread is for members"), "not in the group")
        equal(await nobody.refused("subscribe", channel="login-1"),
              ("unauthorized", "log in first"), "nobody in particular")
        for _ in range(2):
            host.question()
        await ann.subscribed("private-1", after="0")
        equal(host.question(), "private-1 user=ann after=0 groups=staff,members", "what of a user")
        await ann.subscribed("login-1")
        host.question()
        host.obey("publish private-1 for members")
        host.obey("publish open-1 for all")
        await ann.message("private-1", "for members")
        await nobody.message("open-1", "for all")
    for channel, code, part in (("private-1", 403, b"this thread is for members"),
                                ("login-1", 401, b"log in first")):
        with Wire(host.port) as wire:
            head = feed(host, channel, wire)
            equal(head.status, code, channel)
            body = wire.take(int(head.headers["content-length"]))
            check(part in body, "the reason", body)
        host.question()
    with Wire(host.port) as wire:
        equal(feed(host, "login-1", wire, f"?token={token('ann')}").status, 200, "with a token")
        wire.take_until(b"event: ready")
    host.question()


@with_host(30000)
async def later(host):
    """an answer that another thread gives later: nothing before it, and all after it"""
    async with connect(host) as one, connect(host) as two:
        first = await one.send("subscribe", channel="held-1", after="0")
        equal(host.question(), "held-1 user= after=0 groups=", "asked")
        second = await two.send("subscribe", channel="held-1")
        host.question()
        # The connection goes on meanwhile, and nothing of the channel reaches who waits.
        host.obey("publish held-1 early")
        equal((await one.answer("ping"))["ok"], {}, "a ping is answered before")
        equal(await one.refused("subscribe", channel="held-1"),
              ("already", "the channel is subscribed to"), "asked for already")
        host.obey("allow")
        equal(await one.take(), {"ref": first, "ok": {}}, "allowed")
        await one.message("held-1", "early")
        check("ready" in await one.take(), "ready")
        host.obey("deny not you")
        got = await two.take()
        equal((got["ref"], got["error"]["code"], got["error"]["message"]),
              (second, "forbidden", "not you"), "the other one is refused")
        host.obey("publish held-1 late")
        await one.message("held-1", "late")
        equal((await two.answer("ping"))["ok"], {}, "who was refused hears nothing of it")
    # Who leaves is not missed, and the answer for it goes nowhere.
    async with connect(host) as gone:
        await gone.send("subscribe", channel="held-2")
        host.question()
    host.obey("allow")
    with Wire(host.port) as wire:
        wire.send("GET /feed/held-3 HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n")
        host.question()
        host.obey("allow")
        equal(wire.head().status, 200, "a feed waits, too")


@with_host(300)
async def too_late(host):
    """a hook that does not decide in time is busy, and its answer comes to nothing"""
    async with connect(host) as client:
        code, message = await client.refused("subscribe", channel="held-1")
        equal(code, "busy", "timed out")
        check(message, "with a sentence")
        host.question()
        with Wire(host.port) as wire:
            head = feed(host, "held-2", wire)
            equal(head.status, 503, "a feed")
            check(int(head.headers["retry-after"]) >= 1, "when to come back")
        host.question()
        host.obey("allow")
        host.obey("allow")
        host.obey("publish held-1 x")
        await client.subscribed("open-1")
        host.question()
        host.obey("publish open-1 y")
        await client.message("open-1", "y")


@with_host(30000)
async def locked(host):
    """a thread that is locked ends for all who follow it, and for nobody else"""
    async with connect(host) as nobody, connect(host, token("ann")) as ann:
        for client in (nobody, ann):
            await client.subscribed("open-1")
            await client.subscribed("open-2")
        for _ in range(4):
            host.question()
        with Wire(host.port) as wire:
            equal(feed(host, "open-1", wire).status, 200, "a feed")
            wire.take_until(b"event: ready")
            host.question()
            host.obey("lock open-1")
            for client in (nobody, ann):
                equal(await client.take(),
                      {"channel": "open-1", "end": {"code": 4403, "reason": "locked"}}, "the end")
            rest = wire.take_until(b"\r\n0\r\n\r\n")
            check(b"event: end" in rest and b'"reason":"locked"' in rest, "of the feed", rest)
        host.obey("publish open-1 unheard")
        host.obey("publish open-2 heard")
        for client in (nobody, ann):
            await client.message("open-2", "heard")
        equal(await nobody.refused("subscribe", channel="open-1"),
              ("forbidden", "this thread is locked"), "for who comes again, too")
        host.question()


@with_host(30000)
async def banned(host):
    """a user who is banned loses every connection, others of the thread do not"""
    async with connect(host, token("ann")) as ann, connect(host, token("ann")) as again, \
            connect(host, token("bob")) as bob:
        for client in (ann, again, bob):
            await client.subscribed("open-1")
            host.question()
        with Wire(host.port) as wire:
            equal(feed(host, "open-1", wire, f"?token={token('ann')}").status, 200, "her feed")
            wire.take_until(b"event: ready")
            host.question()
            host.obey("ban ann")
            for client in (ann, again):
                equal(await client.close(), (4403, "banned"), "hers")
            rest = wire.take_until(b"\r\n0\r\n\r\n")
            check(b"event: end" in rest and b'"reason":"banned"' in rest, "her feed ends", rest)
        host.obey("publish open-1 without her")
        await bob.message("open-1", "without her")
    async with connect(host, token("ann")) as ann:
        equal(await ann.refused("subscribe", channel="open-1"), ("forbidden", "you are banned"),
              "she does not come back")
        host.question()


if __name__ == "__main__":
    main(at_once, later, too_late, locked, banned)
