// SPDX-License-Identifier: Apache-2.0
//
// What fcedge.js takes from its surroundings, in the hands of a test: a clock that moves when it is
// told to, a node that says what it is told to say, and a page with its events. Nothing here waits
// for time to pass.

// Lets everything run that needs no more time: promises, and streams made of them.
export async function settle() {
  for (let turn = 0; turn < 8; turn += 1) await new Promise((done) => { setImmediate(done); });
}

// A promise whose failure is looked at later.
export function later(promise) {
  promise.catch(() => {});
  return promise;
}

export class Clock {
  constructor() {
    this.time = 1000000;
    this.timers = new Map();
    this.last = 0;
  }

  set(act, ms) {
    this.last += 1;
    this.timers.set(this.last, { at: this.time + Math.max(0, ms), act });
    return this.last;
  }

  clear(timer) {
    this.timers.delete(timer);
  }

  async advance(ms) {
    const end = this.time + ms;
    for (;;) {
      await settle();
      const due = [...this.timers].filter(([, { at }]) => at <= end)
        .sort(([a, first], [b, second]) => first.at - second.at || a - b)[0];
      if (!due) break;
      const [timer, { at, act }] = due;
      this.timers.delete(timer);
      this.time = at;
      act();
    }
    this.time = end;
    await settle();
  }
}

// Both ends of a WebSocket: the client's as browsers have it, the node's in the other methods.
class FakeSocket {
  constructor(node, url, protocols) {
    Object.assign(this, { node, url: new URL(url), protocols, heard: [], open: true });
    node.sockets.push(this);
  }

  send(text) {
    const object = JSON.parse(text);
    this.heard.push(object);
    this.onHeard?.(object);
  }

  close(code) {
    if (!this.open) return;
    this.open = false;
    this.closedWith = code;
    queueMicrotask(() => this.onclose({ code, reason: '' }));
  }

  // The names of the commands that came, in order.
  get names() {
    return this.heard.map((object) => Object.keys(object).find((name) => name !== 'ref'));
  }

  find(name) {
    const object = this.heard.findLast((other) => other[name]);
    if (!object) throw new Error(`no ${name} among ${this.names}`);
    return object;
  }

  async say(...objects) {
    objects.forEach((object) => this.onmessage({ data: JSON.stringify(object) }));
    await settle();
  }

  async greet(hello = { user: 'u1', session: 'none', ping_ms: 25000 }) {
    this.onopen();
    await this.say({ hello });
  }

  // Answers the last command of that name.
  async answer(name, ok = {}) {
    await this.say({ ref: this.find(name).ref, ok });
  }

  async refuse(name, code, message = code) {
    await this.say({ ref: this.find(name).ref, error: { code, message } });
  }

  async end(code = 1006, reason = '') {
    this.open = false;
    this.onclose({ code, reason });
    await settle();
  }
}

class FakeStream {
  constructor(node, url, init, done, failed) {
    Object.assign(this, { node, url: new URL(url), init, done, failed, open: true });
    const encoder = new TextEncoder();
    this.body = new ReadableStream({
      start: (controller) => {
        this.write = (text) => controller.enqueue(encoder.encode(text));
        this.finish = () => controller.close();
        init.signal.addEventListener('abort', () => {
          this.open = false;
          controller.error(init.signal.reason);
          failed(init.signal.reason);
        });
      },
    });
    node.streams.push(this);
  }

  async accept() {
    this.done(new Response(this.body, { headers: { 'content-type': 'text/event-stream' } }));
    await settle();
  }

  async say(...pieces) {
    for (const piece of pieces) {
      this.write(piece);
      await settle();
    }
  }

  async refuse(status, headers = {}) {
    this.done(new Response('', { status, headers }));
    await settle();
  }

  async end() {
    this.finish();
    await settle();
  }

  async fail() {
    this.failed(new TypeError('network error'));
    await settle();
  }
}

export class FakeNode {
  constructor() {
    this.sockets = [];
    this.streams = [];
  }

  get socket() {
    return this.sockets.at(-1);
  }

  get stream() {
    return this.streams.at(-1);
  }
}

// All of it, for one client; `env` is the option of that name.
export class World {
  constructor() {
    const node = new FakeNode();
    const clock = new Clock();
    this.node = node;
    this.clock = clock;
    this.chance = 0.5;
    this.window = new EventTarget();
    this.document = Object.assign(new EventTarget(), { hidden: false });
    this.navigator = { onLine: true };
    this.log = [];
    this.states = [];
    this.env = {
      WebSocket: class extends FakeSocket {
        constructor(url, protocols) {
          super(node, url, protocols);
        }
      },
      fetch: (url, init) => new Promise((done, failed) => {
        // Kept by the node, which answers it.
        node.last = new FakeStream(node, url, init, done, failed);
      }),
      setTimeout: (act, ms) => clock.set(act, ms),
      clearTimeout: (timer) => clock.clear(timer),
      now: () => clock.time,
      random: () => this.chance,
      window: this.window,
      document: this.document,
      navigator: this.navigator,
    };
  }

  // What happened since the last look, a line each.
  take() {
    return this.log.splice(0);
  }

  // Options that write to the log.
  handlers(name = '') {
    const say = (...words) => this.log.push([name, ...words].filter(Boolean).join(' '));
    return {
      onMessage: ({ id, data, key }) => say('message', id, data, key),
      onReady: ({ id, fresh }) => say('ready', id, fresh ? 'fresh' : ''),
      onGap: ({ reason, id }) => say('gap', reason, id),
      onEnd: ({ code, reason }) => say('end', code, reason),
      onPresence: (presence) => say('presence', JSON.stringify(presence)),
    };
  }

  onState = (state) => this.states.push(state);
}
