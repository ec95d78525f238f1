#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""fcedge-edge as a program: its options, what it refuses and how it says so, its end."""

import os
import re
import shutil
import signal
import socket
import subprocess

from checks import SLOW, check, contains, equal, main, wait_until
from node import BUILD, EDGE, SECRET, TRACES, Node, make_certificate, with_node
from wire import Wire
from ws_client import RawWebSocket

ROUTES = """
[[directory]]
path = "/{path...}"
root = "www"
[[feed]]
path = "/feed/{channel}"
tenant = "t"
channel = "{channel}"
[[publish]]
path = "/publish/{channel}"
tenant = "t"
channel = "{channel}"
secret_file = "publish.secret"
"""
NOBODY = 65534


def edge(*arguments, prefix=()):
    done = subprocess.run([*prefix, str(EDGE), *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=30 * SLOW, check=False)
    check(not TRACES.search(done.stderr), "no sanitizer has found anything", done.stderr)
    return done.returncode, done.stdout, done.stderr


def refused(node, *parts, prefix=(), what=""):
    """The node does not start: exit code 2 and one sentence that has all parts."""
    code, out, err = edge("--config", node.config, prefix=prefix)
    equal(code, 2, f"{what}: exit code, {err!r}")
    equal(out, "", f"{what}: nothing on stdout")
    lines = err.strip().split("\n")
    equal(len(lines), 1, f"{what}: one line, {err!r}")
    for part in parts:
        contains(err, str(part), what)
    check("listening" not in err and "started" not in err, f"{what}: nothing half started", err)
    return err


def options():
    """--version, --help, --check, and what is none of these"""
    code, out, _ = edge("--version")
    equal(code, 0, "--version")
    check(re.fullmatch(r"fcedge-edge \d+\.\d+\.\d+\n", out), "the version", out)
    code, out, _ = edge("--help")
    equal(code, 0, "--help")
    for part in ("--config", "--node", "--check", "--version", "SIGTERM", "SIGHUP"):
        contains(out, part, "--help names it")
    for wrong in ((), ("--config",), ("--nonsense",), ("--config", "/nonexistent/edge.toml"),
                  ("extra",)):
        code, _, err = edge(*wrong)
        equal(code, 2, f"{wrong}")
        equal(err.count("\n"), 1, f"{wrong}: one line")
    with Node(ROUTES, start=False) as node:
        code, out, err = edge("--config", node.config, "--check")
        equal((code, err.count("error")), (0, 0), f"--check, {err}")
        contains(out, "ok", "--check says so")
        check(not (node.directory / "state").exists(), "--check makes no state")


def configuration():
    """each mistake in the file is told with file, line and key"""
    with Node(ROUTES, start=False) as node:
        good = node.config.read_text()
        def line_of(text, part):
            return text[:text.index(part)].count("\n") + 1
        for what, old, new, key in (
                ("unknown key", "shards = 2", "shardz = 2", "shardz"),
                ("wrong type", "shards = 2", 'shards = "two"', "shards"),
                ("negative", "shards = 2", "shards = -1", "shards"),
                ("out of range", "shards = 2", "shards = 100000", "shards"),
                ("unknown section", "[pubsub]", "[pubsubb]", "pubsubb"),
                ("section as value", "[pubsub]", "[[pubsub]]", "pubsub"),
                ("missing key", 'tenant = "t"', "", "tenant"),
                ("unknown parameter", 'channel = "{channel}"', 'channel = "{x}"', "channel"),
                ("relative path", 'path = "/metrics"', 'path = "metrics"', "path"),
                ("bad pattern", 'path = "/metrics"', 'path = "/{a}{b}"', "path"),
                ("wildcard inside", 'path = "/metrics"', 'path = "/{a...}/b"', "path"),
                ("directory without wildcard", 'path = "/{path...}"', 'path = "/x"', "path"),
                ("bad address", '"127.0.0.1:0"', '"127.0.0.1"', "address"),
                ("bad host", '"127.0.0.1:0"', '"localhost.invalid:80"', "address"),
                ("bad port", '"127.0.0.1:0"', '"127.0.0.1:99999"', "address"),
                ("foreign address", '"127.0.0.1:0"', '"192.0.2.1:80"', "address"),
                ("logs without bytes", "[pubsub]", "[pubsub]\nlog_mib_max = 0", "log_mib_max"),
                ("logs too large", "[pubsub]", "[pubsub]\nlog_mib_max = 16777217", "log_mib_max"),
                ("logs too small for a message", "[pubsub]",
                 "[pubsub]\nmessage_bytes_max = 1048576\nlog_mib_max = 1", "log_mib_max"),
                ("flag as number", 'tenant = "t"', 'tenant = "t"\ndeflate = 1', "deflate"),
                ("flag as text", "tls = true", 'tls = "yes"', "tls")):
            text = good.replace(old, new, 1)
            check(text != good, f"{what}: the configuration is changed")
            node.config.write_text(text)
            err = refused(node, node.config, key, what=what)
            found = re.search(r"edge\.toml:(\d+)", err)
            check(found, f"{what}: a line is named", err)
            if new:
                wanted = line_of(text, new)
                check(abs(int(found.group(1)) - wanted) <= 4, f"{what}: the line", (err, wanted))
        for what, text in (("no TOML", good + "\n= 3\n"), ("key twice", good.replace(
                "shards = 2", "shards = 2\nshards = 2"))):
            node.config.write_text(text)
            err = refused(node, node.config, what=what)
            check(re.search(r"edge\.toml:\d+", err), f"{what}: the line", err)
        node.config.write_text(good + '[[metrics]]\npath = "/metrics"\n')
        refused(node, "/metrics", what="the same route twice")
        node.config.write_text("[node]\n")
        refused(node, "listen", what="nowhere to listen")


def certificates():
    """missing, unreadable and mismatched certificates"""
    with Node(ROUTES, start=False) as node:
        pem, key = node.directory / "main.pem", node.directory / "main.key"
        good_pem, good_key = pem.read_bytes(), key.read_bytes()
        pem.unlink()
        refused(node, "main.pem", "chain", what="no certificate")
        check(not (node.directory / "state").exists(), "no state was made for that")
        pem.write_bytes(b"nonsense")
        refused(node, "main.pem", what="no PEM")
        pem.write_bytes(good_pem)
        key.unlink()
        refused(node, "main.key", "key", what="no key")
        key.write_bytes(b"")
        refused(node, "main.key", what="an empty key")
        make_certificate(node.directory, "other")
        shutil.copy(node.directory / "other.key", key)
        refused(node, "main.key", "main.pem", what="a key that does not match")
        key.write_bytes(good_key[:len(good_key) // 2])
        refused(node, "main.key", what="half a key")
        subprocess.run(["openssl", "ec", "-in", node.directory / "other.key", "-aes128", "-passout",
                        "pass:secret", "-out", key], check=True, capture_output=True)
        refused(node, "main.key", what="an encrypted key")
        key.write_bytes(good_key)
        node.certificates, node.listens = [], ([], ["127.0.0.1:0"])
        node.write_config()
        refused(node, "certificate", what="TLS without a certificate")


def taken():
    """a taken port and a locked state directory"""
    with Node(ROUTES) as node, Node(ROUTES, certificates=(), start=False) as second:
        for address in (f"127.0.0.1:{node.port}", f"0.0.0.0:{node.port}", f":{node.port}"):
            second.listens = ([address], [])
            second.write_config()
            refused(second, f"{node.port}", "in use", "address", what=address)
        # The first of two addresses is free: it must not serve for a moment.
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        second.listens = ([f"127.0.0.1:{port}", f"127.0.0.1:{node.port}"], [])
        second.write_config()
        refused(second, "in use", what="the second address is taken")
        second.listens = (["127.0.0.1:0"], [])
        second.node["state_dir"] = str(node.directory / "state")
        second.write_config()
        before = (node.directory / "state/node").read_text()
        refused(second, "state_dir", "in use by another process", what="a locked directory")
        equal((node.directory / "state/node").read_text(), before, "the epoch is left alone")
        equal(node.count("http_malformed"), 0, "the first goes on")
        path = node.directory / "edge.sock"
        second.listens = ([f"unix:{path}"], [])
        second.node["state_dir"] = "state"
        second.write_config()
        second.start()
        with Node(ROUTES, certificates=(), start=False) as third:
            third.listens = second.listens
            third.write_config()
            refused(third, "in use", what="a taken unix socket")
        second.end()
        check(not path.exists(), "the socket's file is gone")


def damaged_state():
    """a state directory that is damaged or of another version is told and kept"""
    with Node(ROUTES, certificates=()) as node:
        node.end()
        state = node.directory / "state/node"
        good = state.read_text()
        for what, text, part in (("another format", good.replace("format=1", "format=99"), "99"),
                                 ("no epoch", good.replace("epoch=", "epoch=x"), "damaged"),
                                 ("empty", "", "damaged"), ("junk", "\0" * 5000, "damaged")):
            state.write_text(text)
            refused(node, part, "state", what=what)
            equal(state.read_text(), text, f"{what}: the file is as it was")
        state.write_text(good)
        node.start()


def permissions():
    """as an ordinary user: unwritable state, unreadable files and directories"""
    if os.geteuid() != 0:
        print("     not root, so another user cannot be tried")
        return
    user = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    if subprocess.run([*user, "test", "-x", str(EDGE)], check=False).returncode != 0:
        print("     the build cannot be reached by another user")
        return
    with Node(ROUTES, start=False) as node:
        def own(*paths):
            for path in paths:
                os.chown(path, NOBODY, NOBODY)
        os.chmod(node.directory, 0o755)
        own(*node.directory.iterdir())
        refused(node, "state", "ermission denied", prefix=user, what="state cannot be made")
        (node.directory / "state").mkdir(mode=0o755)
        refused(node, "state", "ermission denied", prefix=user, what="state cannot be written")
        own(node.directory / "state")
        os.chown(node.directory / "www", 0, 0)
        os.chmod(node.directory / "www", 0o700)
        refused(node, "www", "root", "ermission denied", prefix=user, what="unreadable directory")
        own(node.directory / "www")
        for name in ("main.key", "publish.secret"):
            os.chown(node.directory / name, 0, 0)
            os.chmod(node.directory / name, 0o600)
            refused(node, name, "ermission denied", prefix=user, what=f"unreadable {name}")
            own(node.directory / name)
        node.listens = (["127.0.0.1:1"], [])
        node.write_config()
        if int(open("/proc/sys/net/ipv4/ip_unprivileged_port_start").read()) > 1:
            refused(node, "127.0.0.1:1", "ermission denied", prefix=user, what="a low port")
        code, _, err = edge("--config", node.config, "--check", prefix=user)
        equal(code, 0, f"--check binds nothing, {err}")


def roots():
    """a directory that is missing or is none, a secret that is too short"""
    with Node(ROUTES, start=False) as node:
        node.www.rmdir()
        refused(node, "www", "root", what="no directory")
        node.www.write_text("a file")
        refused(node, "www", "root", what="a file")
        node.www.unlink()
        node.www.mkdir()
        secret = node.directory / "publish.secret"
        secret.write_text("short\n")
        err = refused(node, "publish.secret", "16", what="a short secret")
        check("short" not in err.replace("publish.secret", ""), "the secret is not told", err)
        secret.unlink()
        refused(node, "publish.secret", what="no secret")


@with_node(ROUTES)
def drains(node):
    """SIGTERM: WebSockets are told 1012, event streams when to retry, requests end"""
    with Wire(node.port) as stream, Wire(node.port) as idle, Wire(node.port) as upload, \
            RawWebSocket(node.port, "/feed/a") as socket_a, \
            RawWebSocket(node.tls_port, "/feed/a", tls=True) as socket_b:
        stream.send("GET /feed/a HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n")
        equal(stream.head().status, 200, "the stream is open")
        while b"event: ready" not in stream.chunk():
            pass
        equal(idle.request("/metrics").status, 200, "a keep-alive connection")
        upload.send(f"POST /publish/a HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {SECRET}\r\n"
                    "Content-Length: 5\r\n\r\nhal")
        node.metrics()
        node._metrics.close()
        node._metrics = None
        node.process.send_signal(signal.SIGTERM)
        equal((socket_a.close_code(), socket_b.close_code()), (1012, 1012), "both are told 1012")
        for each in (socket_a, socket_b):
            each.send(b"\x88\x80\0\0\0\0")
        contains(stream.rest(), b"retry: ", "the stream is told when to come back")
        check(idle.closed(), "the idle connection is closed")
        upload.send("lo")
        answer = upload.answer()
        equal((answer.status, answer.headers.get("connection")), (200, "close"),
              "the request under way is answered, the last on its connection")
        def not_listening():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", node.port)) != 0
        wait_until(not_listening, "nobody listens any more")
    contains(node.end(None), "node stopped connections_cut=0", "nobody was cut off")


@with_node(ROUTES, drain_limit_ms=300)
def drain_limit(node):
    """who does not leave is cut off after the limit, or by a second signal"""
    for signals in ((signal.SIGTERM,), (signal.SIGINT, signal.SIGINT)):
        with Wire(node.port) as wire:
            wire.send(f"POST /publish/a HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {SECRET}\r\n"
                      "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            equal(wire.head().status, 100, "the node has the request")
            wire.send("hal")
            for number in signals[:-1]:
                node.process.send_signal(number)
                node.wait_log("draining")
            check("connections_cut=1" in node.end(signals[-1]), "it was cut off")
        node.start()


@with_node(ROUTES)
def epochs(node):
    """each start has the same id and a larger epoch; a crash leaves no lock behind"""
    seen = [node.epoch]
    ids = {re.search(r" id=(\w+)", node.wait_log("node started")).group(1)}
    for _ in range(2):
        node.restart()
        seen.append(node.epoch)
    node.process.kill()
    node.process.wait()
    node._metrics = None
    node.start()
    seen.append(node.epoch)
    ids.add(re.search(r" id=(\w+)", node.wait_log("node started")).group(1))
    check(seen == sorted(set(seen)), "epochs grow", seen)
    equal(len(ids), 1, "the id stays")
    equal(oct((node.directory / "state").stat().st_mode & 0o777), "0o700", "state is private")


@with_node(ROUTES, log_level="debug")
def log_keeps_secrets(node):
    """neither tokens of queries nor the publish secret reach the log"""
    with Wire(node.port) as wire:
        wire.request("/absent?token=very-secret-token")
    with Wire(node.port) as wire:
        wire.send("GET /x?token=very-secret-token HTTP/9.9\r\nHost: h\r\n\r\n")
        wire.rest()
    with RawWebSocket(node.port, "/feed/a?token=very-secret-token") as raw:
        raw.send(b"\xff\xff")
        raw.rest()
    with Wire(node.port) as wire:
        wire.request("/publish/a", "POST", f"Authorization: Bearer {SECRET}\r\n", b"x")
    text = node.end()
    check("very-secret-token" not in text, "no token", text)
    check(SECRET not in text, "no secret", text)


@with_node(ROUTES)
def reloads(node):
    """SIGHUP changes routes, for new requests; a bad file changes nothing"""
    (node.www / "a.txt").write_text("a")
    with Wire(node.port) as wire:
        equal(wire.request("/more/a.txt").status, 404, "no such route yet")
        node.write_config('[[directory]]\npath = "/more/{path...}"\nroot = "www"\n')
        contains(node.reload(), "reloaded", "it is told")
        wait_until(lambda: Wire(node.port).request("/more/a.txt").status == 200, "the new route")
        node.config.write_text("nonsense")
        contains(node.reload(), "nothing has changed", "a bad file is told")
        equal(Wire(node.port).request("/more/a.txt").status, 200, "and changes nothing")
        equal(wire.request("/a.txt").status, 200, "the open connection goes on")


if __name__ == "__main__":
    check(BUILD.is_dir(), f"there is a build in {BUILD}")
    main(options, configuration, certificates, taken, damaged_state, permissions, roots, drains,
         drain_limit, epochs, log_keeps_secrets, reloads)
