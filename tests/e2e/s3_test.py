#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The S3 origin against a server that verifies signatures (OpenStack Swift with s3api)."""

import hashlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading

from checks import SLOW, check, contains, equal, main
from node import BUILD, TRACES, Node, fetch
from origin_server import OriginServer
import swift_s3
from swift_s3 import (KEY_ID, PART_BYTES_MIN, READER, READER_SECRET, REGION, SECRET, Client,
                      Swift)

FETCH = BUILD / "tests/e2e/s3-fetch"
CONNECT, MALFORMED, REFUSED = 1, 7, 12  # of FetchError
BUCKET = "media"
# Keys, and how a client asks for them.
KEYS = {
    "plain.txt": "/plain.txt",
    "a b.txt": "/a%20b.txt",
    "a+b.txt": "/a+b.txt",
    "100%.txt": "/100%25.txt",
    "%41.txt": "/%2541.txt",
    "\u00e9t\u00e9/\u1234.txt": "/%C3%A9t%C3%A9/\u1234.txt",
    "x/y/~z-_.!*'().txt": "/x/y/~z-_.!*'().txt",
    "q?a=b&c#d.txt": "/q%3Fa=b&c%23d.txt",
    "$&,:;=@.txt": "/$&,:;=@.txt",
    "\"<>\\^`{|}.txt": "/%22%3C%3E%5C%5E%60%7B%7C%7D.txt",
}


class Origin:
    """One s3-fetch: an S3 origin that is asked line by line."""

    def __init__(self, swift, *, secret=SECRET, environment=None, **options):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="fcedge-s3-"))
        options = {"endpoint": swift.endpoint, "region": REGION, "bucket": BUCKET,
                   "path_style": "true", **options}
        if secret:
            self.write_secret(secret)
            options |= {"key_id": KEY_ID, "secret_file": self.directory / "secret"}
        hidden = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")
        clean = {name: value for name, value in os.environ.items() if name not in hidden}
        self.errors = open(self.directory / "errors", "w+")
        self.process = subprocess.Popen(
            [FETCH] + [f"{name}={value}" for name, value in options.items()],
            env=clean | (environment or {}), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.errors, text=True)

    def write_secret(self, secret):
        (self.directory / "secret").write_text(secret + "\n")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.process.communicate("\n", timeout=30 * SLOW)
                check(self.process.returncode == 0, "s3-fetch ends well", self.log())
                check(not TRACES.search(self.log()), "no sanitizer has found anything", self.log())
                check(SECRET not in self.log(), "the secret is not in the log", self.log())
        finally:
            self.process.kill()
            self.process.wait()
            self.errors.close()
            shutil.rmtree(self.directory)

    def log(self):
        return (self.directory / "errors").read_text()

    def ask(self, target, method="GET", **headers):
        fields = [f"{name.replace('_', '-')}:{value}" for name, value in headers.items()]
        self.process.stdin.write("\t".join([method, target, *fields]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        check(line, f"{target} has an outcome", self.log())
        return json.loads(line)


def holds(answer, body, what, status=200):
    equal((answer["failed"], answer["status"]), (None, status), what)
    equal(answer["size"], len(body), f"{what}: size")
    equal(answer["sha256"], hashlib.sha256(body).hexdigest(), f"{what}: content")


def test_keys():
    """every kind of key comes through, and HEAD tells the same"""
    with Origin(SWIFT) as origin:
        for key, target in KEYS.items():
            body = f"content of {key}".encode()
            answer = origin.ask(target)
            holds(answer, body, key)
            equal(answer["length"], len(body), f"{key}: length")
            equal(answer["headers"]["content-type"], "text/x-own", f"{key}: type")
            head = origin.ask(target, "HEAD")
            holds(head, b"", f"HEAD of {key}")
            equal(head["length"], 0, f"HEAD of {key}: no body")
            equal(head["headers"]["content-length"], str(len(body)), f"HEAD of {key}: length")
            equal(head["headers"]["etag"], answer["headers"]["etag"], f"HEAD of {key}: etag")
            inside = [name for name in answer["headers"] if name.startswith("x-")]
            equal(inside, [], f"{key}: what S3 says of itself stays inside")
        holds(origin.ask("/plain.txt?acl"), b"content of plain.txt", "no query gets there")
    with Origin(SWIFT, prefix="x/y/") as origin:
        holds(origin.ask("/~z-_.!*'().txt"), b"content of x/y/~z-_.!*'().txt", "below a prefix")
        equal(origin.ask("/../../plain.txt")["status"], 404, "there is no way out of the prefix")
        equal(origin.ask("/%2e%2e/%2e%2e/plain.txt")["status"], 404, "nor an encoded one")


def test_tags():
    """metadata that names tags is passed on as tags"""
    with Origin(SWIFT) as origin:
        headers = origin.ask("/tagged.txt")["headers"]
        equal(headers.get("cache-tag"), "one,two", "Cache-Tag")
        equal(headers.get("cache-control"), None, "what the server does not keep is not there")
        check("x-amz-meta-owner" not in headers, "other metadata stays inside", headers)


def test_ranges():
    """ranges are passed on, those with If-Range make it whole"""
    body = b"content of plain.txt"
    with Origin(SWIFT) as origin:
        part = origin.ask("/plain.txt", range="bytes=3-6")
        holds(part, body[3:7], "a range", 206)
        equal(part["headers"]["content-range"], f"bytes 3-6/{len(body)}", "Content-Range")
        equal(part["length"], 4, "the length of a range")
        holds(origin.ask("/plain.txt", range="bytes=-3"), body[-3:], "the end", 206)
        holds(origin.ask("/plain.txt", range="bytes=5-"), body[5:], "an open range", 206)
        holds(origin.ask("/plain.txt", range="bytes=999-"), b"", "no range", 416)
        etag = part["headers"]["etag"]
        holds(origin.ask("/plain.txt", range="bytes=3-6", if_range=etag), body, "If-Range")


def test_conditions():
    """validators are compared by the server"""
    with Origin(SWIFT) as origin:
        first = origin.ask("/plain.txt")["headers"]
        same = origin.ask("/plain.txt", if_none_match=first["etag"])
        holds(same, b"", "the same entity", 304)
        equal(same["headers"]["etag"], first["etag"], "a 304 has the validator")
        holds(origin.ask("/plain.txt", if_modified_since=first["last-modified"]), b"",
              "not modified", 304)
        equal(origin.ask("/plain.txt", if_none_match='"other"')["status"], 200, "another entity")
        holds(origin.ask("/plain.txt", if_match='"other"'), b"", "a condition that fails", 412)


def test_multipart():
    """an object that was uploaded in parts is one, whole and in ranges across its parts"""
    body = b"".join(PARTS)
    with Origin(SWIFT) as origin:
        whole = origin.ask("/parts.bin")
        holds(whole, body, "in parts")
        check(whole["pieces"] > 10, "it comes in pieces, each after a pause", whole["pieces"])
        equal(whole["length"], len(body), "its length")
        check("-" in whole["headers"]["etag"], "its validator is one of parts", whole["headers"])
        at = PART_BYTES_MIN - 5
        holds(origin.ask("/parts.bin", range=f"bytes={at}-{at + 9}"), body[at:at + 10],
              "across two parts", 206)
        holds(origin.ask("/parts.bin", "HEAD"), b"", "its head")


def test_absent():
    """an object that is not there is a 404 without words, a bucket that is not there our fault"""
    with Origin(SWIFT) as origin:
        for method in ("GET", "HEAD"):
            absent = origin.ask("/none.txt", method)
            holds(absent, b"", f"{method} of nothing", 404)
            equal(absent["headers"], {}, f"{method} of nothing says nothing")
        equal(origin.ask("/")["status"], 404, "the bucket itself is not listed")
        equal(origin.ask("/?list-type=2")["status"], 404, "nor by a query")
        equal(origin.ask("/plain.txt", "DELETE")["failed"], REFUSED, "nothing is deleted")
        equal(origin.ask("/plain.txt")["status"], 200, "it is still there")
    with Origin(SWIFT, bucket="nobody") as origin:
        equal(origin.ask("/plain.txt")["failed"], MALFORMED, "no bucket, no answer")
        contains(origin.log(), "code=NoSuchBucket", "the log says why")


def test_wrong_secret():
    """a wrong secret is refused by the server, and never becomes an answer"""
    for lenient in ("false", "true"):
        with Origin(SWIFT, secret="wrong", forbidden_is_absent=lenient) as origin:
            equal(origin.ask("/plain.txt")["failed"], MALFORMED, "a wrong secret")
            contains(origin.log(), "status=403 code=SignatureDoesNotMatch", "the log says why")
            # The file is looked at once a second, and what is put right is right from then on.
            origin.write_secret(SECRET)
            wait = threading.Event()
            for _ in range(200 * SLOW):
                answer = origin.ask("/plain.txt")
                if answer["status"] == 200:
                    break
                wait.wait(0.05)
            holds(answer, b"content of plain.txt", "with the right secret")


def test_denied():
    """what the credentials give no right to is denied, or absent if we are told to see it so"""
    for lenient, status in (("false", 403), ("true", 404)):
        with Origin(SWIFT, secret=None, environment={"AWS_ACCESS_KEY_ID": READER,
                                                     "AWS_SECRET_ACCESS_KEY": READER_SECRET},
                    forbidden_is_absent=lenient) as origin:
            for method in ("GET", "HEAD"):
                holds(origin.ask("/plain.txt", method), b"", "without a right", status)


def test_region():
    """a wrong region is our fault, and the log names the right one"""
    with Origin(SWIFT, region="eu-north-1") as origin:
        equal(origin.ask("/plain.txt")["failed"], MALFORMED, "a wrong region")
        contains(origin.log(), "code=AuthorizationHeaderMalformed region=us-east-1", "the log")


def test_credentials():
    """the environment and the shared file give credentials as well"""
    with Origin(SWIFT, secret=None, environment={"AWS_ACCESS_KEY_ID": KEY_ID,
                                                 "AWS_SECRET_ACCESS_KEY": SECRET}) as origin:
        equal(origin.ask("/plain.txt")["status"], 200, "by the environment")
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as file:
        file.write("[default]\naws_access_key_id = x\naws_secret_access_key = y\n"
                   f"[edge]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n")
        file.flush()
        with Origin(SWIFT, secret=None, shared_file=file.name, profile="edge") as origin:
            equal(origin.ask("/plain.txt")["status"], 200, "by a profile")
        with Origin(SWIFT, secret=None, shared_file=file.name) as origin:
            equal(origin.ask("/plain.txt")["failed"], MALFORMED, "by the default profile")


def test_virtual_host():
    """a bucket that is part of the host's name is found there"""
    # Names below localhost resolve on some systems only.
    with Origin(SWIFT, endpoint=f"http://s3.localhost:{SWIFT.port}", path_style="false",
                connect=SWIFT.endpoint) as origin:
        holds(origin.ask("/a%20b.txt"), b"content of a b.txt", "by the host's name")
        holds(origin.ask("/parts.bin", range="bytes=0-9"), PARTS[0][:10], "a range", 206)
        equal(origin.ask("/none")["status"], 404, "what is not there")


def test_clock():
    """a server whose clock is an hour ahead is understood at the second try, then at the first"""
    port = SWIFT.add_proxy(ahead_s=3600)
    Client(port).request("GET", f"/{BUCKET}/plain.txt", expect=403)
    Client(port, ahead_s=3600).request("GET", f"/{BUCKET}/plain.txt")
    with Origin(SWIFT, endpoint=f"http://127.0.0.1:{port}") as origin:
        holds(origin.ask("/plain.txt"), b"content of plain.txt", "by their clock")
        contains(origin.log(), "the clock of an S3 origin differs", "the log")
        holds(origin.ask("/a%20b.txt"), b"content of a b.txt", "again")
        equal(origin.log().count("differs"), 1, "it was learned once")
    SWIFT.stop_proxy(port)


def test_server_gone():
    """a server that is gone is a failure, and one that comes back is found"""
    port = SWIFT.add_proxy()
    with Origin(SWIFT, endpoint=f"http://127.0.0.1:{port}") as origin:
        holds(origin.ask("/plain.txt"), b"content of plain.txt", "at first")
        SWIFT.stop_proxy(port)
        equal(origin.ask("/plain.txt")["failed"], CONNECT, "while it is gone")
        check(SWIFT.start_proxy(port), "the server is back", SWIFT.logs())
        holds(origin.ask("/plain.txt"), b"content of plain.txt", "once it is back")
    SWIFT.stop_proxy(port)


def captured_by_curl(target, headers):
    """What curl's own signing makes of a request: the fields that it sent."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        curl = subprocess.Popen(
            ["curl", "-s", "-o", "/dev/null", "--path-as-is", "--aws-sigv4",
             f"aws:amz:{REGION}:s3", "--user", f"AKID:{SECRET}",
             *(part for header in headers for part in ("-H", header)),
             f"http://127.0.0.1:{port}{target}"])
        connection, _ = server.accept()
        with connection:
            text = b""
            while b"\r\n\r\n" not in text:
                text += connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        curl.wait(30 * SLOW)
    lines = text.decode().split("\r\n")[1:]
    return dict((name.lower(), value.strip()) for name, _, value in
                (line.partition(":") for line in lines if line))


def test_curl():
    """curl signs the same requests by the same signatures"""
    empty = hashlib.sha256(b"").hexdigest()
    for target in ("/", "/media/plain.txt", "/media/a%20b%2Bc.txt", "/media/?max-keys=2&prefix=J"):
        fields = captured_by_curl(target, [f"x-amz-content-sha256: {empty}"])
        path, _, query = target.partition("?")
        signed = fields["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
        ours = subprocess.run(
            [FETCH, "--sign", fields["x-amz-date"], REGION, "s3", "AKID", SECRET, "GET", path,
             query, *(f"{name}:{fields[name]}" for name in signed)],
            capture_output=True, text=True, check=True).stdout.strip()
        equal(ours, fields["authorization"], f"the signature of {target}")


EDGE_ROUTES = """
[cache]
directory = "cache"
disk_mib_max = 16
"""
EDGE_ROUTE = """
[[origin]]
name = "{name}"
type = "s3"
bucket = "{bucket}"
endpoint = "{endpoint}"
region = "{region}"
path_style = true
key_id = "{key_id}"
secret_file = "{name}.secret"
[[cached]]
path = "/{{path...}}"
host = "{name}.example"
tenant = "{name}"
origin = "{name}"
default_ttl_s = 1000
negative_ttl_s = 1000
"""


def test_edge():
    """a whole node in front of a bucket: objects, 404, 403, 503, and wrong credentials"""
    async def object_once(request):
        if request.number == 0:
            await request.answer("kept", etag='"k"',
                                 cache_control="max-age=0, stale-if-error=1000")
        else:
            await request.answer("<Error><Code>SlowDown</Code></Error>", 503,
                                 content_type="application/xml")
    with OriginServer() as busy:
        busy.add(f"/{BUCKET}/kept.txt", object_once)
        buckets = (("full", SWIFT.endpoint, KEY_ID, SECRET),
                   ("reader", SWIFT.endpoint, READER, READER_SECRET),
                   ("wrong", SWIFT.endpoint, KEY_ID, "a wrong secret"),
                   ("busy", busy.url, "key", "secret"))
        routes = EDGE_ROUTES + "".join(
            EDGE_ROUTE.format(name=name, bucket=BUCKET, endpoint=endpoint, region=REGION,
                              key_id=key_id) for name, endpoint, key_id, _ in buckets)
        node = Node(routes, start=False)
        for name, _, _, secret in buckets:
            (node.directory / f"{name}.secret").write_text(secret + "\n")
            os.chmod(node.directory / f"{name}.secret", 0o600)
        with node:
            node.start()

            def get(name, path):
                status, fields, body = fetch(f"http://127.0.0.1:{node.port}{path}", "-H",
                                             f"Host: {name}.example")
                return status, fields["cache-status"], body
            for path, expected in (("/a%20b.txt", (200, b"content of a b.txt")),
                                   ("/none", (404, b""))):
                status, how, body = get("full", path)
                equal((status, body), expected, f"{path}, from the bucket")
                contains(how, "fwd=uri-miss", path)
                status, how, body = get("full", path)
                equal((status, body), expected, f"{path}, from the cache")
                contains(how, "hit", path)
            for _ in range(2):
                status, how, body = get("reader", "/plain.txt")
                equal((status, body), (403, b""), "who has no right")
                contains(how, "fwd=", "is asked for each time")
                status, how, _ = get("wrong", "/plain.txt")
                equal(status, 502, "a wrong secret is our fault, and not the client's")
            equal(get("busy", "/kept.txt")[2], b"kept", "an object")
            status, how, body = get("busy", "/kept.txt")
            equal((status, body), (200, b"kept"), "instead of S3's 503")
            contains(how, "stale-if-error", "as it says")
            busy.add(f"/{BUCKET}/none.txt", object_once)
            busy.counts[f"/{BUCKET}/none.txt"] = 1
            status, how, body = get("busy", "/none.txt")
            equal(status, 503, f"without anything: {how} {body}")


def fill(swift):
    client = Client(swift.port)
    client.request("PUT", f"/{BUCKET}")
    for key in KEYS:
        client.put(f"/{BUCKET}/{key}", f"content of {key}".encode(),
                   [("content-type", "text/x-own")])
    client.put(f"/{BUCKET}/tagged.txt", b"tagged", [("x-amz-meta-cache-tag", "one,two"),
                                                    ("x-amz-meta-owner", "somebody")])
    client.put_in_parts(f"/{BUCKET}/parts.bin", PARTS)


swift_s3.require()
PARTS = [bytes((i * 7 + part) % 251 for i in range(PART_BYTES_MIN)) for part in range(2)]
PARTS.append(b"the last part")
with Swift() as SWIFT:
    fill(SWIFT)
    main(test_keys, test_tags, test_ranges, test_conditions, test_multipart, test_absent,
         test_wrong_secret, test_denied, test_region, test_credentials, test_virtual_host,
         test_clock, test_server_gone, test_curl, test_edge)
