#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of README.md and PROTOCOL.md, taken from there and run on the node that
examples/run.sh starts. Only its ports are others here.
"""

import asyncio
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading

import websockets

from browser_page import BrowserPage
from checks import SLOW, check, contains, equal, main, wait_until
from node import BUILD, TRACES

TOP = pathlib.Path(__file__).resolve().parents[2]
PROTOCOL = TOP / "examples/edge/PROTOCOL.md"
README = TOP / "README.md"
ID = r"[0-9a-f]{8}\.\d+-\d+"
# Debian has no websocat: this does for the way in which the examples use it.
WEBSOCAT = """#!/usr/bin/python3
import asyncio, ssl, sys, websockets
skip, option, protocol, url = sys.argv[1:]
assert (skip, option) == ("-k", "--protocol"), sys.argv
async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    async with websockets.connect(url, ssl=context, subprotocols=[protocol]) as socket:
        async def send():
            reader = asyncio.StreamReader()
            await asyncio.get_running_loop().connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
            async for line in reader:
                await socket.send(line.decode().rstrip("\\n"))
        sender = asyncio.create_task(send())
        async for text in socket:
            print(text, flush=True)
asyncio.run(main())
"""

demo = None


def blocks(page, language):
    """All examples of a page in that language."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.M | re.S)
    check(found, f"{page.name} has examples in {language or 'nothing'}")
    return found


class Demo:
    """The node as examples/run.sh starts it, in a home of its own."""

    def __init__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="fcedge-examples-"))
        tools = self.home / "bin"
        tools.mkdir()
        (tools / "websocat").write_text(WEBSOCAT)
        (tools / "websocat").chmod(0o755)
        self.env = {**os.environ, "XDG_STATE_HOME": str(self.home),
                    "PATH": f"{tools}:{os.environ['PATH']}"}
        self.process = None

    def start(self):
        script = '. "$1/examples/edge/demo.sh"; shift; start_demo "$@"'
        self.process = subprocess.Popen(
            ["bash", "-c", script, "demo", TOP, BUILD, "--port", "0", "--http-port", "0",
             "--dns-port", "0"],
            env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        self.log, self.ports = [], {}
        for line in self.process.stderr:
            self.log.append(line)
            if found := re.search(r" listening .* port=(\d+) tls=(\w+)", line):
                self.ports[found[2]] = found[1]
            if " node started " in line:
                break
        else:
            raise AssertionError(f"the demo did not start: {self.log}")
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr))
        self.reader.start()

    def stop(self):
        self.process.terminate()
        code = self.process.wait(30 * SLOW)
        self.reader.join()
        text = "".join(self.log)
        check(not TRACES.search(text), "no sanitizer has found anything", text[-6000:])
        equal(code, 0, "the demo ends well")

    def remove(self):
        if self.process:
            self.process.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def here(self, text):
        """An example with the ports of this node."""
        text = text.replace("localhost:8443", f"localhost:{self.ports['true']}")
        return text.replace("localhost:8080", f"localhost:{self.ports['false']}")

    def publish(self, channel, text):
        secret = (self.home / "fcedge-demo/publish.secret").read_text().strip()
        done = subprocess.run(
            ["curl", "-sS", "-H", f"Authorization: Bearer {secret}", "--data-binary", text,
             f"http://localhost:{self.ports['false']}/api/channels/{channel}"],
            capture_output=True, text=True, check=True)
        check(re.fullmatch(rf'{{"id":"{ID}"}}', done.stdout), "published", done.stdout)


class Example:
    """A command that runs until it is left; `heard` is what it has said so far."""

    def __init__(self, command, typed=""):
        self.heard = ""
        self.process = subprocess.Popen(command, env=demo.env, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, start_new_session=True)
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        self.process.stdin.write(typed)
        self.process.stdin.flush()

    def _read(self):
        while piece := os.read(self.process.stdout.fileno(), 65536):
            self.heard += piece.decode()

    def says(self, pattern, meanwhile=lambda: None):
        """Waits until it has said that; `meanwhile` is what has to happen for it."""
        def asked():
            meanwhile()
            return re.search(pattern, self.heard, re.S)
        try:
            return wait_until(asked, pattern, 20)
        except AssertionError as error:
            raise AssertionError(f"{error}, but {self.heard!r}") from None

    def ends(self):
        return self.process.poll() is not None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.reader.join()
        self.process.stdin.close()
        self.process.stdout.close()


def shell(block):
    """An example for a shell; what it shows of objects is what is typed then."""
    lines = demo.here(block).splitlines(keepends=True)
    typed = [line for line in lines if line.startswith("{")]
    return Example(["bash", "-c", "".join(line for line in lines if line not in typed)],
                   "".join(typed))


def feed_by_websocket(block):
    with shell(block) as example:
        example.says(rf'{{"channel":"lobby","id":"{ID}","data":"first"}}\n.*'
                     rf'{{"channel":"lobby","ready":{{"id":"{ID}"}}}}')
        demo.publish("lobby", "by websocket")
        example.says('"data":"by websocket"')


def feed_by_event_stream(block):
    with shell(block) as example:
        example.says(rf"retry: \d+\n\nid: {ID}\ndata: first\n\n.*event: ready\nid: {ID}\n"
                     rf'data: {{"id":"{ID}"}}\n\n')
        demo.publish("lobby", "by event stream")
        example.says("data: by event stream\n\n")


def feed_by_ndjson(block):
    with shell(block) as example:
        example.says(rf'{{"channel":"lobby","id":"{ID}","data":"first"}}\n.*"ready":')
        demo.publish("lobby", "by ndjson")
        example.says('"data":"by ndjson"}\n')


def feed_by_long_poll(block):
    with shell(block) as example:
        # What is published before it has its position is not for it.
        wait_until(lambda: demo.publish("lobby", "by long poll") or example.ends(), "it ends", 20)
        example.says('^{"channel":"lobby","id":"[^"]*","data":"by long poll"}\n')


def live(block):
    demo.publish("chat:1", "in the log")
    with shell(block) as example:
        example.says('^{"hello":{"user":"","session":"none","ping_ms":25000}}\n{"ref":1,"ok":{}}\n'
                     '.*"data":"in the log".*"ready":')
        demo.publish("chat:1", "live")
        example.says('"channel":"chat:1".*"data":"live"')


def publish(block):
    with shell(block) as example:
        example.says(rf'^{{"id":"{ID}"}}$')


def cache_status(block):
    with shell(block) as example:
        example.says(r"^cache-status: fcedge; (fwd=uri-miss|hit; ttl=\d+)")
    with shell(block) as example:
        example.says(r"^cache-status: fcedge; hit; ttl=3[56]\d\d\r?\n")


def purge(block):
    with shell(block) as example:
        example.says(r'^{"purged":1}\n.*cache-status: fcedge; fwd=uri-miss')


def shell_examples():
    """PROTOCOL.md: what is shown for a shell, all transports and publishing"""
    demo.publish("lobby", "first")
    kinds = {r"websocat .*/feed\?": feed_by_websocket,
             r"Accept: text/event-stream": feed_by_event_stream,
             r"format=ndjson": feed_by_ndjson, r"poll=": feed_by_long_poll,
             r"websocat .*/live$": live, r"/api/channels/": publish,
             r"cache-status$": cache_status, r"PURGE": purge}
    run = []
    for block in blocks(PROTOCOL, "sh"):
        names = [kind for kind in kinds if re.search(kind, block, re.M)]
        equal(len(names), 1, f"an example that this test knows: {block}")
        kinds[names[0]](block)
        run += names
    equal(sorted(run), sorted(kinds), "all of them are there")


def commands():
    """PROTOCOL.md: each command that it shows for a live route"""
    lines = [line for block in blocks(PROTOCOL, "") for line in block.splitlines()
             if line.startswith('{"ref":') and '"ok":' not in line and '"error":' not in line]
    equal(len(lines), 7, "so many commands are shown")

    async def go():
        async with websockets.connect(f"ws://localhost:{demo.ports['false']}/live",
                                      subprotocols=["fcedge.v1.json"]) as socket:
            answers = {}
            for line in lines:
                await socket.send(line)
                while len(answers) < json.loads(line)["ref"]:
                    got = json.loads(await asyncio.wait_for(socket.recv(), 10 * SLOW))
                    if "ref" in got:
                        answers[got["ref"]] = got
            return answers
    answers = asyncio.run(go())
    for ref, answer in answers.items():
        # The demo knows nobody, so it has no use for tokens.
        expected = "error" if '"auth"' in lines[ref - 1] else "ok"
        contains(answer, expected, lines[ref - 1])


def python_client():
    """PROTOCOL.md: the client in Python"""
    (block,) = blocks(PROTOCOL, "python")
    with Example(["/usr/bin/python3", "-u", "-c", demo.here(block)]) as example:
        # It asks for what is new only, so it depends on when it has subscribed.
        example.says(rf"(^|\n){ID} for python\n", lambda: demo.publish("chat:1", "for python"))


def readme_client():
    """README.md: the client in a page"""
    (block,) = blocks(README, "js")
    # The page's policy forbids inline scripts, so it is not run as a module but as a function.
    block, count = re.subn(r"^import (.*) from '\./(.*)';$", r"const \1 = await import('/\2');",
                           block, flags=re.M)
    equal(count, 1, "it imports the client")
    with BrowserPage(demo.ports["true"]) as page:
        answer = page.run("""
            Object.assign(window, { shown: [], loads: 0, failures: [] });
            window.show = (comment) => shown.push(comment);
            window.load = () => { loads += 1; };
            window.onerror = (message) => { failures.push(message); };
            window.onunhandledrejection = ({ reason }) => { failures.push(String(reason)); };
        """ + block)
        equal(answer, None, "it runs")
        shown, loads, failures = wait_until(
            lambda: (said := page.run("return [shown, loads, failures]"))[0] and said,
            "it shows", 20)
        equal((shown, loads, failures), ([{"text": "hello"}], 1, []), "its own message, once")
        demo.publish("chat:1", '{"text":"from a server"}')
        wait_until(lambda: page.run("return shown.length") == 2, "what others say", 20)
        equal(page.run("return [shown[1], failures]"), [{"text": "from a server"}, []], "the same")


if __name__ == "__main__":
    demo = Demo()
    try:
        demo.start()
        main(shell_examples, commands, python_client, readme_client, demo.stop)
    finally:
        demo.remove()
