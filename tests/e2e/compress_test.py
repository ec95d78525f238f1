#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compression on the fly, as curl, Python, zstd and Node.js undo it."""

import gzip
import os
import subprocess

from checks import check, contains, equal, main
from node import Node, curl
from wire import Wire

ROUTES = """
[[directory]]
path = "/files/{path...}"
root = "www"
compress = true
[[directory]]
path = "/plain/{path...}"
root = "www"
[[directory]]
path = "/small/{path...}"
root = "www"
compress = true
compress_level = 9
compress_bytes_min = 10
compress_types = ["application/json"]
"""
SMALL = b"a line of text\n" * 200
LARGE = b"".join(b"line %d of %d, and some more text to it\n" % (n, n * n) for n in range(60000))
NOISE = os.urandom(300_000)

node = None


def unpack(coding, data):
    if coding == "gzip":
        return gzip.decompress(data)
    if coding == "zstd":
        return subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True).stdout
    script = ("const c = []; process.stdin.on('data', d => c.push(d)).on('end', () => "
              "process.stdout.write(require('zlib').brotliDecompressSync(Buffer.concat(c))))")
    return subprocess.run(["node", "-e", script], input=data, capture_output=True,
                          check=True).stdout


def by_curl():
    """curl asks for what it knows, over both versions, and gets back what is there"""
    for path, content in (("small.txt", SMALL), ("large.txt", LARGE), ("large.json", LARGE)):
        for arguments in ((f"http://127.0.0.1:{node.port}/files/{path}",),
                          ("-k", "--http2", f"https://localhost:{node.tls_port}/files/{path}")):
            for accepted in ("gzip", "br", None):
                header = ("-H", f"Accept-Encoding: {accepted}") if accepted else ()
                code, out, err = curl("--compressed", *header, "-D", "-", *arguments)
                head, body = out.split(b"\r\n\r\n", 1)
                equal((code, body == content), (0, True), f"{path} {accepted}: {err}")
                contains(head.lower(), b"content-encoding: ", "it was compressed")
                contains(head.lower(), b"vary: accept-encoding", "it varies")
                contains(head.lower(), b"etag: w/", "its tag is weak")


def decoders():
    """what others make of each coding"""
    for coding in ("gzip", "br", "zstd"):
        for path, content in (("small.txt", SMALL), ("large.txt", LARGE)):
            with Wire(node.port) as wire:
                answer = wire.request(f"/files/{path}", headers=f"Accept-Encoding: {coding}\r\n")
                equal(answer.headers.get("content-encoding"), coding, path)
                check(len(answer.body) < len(content) / 3, "smaller", len(answer.body))
                check(unpack(coding, answer.body) == content, f"{path} by {coding}")
                equal(answer.chunked, path == "large.txt", "a small one has a length")


def left_alone():
    """what is not compressed, and what says so"""
    with Wire(node.port) as wire:
        all_codings = "Accept-Encoding: gzip, br, zstd\r\n"
        for target, content in (("/plain/small.txt", SMALL), ("/files/noise.bin", NOISE),
                                ("/files/tiny.txt", b"tiny"), ("/small/small.txt", SMALL)):
            answer = wire.request(target, headers=all_codings)
            check(answer.body == content, target)
            check("content-encoding" not in answer.headers, target, answer.headers)
        answer = wire.request("/files/small.txt")
        equal(answer.body, SMALL, "a client that does not ask")
        equal(answer.headers["vary"], "Accept-Encoding", "but others may")
        check(not answer.headers["etag"].startswith("W/"), "its tag is strong")
        equal(wire.request("/small/tiny.json", headers=all_codings).headers["content-encoding"],
              "zstd", "from ten bytes on")
        answer = wire.request("/files/made.css", headers=all_codings)
        equal((answer.headers["content-encoding"], answer.body), ("br", b"BR"), "precompressed")
        answer = wire.request("/files/small.txt", headers=all_codings + "Range: bytes=2-5\r\n")
        equal((answer.status, answer.body), (206, SMALL[2:6]), "a part")
        check("content-encoding" not in answer.headers, "parts are of what is not compressed")


def validators():
    """HEAD, and a tag that comes back"""
    with Wire(node.port) as wire:
        for coding in ("gzip", "identity"):
            fields = f"Accept-Encoding: {coding}\r\n"
            got = wire.request("/files/large.txt", headers=fields)
            head = wire.request("/files/large.txt", "HEAD", headers=fields)
            for name in ("etag", "vary", "content-encoding", "content-type", "content-length"):
                equal(head.headers.get(name), got.headers.get(name), f"{coding}: {name}")
            tag = got.headers["etag"]
            same = wire.request("/files/large.txt", headers=fields + f"If-None-Match: {tag}\r\n")
            equal((same.status, same.headers["etag"], same.headers["vary"]),
                  (304, tag, "Accept-Encoding"), "not modified")


if __name__ == "__main__":
    node = Node(ROUTES)
    with node:
        for name, data in (("small.txt", SMALL), ("large.txt", LARGE), ("large.json", LARGE),
                           ("noise.bin", NOISE), ("tiny.txt", b"tiny"), ("made.css", SMALL),
                           ("made.css.br", b"BR"), ("tiny.json", b'["a","a","a","a","a","a","a"]')):
            (node.www / name).write_bytes(data)
        try:
            main(by_curl, decoders, left_alone, validators)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
