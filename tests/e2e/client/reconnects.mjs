// SPDX-License-Identifier: Apache-2.0
//
// What ends a connection, when the next one comes, and where it goes on.

import assert from 'node:assert/strict';

import { backoff } from '../../../examples/edge/www/fcedge.js';
import { later, settle } from './fakes.mjs';

// A client with one channel, live.
async function live(world, make, options) {
  const client = make(options);
  const sub = client.subscribe('chat:1', world.handlers());
  await settle();
  await world.node.socket.greet();
  await world.node.socket.answer('subscribe');
  await world.node.socket.say({ channel: 'chat:1', ready: { id: '7-1' } });
  assert.deepEqual(world.take(), ['ready 7-1 fresh']);
  return { client, sub };
}

async function back(world) {
  await world.clock.advance(30000);
  await world.node.socket.greet();
  return world.node.socket.find('subscribe').subscribe.after;
}

export const reconnects = {
  async 'it goes on from ready, message, moved position and gap'(world, make) {
    await live(world, make);
    const say = (...objects) => world.node.socket.say(
      ...objects.map((object) => ({ channel: 'chat:1', ...object })),
    );
    await world.node.socket.end();
    assert.equal(await back(world), '7-1');
    await world.node.socket.answer('subscribe');
    await say({ id: '7-2', data: 'a' });
    await world.node.socket.end();
    assert.equal(await back(world), '7-2');
    await world.node.socket.answer('subscribe');
    await say({ at: { id: '7-5~9.1-2' } });
    await world.node.socket.end();
    assert.equal(await back(world), '7-5~9.1-2');
    await world.node.socket.answer('subscribe');
    await say({ gap: { reason: 'expired', id: '8-3' } }, { ready: { id: '8-3' } });
    await world.node.socket.end();
    assert.equal(await back(world), '8-3');
    assert.deepEqual(world.take(), ['message 7-2 a', 'gap expired 8-3', 'ready 8-3']);
  },

  async 'no message comes twice'(world, make) {
    await live(world, make);
    const messages = [2, 3, 2, 4, 3].map((n) => ({ channel: 'chat:1', id: `7-${n}`, data: 'x' }));
    await world.node.socket.say(...messages);
    await world.node.socket.end();
    assert.equal(await back(world), '7-4', 'one that comes again does not move back');
    await world.node.socket.answer('subscribe');
    await world.node.socket.say(...messages, { channel: 'chat:1', id: '7-5', data: 'x' });
    assert.deepEqual(world.take(), [2, 3, 4, 5].map((n) => `message 7-${n} x`));
  },

  async 'what an abandoned connection still says is not heard'(world, make) {
    const { client } = await live(world, make);
    const old = world.node.socket;
    await old.end();
    await back(world);
    await old.say({ channel: 'chat:1', id: '7-2', data: 'late' }, { hello: {} });
    assert.deepEqual(world.take(), []);
    client.close();
    await world.node.socket.say({ channel: 'chat:1', id: '7-2', data: 'late' });
    assert.deepEqual(world.take(), []);
  },

  async 'the server says when'(world, make) {
    await live(world, make);
    for (const code of [1012, 1013]) {
      await world.node.socket.end(code, 'retry-after-ms=45678');
      assert.equal(world.states.at(-1).state, 'reconnecting');
      assert.equal(world.states.at(-1).retryAt, world.clock.time + 45678);
      const before = world.node.sockets.length;
      await world.clock.advance(45677);
      assert.equal(world.node.sockets.length, before);
      await world.clock.advance(1);
      assert.equal(world.node.sockets.length, before + 1);
      assert.equal(world.states.at(-1).retryAt, null);
      await world.node.socket.greet();
      assert.equal(world.states.at(-1).state, 'live');
    }
  },

  async 'the server says when again and again, and WebSocket is not given up for it'(world, make) {
    await live(world, make, { feed: '/feed/{channel}' });
    for (let i = 0; i < 10; i += 1) {
      await world.node.socket.end(1013, 'retry-after-ms=100');
      await world.clock.advance(100);
      assert.equal(world.node.sockets.length, i + 2);
    }
    assert.equal(world.node.streams.length, 0);
  },

  async 'else waits grow, are random and have an end'(world, make) {
    assert.equal(backoff(0, 30000, () => 0.999), 499.5);
    assert.equal(backoff(3, 30000, () => 0), 0);
    assert.equal(backoff(3, 30000, () => 0.5), 2000);
    assert.equal(backoff(5000, 30000, () => 0.5), 15000);
    await live(world, make);
    await world.clock.advance(10000);
    const waits = [];
    for (let i = 0; i < 9; i += 1) {
      await world.node.socket.end();
      const { retryAt } = world.states.at(-1);
      waits.push(retryAt - world.clock.time);
      await world.clock.advance(retryAt - world.clock.time);
    }
    assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
    await world.node.socket.greet();
    await world.clock.advance(9999);
    await world.node.socket.end();
    assert.equal(world.states.at(-1).retryAt - world.clock.time, 2000, 'good, but not for long');
    await world.clock.advance(2000);
    await world.node.socket.greet();
    await world.clock.advance(10000);
    await world.node.socket.end();
    assert.equal(world.states.at(-1).retryAt - world.clock.time, 250, 'good for long enough');
  },

  async 'who does not want to wait'(world, make) {
    const { client } = await live(world, make);
    await world.node.socket.end(1012, 'retry-after-ms=60000');
    client.retryNow();
    await settle();
    assert.equal(world.node.sockets.length, 2);
    client.retryNow();
    await settle();
    assert.equal(world.node.sockets.length, 2, 'one attempt at a time');
  },

  async 'a silent server is asked, and left when it does not answer'(world, make) {
    const { client } = await live(world, make);
    const { socket } = world.node;
    await world.clock.advance(49999);
    assert.deepEqual(socket.names, ['subscribe']);
    await world.clock.advance(1);
    assert.deepEqual(socket.names, ['subscribe', 'ping']);
    await socket.answer('ping');
    await world.clock.advance(49999);
    assert.deepEqual(socket.names, ['subscribe', 'ping']);
    await world.clock.advance(1);
    const published = later(client.publish('chat:1', 'into the dark'));
    await world.clock.advance(4999);
    assert.equal(world.states.at(-1).state, 'live');
    await world.clock.advance(1);
    assert.equal(world.states.at(-1).state, 'reconnecting');
    assert.equal(world.states.at(-1).reason, 'silent');
    assert.ok(!socket.open);
    await assert.rejects(published, { code: 'disconnected' });
    await world.clock.advance(1000);
    assert.equal(world.node.sockets.length, 2);
  },

  async 'any sign of life will do'(world, make) {
    await live(world, make);
    await world.clock.advance(50000);
    await world.node.socket.say({ channel: 'chat:1', at: { id: '7-9' } });
    await world.clock.advance(5000);
    assert.equal(world.states.at(-1).state, 'live');
    assert.equal(world.node.sockets.length, 1);
  },

  async 'network and sleep'(world, make) {
    await live(world, make);
    await world.clock.advance(6000);
    world.document.dispatchEvent(new Event('visibilitychange'));
    await settle();
    assert.deepEqual(world.node.socket.names, ['subscribe', 'ping'], 'shown again: is it alive?');
    await world.node.socket.answer('ping');
    world.navigator.onLine = false;
    world.window.dispatchEvent(new Event('offline'));
    await settle();
    assert.equal(world.node.socket.names.length, 3);
    await world.clock.advance(5000);
    assert.equal(world.states.at(-1).state, 'reconnecting');
    assert.ok(world.states.at(-1).offline);
    world.window.dispatchEvent(new Event('offline'));
    assert.equal(world.node.sockets.length, 1);
    world.navigator.onLine = true;
    world.window.dispatchEvent(new Event('online'));
    await settle();
    assert.equal(world.node.sockets.length, 2, 'it does not wait when the network is back');
  },

  async 'refused for good: a namespace, a right, the whole client'(world, make) {
    const client = make();
    for (const n of [1, 2, 3, 4]) client.subscribe(`chat:${n}`, world.handlers(`${n}`));
    await settle();
    const { socket } = world.node;
    await socket.greet();
    await socket.say(
      { ref: 1, error: { code: 'unknown_namespace', message: 'no chat' } },
      { ref: 2, error: { code: 'forbidden', message: 'not you' } },
      { ref: 3, ok: {} },
      { ref: 4, ok: {} },
    );
    await socket.say(
      { channel: 'chat:3', end: { code: 4403, reason: 'revoked' } },
      { channel: 'chat:3', id: '7-1', data: 'after its end' },
    );
    assert.deepEqual(world.take(),
      ['1 end 4404 no chat', '2 end 4403 not you', '3 end 4403 revoked']);
    client.subscribe('chat:3', world.handlers('again'));
    await socket.end(4403, 'banned');
    assert.deepEqual(world.take(), ['4 end 4403 banned', 'again end 4403 banned']);
    assert.deepEqual([client.state.state, client.state.code], ['closed', 4403]);
    assert.equal(world.clock.timers.size, 0, 'it does not come back');
  },

  async 'ended for something that passes: it subscribes again'(world, make) {
    await live(world, make);
    const { socket } = world.node;
    await socket.say({ channel: 'chat:1', id: '7-2', data: 'a' },
      { channel: 'chat:1', end: { code: 4408, reason: 'too slow' } });
    await world.clock.advance(250);
    assert.deepEqual(socket.find('subscribe').subscribe, { channel: 'chat:1', after: '7-2' });
    await socket.refuse('subscribe', 'busy');
    await world.clock.advance(500);
    assert.equal(socket.heard.length, 3);
    await socket.answer('subscribe');
    await socket.say({ channel: 'chat:1', ready: { id: '7-2' } },
      { channel: 'chat:1', end: { code: 1012, reason: 'retry-after-ms=7000' } });
    await world.clock.advance(6999);
    assert.equal(socket.heard.length, 3);
    await world.clock.advance(1);
    assert.equal(socket.heard.length, 4);
    assert.deepEqual(world.take(), ['message 7-2 a', 'ready 7-2']);
  },

  async 'a server without hello, and one that does not answer a subscription'(world, make) {
    make().subscribe('chat:1', world.handlers());
    await settle();
    world.node.socket.onopen();
    await world.clock.advance(7999);
    assert.equal(world.states.at(-1).state, 'connecting');
    await world.clock.advance(1);
    assert.ok(!world.node.socket.open);
    await world.clock.advance(250);
    await world.node.socket.greet();
    await world.clock.advance(10000);
    assert.equal(world.states.at(-1).state, 'reconnecting');
  },
};
