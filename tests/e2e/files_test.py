#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Large files, whole and in parts, and several parts in one answer."""

import email
import os
import random

from checks import check, equal, main
from node import Node, curl
from wire import Wire

ROUTES = """
[[directory]]
path = "/files/{path...}"
root = "www"
"""
SMALL = b"a line of text\n" * 200
NOISE = os.urandom(3 << 20)

node = None


def parts():
    """several ranges in one answer"""
    for path, content in (("small.txt", SMALL), ("noise.bin", NOISE)):
        url = f"http://127.0.0.1:{node.port}/files/{path}"
        code, out, _ = curl("-r", "0-9,20-29,-5", "-D", "-", url)
        head, body = out.split(b"\r\n\r\n", 1)
        equal(code, 0, path)
        fields = head.decode().lower().split("\r\n")
        check(fields[0].startswith("http/1.1 206"), "206", fields[0])
        check(f"content-length: {len(body)}" in fields, "as long as it says", fields)
        kind = next(line for line in fields if line.startswith("content-type: "))
        message = email.message_from_bytes(kind.encode() + b"\r\n\r\n" + body)
        check(message.is_multipart(), "multipart", kind)
        wanted = ((0, 9), (20, 29), (len(content) - 5, len(content) - 1))
        equal([(part["content-range"], part.get_payload(decode=True))
               for part in message.get_payload()],
              [(f"bytes {a}-{b}/{len(content)}", content[a:b + 1]) for a, b in wanted], path)
    with Wire(node.port) as wire:
        tag = wire.request("/files/small.txt").headers["etag"]
        for if_range, status in ((tag, 206), ('"other"', 200), (f"W/{tag}", 200)):
            fields = f"Range: bytes=0-1,9-10\r\nIf-Range: {if_range}\r\n"
            equal(wire.request("/files/small.txt", headers=fields).status, status, if_range)
        for value, status in (("bytes=0-9,5-20", 206), ("bytes=9000-,8000-8001", 416),
                              ("bytes=0-9,20-29,x", 200), ("bytes=" + "1-1," * 33, 200),
                              ("bytes=" + ",".join(f"{n}-" for n in range(32)), 206)):
            answer = wire.request("/files/small.txt", headers=f"Range: {value}\r\n")
            equal(answer.status, status, value[:40])
            check("multipart" not in answer.headers["content-type"], "of one part", answer.headers)
    equal(node.count("limit_ranges"), 1, "too many are counted")
    code, out, _ = curl("-k", "--http2", "-r", "0-0,1000000-1300000",
                        f"https://localhost:{node.tls_port}/files/noise.bin")
    check(code == 0 and NOISE[1000000:1300001] in out, "over HTTP/2")


def large():
    """a large file, whole and in parts, to fast and to slow readers"""
    before = node.count("net_sendfile_bytes")
    for arguments in ((f"http://127.0.0.1:{node.port}/files/noise.bin",),
                      ("-k", f"https://localhost:{node.tls_port}/files/noise.bin"),
                      ("-k", "--http1.1", f"https://localhost:{node.tls_port}/files/noise.bin")):
        code, out, err = curl(*arguments)
        check(code == 0 and out == NOISE, f"{arguments}", err)
    equal(node.count("net_sendfile_bytes") - before, len(NOISE), "in clear it was never copied")
    with Wire(node.port, receive_buffer=8192) as wire:
        for _ in range(4):
            wire.send("GET /files/noise.bin HTTP/1.1\r\nHost: h\r\n\r\n"
                      "GET /files/small.txt HTTP/1.1\r\nHost: h\r\n\r\n")
        for _ in range(4):
            check(wire.answer().body == NOISE, "pipelined")
            equal(wire.answer().body, SMALL, "and what follows")
        for _ in range(20):
            first = random.randrange(len(NOISE) - 300000)
            last = first + random.randrange(200000, 300000)
            part = wire.request("/files/noise.bin", headers=f"Range: bytes={first}-{last}\r\n")
            check(part.body == NOISE[first:last + 1], f"{first}-{last}")


def replaced():
    """a file that is replaced is served anew at once, and what is under way ends as it began"""
    old, new = os.urandom(2 << 20), os.urandom(2 << 20)
    path = node.www / "swap.bin"
    path.write_bytes(old)
    with Wire(node.port, receive_buffer=8192) as slow, Wire(node.port) as fast:
        check(fast.request("/files/swap.bin").body == old, "as it was")
        slow.send("GET /files/swap.bin HTTP/1.1\r\nHost: h\r\n\r\n")
        head = slow.head()
        (node.www / "swap.new").write_bytes(new)
        os.rename(node.www / "swap.new", path)
        check(fast.request("/files/swap.bin").body == new, "as it is")
        check(slow.take(int(head.headers["content-length"])) == old, "as it began")


if __name__ == "__main__":
    node = Node(ROUTES)
    with node:
        (node.www / "small.txt").write_bytes(SMALL)
        (node.www / "noise.bin").write_bytes(NOISE)
        try:
            main(large, replaced, parts)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
