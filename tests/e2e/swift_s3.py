#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real server of the S3 protocol that verifies signatures: OpenStack Swift with its s3api filter.

All of it is one node on loopback ports, from Debian's packages, with its data in a directory that
is removed at the end. Started by hand it runs until it is interrupted:

  swift_s3.py [SECONDS]     with a clock that is so much ahead
"""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from checks import SLOW, skip

# Debian's Swift is installed for Debian's own interpreter, whichever comes first on the PATH.
PYTHON = "/usr/bin/python3"
SERVERS = ("account", "container", "object", "proxy")
REGION = "us-east-1"
KEY_ID, SECRET = "test:tester", "testing"
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
user_other_stranger = strange .admin
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
    missing = [f"swift-{name}" for name in SERVERS
               if not shutil.which(f"swift-{name}-server", path="/usr/bin")]
    if missing:
        skip(f"OpenStack Swift is not installed: {' '.join(missing)} "
             "(tests/setup/apt.sh test installs what is missing)")


class Swift:
    """`ahead_s` puts the clock of the server that clients see ahead by so many seconds."""

    def __init__(self, ahead_s=0):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="fcedge-swift-"))
        self.ahead_s = ahead_s
        self.processes = {}
        try:
            # A port may be taken by somebody between being free and being bound.
            for attempt in range(3):
                if self._start(dict(zip(SERVERS, free_ports(len(SERVERS))))):
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

    def logs(self):
        return {path.name: path.read_text(errors="replace")[-2000:]
                for path in self.directory.glob("*.log")}

    def _start(self, ports):
        self.port = ports["proxy"]
        (self.directory / "disk").mkdir(exist_ok=True)
        (self.directory / "swift.conf").write_text(
            "[swift-hash]\nswift_hash_path_suffix = a\nswift_hash_path_prefix = b\n"
            "[storage-policy:0]\nname = only\ndefault = yes\n")
        subprocess.run([PYTHON, "-c", RINGS, self.directory]
                       + [f"{name}={ports[name]}" for name in SERVERS[:3]],
                       cwd=self.directory, check=True)
        for name in SERVERS:
            self._launch(name, ports[name])
        return all(self._wait(name, ports[name]) for name in SERVERS)

    def _launch(self, name, port):
        config = self.directory / f"{name}.conf"
        config.write_text(
            f"[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = {port}\nworkers = 0\n"
            f"user = {pwd.getpwuid(os.geteuid()).pw_name}\nswift_dir = {self.directory}\n"
            f"devices = {self.directory}\nmount_check = false\nbind_timeout = 1\n"
            f"disable_fallocate = true\nlog_level = INFO\n" + CONFIG[name])
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("PYTHON")}
        if self.ahead_s and name == "proxy":
            (self.directory / "sitecustomize.py").write_text(CLOCK)
            environment |= {"PYTHONPATH": str(self.directory), "SWIFT_AHEAD_S": str(self.ahead_s)}
        with open(self.directory / f"{name}.log", "wb") as log:
            self.processes[name] = subprocess.Popen(
                [PYTHON, f"/usr/bin/swift-{name}-server", config, "-v"], env=environment,
                cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _wait(self, name, port):
        deadline = time.monotonic() + 30 * SLOW
        pause = threading.Event()
        while time.monotonic() < deadline and self.processes[name].poll() is None:
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
    with Swift(float(sys.argv[1]) if len(sys.argv) > 1 else 0) as swift:
        print(f"{swift.endpoint} region={REGION} key_id={KEY_ID} secret={SECRET}", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
