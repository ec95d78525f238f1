#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""NDJSON streams by curl and long polls by Python's http.client, over HTTP/1.1 and HTTP/2."""

import http.client
import json
import subprocess
import threading

from checks import SLOW, check, contains, equal, main, wait_until
from node import SECRET, Node, curl, with_node
from wire import Wire

FEED = """
[[feed]]
path = "/feed/{channel}"
tenant = "t"
channel = "{channel}"
origins = "https://good.example"
"""
ROUTES = FEED + """
[[feed]]
path = "/quick/{channel}"
tenant = "t"
channel = "{channel}"
ping_ms = 100
[[feed]]
path = "/sse/{channel}"
tenant = "t"
channel = "{channel}"
stream = false
poll = false
[[publish]]
path = "/publish/{channel}"
tenant = "t"
channel = "{channel}"
secret_file = "publish.secret"
"""
WAYS = (("--http1.1",), ("--http2-prior-knowledge",), ("-k", "--http1.1"), ("-k", "--http2"))
NDJSON = "Accept: application/x-ndjson"

node = None


def url(way, path):
    tls = "-k" in way
    return f"{'https' if tls else 'http'}://localhost:{node.tls_port if tls else node.port}{path}"


def publish(channel, text, wire=None, on=None):
    if not wire:
        with Wire((on or node).port) as one:
            return publish(channel, text, one)
    answer = wire.request(f"/publish/{channel}", "POST", f"Authorization: Bearer {SECRET}\r\n",
                          text.encode())
    equal(answer.status, 200, f"publication on {channel}")
    return json.loads(answer.body)["id"]


class Stream:
    """A curl that reads an NDJSON stream; `lines` is what it has read so far."""

    def __init__(self, target, *arguments):
        self.process = subprocess.Popen(["curl", "-sSN", *arguments, "-H", NDJSON, target],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.lines = []
        self.ended = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.decode())
        self.ended.set()

    def objects(self):
        return [json.loads(line) for line in self.lines if line != "\n"]

    def wait(self, what):
        """Waits for an object that has that member, and gives it."""
        def found():
            return [each for each in self.objects() if what in each]
        return wait_until(found, f"{what} in {self.lines}")[0]

    def wait_id(self, position):
        wait_until(lambda: any(each.get("id") == position for each in self.objects()), position)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()


def streams():
    """messages arrive in order, one object a line, over HTTP/1.1 and HTTP/2"""
    for number, way in enumerate(WAYS):
        channel = f"s{number}"
        with Stream(url(way, f"/feed/{channel}"), *way) as stream:
            stream.wait("ready")
            texts = ["plain", "two\nlines", "", "\u00e4\U0001f600", '{"a":"b"}', "x" * 65000,
                     "\x01", "last"]
            ids = [publish(channel, text) for text in texts]
            stream.wait_id(ids[-1])
            messages = [each for each in stream.objects() if "data" in each]
            equal([each["id"] for each in messages], ids, f"{way}: the ids")
            equal([each["data"] for each in messages], texts, f"{way}: the payloads")
            check(all(each["channel"] == channel for each in stream.objects()),
                  "each has a channel")
        for position in (ids[2], "0"):
            with Stream(url(way, f"/feed/{channel}?after={position}"), *way) as stream:
                ready = stream.wait("ready")["ready"]["id"]
                equal(ready, ids[-1], f"{way}: where it stands then")
                got = [each["id"] for each in stream.objects() if "data" in each]
                equal(got, ids[3:] if position == ids[2] else ids, f"{way}: the replay")
        _, out, _ = curl(*way, "-I", "-H", NDJSON, url(way, f"/feed/{channel}"))
        contains(out.lower(), b"content-type: application/x-ndjson", f"{way}: the type")
        contains(out.lower(), b"cache-control: no-store", f"{way}: it is not kept")
    opened = node.count("stream_opened")
    equal(opened, 3 * len(WAYS), "HEAD opens none")
    node.wait_count("stream_closed", opened)


def choice():
    """Accept and the query choose between event stream, NDJSON stream and long poll"""
    cases = (("", "text/event-stream", "text/event-stream"),
             ("", "application/x-ndjson", "application/x-ndjson"),
             ("", "application/x-ndjson;q=0.5, text/event-stream;q=0.4", "application/x-ndjson"),
             ("", "*/*", "text/event-stream"), ("?format=ndjson", "*/*", "application/x-ndjson"),
             ("?format=sse", "application/x-ndjson", "text/event-stream"),
             ("?poll=5", "*/*", "application/x-ndjson"))
    for way in WAYS[:2]:
        for query, accept, expected in cases:
            _, out, _ = curl(*way, "-I", "-H", f"Accept: {accept}", url(way, f"/feed/c{query}"))
            contains(out.lower().decode(), f"content-type: {expected}", f"{way} {query} {accept}")
        for path, accept, status in (("/feed/c", "text/html", "406"), ("/sse/c", "a/b", "406"),
                                     ("/sse/c?poll=3", "*/*", "406"),
                                     ("/sse/c?format=ndjson", "*/*", "406"),
                                     ("/feed/c?poll=0", "*/*", "400"),
                                     ("/feed/c?poll=61", "*/*", "400"),
                                     ("/feed/c?format=xml", "*/*", "400")):
            _, out, _ = curl(*way, "-H", f"Accept: {accept}", "-o", "/dev/null", "-w",
                             "%{http_code}", url(way, path))
            equal(out.decode(), status, f"{way} {path} {accept}")


def keep_alives():
    """empty lines keep an idle stream alive"""
    for way in WAYS:
        with Stream(url(way, "/quick/k"), *way) as stream:
            wait_until(lambda: stream.lines.count("\n") >= 3, "three empty lines")
            stream.wait_id(publish("k", "after"))


def gaps():
    """a position that cannot be served is told as a gap, in a stream and in a poll"""
    first = publish("g", "one")
    for position, reason in ((first.replace(".", ".9"), "epoch"), ("junk", "invalid")):
        for way in WAYS:
            with Stream(url(way, f"/feed/g?after={position}"), *way) as stream:
                stream.wait("ready")
                equal(stream.objects()[0],
                      {"channel": "g", "gap": {"reason": reason, "id": first}}, f"{way} {position}")
        objects = Poller("g", position).poll()
        equal(objects, [{"channel": "g", "gap": {"reason": reason, "id": first}}], "a poll's gap")


class Poller:
    """Long polls on a channel, each from the position that the one before has told."""

    def __init__(self, channel, position=""):
        self.channel, self.position = channel, position
        self.connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=70 * SLOW)

    def poll(self, seconds=30):
        query = f"?poll={seconds}" + (f"&after={self.position}" if self.position else "")
        self.connection.request("GET", f"/feed/{self.channel}{query}")
        answer = self.connection.getresponse()
        text = answer.read().decode()
        equal(answer.status, 200, "a poll")
        equal(answer.getheader("cache-control"), "no-store", "it is not kept")
        objects = [json.loads(line) for line in text.splitlines() if line]
        for each in objects:
            for inner in (each, each.get("ready"), each.get("gap"), each.get("at")):
                if inner and "id" in inner:
                    self.position = inner["id"]
        return objects


def polls():
    """a poll answers now, with what is there, with what comes, or when its time is over"""
    first, last = publish("p", "one"), publish("p", "two")
    poller = Poller("p")
    equal(poller.poll(), [{"channel": "p", "ready": {"id": last}}], "without a position")
    equal(poller.poll(1), [{"channel": "p", "at": {"id": last}}], "when its time is over")
    poller.position = first
    equal(poller.poll(), [{"channel": "p", "id": last, "data": "two"}], "what is there")
    got = []
    waiting = threading.Thread(target=lambda: got.extend(poller.poll()))
    before = node.count("poll_requests")
    waiting.start()
    node.wait_count("poll_requests", before + 1)
    third = publish("p", "three")
    waiting.join(20 * SLOW)
    equal(got, [{"channel": "p", "id": third, "data": "three"}], "what comes")
    for way in WAYS:
        _, out, _ = curl(*way, url(way, f"/feed/p?poll=20&after={first}"))
        equal([json.loads(line)["data"] for line in out.splitlines()], ["two", "three"], f"{way}")


def loops():
    """polls in a loop, and streams that reconnect, miss nothing and get nothing twice"""
    count, channel = 400, "loop"
    pollers = [Poller(channel) for _ in range(4)]
    for poller in pollers:
        poller.poll()
    start = pollers[0].position
    got = [[] for _ in pollers]

    def read(poller, messages):
        while len(messages) < count:
            messages.extend(each for each in poller.poll() if "data" in each)

    threads = [threading.Thread(target=read, args=each) for each in zip(pollers, got)]
    for thread in threads:
        thread.start()
    resumed = []

    def reconnect():
        position = start
        while len(resumed) < count:
            with Stream(url((), f"/feed/{channel}?after={position}"), "--http1.1") as stream:
                wait_until(lambda s=stream: len(s.objects()) > 20 or len(resumed) +
                           len([each for each in s.objects() if "data" in each]) >= count, "some")
                messages = [each for each in stream.objects() if "data" in each]
            if messages:
                resumed.extend(messages)
                position = messages[-1]["id"]

    threads.append(threading.Thread(target=reconnect))
    threads[-1].start()
    with Wire(node.port) as wire:
        ids = [publish(channel, f"m{n}", wire) for n in range(count)]
    for thread in threads:
        thread.join(60 * SLOW)
    for messages in (*got, resumed):
        equal([each["id"] for each in messages], ids, "all, once, in order")


@with_node(FEED, drain_spread_ms=1000)
def drain(own):
    """a drain ends streams and polls with a time to come back"""
    target = f"http://localhost:{own.port}/feed/d"
    with Stream(target, "--http1.1") as stream, Stream(target, "--http2-prior-knowledge") as second:
        stream.wait("ready")
        second.wait("ready")
        with Stream(target + "?poll=60&after=0", "--http1.1") as poll:
            own.wait_count("poll_requests", 1)
            own.end()
            for each in (stream, second, poll):
                check(each.ended.wait(10 * SLOW), "it ends")
                end = each.objects()[-1]["end"]
                equal(end["code"], 1012, "as a restart")
                name, milliseconds = end["reason"].split("=")
                equal(name, "retry-after-ms", "with a time")
                check(0 < int(milliseconds) <= 1000, "within the spread", milliseconds)


def cors():
    """only the origins of a route are told that they may read it"""
    for origin, allowed in (("https://good.example", True), ("https://evil.example", False)):
        _, out, _ = curl("--http1.1", "-I", "-H", f"Origin: {origin}", "-H", NDJSON,
                         url((), "/feed/c"))
        equal(b"access-control-allow-origin" in out.lower(), allowed, origin)


if __name__ == "__main__":
    node = Node(ROUTES)
    with node:
        try:
            main(streams, choice, keep_alives, gaps, polls, loops, drain, cors)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
