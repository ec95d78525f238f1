# SPDX-License-Identifier: Apache-2.0
"""Other clients' requests, which go on while somebody attacks."""

import threading
import time

from checks import check, wait_until
from h2 import H2
from wire import Wire

WINDOWS = 5


class Bystanders:
    """Two clients, HTTP/1.1 and HTTP/2 over TLS, that ask for a file again and again."""

    def __init__(self, node, path="/files/a.txt", body=b"hello"):
        self.node, self.path, self.body = node, path, body
        self.times, self.failures = [], []

    def _http1(self):
        with Wire(self.node.port) as wire:
            while not self._stop.is_set():
                self._ask(lambda: wire.request(self.path).body)

    def _http2(self):
        stream = 1
        with H2(self.node.tls_port, tls=True) as wire:
            while not self._stop.is_set():
                self._ask(lambda: wire.get(stream, self.path))
                stream += 2

    def _ask(self, request):
        began = time.monotonic()
        body = request()
        self.times.append((began, time.monotonic() - began))
        self._stop.wait(0.002)  # they are to be there, not to be the load
        if body != self.body:
            self.failures.append(body)

    def _run(self, client):
        try:
            client()
        except Exception as error:  # a thread's exception would be lost
            self.failures.append(repr(error))

    def __enter__(self):
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(client,))
                         for client in (self._http1, self._http2)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        if not kind:
            wait_until(lambda: self.failures or len(self.times) > 20, "there were some requests")
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if kind:
            return
        check(not self.failures, "other clients' requests succeed", self.failures[:3])
        self.print_p99()

    def print_p99(self):
        times = sorted(self.times)
        size = max(1, len(times) // WINDOWS)
        windows = [times[at:at + size] for at in range(0, size * WINDOWS, size)]
        p99s = []
        for window in filter(None, windows):
            took = sorted(each[1] for each in window)
            p99s.append(took[min(len(took) - 1, int(len(took) * 0.99))])
        told = " ".join(f"{each * 1000:.1f}" for each in p99s)
        print(f"     others: {len(times)} requests, p99 of {WINDOWS} windows: {told} ms")
