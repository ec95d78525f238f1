#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Listeners behind a proxy: the PROXY protocol by curl (version 1) and by hand (version 2)."""

import socket
import ssl
import struct
import subprocess

from checks import check, contains, equal, main
from node import EDGE, Node, curl
from wire import Wire

LISTENS = """
[[listen]]
address = "127.0.0.1:0"
proxy_protocol = "required"
proxy_protocol_from = ["127.0.0.0/8", "2001:db8::/32"]
[[listen]]
address = "127.0.0.1:0"
tls = true
proxy_protocol = "required"
[[listen]]
address = "127.0.0.1:0"
proxy_protocol = "required"
proxy_protocol_from = ["10.0.0.0/8"]
"""
FILES = """
[[directory]]
path = "/files/{path...}"
root = "www"
"""

node = None
clear = secure = refusing = 0


def v2(command=0x21, family=0x11, rest=None):
    if rest is None:
        rest = (socket.inet_aton("192.0.2.1") + socket.inet_aton("198.51.100.2")
                + struct.pack(">HH", 12345, 443))
    return b"\r\n\r\n\0\r\nQUIT\n" + bytes([command, family]) + struct.pack(">H", len(rest)) + rest


def by_curl():
    """curl speaks version 1, in clear and before TLS"""
    before = node.count("proxy_protocol")
    code, out, err = curl("--haproxy-protocol", f"http://127.0.0.1:{clear}/files/a.txt")
    equal((code, out), (0, b"hello"), f"in clear: {err}")
    for version in ("--http1.1", "--http2"):
        code, out, err = curl("-k", version, "--haproxy-protocol",
                              f"https://127.0.0.1:{secure}/files/a.txt")
        equal((code, out), (0, b"hello"), f"over TLS, {version}: {err}")
    equal(node.count("proxy_protocol") - before, 3, "each client was named")
    code, _, _ = curl(f"http://127.0.0.1:{clear}/files/a.txt")
    check(code != 0, "without it there is no answer", code)
    node.wait_count("proxy_protocol_malformed", 1)


def by_hand():
    """version 2: named, local, of a unix socket, with further fields, in pieces"""
    named = node.count("proxy_protocol")
    fields = b"\2\0\5a.com" + b"\x20\0\5\1\0\0\0\0"
    full = v2(rest=v2()[16:] + fields)
    for header in (v2(), full, v2(0x21, 0x31, b"/run/x".ljust(216, b"\0"))):
        with Wire(clear) as wire:
            wire.send(header)
            equal(wire.request("/files/a.txt").body, b"hello", "named")
            equal(wire.request("/files/a.txt").body, b"hello", "and again")
    equal(node.count("proxy_protocol") - named, 3, "all are counted")
    for header in (v2(0x20, 0, b""), v2(0x20), v2(0x21, 0, b"")):
        with Wire(clear) as wire:
            wire.send(header)
            equal(wire.request("/files/a.txt").body, b"hello", "the proxy itself")
    with Wire(clear) as wire:
        for byte in full:
            wire.send(bytes([byte]))
        equal(wire.request("/files/a.txt").body, b"hello", "byte by byte")
    with socket.create_connection(("127.0.0.1", secure), timeout=10) as plain:
        plain.sendall(v2())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with context.wrap_socket(plain, server_hostname="localhost") as secured:
            secured.sendall(b"GET /files/a.txt HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            heard = b""
            while piece := secured.recv(65536):
                heard += piece
            check(heard.endswith(b"\r\n\r\nhello"), "before TLS", heard)


def malformed():
    """what is none is the end, and counted"""
    for header in (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", b"PROXY TCP4 1.2.3.4\r\n",
                   b"PROXY UNKNOWN" + b"x" * 100, v2(0x31), v2(0x22), v2(family=0x41),
                   v2(rest=b"short"), v2(rest=b"\0" * 5000), v2(rest=v2()[16:] + b"\2\0\5a"),
                   v2(rest=v2()[16:] + b"\3\0\4\0\0\0\0")):
        before = node.count("proxy_protocol_malformed")
        with Wire(clear) as wire:
            wire.send(header)
            check(wire.closed(), "closed without a word", header[:40])
        equal(node.wait_count("proxy_protocol_malformed", before + 1) - before, 1, "counted")


def untrusted():
    """a network that is not trusted is closed at once"""
    with Wire(refusing) as wire:
        check(wire.closed(), "closed")
    node.wait_count("proxy_protocol_untrusted", 1)


def slow():
    """a header that does not come is waited for so long"""
    with Wire(clear) as wire:
        wire.send(b"PROXY TCP4")
        check(wire.closed(), "closed")
    node.wait_count("limit_proxy_protocol_time", 1)


def configuration():
    """mistakes are told with their key"""
    for lines, part in (('proxy_protocol = "on"', 'one of "off", "required"'),
                        ('proxy_protocol_from = ["10.0.0.0/8"]', "needs proxy_protocol"),
                        ('proxy_protocol = "required"\nproxy_protocol_from = ["10.1.0.0/8"]',
                         "10.1.0.0/8"),
                        ('proxy_protocol = "required"\nproxy_protocol_from = []', "not empty"),
                        ('proxy_protocol = "required"\nproxy_protocol_from = "::/0"', "array")):
        with Node(f'[[listen]]\naddress = "127.0.0.1:0"\n{lines}\n', start=False) as wrong:
            done = subprocess.run([EDGE, "--config", wrong.config, "--check"], capture_output=True,
                                  text=True, check=False)
            check(done.returncode != 0, "refused", lines)
            contains(done.stderr, part, lines)
            contains(done.stderr, "listen[", "names the section")


if __name__ == "__main__":
    node = Node(FILES + LISTENS, limits={"header_ms": 1000})
    with node:
        (node.www / "a.txt").write_text("hello")
        lines = [line for line in node.log if line and "listening" in line]
        # In the order of the file: two of the default, then these.
        clear, secure, refusing = [int(line.split("port=")[1].split()[0]) for line in lines][2:]
        try:
            main(by_curl, by_hand, malformed, untrusted, slow, configuration)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
