#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""WebSocket over HTTP/2, compressed, by a real browser, which offers and chooses both by itself."""

import json
import pathlib
import subprocess

from checks import SLOW, check, equal, main, skip
from node import SECRET, Node
from wire import Wire

ROUTES = """
[[directory]]
path = "/{path...}"
root = "www"
[[feed]]
path = "/feed/{channel}"
tenant = "t"
channel = "{channel}"
deflate = true
[[publish]]
path = "/publish/{channel}"
tenant = "t"
channel = "{channel}"
secret_file = "publish.secret"
"""
PAGE = pathlib.Path(__file__).resolve().parent / "browser/ws_h2.mjs"

node = None


def browser():
    """a page opens two, gets messages by both, and closes them"""
    with subprocess.Popen(["node", PAGE, f"https://localhost:{node.tls_port}"], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as page:
        line = page.stdout.readline().strip()
        if page.poll() == 77 or line != "open":
            page.wait(60 * SLOW)
            if page.returncode == 77:
                skip(line)
        equal(line, "open", "both are open")
        equal(node.count("websocket_http2_opened"), 2, "both are over HTTP/2")
        equal(node.count("websocket_deflate"), 2, "both take compressed messages")
        texts = ["one", "zwei \u00e4\U0001f600", "x" * 60000]
        with Wire(node.port) as wire:
            for text in texts:
                answer = wire.request("/publish/b", "POST", f"Authorization: Bearer {SECRET}\r\n",
                                      text.encode())
                equal(answer.status, 200, "a publication")
        got = json.loads(page.stdout.readline())
        equal(got, [texts, texts], "both got all of it")
        check(node.count("websocket_deflate_input_bytes") >= 60000, "the long one was compressed")
        page.stdin.close()
        equal(json.loads(page.stdout.readline()), [1000, 1000], "both are closed as asked")
    check(page.returncode == 0, "the page ends well", page.returncode)
    node.wait_count("websocket_closed", 2)


if __name__ == "__main__":
    node = Node(ROUTES, h2_websocket=True)
    with node:
        (node.www / "index.html").write_text("<!doctype html><title>page</title>")
        try:
            main(browser)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
