# SPDX-License-Identifier: Apache-2.0
"""A whole node for a test: its directory, certificates, configuration and process."""

import functools
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from checks import SLOW, check, wait_until

BUILD = pathlib.Path(os.environ.get("FCEDGE_BUILD")
                     or pathlib.Path(__file__).resolve().parents[2] / "build")
EDGE = BUILD / "examples/edge/fcedge-edge"
# "on" or "off" has all nodes write in that way; else as the kernel allows.
IO_URING = os.environ.get("FCEDGE_IO_URING")
SECRET = "an-open-secret-of-this-test"
TRACES = re.compile(r"AddressSanitizer|ThreadSanitizer|LeakSanitizer|runtime error:|SUMMARY: ")


def make_certificate(directory, name, kind="p256", names=("localhost",)):
    """A self-signed certificate NAME.pem with its key NAME.key."""
    keys = {"p256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
            "p384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
            "rsa": ["-newkey", "rsa:2048"]}
    alternatives = ",".join(f"DNS:{each}" for each in names)
    subprocess.run(["openssl", "req", "-x509", "-nodes", *keys[kind], "-days", "30",
                    "-subj", f"/CN={name}", "-addext", f"subjectAltName={alternatives}",
                    "-keyout", f"{directory}/{name}.key", "-out", f"{directory}/{name}.pem"],
                   check=True, capture_output=True)


def toml(values):
    lines = []
    for key, value in values.items():
        lines.append(f"{key} = {json.dumps(value)}")
    return "\n".join(lines) + "\n"


class Node:
    """One fcedge-edge. `routes` is TOML that is appended; keyword tables overlay the defaults.

    The default serves in clear on `port`, over TLS on `tls_port`, and has /metrics.
    """

    def __init__(self, routes="", *, certificates=(("main", "p256", ("localhost",)),), limits=None,
                 pubsub=None, state_dir=True, listens=None, start=True, before=(), **node):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="fcedge-e2e-"))
        self.www = self.directory / "www"
        self.www.mkdir()
        (self.directory / "publish.secret").write_text(SECRET + "\n")
        os.chmod(self.directory / "publish.secret", 0o600)
        self.certificates = list(certificates)
        for name, kind, names in self.certificates:
            make_certificate(self.directory, name, kind, names)
        self.node = {"shards": 2, "drain_spread_ms": 0, "drain_limit_ms": 3000}
        if IO_URING:
            self.node["io_uring"] = IO_URING
        if state_dir:
            self.node["state_dir"] = "state"
        self.node.update(node)
        self.limits = limits or {}
        self.pubsub = pubsub or {}
        self.listens = listens
        self.before = before  # the command that the node is started by, if any
        self.routes = routes
        self.process = None
        self.write_config()
        if start:
            try:
                self.start()
            except BaseException:
                self.kill()
                raise

    # --- Configuration -------------------------------------------------------------------------

    @property
    def config(self):
        return self.directory / "edge.toml"

    def write_config(self, extra=""):
        listens = self.listens or (["127.0.0.1:0"], ["127.0.0.1:0"] if self.certificates else [])
        text = "[node]\n" + toml(self.node) + "[limits]\n" + toml(self.limits)
        text += "[pubsub]\n" + toml(self.pubsub)
        for tls, addresses in zip((False, True), listens):
            for address in addresses:
                text += "[[listen]]\n" + toml({"address": address, "tls": tls})
        for name, _, _ in self.certificates:
            text += "[[certificate]]\n" + toml({"chain": f"{name}.pem", "key": f"{name}.key"})
        text += '[[metrics]]\npath = "/metrics"\n' + self.routes + extra
        self.config.write_text(text)

    # --- Life ----------------------------------------------------------------------------------

    def start(self):
        self.log = []
        self._news = threading.Condition()
        self.process = subprocess.Popen([*self.before, EDGE, "--config", self.config],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, errors="replace")
        # The reader keeps its own log: it may outlive this start by the time to see the end.
        self._reader = threading.Thread(target=self._read_log, daemon=True,
                                        args=(self.process.stdout, self.log, self._news))
        self._reader.start()
        started = self.wait_log("node started")
        self.epoch = int(re.search(r"epoch=(\d+)", started).group(1))
        # How the ids of its publications begin: "ORIGIN.EPOCH".
        self.ids = re.search(r" id=([0-9a-f]{8})", started).group(1) + f".{self.epoch}"
        ports = {"true": [], "false": []}
        for line in self.log:
            found = re.search(r"listening .*port=(\d+) tls=(\w+)", line)
            if found:
                ports[found.group(2)].append(int(found.group(1)))
        self.port = (ports["false"] or [None])[0]
        self.tls_port = (ports["true"] or [None])[0]
        self._metrics = None

    @staticmethod
    def _read_log(lines, log, news):
        for line in lines:
            with news:
                log.append(line.rstrip("\n"))
                news.notify_all()
        with news:
            log.append(None)  # the end
            news.notify_all()

    def wait_log(self, part, seconds=15, after=0):
        """The first line with `part` behind the first `after` lines."""
        deadline = time.monotonic() + seconds * SLOW
        at = after
        with self._news:
            while True:
                for line in self.log[at:]:
                    if line is None:
                        raise AssertionError(f"the node ended before {part!r}: {self.log}")
                    if part in line:
                        return line
                at = len(self.log)
                if not self._news.wait(deadline - time.monotonic()):
                    raise AssertionError(f"no line with {part!r} in {self.log}")

    def reload(self):
        seen = len(self.log)
        self.process.send_signal(signal.SIGHUP)
        return self.wait_log("reload", after=seen)

    def end(self, number=signal.SIGTERM, seconds=30):
        """Stops the process, by a signal if any, and judges how it went; the directory stays."""
        if self._metrics:
            self._metrics.close()
            self._metrics = None
        if number:
            self.process.send_signal(number)
        code = self.process.wait(seconds * SLOW)
        self._reader.join()
        self.process.stdout.close()
        text = "\n".join(line for line in self.log if line is not None)
        check(not TRACES.search(text), "no sanitizer has found anything", text[-6000:])
        check(code == 0, "the node ends with exit code 0", f"{code}: {text[-3000:]}")
        self.process = None
        return text

    def crash(self):
        """Ends the process as a crash would; the directory stays."""
        if self._metrics:
            self._metrics.close()
            self._metrics = None
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()
        self.process = None

    def check(self):
        """What --check says of the configuration: (exit code, text)."""
        done = subprocess.run([EDGE, "--config", self.config, "--check"], capture_output=True,
                              text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def restart(self):
        self.end()
        self.start()

    def stop(self):
        try:
            return self.end() if self.process else ""
        finally:
            self.kill()

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
            return
        if self.process:
            print("the node's log:", *[line for line in self.log[-20:] if line], sep="\n  ")
        self.kill()

    # --- Figures -------------------------------------------------------------------------------

    def metrics(self):
        for attempt in range(2):
            if not self._metrics:
                self._metrics = http.client.HTTPConnection("127.0.0.1", self.port,
                                                           timeout=10 * SLOW)
            try:
                self._metrics.request("GET", "/metrics")
                text = self._metrics.getresponse().read().decode()
                break
            except (OSError, http.client.HTTPException):
                # A connection that was closed for being idle is opened again, once.
                self._metrics.close()
                self._metrics = None
                if attempt:
                    raise
        values = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                name, value = line.split(" ")
                values[name] = float(value) if "." in value else int(value)
        return values

    def count(self, name):
        return self.metrics()[f"fcedge_{name}_total"]

    def wait_count(self, name, at_least, seconds=10):
        return wait_until(lambda: self.count(name) >= at_least and self.count(name),
                          f"{name} reaches {at_least}", seconds)

    def wait_connections(self, at_most=1, seconds=10):
        """Waits until only so many are left; one is that of these figures."""
        return wait_until(lambda: self.metrics()["fcedge_connections"] <= at_most,
                          f"at most {at_most} connections", seconds)


def curl(*arguments, data=None):
    """Runs curl: (exit code, stdout as bytes, stderr as text)."""
    done = subprocess.run(["curl", "-sS", "--max-time", str(30 * SLOW), *map(str, arguments)],
                          input=data, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def fetch(url, *arguments):
    """What curl gets: status, fields by their names in lower case, body. Of the last answer, if
    there are interim ones before it.
    """
    code, out, err = curl("-ki", *arguments, url)
    check(code == 0, f"{url} is answered", f"{code}: {err}")
    while True:
        head, out = out.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        if status >= 200:
            pairs = (line.split(": ", 1) for line in lines[1:])
            return status, {name.lower(): value for name, value in pairs}, out


def with_node(*arguments, **keywords):
    """Gives a test a node of its own as its argument."""
    def decorate(test):
        @functools.wraps(test)
        def run():
            with Node(*arguments, **keywords) as node:
                test(node)
        return run
    return decorate
