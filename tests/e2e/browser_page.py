# SPDX-License-Identifier: Apache-2.0
"""A page in a browser (browser/page.mjs), for tests that have no JavaScript of their own."""

import json
import pathlib
import subprocess

from checks import SLOW, skip

PAGE = pathlib.Path(__file__).resolve().parent / "browser/page.mjs"


class BrowserPage:
    """A page of the node with TLS on `port`; `run` is answered by what that JavaScript returns."""

    def __init__(self, port):
        self.port = port

    def __enter__(self):
        self.process = subprocess.Popen(["node", PAGE, str(self.port)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = self.process.stdout.readline().strip()
        if line != '"ready"':
            if self.process.wait(60 * SLOW) == 77:
                skip(line)
            raise AssertionError(f"no page: {line}")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(60 * SLOW)
        self.process.stdout.close()

    def _ask(self, **what):
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if isinstance(answer, dict) and "error" in answer:
            raise AssertionError(answer["error"])
        return answer

    def run(self, script):
        return self._ask(run=script)

    def proxy(self, mode):
        """How the network between the page and the node is from now on."""
        return self._ask(proxy=mode)
