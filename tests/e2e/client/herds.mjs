// SPDX-License-Identifier: Apache-2.0
//
// A client in a storm: a log that grows, a node that breaks off, repeats itself and forgets, all by
// a seed. Whatever happens, each message comes once and in order, or a gap says that some are lost.

import assert from 'node:assert/strict';

const SEEDS = 100;
const STEPS = 60;
const RING = 8;

// A small generator of random numbers (mulberry32), so that a seed tells everything.
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

class Log {
  constructor() {
    this.epoch = 1;
    this.n = 0;
  }

  id(n = this.n) {
    return `5ca1ab1e.${this.epoch}-${n}`;
  }

  // What a subscriber at `after` gets first.
  *replay(after) {
    const [, epoch, n] = /\.(\d+)-(\d+)$/.exec(after ?? this.id());
    const lost = this.n - Number(n) > RING;
    if (Number(epoch) !== this.epoch) yield { gap: { reason: 'epoch', id: this.id() } };
    else if (lost) yield { gap: { reason: 'expired', id: this.id() } };
    else for (let i = Number(n) + 1; i <= this.n; i += 1) yield { id: this.id(i), data: `${i}` };
    yield { ready: { id: this.id() } };
  }
}

async function storm(world, make, seed) {
  const random = generator(seed);
  const pick = (count) => Math.floor(random() * count);
  const log = new Log();
  world.env.random = random;
  const got = [];
  const messages = [];
  const client = make();
  client.subscribe('chat:1', {
    onReady: ({ id, fresh }) => { if (fresh) got.push(id); },
    onMessage: ({ id }) => { got.push(id); messages.push(id); },
    onGap: ({ id }) => { got.push('gap', id); },
  });
  let subscribed = null;

  const say = (object) => subscribed?.say({ channel: 'chat:1', ...object });
  const publish = async () => {
    log.n += 1;
    await say({ id: log.id(), data: 'x' });
  };
  const cut = async (...end) => {
    subscribed = null;
    if (world.node.socket?.open) await world.node.socket.end(...end);
  };
  const steps = [
    publish,
    publish,
    publish,
    // Something that it has had comes again.
    async () => {
      if (messages.length > 0) await say({ id: messages[pick(messages.length)], data: 'x' });
    },
    async () => cut(...[[1006], [1012, 'retry-after-ms=300'], [1001]][pick(3)]),
    async () => world.clock.advance(pick(40000)),
    // The node starts again and has forgotten all.
    async () => {
      if (pick(4) > 0) return;
      log.epoch += 1;
      log.n = 0;
      await cut();
    },
  ];
  // The node greets whoever is there, and answers all that it is asked.
  const serve = async () => {
    const { socket } = world.node;
    if (!socket?.open || subscribed === socket) return;
    if (!socket.greeted) {
      socket.greeted = true;
      socket.onHeard = (object) => { if (object.ping) socket.say({ ref: object.ref, ok: {} }); };
      await socket.greet();
    }
    const { ref, subscribe } = socket.find('subscribe');
    await socket.say({ ref, ok: {} });
    for (const object of log.replay(subscribe.after)) {
      await socket.say({ channel: 'chat:1', ...object });
    }
    subscribed = socket;
  };

  await world.clock.advance(0);
  await serve();
  for (let i = 0; i < STEPS; i += 1) {
    await steps[pick(steps.length)]();
    if (pick(2) === 0) await serve();
  }
  for (let i = 0; i < 100 && (!subscribed || subscribed !== world.node.socket); i += 1) {
    await world.clock.advance(1000);
    await serve();
  }
  assert.ok(subscribed?.open, `seed ${seed}: it came back`);

  let last = null;
  for (let i = 0; i < got.length; i += 1) {
    if (got[i] === 'gap') {
      last = got[i += 1];
      continue;
    }
    const [, head, n] = /^(.*-)(\d+)$/.exec(got[i]);
    if (last !== null) assert.equal(`${head}${Number(n) - 1}`, last, `seed ${seed}: ${got}`);
    last = got[i];
  }
  assert.equal(last, log.id(), `seed ${seed}: it has all of it`);
  client.close();
}

export const herds = {
  async 'each message once and in order, or a gap, whatever happens'(world, make) {
    const first = Number(process.env.FCEDGE_SEED ?? 1);
    const count = process.env.FCEDGE_SEED ? 1 : SEEDS;
    for (let seed = first; seed < first + count; seed += 1) await storm(world, make, seed);
  },
};
