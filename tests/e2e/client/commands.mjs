// SPDX-License-Identifier: Apache-2.0
//
// One WebSocket for all channels: what is asked, and what the answers do.

import assert from 'node:assert/strict';

import { later, settle } from './fakes.mjs';

export const commands = {
  async 'all channels share one WebSocket'(world, make) {
    const client = make();
    await settle();
    assert.equal(world.node.sockets.length, 0, 'nothing is opened before it is needed');
    client.subscribe('chat:1', world.handlers('one'));
    client.subscribe('chat:2', { after: '5ca1ab1e.7-3', presence: true, ...world.handlers('two') });
    await settle();
    const { socket } = world.node;
    assert.equal(world.node.sockets.length, 1);
    assert.equal(socket.url.href, 'wss://edge.test/live');
    assert.deepEqual(socket.protocols, ['fcedge.v1.json']);
    assert.deepEqual(socket.heard, [], 'nothing is said before hello');
    await socket.greet();
    assert.deepEqual(socket.heard, [
      { ref: 1, subscribe: { channel: 'chat:1' } },
      { ref: 2, subscribe: { channel: 'chat:2', after: '5ca1ab1e.7-3', presence: true } },
    ]);
    await socket.say(
      { ref: 2, ok: {} },
      { channel: 'chat:2', id: '5ca1ab1e.7-4', data: 'b', key: 'k' },
      { ref: 1, ok: {} },
      { channel: 'chat:2', ready: { id: '5ca1ab1e.7-4' } },
      { channel: 'chat:1', ready: { id: '5ca1ab1e.7-9' } },
      { channel: 'chat:1', id: '5ca1ab1e.7-10', data: 'a' },
      { channel: 'chat:2', presence: { count: 2, join: ['u1'], leave: [] } },
      { channel: 'chat:9', id: '5ca1ab1e.7-1', data: 'of nobody' },
      { channel: 'chat:1', novelty: {} },
    );
    assert.deepEqual(world.take(), [
      'two message 5ca1ab1e.7-4 b k',
      'two ready 5ca1ab1e.7-4',
      'one ready 5ca1ab1e.7-9 fresh',
      'one message 5ca1ab1e.7-10 a',
      'two presence {"count":2,"join":["u1"],"leave":[]}',
    ]);
    assert.deepEqual(world.states.map(({ state }) => state), ['connecting', 'live']);
    assert.equal(client.hello.user, 'u1');
    client.subscribe('chat:3');
    assert.equal(world.node.sockets.length, 1);
    assert.equal(socket.find('subscribe').subscribe.channel, 'chat:3');
    assert.throws(() => client.subscribe('chat:3'), { code: 'already' });
  },

  async 'commands wait for the connection, in order'(world, make) {
    const client = make();
    const published = client.publish('chat:1', 'hello', { key: 'k', exclude: ['u9'] });
    const present = client.presence('chat:1');
    await settle();
    const { socket } = world.node;
    await socket.greet();
    assert.deepEqual(socket.heard, [
      { ref: 1, publish: { channel: 'chat:1', data: 'hello', key: 'k', exclude: ['u9'] } },
      { ref: 2, presence: { channel: 'chat:1' } },
    ]);
    await socket.say({ ref: 2, ok: { count: 1, members: ['u1'] } },
      { ref: 1, ok: { id: '5ca1ab1e.7-1' } }, { ref: 77, ok: {} });
    assert.equal(await published, '5ca1ab1e.7-1');
    assert.deepEqual(await present, { count: 1, members: ['u1'] });
    const refused = later(client.publish('chat:1', 'again'));
    await settle();
    await socket.refuse('publish', 'rate', 'slowly');
    await assert.rejects(refused, { name: 'FcedgeError', code: 'rate', message: 'slowly' });
  },

  async 'a command that is never answered, never sent, or one too many'(world, make) {
    const client = make();
    const late = later(client.publish('chat:1', 'late'));
    await settle();
    await world.clock.advance(10000);
    await assert.rejects(late, { code: 'timeout' });
    await world.node.socket.greet();
    assert.deepEqual(world.node.socket.heard, [], 'what has failed is not sent any more');
    const cut = later(client.publish('chat:1', 'cut'));
    await settle();
    await world.node.socket.end();
    await assert.rejects(cut, { code: 'disconnected' });
    const waiting = Array.from({ length: 256 }, () => later(client.publish('chat:1', 'x')));
    await assert.rejects(client.publish('chat:1', 'x'), { code: 'limit' });
    client.close();
    for (const command of waiting) await assert.rejects(command, { code: 'closed' });
    await assert.rejects(client.presence('chat:1'), { code: 'closed' });
    assert.throws(() => client.subscribe('chat:1'), { code: 'closed' });
    assert.equal(client.state.state, 'closed');
  },

  async 'who unsubscribes and subscribes again hears nothing of before'(world, make) {
    const client = make();
    const first = client.subscribe('chat:1', world.handlers('first'));
    await settle();
    const { socket } = world.node;
    await socket.greet();
    first.unsubscribe();
    client.subscribe('chat:1', world.handlers('second'));
    assert.deepEqual(socket.names, ['subscribe', 'unsubscribe', 'subscribe']);
    await socket.say(
      { ref: 1, ok: {} },
      { channel: 'chat:1', ready: { id: '5ca1ab1e.7-1' } },
      { channel: 'chat:1', id: '5ca1ab1e.7-2', data: 'for the first' },
      { ref: 2, ok: {} },
      { ref: 3, ok: {} },
      { channel: 'chat:1', ready: { id: '5ca1ab1e.7-2' } },
      { channel: 'chat:1', id: '5ca1ab1e.7-3', data: 'for the second' },
    );
    assert.deepEqual(world.take(),
      ['second ready 5ca1ab1e.7-2 fresh', 'second message 5ca1ab1e.7-3 for the second']);
    first.unsubscribe();
    assert.equal(socket.heard.length, 3, 'the second one is not touched by the first');
  },

  async 'the block list goes before the subscriptions of each connection'(world, make) {
    const client = make();
    client.block(['u8']);
    client.block(['u9']);
    client.subscribe('chat:1');
    await settle();
    await world.node.socket.greet();
    assert.deepEqual(world.node.socket.names, ['block', 'subscribe']);
    assert.deepEqual(world.node.socket.find('block').block, { users: ['u9'] });
    const blocked = client.block(new Set(['u7']));
    await settle();
    await world.node.socket.answer('block');
    await blocked;
    await world.node.socket.end(1012, 'retry-after-ms=0');
    await world.clock.advance(0);
    await world.node.socket.greet();
    assert.deepEqual(world.node.socket.find('block').block, { users: ['u7'] });
    assert.deepEqual(world.node.socket.names, ['block', 'subscribe']);
  },

  async 'a herd of subscriptions is asked for at the pace of a node'(world, make) {
    const client = make();
    for (let n = 0; n < 1000; n += 1) client.subscribe(`chat:${n}`);
    await settle();
    const { socket } = world.node;
    socket.onHeard = ({ ref }) => queueMicrotask(() => socket.say({ ref, ok: {} }));
    await socket.greet();
    assert.equal(socket.heard.length, 40);
    await world.clock.advance(1000);
    assert.equal(socket.heard.length, 80);
    await world.clock.advance(17000);
    const published = later(client.publish('chat:1', 'x'));
    await world.clock.advance(7000);
    assert.equal(new Set(socket.heard.map((command) => command.subscribe?.channel)).size, 1001);
    assert.equal(socket.names.at(-1), 'publish');
    await published;
    assert.equal(world.node.sockets.length, 1);
  },

  async 'an application that throws harms itself only'(world, make) {
    const client = make();
    const reported = [];
    globalThis.reportError = (error) => reported.push(error.message);
    client.subscribe('chat:1', { onMessage: ({ data }) => { throw new Error(`no ${data}`); } });
    client.subscribe('chat:2', world.handlers());
    await settle();
    await world.node.socket.greet();
    await world.node.socket.say({ ref: 1, ok: {} }, { ref: 2, ok: {} },
      { channel: 'chat:1', id: '7-1', data: 'a' }, { channel: 'chat:2', id: '7-1', data: 'b' });
    delete globalThis.reportError;
    assert.deepEqual(reported, ['no a']);
    assert.deepEqual(world.take(), ['message 7-1 b']);
  },
};
