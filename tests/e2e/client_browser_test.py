#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""fcedge.js in a real browser on a real live route, with a network that breaks."""

import json
import pathlib
import shutil
import subprocess

from checks import SLOW, check, equal, main, skip
from node import SECRET, Node
from wire import Wire

HERE = pathlib.Path(__file__).resolve().parent
CLIENT = HERE.parents[1] / "examples/edge/www"
ROUTES = """
[auth]
anonymous = true
session_secret_file = "session.secret"
[[directory]]
path = "/{path...}"
root = "www"
[[live]]
path = "/live"
tenant = "t"
auth = "optional"
anonymous = true
[[feed]]
path = "/feed/{channel}"
tenant = "t"
channel = "{channel}"
[[publish]]
path = "/publish/{channel}"
tenant = "t"
channel = "{channel}"
secret_file = "publish.secret"
[[namespace]]
name = "chat"
publish = "any"
presence = "members"
presence_leave_ms = 200
"""
# What the page has for each test: a client, what it heard, and a way to wait for more of it.
BEGIN = """
  const { FcedgeClient } = await import('/fcedge.js');
  window.heard = [];
  window.wakers = new Set();
  const hear = (what) => { heard.push(what); wakers.forEach((wake) => wake()); };
  window.until = async (test) => {
    while (!test()) await new Promise((wake) => {
      const once = () => { wakers.delete(once); wake(); };
      wakers.add(once);
    });
    return heard;
  };
  window.client = new FcedgeClient({ ...OPTIONS, backoffMaxMs: 500,
    onState: ({ state, transport }) => hear(['state', state, transport]) });
  window.listen = (channel, more = {}) => client.subscribe(channel, { ...more,
    onMessage: ({ data, key }) => hear(['message', channel, data, key ?? null]),
    onReady: ({ fresh }) => hear(['ready', channel, fresh]),
    onGap: ({ reason }) => hear(['gap', channel, reason]),
    onEnd: ({ code }) => hear(['end', channel, code]),
    onPresence: ({ count }) => hear(['presence', channel, count]) });
  window.texts = (channel) => heard.filter(([kind, of]) => kind === 'message' && of === channel)
    .map(([, , data]) => data);
"""

node = None


class Page:
    """A page with a client of these options; `run` is answered by what that JavaScript returns."""

    def __init__(self, options):
        self.options = options

    def __enter__(self):
        self.process = subprocess.Popen(["node", HERE / "browser/page.mjs", str(node.tls_port)],
                                        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = self.process.stdout.readline().strip()
        if line != '"ready"':
            if self.process.wait(60 * SLOW) == 77:
                skip(line)
            raise AssertionError(f"no page: {line}")
        self.run(BEGIN.replace("OPTIONS", json.dumps(self.options)))
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(60 * SLOW)

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
        return self._ask(proxy=mode)


def publish(channel, *texts):
    with Wire(node.port) as wire:
        for text in texts:
            answer = wire.request(f"/publish/{channel}", "POST",
                                  f"Authorization: Bearer {SECRET}\r\n", text.encode())
            equal(answer.status, 200, "a publication")


def channels():
    """many channels on one connection: messages, publications, presence, a block list"""
    opened = node.count("live_opened")
    with Page({"url": "/live"}) as page:
        page.run("listen('chat:1', { presence: true }); listen('chat:2'); listen('news');"
                 "await until(() => heard.filter(([kind]) => kind === 'ready').length === 3)")
        equal(node.count("live_opened") - opened, 1, "one connection for all")
        publish("news", "from the server \u00e4\U0001f600")
        check(page.run("return client.publish('chat:2', 'by a client', { key: 'k' })"), "an id")
        heard = page.run("return until(() => texts('news').length && texts('chat:2').length)")
        check(["message", "news", "from the server \u00e4\U0001f600", None] in heard, "news", heard)
        check(["message", "chat:2", "by a client", "k"] in heard, "chat", heard)
        page.run("await until(() => heard.some(([kind, , n]) => kind === 'presence' && n === 1))")
        equal(page.run("return (await client.presence('chat:1')).count"), 1, "who is there")
        code = page.run("return client.publish('news', 'x').catch((error) => error.code)")
        equal(code, "forbidden", "only chat is for clients")
        # What one has blocked oneself is not delivered, and the next one is.
        page.run("await client.block([client.hello.user]);"
                 "await client.publish('chat:2', 'unwanted'); await client.block([]);"
                 "await client.publish('chat:2', 'wanted'); await until(() =>"
                 "  texts('chat:2').includes('wanted'))")
        equal(page.run("return texts('chat:2')"), ["by a client", "wanted"], "what was let through")


def resume():
    """a connection that breaks goes on where it was: nothing is lost, nothing comes twice"""
    with Page({"url": "/live"}) as page:
        page.run("listen('a'); listen('chat:b');"
                 "await until(() => heard.filter(([kind]) => kind === 'ready').length === 2)")
        texts = []
        for turn in range(3):
            publish("a", f"before {turn}")
            page.run(f"await until(() => texts('a').includes('before {turn}'))")
            page.proxy("reset")
            page.run("await until(() => heard.at(-1)[1] === 'reconnecting')")
            publish("a", f"meanwhile {turn}", f"and more {turn}")
            publish("chat:b", f"b {turn}")
            page.proxy("pass")
            page.run(f"await until(() => texts('a').includes('and more {turn}')"
                     f"  && texts('chat:b').includes('b {turn}'))")
            texts += [f"before {turn}", f"meanwhile {turn}", f"and more {turn}"]
            page.run("heard.push(['turn'])")
        equal(page.run("return texts('a')"), texts, "all of it, once, in order")
        equal(page.run("return texts('chat:b')"), ["b 0", "b 1", "b 2"], "the other channel too")
        kinds = {each[0] for each in page.run("return heard")}
        check(not kinds & {"gap", "end"}, "no gap, no end", kinds)


def event_streams():
    """where WebSockets do not get through, each channel has an event stream, and resumes as well"""
    options = {"url": "/live", "feed": "/feed/{channel}", "transport": "sse"}
    with Page(options) as page:
        page.run("listen('s'); listen('t');"
                 "await until(() => heard.filter(([kind]) => kind === 'ready').length === 2)")
        check(node.count("sse_opened") >= 2, "they are event streams")
        publish("s", "one")
        page.run("await until(() => texts('s').length === 1)")
        page.proxy("cut")
        publish("s", "two")
        publish("t", "other")
        page.run("await until(() => texts('s').length === 2 && texts('t').length === 1)")
        equal(page.run("return texts('s')"), ["one", "two"], "once each, in order")


def gap():
    """what the log has left behind is told as a gap, and the client goes on from there"""
    with Page({"url": "/live"}) as page:
        page.run("listen('g'); await until(() => heard.some(([kind]) => kind === 'ready'))")
        publish("g", "first")
        page.run("await until(() => texts('g').length === 1)")
        page.proxy("reset")
        publish("g", *(f"{n}" for n in range(12)))
        page.proxy("pass")
        heard = page.run("return until(() => heard.some(([kind]) => kind === 'gap'))")
        check(["gap", "g", "expired"] in heard, "the reason", heard)
        publish("g", "last")
        page.run("await until(() => texts('g').includes('last'))")
        equal(page.run("return texts('g')"), ["first", "last"], "nothing of what was left out")


if __name__ == "__main__":
    node = Node(ROUTES, pubsub={"history_messages": 10}, start=False)
    secret = node.directory / "session.secret"
    secret.touch(0o600)
    secret.write_text("0123456789abcdef0123456789abcdef\n")
    shutil.copytree(CLIENT, node.www, dirs_exist_ok=True)
    node.start()
    with node:
        try:
            main(channels, resume, event_streams, gap)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
