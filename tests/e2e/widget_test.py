#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The public widget protocol: a client by Python's websockets, whose clock may be minutes off."""

import asyncio
import http.client
import json
import time
import urllib.parse

import websockets

from checks import SLOW, check, equal, main
from node import SECRET, Node, with_node
from wire import Wire

ROUTES = """
[[namespace]]
name = "pages"
presence = "members"
presence_leave_ms = 100
[[namespace]]
name = "short"
history_messages = 5
[[widget]]
path = "/live"
namespace = "pages"
origins = "https://good.example"
[[widget]]
path = "/short/"
tenant = "t"
namespace = "short"
[[publish]]
path = "/publish/{channel}"
tenant = "t"
channel = "{channel}"
secret_file = "publish.secret"
"""
MINUTES = 60_000

node = None


def publish(page, text, space="pages", on=None):
    channel = urllib.parse.quote(f"{space}:{page}", safe="")
    with Wire((on or node).port) as wire:
        answer = wire.request(f"/publish/{channel}", "POST", f"Authorization: Bearer {SECRET}\r\n",
                              text.encode())
    equal(answer.status, 200, f"publication on {channel}")
    return json.loads(answer.body)["id"]


def query(**fields):
    return urllib.parse.urlencode(fields, quote_via=urllib.parse.quote)


def connect(page, user="u1", base="/live", tenant="t", **keywords):
    fields = query(urlId=page, userIdWS=user, tenantIdWS=tenant)
    return websockets.connect(f"ws://127.0.0.1:{node.port}{base}/sub?{fields}",
                              open_timeout=10 * SLOW, ping_interval=None, **keywords)


def get(target, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=10 * SLOW)
    connection.request("GET", target, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, body


def log(page, start, end, base="/live", tenant="t", slash="/", user="u1"):
    answer, body = get(f"{base}/event-log/{tenant}{slash}?" +
                       query(urlId=page, userIdWS=user, startTime=start, endTime=end))
    equal(answer.status, 200, "the log")
    equal(answer.getheader("content-type"), "application/json", "its type")
    found = json.loads(body)
    equal(found["status"], "success", "its status")
    return found


def now_ms():
    return int(time.time() * 1000)


async def receive(socket):
    """The next event that is no presence."""
    while True:
        text = await asyncio.wait_for(socket.recv(), 10 * SLOW)
        if not text.startswith('{"type":"p-u"'):
            return text


def live():
    """events come as JSON texts with ids, and the ping is answered"""
    async def run():
        async with connect("live") as socket:
            await socket.send("ping")
            equal(await receive(socket), "pong", "the ping")
            told = publish("live", json.dumps({"type": "new-comment", "comment": {"_id": "c1"}}))
            equal(json.loads(await receive(socket)),
                  {"id": told, "type": "new-comment", "comment": {"_id": "c1"}}, "an event")
            publish("live", "no JSON")
            equal(await receive(socket), "no JSON", "a text")
        async with connect("t:live") as socket:
            publish("live", '{"type":"x"}')
            equal(json.loads(await receive(socket))["type"], "x", "with the tenant in front")
    asyncio.run(run())
    node.wait_count("widget_opened", 2)


def presence():
    """joins, leaves and the number of subscribers are told as p-u"""
    async def run():
        async with connect("room", "ann") as ann:
            here, count = set(), 0

            async def until(users):
                nonlocal count
                while here != users or count != len(users):
                    event = json.loads(await asyncio.wait_for(ann.recv(), 10 * SLOW))
                    equal(event["type"], "p-u", "presence")
                    here.update(event["uj"])
                    here.difference_update(event["ul"])
                    count = event["sc"]

            await until({"ann"})
            async with connect("room", "bob"):
                await until({"ann", "bob"})
            await until({"ann"})
    asyncio.run(run())


def clocks():
    """whatever a client's clock says, it misses nothing, and what comes twice has the same id"""
    for off in (0, 10 * MINUTES, -10 * MINUTES, 3, -50):
        page = f"clock{off}"
        seen, last = {}, None

        async def read(socket, count):
            nonlocal last
            for _ in range(count):
                event = json.loads(await receive(socket))
                seen.setdefault(event["id"], event)
                last = event["timestamp"]

        async def run(start_of):
            async with connect(page) as socket:
                for n in range(5):
                    publish(page, json.dumps({"n": n, "timestamp": now_ms()}))
                await read(socket, 5)
            lost_at = now_ms() + off
            for n in range(5, 25):
                publish(page, json.dumps({"n": n, "timestamp": now_ms()}))
            async with connect(page) as socket:
                publish(page, json.dumps({"n": 25, "timestamp": now_ms()}))
                for entry in log(page, start_of(lost_at), now_ms() + off)["events"]:
                    event = json.loads(entry["data"])
                    equal(event["id"], entry["_id"], "its entry has the same id")
                    if event["id"] in seen:
                        equal(event, seen[event["id"]], "what comes twice is the same")
                    seen[event["id"]] = event
                await read(socket, 1)
            equal(sorted(event["n"] for event in seen.values()), list(range(26)), f"off by {off}")

        # By the client's own clock, and by the time of the last event that it has.
        asyncio.run(run(lambda lost_at: lost_at))
        page, seen = page + "b", {}
        asyncio.run(run(lambda lost_at: last))


def entries():
    """the log's entries, its window and its gap"""
    first = publish("log", '{"broadcastId":"b1","type":"x"}')
    found = log("log", now_ms() - 1000, now_ms())
    entry = found["events"][0]
    equal((entry["_id"], entry["broadcastId"], entry["tenantId"], entry["urlId"]),
          (first, "b1", "t", "log"), "an entry")
    equal(json.loads(entry["data"]), {"id": first, "broadcastId": "b1", "type": "x"}, "its text")
    check(entry["createdAt"].endswith("Z"), "its time")
    equal(log("log", now_ms() - 1000, now_ms(), slash=""), found, "without the last slash")
    equal(log("other", now_ms(), now_ms())["events"], [], "another page")
    equal(log("log", now_ms(), now_ms(), tenant="s")["events"], [], "another tenant")
    check("gap" in log("log", now_ms() - 60 * MINUTES, now_ms()), "before the node's start")
    for n in range(8):
        publish("log", json.dumps({"n": n}), "short")
    found = log("log", now_ms() - 100, now_ms(), "/short")
    numbers = [json.loads(each["data"])["n"] for each in found["events"]]
    equal(numbers, [3, 4, 5, 6, 7], "the newest")
    check(found.get("gap"), "with a gap")


def refusals():
    """400 for bad parameters, 404 for another tenant, and only the route's origins may come"""
    now = now_ms()
    for path, status in (("/live/sub?urlId=a&tenantIdWS=t", 400),  # no WebSocket
                         ("/live/sub?urlId=a", 400), ("/live/event-log/t/?urlId=a", 400),
                         (f"/live/event-log/t/?urlId=%&startTime={now}&endTime={now}", 400),
                         (f"/live/event-log/t/?startTime={now}&endTime={now}", 400),
                         (f"/short/event-log/s/?urlId=a&startTime={now}&endTime={now}", 404),
                         (f"/short/event-log/t/?urlId=a&startTime={now}&endTime={now}", 200),
                         ("/live/event-log/?urlId=a", 404), ("/sub?urlId=a&tenantIdWS=t", 404)):
        equal(get(path)[0].status, status, path)
    path = f"/live/event-log/t/?urlId=a&startTime={now}&endTime={now}"
    for origin, allowed in (("https://good.example", True), ("https://evil.example", False)):
        answer, _ = get(path, Origin=origin)
        equal(answer.getheader("access-control-allow-origin") == origin, allowed, origin)

    async def run():
        for origin, allowed in (("https://good.example", True), ("https://evil.example", False)):
            try:
                async with connect("cors", origin=origin):
                    check(allowed, origin)
            except websockets.InvalidStatusCode as refusal:
                equal((refusal.status_code, allowed), (403, False), origin)
    asyncio.run(run())


@with_node("[[namespace]]\nname = \"x\"\n", start=False)
def off_by_default(own):
    """there is no such route unless it is configured, and its namespace has to be there"""
    own.start()
    with Wire(own.port) as wire:
        equal(wire.request("/sub?urlId=a&tenantIdWS=t").status, 404, "/sub")
        equal(wire.request("/event-log/t/?urlId=a").status, 404, "/event-log/")


if __name__ == "__main__":
    node = Node(ROUTES)
    with node:
        try:
            main(live, presence, clocks, entries, refusals, off_by_default)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
