#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""fcedge.js in a real browser on a real live route, with a network that breaks; and the browser's
own EventSource on a feed, which has nothing of ours."""

import json
import pathlib
import shutil

from browser_page import BrowserPage
from checks import check, equal, main
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

# The browser's EventSource, and what it heard: messages with their ids, and the events by name.
EVENT_SOURCE = """
  window.told = [];
  window.source = new EventSource('/feed/CHANNEL');
  for (const name of ['open', 'error', 'message', 'ready', 'gap']) {
    source.addEventListener(name, ({ data, lastEventId }) => {
      told.push([name, data ?? null, lastEventId ?? null]);
      wakers.forEach((wake) => wake());
    });
  }
  window.of = (name) => told.filter(([kind]) => kind === name);
  window.read = () => of('message').map(([, data]) => data);
"""

node = None


class Page(BrowserPage):
    """A page with a client of these options."""

    def __init__(self, options):
        super().__init__(node.tls_port)
        self.options = options

    def __enter__(self):
        super().__enter__()
        self.run(BEGIN.replace("OPTIONS", json.dumps(self.options)))
        return self


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


def own_event_source():
    """a browser's EventSource comes back by itself with its Last-Event-ID, and misses nothing"""
    with Page({"url": "/live"}) as page:
        publish("e", "before it came")
        opened = node.count("sse_opened")
        recoveries = node.count("pubsub_recoveries")
        page.run(EVENT_SOURCE.replace("CHANNEL", "e") + "await until(() => of('ready').length)")
        equal(page.run("return [source.url.endsWith('/feed/e'), source.readyState, read()]"),
              [True, 1, []], "open, and only what is new")
        texts = []
        for turn in range(3):
            publish("e", f"live {turn}", f"two\nlines {turn} \u00e4\U0001f600")
            page.run(f"await until(() => read().length >= {len(texts) + 2})")
            # Once it is broken, once it cannot come back for a while.
            page.proxy("cut" if turn == 0 else "reset")
            page.run(f"await until(() => of('error').length > {turn})")
            publish("e", f"meanwhile {turn}", f"and more {turn}")
            page.proxy("pass")
            page.run(f"await until(() => of('ready').length >= {turn + 2})")
            texts += [f"live {turn}", f"two\nlines {turn} \u00e4\U0001f600", f"meanwhile {turn}",
                      f"and more {turn}"]
            equal(page.run("return read()"), texts, "all of it, once, in order")
        publish("e", "last")
        page.run(f"await until(() => read().length > {len(texts)})")
        told = page.run("return told")
        ids = [each[2] for each in told if each[0] == "message"]
        equal(ids, [f"{node.ids}-{n}" for n in range(2, len(texts) + 3)], "each with its id")
        check(not [each for each in told if each[0] == "gap"], "no gap", told)
        equal(json.loads(told[-2][1] if told[-2][0] == "ready" else "{}").get("id"),
              f"{node.ids}-{len(texts) + 1}", "ready tells the position")
        equal(node.count("pubsub_recoveries") - recoveries, 3, "it resumed each time")
        check(node.count("sse_opened") - opened >= 4, "by connections of its own")
        page.run("source.close()")


def event_source_gap():
    """an EventSource that comes back too late is told of the gap, and goes on behind it"""
    with Page({"url": "/live"}) as page:
        page.run(EVENT_SOURCE.replace("CHANNEL", "f") + "await until(() => of('ready').length)")
        publish("f", "first")
        page.run("await until(() => read().length === 1)")
        page.proxy("reset")
        page.run("await until(() => of('error').length)")
        publish("f", *(f"{n}" for n in range(12)))
        page.proxy("pass")
        page.run("await until(() => of('gap').length)")
        equal(json.loads(page.run("return of('gap')[0][1]"))["reason"], "expired", "the reason")
        publish("f", "last")
        page.run("await until(() => read().length === 2)")
        equal(page.run("return read()"), ["first", "last"], "nothing of what was left out")
        # It has taken the position of the gap for its own.
        page.proxy("cut")
        page.run("await until(() => of('ready').length === 3)")
        equal(page.run("return [read(), of('gap').length]"), [["first", "last"], 1], "no more gaps")
        page.run("source.close()")


if __name__ == "__main__":
    node = Node(ROUTES, pubsub={"history_messages": 10}, start=False)
    secret = node.directory / "session.secret"
    secret.touch(0o600)
    secret.write_text("0123456789abcdef0123456789abcdef\n")
    shutil.copytree(CLIENT, node.www, dirs_exist_ok=True)
    node.start()
    with node:
        try:
            main(channels, resume, event_streams, gap, own_event_source, event_source_gap)
        except SystemExit as end:
            code = end.code
    raise SystemExit(code)
