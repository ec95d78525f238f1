#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The cache of a whole node in front of an origin: what clients of others get, and how often the
origin is asked for it.
"""

import asyncio
import email
import os
import re
import socket
import struct
import subprocess

from checks import SLOW, check, contains, equal, main, wait_until
from node import SECRET, Node, fetch
from origin_server import OriginServer, page
from wire import Wire

ROUTES = """
[cache]
directory = "cache"
disk_mib_max = 64
[[origin]]
name = "app"
type = "servers"
servers = ["{url}"]
host = "*"
first_byte_ms = {first_byte_ms}
tries_max = 1
fails_max = 1000000
[[cached]]
path = "/{{path...}}"
tenant = "one"
origin = "app"
{cached}
[[cached]]
path = "/{{path...}}"
host = "two.example"
tenant = "two"
origin = "app"
[[cached]]
path = "/packed/{{path...}}"
tenant = "one"
origin = "app"
strip_prefix = "/packed"
stale_if_error_s = 0
compress = true
[[purge]]
path = "/purge"
tenant = "one"
secret_file = "publish.secret"
"""
FRESH = {"cache_control": "max-age=1000"}
# What has been old for long when it comes.
STALE = {"cache_control": "max-age=10, stale-while-revalidate=1000", "age": "100"}
CLIENTS = 1000
MISS = re.compile(r"fcedge; fwd=uri-miss; fwd-status=200; ttl=\d+; stored")
NOISE = os.urandom(3 << 20)

origin = node = None


def routes(cached="", first_byte_ms=20000):
    return ROUTES.format(url=origin.url, cached=cached, first_byte_ms=first_byte_ms * SLOW)


def get(path, *arguments, secure=False, host=None):
    if host:
        arguments += ("-H", f"Host: {host}")
    base = f"https://127.0.0.1:{node.tls_port}" if secure else f"http://127.0.0.1:{node.port}"
    return fetch(base + path, *arguments)


def cache_status(path, *arguments, **keywords):
    return get(path, *arguments, **keywords)[1]["cache-status"]


def warm(path, body, **headers):
    """Has an object in the cache, and on its disk."""
    origin.add(path, page(body, **(headers or FRESH)))
    written = node.count("cache_written")
    equal(get(path)[2], body if isinstance(body, bytes) else body.encode(), path)
    node.wait_count("cache_written", written + 1)


def hits(path, body=None):
    before = origin.count(path)
    status, fields, got = get(path)
    equal(status, 200, path)
    contains(fields["cache-status"], "fcedge; hit", path)
    if body is not None:
        equal(got, body if isinstance(body, bytes) else body.encode(), path)
    equal(origin.count(path), before, f"{path}: the origin was not asked")


def miss_then_hit():
    """a miss, then hits with Age, for HTTP/1.1, HTTP/2 and over TLS"""
    warm("/plain", "plain words", etag='"p"', **FRESH)
    for arguments, secure in (((), False), (("--http1.1",), True), (("--http2",), True),
                              (("--http2-prior-knowledge",), False)):
        status, fields, body = get("/plain", *arguments, secure=secure)
        equal((status, body), (200, b"plain words"), f"{arguments}")
        check(re.fullmatch(r"fcedge; hit; ttl=\d+", fields["cache-status"]), "a hit", fields)
        check(0 <= int(fields["age"]) < 1000, "its age", fields)
    done = subprocess.run(["nghttp", "-v", "--no-dep", f"https://127.0.0.1:{node.tls_port}/plain"],
                          capture_output=True, text=True, check=True)
    contains(done.stdout, "cache-status: fcedge; hit; ttl=", "nghttp")
    status, fields, body = get("/plain", "-I")
    equal((status, fields["content-length"], body), (200, "11", b""), "HEAD")
    contains(fields["cache-status"], "fcedge; hit", "HEAD")
    equal(origin.count("/plain"), 1, "the origin was asked once")
    origin.add("/headed", page("twelve bytes", **FRESH))
    equal(get("/headed", "-I")[1]["content-length"], "12", "HEAD of what is not there yet")
    origin.add("/new", page("x", **FRESH))
    check(MISS.fullmatch(cache_status("/new")), "the first")


def variants():
    """Vary keeps apart what clients have asked for"""
    async def answer(request):
        language = request.header("accept-language") or "none"
        await request.answer(f"in {language}", vary="Accept-Language", **FRESH)
    origin.add("/vary", answer)
    for _ in range(2):
        for language in ("de", "fr", "en"):
            body = get("/vary", "-H", f"Accept-Language: {language}")[2]
            equal(body, f"in {language}".encode(), "its own")
    equal(origin.count("/vary"), 3, "once for each")


def ranges():
    """parts come from the whole object, one or several, small and large"""
    for path, content in (("/small-parts", b"a line of text\n" * 200), ("/large-parts", NOISE)):
        warm(path, content, content_type="text/x-parts", **FRESH)
        status, fields, body = get(path, "-r", "100-199")
        equal((status, body, fields["content-range"]),
              (206, content[100:200], f"bytes 100-199/{len(content)}"), "a part")
        status, fields, body = get(path, "-r", "0-9,20-29,-5")
        message = email.message_from_bytes(
            b"Content-Type: " + fields["content-type"].encode() + b"\r\n\r\n" + body)
        equal([part.get_payload(decode=True) for part in message.get_payload()],
              [content[:10], content[20:30], content[-5:]], "several")
        equal(get(path, "-r", f"{len(content)}-")[0], 416, "behind its end")
        equal(origin.count(path), 1, "the origin was asked once")


def validation():
    """who has it is told so, and what is stale is looked at anew"""
    warm("/tagged", "tagged", etag='"t"', **FRESH)
    status, fields, body = get("/tagged", "-H", 'If-None-Match: "t"')
    equal((status, body, fields["etag"]), (304, b"", '"t"'), "it has not changed")
    equal(get("/tagged", "-H", 'If-None-Match: "u"')[0], 200, "another one")
    equal(origin.count("/tagged"), 1, "all of it here")
    origin.add("/old", page("old", etag='"o"', cache_control="max-age=10", age="100"))
    get("/old")
    status, fields, body = get("/old")
    equal((status, body), (200, b"old"), "found unchanged")
    contains(fields["cache-status"], "fcedge; fwd=stale; fwd-status=304;", "as it says")
    equal(origin.last("/old").header("if-none-match"), '"o"', "the origin was asked whether")


def stale_while_revalidate():
    """a stale answer goes out at once while a new one is on its way"""
    origin.add("/swr", page("old", **STALE))
    get("/swr")
    origin.add("/swr", page("new", **FRESH))
    origin.hold("/swr")
    status, fields, body = get("/swr")
    equal((status, body), (200, b"old"), "the old one, though the origin does not answer")
    contains(fields["cache-status"], "fcedge; hit; ttl=-", "stale")
    origin.wait_open("/swr", 1)
    equal(get("/swr")[2], b"old", "again")
    origin.release("/swr")
    wait_until(lambda: get("/swr")[2] == b"new", "the new one")
    equal(origin.count("/swr"), 2, "was fetched once")


def stale_if_error():
    """what is stored outlives its origin; what is not is an error"""
    origin.add("/sie", page("kept", etag='"k"', cache_control="max-age=10", age="100"))
    get("/sie")
    origin.stop()
    try:
        status, fields, body = get("/sie")
        equal((status, body), (200, b"kept"), "stale")
        check(re.fullmatch("fcedge; fwd=stale; ttl=-9\\d; detail=stale-if-error",
                           fields["cache-status"]), "as it says", fields)
        equal(get("/never-seen")[0], 502, "nothing to give")
        check(node.count("cache_stale_errors") >= 1, "counted")
    finally:
        origin.start()
    origin.add("/sie", page("new", **FRESH))
    wait_until(lambda: get("/sie")[2] == b"new", "it comes back")


def other_paths():
    """a route's path that its origin does not know, and errors that are passed on"""
    outer = "/packed/inner?a=/packed/b"
    origin.add("/inner", page("inner", cache_control="max-age=10", age="100", etag='"i"'))
    for _ in range(2):
        equal(get(outer)[2], b"inner", "under another name")
    equal(origin.count("/inner"), 2, "it was found stale, and asked for again")
    query = origin.last("/inner?a=/packed/b")
    equal(query.header("if-none-match"), '"i"', "the query is as it came")
    origin.add("/dir", page("kept", **FRESH))
    equal(get("/packed/dir")[2], b"kept", "fetched")
    contains(cache_status("/packed/dir"), "hit", "and kept")
    equal(purge("key=127.0.0.1/packed/dir"), (200, b'{"purged":1}\n'), "by the clients' name")
    check(MISS.fullmatch(cache_status("/packed/dir")), "it is gone")
    origin.stop()
    try:
        equal(get(outer)[0], 502, "no stale answer")
    finally:
        origin.start()


def compressed():
    """what is kept as it came goes out compressed, whole or not at all"""
    text = b"a line of text, and another one\n" * 4000
    origin.add("/text", page(text, content_type="text/plain", etag='"strong"', **FRESH))
    url = f"https://127.0.0.1:{node.tls_port}/packed/text"
    for coding in (None, "gzip", "br", None):
        status, fields, body = fetch(url, *(("--compressed", "-H", f"Accept-Encoding: {coding}")
                                            if coding else ()))
        equal((status, body == text), (200, True), f"{coding}")
        equal(fields.get("content-encoding"), coding, "as it was asked for")
        equal(fields["etag"], 'W/"strong"' if coding else '"strong"', "another one to If-Range")
        contains(fields["vary"].lower(), "accept-encoding", "caches are told")
    status, fields, body = fetch(url, "-H", "Accept-Encoding: gzip", "-H",
                                 'If-None-Match: W/"strong"')
    equal((status, body), (304, b""), "its tag is that of what is kept")
    status, fields, body = fetch(url, "-H", "Accept-Encoding: gzip", "-r", "10-19")
    equal((status, body, fields.get("content-encoding")), (206, text[10:20], None), "a part")
    equal(origin.count("/text"), 1, "the origin was asked once")


def too_many_tags():
    """what could not be purged by all its tags is not kept"""
    origin.add("/many", page("many", surrogate_key=" ".join(map(str, range(300))), **FRESH))
    before = node.count("limit_tags")
    for _ in range(2):
        contains(cache_status("/many"), "detail=too-many-tags", "why")
    equal(node.count("limit_tags"), before + 2, "counted")


def parts_of_what_is_not_kept():
    """a part of an object that is too large for the cache, and the end of who asked for it"""
    body = os.urandom(20 << 20)  # more than a quarter of the disk that the cache may use
    origin.add("/huge", page(body, **FRESH))
    for part in ("19000000-19000099", "-100"):
        status, fields, got = get("/huge", "-r", part, "-m", "20")
        equal(status, 206, part)
        begin, end = map(int, fields["content-range"].split(" ")[1].split("/")[0].split("-"))
        check(got == body[begin:end + 1], "the part that was asked for")
        contains(fields["cache-status"], "detail=no-room", "it is not kept")
        check("stored" not in fields["cache-status"], "nor said to be", fields)
    check(get("/huge")[2] == body, "all of it")


async def ask(path):
    reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
    return reader, writer


def reset(writer):
    """Leaves for good: a client that only closes may still wait for its answer."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                               struct.pack("ii", 1, 0))
    writer.transport.abort()


async def whole(reader, writer):
    heard = await asyncio.wait_for(reader.read(-1), 30 * SLOW)
    writer.close()
    return heard.partition(b"\r\n\r\n")[2]


def crowd(path, count, meanwhile, leader_leaves=False):
    """So many clients at once; `meanwhile` runs when the node has all requests."""
    async def go():
        before = await asyncio.to_thread(node.count, "cache_requests")
        streams = [await ask(path)]
        await asyncio.to_thread(origin.wait_open, path, 1)
        streams += await asyncio.gather(*(ask(path) for _ in range(count - 1)))
        await asyncio.to_thread(node.wait_count, "cache_requests", before + count, 30)
        if leader_leaves:
            cut = await asyncio.to_thread(lambda: node.metrics()["fcedge_connections"])
            reset(streams.pop(0)[1])
            await asyncio.to_thread(node.wait_connections, cut - 1)
        await asyncio.to_thread(meanwhile)
        return await asyncio.gather(*(whole(*stream) for stream in streams))
    return asyncio.run(go())


def collapsing():
    """1,000 clients that want one cold object are one request to the origin"""
    for path, leaves in (("/cold", False), ("/cold-left", True)):
        origin.add(path, page("for all of you", **FRESH))
        origin.hold(path)
        bodies = crowd(path, CLIENTS, lambda path=path: origin.release(path), leaves)
        equal(set(bodies), {b"for all of you"}, "all have it")
        equal(len(bodies), CLIENTS - leaves, "all of them")
        equal(origin.count(path), 1, "the origin was asked once")


def uncacheable():
    """what is not for all does not go one after the other"""
    crowd_size, path = 60, "/private"
    origin.add(path, page("mine", cache_control="no-store"))

    def let_go():
        # The first answer shows that nobody can share it: all others go at once, not in turns.
        origin.release(path)
        wait_until(lambda: origin.count(path) >= crowd_size, "all are at the origin")
    for _ in range(2):
        origin.hold(path)
        bodies = crowd(path, crowd_size, let_go)
        equal(set(bodies), {b"mine"}, "all have one")
    equal(origin.count(path), 2 * crowd_size, "each its own")

    others = asyncio.Barrier(crowd_size - 1)

    async def together(request):
        # Answers the first alone, and the others only when all of them are here.
        if request.number > 0:
            await others.wait()
        await request.answer("mine", cache_control="private")
    origin.add("/together", together)
    origin.hold("/together")
    bodies = crowd("/together", crowd_size, lambda: origin.release("/together"))
    equal(set(bodies), {b"mine"}, "all have one")
    check(origin.most["/together"] >= crowd_size - 1, "at once", origin.most["/together"])


def purge(query, method="PURGE", secret=SECRET):
    with Wire(node.port) as wire:
        answer = wire.request(f"/purge?{query}", method, f"Authorization: Bearer {secret}\r\n")
        return answer.status, answer.body


def purging():
    """by URL, prefix and tag, hard and soft, for who knows the secret; also after a restart"""
    host = "127.0.0.1"
    paths = ("/p/one", "/p/two", "/q/tagged", "/q/other", "/q/soft")
    for path in paths:
        warm(path, f"at {path}", etag=f'"{path}"', surrogate_key="red" if "tagged" in path else "x",
             **FRESH)
        hits(path)
    equal(purge("tag=red", secret="wrong" * 5)[0], 401, "a wrong secret")
    equal(purge("tag")[0], 400, "a query that says nothing")
    equal(purge("everything=1")[0], 400, "a query that is not understood")
    for path in paths:
        hits(path)
    equal(purge(f"key={host}/p/one"), (200, b'{"purged":1}\n'), "by URL")
    check(MISS.fullmatch(cache_status("/p/one")), "it is gone")
    hits("/p/two")
    equal(purge(f"prefix={host}/p/", "POST"), (200, b'{"purged":1}\n'), "by prefix")
    check(MISS.fullmatch(cache_status("/p/two")), "it is gone")
    hits("/q/tagged")
    equal(purge("tag=red"), (200, b'{"purged":1}\n'), "by tag")
    check(MISS.fullmatch(cache_status("/q/tagged")), "it is gone")
    hits("/q/other")
    equal(purge(f"key={host}/q/soft&soft=1"), (200, b'{"purged":1}\n'), "softly")
    before = origin.count("/q/soft")
    contains(cache_status("/q/soft"), "hit", "it is still there, and looked at anew behind that")
    wait_until(lambda: origin.count("/q/soft") == before + 1, "the origin is asked")
    equal(origin.last("/q/soft").header("if-none-match"), '"/q/soft"', "whether it has changed")


def restarts():
    """what is stored is there again after an end and after a crash, what was purged is not"""
    names = ("h.example/r/small", "h.example/r/purged", "h.example/r/tagged")

    def fetch(path):
        return get(path, host="h.example")
    for end in (lambda: node.end(), node.crash):
        written = node.count("cache_written")
        for path, body in (("/r/small", b"small"), ("/r/purged", b"p"), ("/r/tagged", b"t"),
                           ("/r/large", NOISE)):
            tag = "tagged" if "tagged" in path else "x"
            origin.add(path, page(body, surrogate_key=tag, **FRESH))
            equal(fetch(path)[2], body, path)
        node.wait_count("cache_written", written + 4)
        equal(purge(f"key={names[1]}")[0], 200, "purged")
        equal(purge("tag=tagged")[0], 200, "purged")
        end()
        node.start()
        node.wait_count("cache_recovered", 2)
        counts = {path: origin.count(path) for path in ("/r/small", "/r/large")}
        for path, body in (("/r/small", b"small"), ("/r/large", NOISE)):
            _, fields, got = fetch(path)
            equal(got, body, path)
            contains(fields["cache-status"], "hit", path)
            equal(origin.count(path), counts[path], "without the origin")
        for path in ("/r/purged", "/r/tagged"):
            check(MISS.fullmatch(fetch(path)[1]["cache-status"]), path)
        equal(purge("prefix=h.example/r/")[0], 200, "from the beginning")


def tenants():
    """hosts and tenants with the same paths have nothing in common"""
    async def answer(request):
        await request.answer(f"of {request.header('host')}", **FRESH)
    origin.add("/same", answer)
    for _ in range(2):
        for host in ("one.example", "two.example", "three.example"):
            equal(get("/same", host=host)[2], f"of {host}".encode(), "its own")
    equal(origin.count("/same"), 3, "one each")
    equal(purge("prefix=two.example/")[0], 200, "tenant one purges")
    equal(cache_status("/same", host="two.example")[:11], "fcedge; hit", "not what tenant two has")
    # The same name, which from now on is another tenant's.
    contains(cache_status("/same", host="one.example"), "hit", "of tenant one")
    node.routes = routes().replace('tenant = "one"\norigin', 'tenant = "three"\norigin')
    node.write_config()
    contains(node.reload(), "reloaded", "reloaded")
    contains(cache_status("/same", host="one.example"), "fwd=uri-miss", "not of tenant three")
    node.routes = routes()
    node.write_config()
    contains(node.reload(), "reloaded", "reloaded")
    contains(cache_status("/same", host="one.example"), "hit", "of tenant one again")


if __name__ == "__main__":
    with OriginServer() as origin, Node(routes()) as node:
        try:
            main(miss_then_hit, variants, ranges, validation, stale_while_revalidate,
                 stale_if_error, other_paths, compressed, too_many_tags,
                 parts_of_what_is_not_kept, collapsing, uncacheable, purging, restarts, tenants)
        except SystemExit as ended:
            code = ended.code
    raise SystemExit(code)
