#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real server of the S3 protocol that verifies signatures: OpenStack Swift with its s3api filter.

All of it is one node on loopback ports, from Debian's package of the modules alone (those of the
servers start services), with its data in a directory that is removed at the end. Started by hand it
runs until it is interrupted.
"""

import hashlib
import hmac
import http.client
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

from checks import SLOW, check, skip

# Debian's Swift is installed for Debian's own interpreter, whichever comes first on the PATH.
PYTHON = "/usr/bin/python3"
SERVERS = ("account", "container", "object", "proxy")
REGION = "us-east-1"
KEY_ID, SECRET = "test:tester", "testing"
READER, READER_SECRET = "test:reader", "reading"  # of the same account, with no right to anything
PART_BYTES_MIN = 1 << 20  # of a multipart upload, but for the last one

CONFIG = {
    "account": """
[pipeline:main]
pipeline = account-server
[app:account-server]
use = egg:swift#account
""",
    "container": """
[pipeline:main]
pipeline = container-server
[app:container-server]
use = egg:swift#container
""",
    "object": """
[pipeline:main]
pipeline = object-server
[app:object-server]
use = egg:swift#object
""",
    "proxy": f"""
[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats s3api tempauth bulk slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
# Needed, though nothing listens there: all is asked of the servers themselves then.
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = {REGION}
min_segment_size = {PART_BYTES_MIN}
storage_domain = s3.localhost
[filter:tempauth]
use = egg:swift#tempauth
user_{KEY_ID.replace(":", "_")} = {SECRET} .admin
user_{READER.replace(":", "_")} = {READER_SECRET}
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
""",
}

# The rings say which server has what: here one of each has all.
RINGS = """
import sys
from swift.common.ring import RingBuilder
directory, *servers = sys.argv[1:]
for server in servers:
    name, port = server.split("=")
    builder = RingBuilder(1, 1, 0)
    builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port),
                     "replication_ip": "127.0.0.1", "replication_port": int(port),
                     "device": "disk", "weight": 1, "meta": ""})
    builder.rebalance()
    builder.get_ring().save(f"{directory}/{name}.ring.gz")
"""

# What the programs of the packages that are not needed do.
SERVER = """
import os, sys
from swift.common import utils
utils.SWIFT_CONF_FILE = os.path.abspath("swift.conf")  # read when the others are loaded
from swift.common.wsgi import run_wsgi
from swift.obj.server import global_conf_callback
name, config = sys.argv[1:]
more = {"global_conf_callback": global_conf_callback} if name == "object" else {}
sys.exit(run_wsgi(config, f"{name}-server", verbose=True, **more))
"""

# Puts the clock of a process ahead: a module that Python loads before all others.
CLOCK = """
import os, time
_ahead, _time = float(os.environ["SWIFT_AHEAD_S"]), time.time
time.time = lambda: _time() + _ahead
"""


def free_ports(count):
    """Ports that were free just now, all different."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def require():
    """Ends the test as skipped, by name, where Swift is not installed."""
    try:
        found = subprocess.run([PYTHON, "-c", "import swift.common.middleware.s3api"], cwd="/",
                               capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        found = False
    if not found:
        skip("OpenStack Swift is not installed: python3-swift "
             "(tests/setup/apt.sh test installs what is missing)")


class Client:
    """Makes signed requests of any kind; another hand's signing than the library's."""

    def __init__(self, port, key_id=KEY_ID, secret=SECRET, ahead_s=0):
        self.port, self.key_id, self.secret, self.ahead_s = port, key_id, secret, ahead_s

    def request(self, method, path, query=(), body=b"", headers=(), expect=200):
        """`path` is not encoded. Gives the answer's fields (in lower case) and body."""
        path = urllib.parse.quote(path, safe="/~")
        query = "&".join(sorted(f"{urllib.parse.quote(name, safe='~')}="
                                f"{urllib.parse.quote(value, safe='~')}" for name, value in query))
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + self.ahead_s))
        digest = hashlib.sha256(body).hexdigest()
        fields = {"host": f"127.0.0.1:{self.port}", "x-amz-content-sha256": digest,
                  "x-amz-date": stamp, **dict(headers)}
        names = ";".join(sorted(fields))
        lines = "".join(f"{name}:{fields[name]}\n" for name in sorted(fields))
        canonical = "\n".join([method, path, query, lines, names, digest])
        scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
        to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope,
                             hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self.secret).encode()
        for part in [*scope.split("/"), to_sign]:
            key = hmac.digest(key, part.encode(), "sha256")
        fields["authorization"] = (f"AWS4-HMAC-SHA256 Credential={self.key_id}/{scope}, "
                                   f"SignedHeaders={names}, Signature={key.hex()}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30 * SLOW)
        try:
            connection.request(method, f"{path}?{query}" if query else path, body=body,
                               headers=fields)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        check(answer.status == expect, f"{method} {path} is answered by {expect}",
              f"{answer.status} {text!r}")
        return {name.lower(): value for name, value in answer.getheaders()}, text

    def put(self, path, body, headers=()):
        return self.request("PUT", path, body=body, headers=headers)[0]

    def put_in_parts(self, path, parts):
        """A multipart upload: all parts but the last have PART_BYTES_MIN at least."""
        _, text = self.request("POST", path, query=[("uploads", "")])
        upload = re.search(rb"<UploadId>([^<]+)</UploadId>", text).group(1).decode()
        listed = ""
        for number, part in enumerate(parts, 1):
            fields, _ = self.request("PUT", path, body=part, query=[("partNumber", str(number)),
                                                                    ("uploadId", upload)])
            listed += f"<Part><PartNumber>{number}</PartNumber><ETag>{fields['etag']}</ETag></Part>"
        self.request("POST", path, query=[("uploadId", upload)],
                     body=f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode())


class Swift:
    """The storage, and one server that clients see: `port`. More of them, each with a clock of its
    own, are `add_proxy`'s."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="fcedge-swift-"))
        self.processes = {}
        try:
            # A port may be taken by somebody between being free and being bound.
            for _ in range(3):
                ports = dict(zip(SERVERS, free_ports(len(SERVERS))))
                self.port = ports["proxy"]
                if self._start(ports):
                    return
                self._end()
            raise AssertionError(f"Swift does not start: {self.logs()}")
        except BaseException:
            self.stop()
            raise

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._end()
        shutil.rmtree(self.directory, ignore_errors=True)

    def add_proxy(self, ahead_s=0):
        """The port of another server for the same storage, whose clock is ahead."""
        for _ in range(3):
            port, = free_ports(1)
            if self.start_proxy(port, ahead_s):
                return port
        raise AssertionError(f"the server does not start: {self.logs()}")

    def start_proxy(self, port, ahead_s=0):
        self._launch("proxy", port, ahead_s)
        return self._wait(port)

    def stop_proxy(self, port):
        process = self.processes.pop(port)
        process.kill()
        process.wait()

    def logs(self):
        return {path.name: path.read_text(errors="replace")[-2000:]
                for path in self.directory.glob("*.log")}

    def _start(self, ports):
        (self.directory / "disk").mkdir(exist_ok=True)
        (self.directory / "swift.conf").write_text(
            "[swift-hash]\nswift_hash_path_suffix = a\nswift_hash_path_prefix = b\n"
            "[storage-policy:0]\nname = only\ndefault = yes\n")
        subprocess.run([PYTHON, "-c", RINGS, self.directory]
                       + [f"{name}={ports[name]}" for name in SERVERS[:3]],
                       cwd=self.directory, check=True)
        for name in SERVERS:
            self._launch(name, ports[name])
        return all(self._wait(ports[name]) for name in SERVERS)

    def _launch(self, name, port, ahead_s=0):
        config = self.directory / f"{name}-{port}.conf"
        config.write_text(
            f"[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = {port}\nworkers = 0\n"
            f"user = {pwd.getpwuid(os.geteuid()).pw_name}\nswift_dir = {self.directory}\n"
            f"devices = {self.directory}\nmount_check = false\nbind_timeout = 1\n"
            f"disable_fallocate = true\nlog_level = INFO\n" + CONFIG[name])
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("PYTHON")}
        if ahead_s:
            clock = self.directory / "clock"
            clock.mkdir(exist_ok=True)
            (clock / "sitecustomize.py").write_text(CLOCK)
            environment |= {"PYTHONPATH": str(clock), "SWIFT_AHEAD_S": str(ahead_s)}
        with open(config.with_suffix(".log"), "ab") as log:
            self.processes[port] = subprocess.Popen(
                [PYTHON, "-c", SERVER, name, config], env=environment, cwd=self.directory,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _wait(self, port):
        deadline = time.monotonic() + 30 * SLOW
        pause = threading.Event()
        while time.monotonic() < deadline and self.processes[port].poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return True
            except OSError:
                pause.wait(0.05)
        return False

    def _end(self):
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.processes = {}


def main():
    require()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Swift() as swift:
        print(f"{swift.endpoint} region={REGION} key_id={KEY_ID} secret={SECRET}", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
