#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Event streams by curl over HTTP/1.1 and HTTP/2: events, resumption, gaps, keep-alives, CORS."""

import json
import re
import subprocess
import threading

from checks import check, contains, equal, main, wait_until
from node import SECRET, Node, curl
from wire import Wire

ROUTES = """
[[feed]]
path = "/feed/{channel}"
tenant = "t"
channel = "{channel}"
origins = "https://good.example https://also.example"
retry_ms = 1234
[[feed]]
path = "/quick/{channel}"
tenant = "t"
channel = "{channel}"
ping_ms = 100
[[feed]]
path = "/ws/{channel}"
tenant = "t"
channel = "{channel}"
sse = false
stream = false
poll = false
[[feed]]
path = "/any/{channel}"
tenant = "t"
channel = "{channel}"
origins = "*"
[[publish]]
path = "/publish/{channel}"
tenant = "t"
channel = "{channel}"
secret_file = "publish.secret"
"""
WAYS = (("--http1.1",), ("--http2-prior-knowledge",), ("-k", "--http1.1"), ("-k", "--http2"))

node = None


def url(way, path):
    tls = "-k" in way
    return f"{'https' if tls else 'http'}://localhost:{node.tls_port if tls else node.port}{path}"


def publish(channel, text):
    with Wire(node.port) as wire:
        answer = wire.request(f"/publish/{channel}", "POST", f"Authorization: Bearer {SECRET}\r\n",
                              text.encode())
    equal(answer.status, 200, f"publication on {channel}")
    return json.loads(answer.body)["id"]


class Stream:
    """A curl that reads an event stream; `text` is what it has read so far."""

    def __init__(self, way, path, *fields):
        arguments = [part for field in fields for part in ("-H", field)]
        self.process = subprocess.Popen(["curl", "-sSN", *way, *arguments, url(way, path)],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.text = ""
        self.ended = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while data := self.process.stdout.read1(65536):
            self.text += data.decode()
        self.ended.set()

    def wait(self, part):
        return wait_until(lambda: part in self.text and self.text, f"{part!r} in {self.text!r}")

    def events(self):
        """What the stream holds: (event, id, data), as a browser would see it."""
        found = []
        for block in self.text.split("\n\n"):
            event, position, data = "message", None, []
            for line in block.split("\n"):
                name, _, value = line.partition(": ")
                if name == "event":
                    event = value
                elif name == "id":
                    position = value
                elif name == "data":
                    data.append(value)
            if data:
                found.append((event, position, "\n".join(data)))
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()


def events():
    """events arrive in order over HTTP/1.1 and HTTP/2, in clear and over TLS"""
    for number, way in enumerate(WAYS):
        channel = f"e{number}"
        with Stream(way, f"/feed/{channel}") as stream:
            stream.wait("event: ready")
            check(stream.text.startswith("retry: 1234\n\n"), "the time to reconnect comes first")
            texts = ["plain", "two\nlines", "crlf\r\nand\rcr", "", " leading", "\u00e4\U0001f600",
                     "data: not a field", "x" * 65000, ":", "last"]
            ids = [publish(channel, text) for text in texts]
            stream.wait("data: last\n\n")
            messages = [each for each in stream.events() if each[0] == "message"]
            equal([each[1] for each in messages], ids, f"{way}: each has its id")
            expected = [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]
            equal([each[2] for each in messages], expected, f"{way}: the payloads")
        _, out, _ = curl(*way, "-I", url(way, f"/feed/{channel}"))
        contains(out.lower(), b"content-type: text/event-stream", f"{way}: the type")
        contains(out.lower(), b"cache-control: no-store", f"{way}: it is not kept")
    opened = node.count("sse_opened")
    equal(opened, len(WAYS), "HEAD opens none")
    node.wait_count("sse_closed", opened)


def resume():
    """Last-Event-ID and ?after= replay what was missed, then go on live without a seam"""
    for number, way in enumerate(WAYS):
        channel = f"r{number}"
        ids = [publish(channel, f"m{n}") for n in range(50)]
        for target, fields in ((f"/feed/{channel}", (f"Last-Event-ID: {ids[9]}",)),
                               (f"/feed/{channel}?after={ids[9]}", ()),
                               (f"/feed/{channel}?after={ids[0]}", (f"Last-Event-ID: {ids[9]}",))):
            with Stream(way, target, *fields) as stream:
                stream.wait("event: ready")
                last = publish(channel, "live")
                stream.wait(f"id: {last}\n")
                stream.wait("data: live\n\n")
                events_seen = stream.events()
                got = [each[2] for each in events_seen if each[0] == "message"]
                equal(got[:40], [f"m{n}" for n in range(10, 50)], f"{way} {target}: replayed")
                ready = [n for n, each in enumerate(events_seen) if each[0] == "ready"]
                equal(len(ready), 1, "ready comes once")
                check(ready[0] >= 40, "after the replay")
                numbers = [int(each[1].split("-")[1]) for each in events_seen
                           if each[0] == "message"]
                equal(numbers, list(range(11, 11 + len(numbers))), "nothing twice, nothing missing")


def gaps():
    """a position that cannot be served is told as a gap with its reason"""
    ahead = publish("g", "x").split("-")[0] + "-99999"
    for way in WAYS:
        for position, reasons in (("5ca1ab1e.999999999999-1", ("epoch",)), ("junk", ("invalid",)),
                                  ("1-1", ("invalid",)), (ahead, ("invalid",))):
            with Stream(way, "/feed/g", f"Last-Event-ID: {position}") as stream:
                stream.wait("event: ready")
                got = [each for each in stream.events() if each[0] == "gap"]
                equal(len(got), 1, f"{way} {position}: one gap")
                data = json.loads(got[0][2])
                check(data["reason"] in reasons, f"{position}: the reason", data)
                equal(data["id"], got[0][1], "its id is a position to go on from")
        with Stream(way, "/feed/g") as stream:
            stream.wait("event: ready")
            check("event: gap" not in stream.text, "without a position there is no gap")
    check(node.count("pubsub_gaps") >= 16, "gaps are counted")


def keep_alives():
    """comments keep an idle stream alive"""
    for way in WAYS:
        with Stream(way, "/quick/k") as stream:
            wait_until(lambda: stream.text.count("\n:\n") >= 3, "three comments")
            check(True, f"{way}: they come")
            told = publish("k", "after")
            stream.wait(f"id: {told}\n")


def refusals():
    """406 for what takes no event stream, 400 for bad names, 405 for POST"""
    for way in WAYS:
        for path, fields, status in (
                ("/feed/a", ["Accept: text/html"], 406), ("/ws/a", [], 406),
                ("/feed/a", ["Accept: text/event-stream;q=0"], 406),
                ("/feed/a", ["Accept: application/json, text/html;q=0.9"], 406),
                ("/feed/%01", [], 400), ("/feed/%ff", [], 400), ("/feed/" + "x" * 256, [], 400),
                ("/feed/", [], 404), ("/feed/a/b", [], 404)):
            arguments = [part for field in fields for part in ("-H", field)]
            code, out, _ = curl(*way, *arguments, "-o", "/dev/null", "-w", "%{http_code}",
                                url(way, path))
            equal((code, out.decode()), (0, str(status)), f"{way} {path} {fields}")
        _, out, _ = curl(*way, "-X", "POST", "-o", "/dev/null", "-w", "%{http_code}",
                         url(way, "/feed/a"))
        equal(out, b"405", f"{way}: POST")
    for accept in ("text/event-stream", "*/*", "text/*", "text/html, text/event-stream;q=0.1"):
        with Stream(WAYS[0], "/feed/a", f"Accept: {accept}") as stream:
            stream.wait("event: ready")


def cors():
    """only the origins of a route are told that they may read it"""
    def fields(path, origin, *arguments):
        _, out, _ = curl("--http1.1", "-I", "-H", f"Origin: {origin}", *arguments,
                         url((), path))
        return dict(re.findall(r"([\w-]+): (.*?)\r", out.decode().lower()))
    for origin in ("https://good.example", "https://also.example"):
        got = fields("/feed/c", origin)
        equal(got.get("access-control-allow-origin"), origin, "an origin of the route")
        contains(got.get("vary", ""), "origin", "caches are told")
    for origin in ("https://evil.example", "http://good.example", "https://good.example:444",
                   "null", "https://good.example.evil"):
        check("access-control-allow-origin" not in fields("/feed/c", origin), f"{origin} is not")
    equal(fields("/any/c", "https://evil.example").get("access-control-allow-origin"), "*", "any")
    preflight = ("-X", "OPTIONS", "-H", "Access-Control-Request-Method: GET", "-H",
                 "Access-Control-Request-Headers: last-event-id")
    got = fields("/feed/c", "https://good.example", *preflight)
    contains(got.get("access-control-allow-methods", ""), "get", "a preflight is answered")
    contains(got.get("access-control-allow-headers", ""), "last-event-id", "with the fields")
    check("access-control-allow-origin" not in fields("/feed/c", "https://evil.example",
                                                      *preflight), "not for others")


def slow_reader():
    """who stops reading gets one gap for what the ring has passed, and goes on"""
    with Wire(node.port, receive_buffer=4096) as wire:
        wire.send("GET /feed/slow HTTP/1.1\r\nHost: h\r\n\r\n")
        wire.head()
        while b"event: ready" not in wire.chunk():
            pass
        text = "y" * 60000
        for n in range(300):
            publish("slow", f"{n} {text}")
        heard = b""
        while b"event: gap" not in heard or not heard.endswith(b"\n\n"):
            heard += wire.chunk()
        publish("slow", "after the gap")
        while b"data: after the gap\n\n" not in heard:
            heard += wire.chunk()
    numbers = [int(n) for n in re.findall(rb"^data: (\d+) y", heard, re.M)]
    equal(numbers, list(range(len(numbers))), "what came before the gap came in order")
    check(0 < len(numbers) < 300, "some came", numbers)
    equal(heard.count(b"event: gap"), 1, "the gap is told once")
    ids = node.ids.encode()
    contains(heard, b'{"reason":"overflow","id":"%b-300"}' % ids, "with what was reached")
    contains(heard, b"id: %b-301\ndata: after" % ids, "and it goes on behind it")


if __name__ == "__main__":
    node = Node(ROUTES)
    with node:
        try:
            main(events, resume, gaps, keep_alives, refusals, cors, slow_reader)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
