#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A cache in trouble: origins that are slow, silent or lie, disks that are full, directories that
somebody else has, configurations that make no sense.
"""

import asyncio
import os
import shutil
import subprocess

from checks import SLOW, check, contains, equal, main, wait_until
from node import EDGE, Node, curl, fetch
from origin_server import OriginServer, page

ROUTES = """
[cache]
directory = "cache"
disk_mib_max = {disk}
memory_mib_max = 0
[[origin]]
name = "app"
type = "servers"
servers = ["{url}"]
tries_max = 1
fails_max = 1000000
first_byte_ms = {slow_ms}
idle_ms = {slow_ms}
head_bytes_max = 4096
[[cached]]
path = "/{{path...}}"
tenant = "one"
origin = "app"
"""
FRESH = {"cache_control": "max-age=1000"}
OLD = {"cache_control": "max-age=10", "age": "100", "etag": '"old"'}

origin = None


def routes(disk=64):
    return ROUTES.format(url=origin.url, disk=disk, slow_ms=500 * SLOW)


def get(node, path, *arguments):
    return fetch(f"http://127.0.0.1:{node.port}{path}", *arguments)


def said(head, body=b"", ends=True):
    """A function that says exactly that and ends the connection, or leaves it as it is."""
    async def answer(request):
        await request.send(head.replace("\n", "\r\n").encode() + b"\r\n" + body)
        if ends:
            request.writer.close()
        else:
            await request.gone()
    return answer


def not_stored(node, path, count):
    """The next one is asked for again, and is then a good answer."""
    equal(origin.count(path), count, f"{path}: once for each")
    origin.add(path, page("good", **FRESH))
    status, fields, body = get(node, path)
    equal((status, body), (200, b"good"), f"{path}: nothing was stored")
    contains(fields["cache-status"], "fwd=uri-miss", path)


def silence():
    """an origin that is away, slow, or falls silent within an answer"""
    with Node(routes()) as node:
        origin.add("/slow", "late")
        origin.hold("/slow")
        status, fields, _ = get(node, "/slow")
        equal(status, 504, "too late")
        contains(fields["cache-status"], "fcedge; fwd=uri-miss;", "says so")
        equal(fields["cache-control"], "no-store", "and is for nobody else")
        origin.release("/slow")
        not_stored(node, "/slow", 1)
        lines = "HTTP/1.1 200 OK\nCache-Control: max-age=1000\nContent-Length: 100000\n"
        origin.add("/silent", said(lines, b"x" * 1000, ends=False))
        code, out, _ = curl(f"http://127.0.0.1:{node.port}/silent")
        equal((code != 0, out), (True, b"x" * 1000), "cut off where it fell silent")
        not_stored(node, "/silent", 1)
        origin.stop()
        try:
            equal(get(node, "/away")[0], 502, "away")
            equal(get(node, "/slow")[2], b"good", "what is stored is served")
        finally:
            origin.start()
        check(node.count("cache_fetch_failures") >= 3, "counted")


def lies():
    """an origin whose answers are shorter or longer than it says, or are none"""
    fresh = "HTTP/1.1 200 OK\nCache-Control: max-age=1000\n"
    with Node(routes()) as node:
        base = f"http://127.0.0.1:{node.port}"
        for path, size in (("/short", 1000), ("/short-large", 2 << 20)):
            origin.add(path, said(f"{fresh}Content-Length: {size + 10}\n", b"x" * size))
            code, out, _ = curl(base + path)
            check(code != 0, f"{path}: its client is cut off", code)
            # How much of it came before the cut depends on who was faster.
            check(len(out) <= size and out == b"x" * len(out), f"{path}: nothing else", len(out))
            not_stored(node, path, 1)
        origin.add("/torn", said(f"{fresh}Transfer-Encoding: chunked\n", b"5\r\nhello\r\n5\r\nwo"))
        code, out, _ = curl(base + "/torn")
        check(code != 0 and out in (b"", b"hello", b"hellowo"), "chunks break off", (code, out))
        not_stored(node, "/torn", 1)
        origin.add("/long", said(f"{fresh}Content-Length: 5\n", b"hello, and more", ends=False))
        for _ in range(2):
            equal(get(node, "/long")[2], b"hello", "no more than it said")
        origin.add("/next", page("next", **FRESH))
        equal(get(node, "/next")[2], b"next", "what was too much is not the next answer")
        for name, answer in (("garbage", said("SSH-2.0-OpenSSH_9.2\n")),
                             ("nothing", said("")),
                             ("status", said("HTTP/1.1 2000 OK\nContent-Length: 0\n")),
                             ("two-lengths", said("HTTP/1.1 200 OK\nContent-Length: 1\n"
                                                  "Content-Length: 2\n", b"xx")),
                             ("large-head", said(fresh + f"X-Large: {'x' * 8000}\n"))):
            origin.add(f"/{name}", answer)
            equal(get(node, f"/{name}")[0], 502, name)
            not_stored(node, f"/{name}", 1)
            origin.add(f"/had-{name}", page("had", **OLD))
            get(node, f"/had-{name}")
            origin.add(f"/had-{name}", answer)
            status, fields, body = get(node, f"/had-{name}")
            equal((status, body), (200, b"had"), f"{name}, where there is something stale")
            contains(fields["cache-status"], "stale-if-error", name)


def full_disk():
    """a full disk: everything is served, nothing is stored, and it is counted"""
    # A file system of its own that is smaller than what the cache may have, in a namespace where
    # nobody else sees it; the node is what runs there.
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        # Where that is not allowed a limit of the size of files does for it.
        before = ["prlimit", "--fsize=4194304", "env", "--ignore-signal=XFSZ"]
    else:
        before = ["unshare", "-rm", "sh", "-c",
                  'mount -t tmpfs -o size=8m none "$0" && exec "$@"']
    node = Node(routes(), start=False)
    cache = node.directory / "cache"
    cache.mkdir()
    node.before = [*before, cache] if before[0] == "unshare" else before
    with node:
        node.start()
        bodies = {f"/full-{i}": os.urandom(1 << 20) for i in range(16)}
        for path, body in bodies.items():
            origin.add(path, page(body, **FRESH))
        origin.add("/full-large", page(b"large " * 1000000, **FRESH))
        for _ in range(2):
            for path, body in bodies.items():
                check(get(node, path)[2] == body, f"{path} is served")
            check(len(get(node, "/full-large")[2]) == 6000000, "what is large, too")
        check(node.count("cache_write_errors") >= 1, "counted")
        equal(node.count("cache_corrupt"), 0, "nothing was broken by it")
        check(sum(origin.count(path) for path in bodies) > len(bodies), "they were not all kept")


def own_directory():
    """a directory is one node's; who comes second is told"""
    with Node(routes()) as node, Node(routes(), start=False) as second:
        second.routes = second.routes.replace('"cache"', f'"{node.directory / "cache"}"')
        second.write_config()
        done = subprocess.run([EDGE, "--config", second.config], capture_output=True, text=True,
                              check=False, timeout=30 * SLOW)
        equal(done.returncode, 2, "it does not start")
        contains(done.stderr, "edge.toml:", "the place")
        contains(done.stderr, "cache.directory: ", "the key")
        contains(done.stderr, str(node.directory / "cache"), "the directory")
        code, text = second.check()
        equal(code, 0, f"the configuration is good all the same: {text}")
        # What is there but cannot be read by that one is told, too.
        origin.add("/kept", page("kept", **FRESH))
        get(node, "/kept")
        node.wait_count("cache_written", 1)
        node.end()
        (node.directory / "key").write_bytes(os.urandom(32))
        node.routes = node.routes.replace("[[origin]]", 'key_file = "key"\n[[origin]]', 1)
        node.write_config()
        done = subprocess.run([EDGE, "--config", node.config], capture_output=True, text=True,
                              check=False, timeout=30 * SLOW)
        equal(done.returncode, 2, f"another key: {done.stderr}")
        contains(done.stderr, "key", "says so")
        shutil.rmtree(node.directory / "cache")
        node.start()
        get(node, "/kept")
        node.wait_count("cache_written", 1)
        node.restart()
        node.wait_count("cache_recovered", 1)
        contains(get(node, "/kept")[1]["cache-status"], "hit", "encrypted and found again")
        stored = b"".join(file.read_bytes() for file in (node.directory / "cache").rglob("*")
                          if file.is_file())
        check(b"/kept" not in stored and b"max-age" not in stored, "nobody can read it")


def configuration():
    """mistakes are told with their line and key; [cache] waits for the next start"""
    server = '[[origin]]\nname = "a"\ntype = "servers"\nservers = ["http://127.0.0.1:9"]\n'
    cached = '[[cached]]\npath = "/c"\ntenant = "t"\norigin = "a"\n'
    cache = '[cache]\ndirectory = "cache"\n'
    both = '[[origin]]\nname = "b"\ntype = "failover"\nof = ["{}"]\n'
    for text, part in (
            (server + server, 'origin[1]: there are two origins with the name "a"'),
            (server.replace("127.0.0.1", "192.0.2.1"), "origin[0]: http://192.0.2.1:9 is not on"),
            (server + "bucket = 'b'\n", "origin[0].bucket: unknown key"),
            (server.replace("servers\"", "other\""), "origin[0].type: expected one of"),
            (server + 'check_path = "health"\n', "origin[0].check_path: expected a path"),
            (server + "tries_max = 0\n", "origin[0].tries_max: expected an integer in 1"),
            (server + 'tls_ca_file = "none.pem"\n', "origin[0].tls_ca_file: "),
            (server + 'headers = { Host = "x" }\n', 'origin[0]: the field "host" cannot be set'),
            (server + 'headers = { X = 1 }\n', "origin[0].headers.X: expected a string"),
            (both.format("b"), "origin[0].of: "),
            (both.format("c"), 'origin[0].of: there is no origin "c"'),
            (both.format("a") + server, 'origin[0].of: the origin "a" must stand before'),
            (server + both.format("a") + "statuses = [200]\n", "origin[1].statuses: expected"),
            ('[[origin]]\nname = "d"\ntype = "directory"\nroot = "none"\n', "origin[0].root: "),
            ('[[origin]]\nname = "d"\ntype = "directory"\n', "origin[0]: needs the key root"),
            ('[[origin]]\nname = "s"\ntype = "s3"\nbucket = "b"\nkey_id = "k"\n',
             "key_id and secret_file need each other"),
            (server + cached, "cached[0].path: needs a [cache]"),
            (cache + server + cached.replace('"a"', '"z"'), "cached[0].origin: there is no"),
            (cache + server + cached + "default_ttl_s = -1\n", "cached[0].default_ttl_s: "),
            (cache + server + cached + '[[proxy]]\npath = "/c"\norigin = "a"\n',
             "cached[0].path: the route GET /c exists already"),
            (cache + "disk_mib_max = 15\n", "cache.disk_mib_max: expected an integer in 16"),
            (cache + 'key_file = "short.key"\n', "expected a key of 16 or 32 bytes, got 5"),
            ("[cache]\nmemory_mib_max = 1\n", "cache: needs the key directory"),
            (server + '[[proxy]]\npath = "/p"\norigin = "a"\ntrusted = ["x"]\n', "proxy[0]"),
            (cache + '[[purge]]\npath = "/p"\ntenant = "t"\nsecret_file = "short.key"\n',
             "purge[0].secret_file: ")):
        with Node(text, start=False) as wrong:
            (wrong.directory / "short.key").write_text("short")
            code, told = wrong.check()
            equal(code, 2, f"{text}: {told}")
            contains(told, part, text)
            contains(told, "edge.toml:", text)
    with Node(routes()) as node:
        node.routes = node.routes.replace("disk_mib_max = 64", "disk_mib_max = 65")
        node.write_config()
        contains(node.reload(), "leaves a changed setting until the next start section=cache",
                 "[cache] waits")
        node.wait_log("reloaded")


if __name__ == "__main__":
    with OriginServer() as origin:
        try:
            main(silence, lies, full_disk, own_directory, configuration)
        except SystemExit as ended:
            result = ended.code
    raise SystemExit(result)
