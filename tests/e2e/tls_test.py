#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""TLS as OpenSSL sees it: versions, certificates, ALPN, tickets, hot swap, hostile peers."""

import os
import pathlib
import re
import shutil
import subprocess
import threading

from checks import SLOW, check, contains, equal, main, wait_until
from node import make_certificate, with_node
from wire import Wire

CERTIFICATES = (("main", "p256", ("localhost", "main.example")),
                ("other", "rsa", ("other.example", "*.wild.example")))
ROUTES = '[[directory]]\npath = "/{path...}"\nroot = "www"\n'
GET = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n%s\r\n"


def s_client(node, *arguments, name="localhost", data=b""):
    """openssl s_client until the node closes: everything that it prints."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{node.tls_port}",
                           "-servername", name, *map(str, arguments)],
                          input=data, capture_output=True, timeout=20 * SLOW, check=False)
    return (done.stdout + done.stderr).decode(errors="replace")


@with_node(ROUTES, certificates=CERTIFICATES)
def versions(node):
    """TLS 1.3 and 1.2 with forward secrecy, nothing older"""
    for version, cipher in (("-tls1_3", "TLS_AES_128_GCM_SHA256"),
                            ("-tls1_2", "ECDHE-ECDSA-AES128-GCM-SHA256")):
        out = s_client(node, version)
        contains(out, f"Cipher is {cipher}", version)
    for cipher in ("TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384"):
        contains(s_client(node, "-tls1_3", "-ciphersuites", cipher), f"Cipher is {cipher}", cipher)
    for weak in (["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], ["-tls1", "-cipher",
                 "DEFAULT@SECLEVEL=0"], ["-tls1_2", "-cipher", "AES128-SHA@SECLEVEL=0"],
                 ["-tls1_2", "-cipher", "AES128-GCM-SHA256@SECLEVEL=0"]):
        contains(s_client(node, *weak), "Cipher is (NONE)", f"{weak} is refused")
    check(node.count("tls_handshake_failures") >= 4, "refusals are counted")
    contains(s_client(node, "-tls1_3", "-groups", "P-256"), "prime256v1, 256 bits", "P-256")
    contains(s_client(node, "-tls1_3", "-groups", "X25519"), "Server Temp Key: X25519", "X25519")


@with_node(ROUTES, certificates=CERTIFICATES)
def names(node):
    """SNI picks the certificate: P-256 or RSA, exact or by wildcard, else the first"""
    for version in ("-tls1_2", "-tls1_3"):
        for name, subject in (("localhost", "main"), ("main.example", "main"),
                              ("other.example", "other"), ("OTHER.example", "other"),
                              ("a.wild.example", "other"), ("a.b.wild.example", "main"),
                              ("wild.example", "main"), ("unknown.example", "main")):
            out = s_client(node, version, name=name)
            found = re.search(r"subject=CN ?= ?(\w+)", out)
            equal(found and found.group(1), subject, f"{version} {name}")
            check("Cipher is (NONE)" not in out, f"{version} {name} is connected", out)
    out = s_client(node, "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256", name="other.example")
    contains(out, "Cipher is ECDHE-RSA-AES128-GCM-SHA256", "an RSA signature")
    done = subprocess.run(["openssl", "s_client", "-noservername", "-connect",
                           f"127.0.0.1:{node.tls_port}"], input=b"", capture_output=True,
                          timeout=20 * SLOW, check=False)
    contains(done.stdout.decode(), "CN = main", "without SNI the first one")


@with_node(ROUTES, certificates=CERTIFICATES)
def protocols(node):
    """ALPN: h2, http/1.1, the client's order, none; a mismatch is an alert"""
    for version in ("-tls1_2", "-tls1_3"):
        for offer, chosen in (("h2", "h2"), ("http/1.1", "http/1.1"), ("h2,http/1.1", "h2"),
                              ("http/1.1,h2", "http/1.1"), ("http/1.0,http/1.1", "http/1.1")):
            contains(s_client(node, version, "-alpn", offer), f"ALPN protocol: {chosen}\n", offer)
        contains(s_client(node, version), "No ALPN negotiated", "without ALPN")
        out = s_client(node, version, "-alpn", "smtp")
        contains(out, "no application protocol", "nothing in common")
    with Wire(node.tls_port, tls=True) as wire:
        equal(wire.request("/metrics").status, 200, "without ALPN it is HTTP/1.1")


def resume(node, version, session):
    """Connects with the session of a file and puts the newest ticket there."""
    given = ["-sess_in", session] if os.path.exists(session) else []
    data = GET % b"Connection: close\r\n"
    out = s_client(node, version, *given, "-sess_out", session, "-ign_eof", data=data)
    contains(out, "HTTP/1.1 200", f"{version}: an answer")
    return "Reused, " in out


@with_node(ROUTES, certificates=CERTIFICATES, shards=2)
def tickets(node):
    """sessions resume on any shard, and after the certificates were swapped"""
    for version in ("-tls1_3", "-tls1_2"):
        session = str(node.directory / "session.pem")
        check(not resume(node, version, session), f"{version}: the first is a full handshake")
        before = node.count("tls_handshakes_resumed")
        # The kernel spreads connections over the shards by their ports.
        for n in range(8):
            check(resume(node, version, session), f"{version}: resumption {n}")
        equal(node.count("tls_handshakes_resumed") - before, 8, "they are counted")
        make_certificate(node.directory, "main", "p256", ("localhost", version))
        contains(node.reload(), "reloaded", "the new certificate is taken")
        check(resume(node, version, session), f"{version}: after a swap")
        os.remove(session)
        text = s_client(node, version)
        contains(text, "CN = main", f"{version}: the new certificate is shown")


@with_node(ROUTES, certificates=CERTIFICATES)
def forged_ticket(node):
    """a ticket that was changed is no ticket, and no error"""
    session = str(node.directory / "session.pem")
    resume(node, "-tls1_2", session)
    text = subprocess.run(["openssl", "sess_id", "-in", session, "-noout", "-text"],
                          capture_output=True, text=True, check=True).stdout
    ticket = bytes.fromhex("".join(re.findall(r"^    [0-9a-f]{4} - ([0-9a-f -]{47})", text, re.M))
                           .replace(" ", "").replace("-", ""))
    check(len(ticket) > 64, "there is a ticket", text)
    der = subprocess.run(["openssl", "sess_id", "-in", session, "-outform", "DER"],
                         capture_output=True, check=True).stdout
    # The key's name, the sealed state, and the tag, which has the front of the last 32 bytes.
    for at in (0, len(ticket) // 2, len(ticket) - 32):
        forged = bytearray(ticket)
        forged[at] ^= 1
        check(ticket in der, "the ticket is in the session")
        pathlib.Path(session + ".der").write_bytes(der.replace(ticket, bytes(forged)))
        subprocess.run(["openssl", "sess_id", "-inform", "DER", "-in", session + ".der", "-out",
                        session], capture_output=True, check=True)
        check(not resume(node, "-tls1_2", session), f"byte {at}: a full handshake")


def certificate_of(node):
    return s_client(node).split("BEGIN CERTIFICATE")[1].split("END CERTIFICATE")[0]


@with_node(ROUTES, certificates=CERTIFICATES)
def hot_swap(node):
    """a swap leaves open connections alone; a bad one changes nothing"""
    with Wire(node.tls_port, tls=True) as wire:
        equal(wire.request("/metrics").status, 200, "before")
        old = certificate_of(node)
        make_certificate(node.directory, "main", "p256", ("localhost",))
        contains(node.reload(), "reloaded", "the swap")
        equal(wire.request("/metrics").status, 200, "the open connection goes on")
        new = certificate_of(node)
        check(new != old, "new connections see the new certificate")
        key = node.directory / "main.key"
        good = key.read_text()
        shutil.copy(node.directory / "other.key", key)
        contains(node.reload(), "nothing has changed", "a key that does not match is refused")
        key.write_text("nonsense")
        contains(node.reload(), "nothing has changed", "a key that is none is refused")
        equal(certificate_of(node), new, "the certificate stays")
        key.write_text(good)
        contains(node.reload(), "reloaded", "a good one is taken again")
        equal(wire.request("/metrics").status, 200, "the open connection goes on and on")


@with_node(ROUTES, certificates=CERTIFICATES, limits={"tls_handshake_ms": 400})
def slow_and_plain(node):
    """a slow handshake is cut off, and what is not TLS at once"""
    hello = bytes.fromhex("1603010200010001fc0303")
    for start in (b"", b"\x16", hello):
        with Wire(node.tls_port) as wire:
            wire.send(start)
            check(wire.closed(), f"{start!r} and then nothing")
    equal(node.wait_count("limit_tls_handshake_time", 3), 3, "they are counted")
    failures = node.count("tls_handshake_failures")
    for junk in (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", b"\0" * 100, b"\x16\x03\x01\x00\x05hello",
                 b"\x15\x03\x01\x00\x02\x01\x00", b"\x16\x03\x01\xff\xff" + b"\1" * 70000):
        with Wire(node.tls_port) as wire:
            try:
                wire.send(junk)
            except OSError:
                pass
            check(len(wire.rest()) < 100, f"{junk[:20]!r} is no ClientHello")
    node.wait_count("tls_handshake_failures", failures + 5)
    check(True, "they are counted as failures")
    with Wire(node.tls_port, tls=True) as wire:
        equal(wire.request("/metrics").status, 200, "others are served")


@with_node(ROUTES, certificates=CERTIFICATES)
def split_hello(node):
    """a handshake that comes byte by byte succeeds"""
    import socket
    import ssl
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", node.tls_port), timeout=20 * SLOW) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        def step(call):
            while True:
                try:
                    return call()
                except ssl.SSLWantReadError:
                    for byte in outgoing.read():
                        raw.send(bytes([byte]))
                    incoming.write(raw.recv(65536))
        step(tls.do_handshake)
        tls.write(GET % b"")
        for byte in outgoing.read():
            raw.send(bytes([byte]))
        contains(step(lambda: tls.read(100)), b"200 OK", "an answer over it")


class KeyUpdates:
    """openssl s_client, told by its commands to send KeyUpdate messages."""

    def __init__(self, node):
        self.process = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{node.tls_port}", "-tls1_3",
             "-servername", "localhost"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.out = b""
        threading.Thread(target=self.read, daemon=True).start()
        wait_until(lambda: b"Verify return code" in self.out, "s_client is connected")

    def read(self):
        while data := self.process.stdout.read1(65536):
            self.out += data

    def command(self, text):
        # A command is what one read begins with, so each is seen before the next is written.
        seen = self.out.count(b"KEYUPDATE")
        self.process.stdin.write(text)
        self.process.stdin.flush()
        if text[:1] in b"Kk":
            wait_until(lambda: self.out.count(b"KEYUPDATE") > seen
                       or self.process.poll() is not None, "the command is done")

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()


@with_node(ROUTES, certificates=CERTIFICATES, limits={"tls_key_updates_max": 16})
def key_updates(node):
    """some KeyUpdates are fine, a flood of them is cut off"""
    for command in (b"K\n", b"k\n"):
        client = KeyUpdates(node)
        for _ in range(10):
            client.command(command)
        client.command(GET % b"")
        wait_until(lambda: b"# EOF" in client.out, "an answer after ten")
        check(b"200 OK" in client.out, f"{command!r}: ten are fine")
        client.end()
        before = node.count("limit_tls_key_updates")
        client = KeyUpdates(node)
        for _ in range(60):
            try:
                client.command(command)
            except BrokenPipeError:
                break
            if client.process.poll() is not None:
                break
        wait_until(lambda: client.process.poll() is not None, "the flood is cut off")
        equal(node.count("limit_tls_key_updates") - before, 1, f"{command!r}: and counted")
        client.end()


if __name__ == "__main__":
    main(versions, names, protocols, tickets, forged_ticket, hot_swap, slow_and_plain, split_hello,
         key_updates)
