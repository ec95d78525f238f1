// SPDX-License-Identifier: Apache-2.0
//
// Where a token comes from, and what becomes of it when it grows old or is refused.

import assert from 'node:assert/strict';

import { settle } from './fakes.mjs';

// A callback that counts: t1, t2 and so on.
function counter() {
  const ask = async () => {
    ask.count += 1;
    return `t${ask.count}`;
  };
  ask.count = 0;
  return ask;
}

const tokenOf = (connection) => connection.url.searchParams.get('token');
const sessionOf = (connection) => connection.url.searchParams.get('session');

export const tokens = {
  async 'a token is asked for once, not for each connection'(world, make) {
    const token = counter();
    make({ token }).subscribe('chat:1');
    await settle();
    assert.equal(tokenOf(world.node.socket), 't1');
    await world.node.socket.greet();
    await world.node.socket.end(1012, 'retry-after-ms=1');
    await world.clock.advance(1);
    assert.equal(tokenOf(world.node.socket), 't1');
    assert.equal(token.count, 1);
  },

  async 'a refused token is asked for anew, once'(world, make) {
    const client = make({ token: counter() });
    client.subscribe('chat:1', world.handlers());
    await settle();
    await world.node.socket.greet();
    await world.node.socket.end(4401, 'expired');
    await world.clock.advance(0);
    assert.equal(tokenOf(world.node.socket), 't2', 'at once');
    assert.equal(client.state.state, 'reconnecting');
    await world.node.socket.end(4401, 'unknown key');
    await world.clock.advance(60000);
    assert.equal(world.node.sockets.length, 2);
    assert.deepEqual(world.take(), ['end 4401 unknown key']);
    assert.deepEqual([client.state.state, client.state.code], ['closed', 4401]);
  },

  async 'after a good connection it may be asked for again'(world, make) {
    make({ token: counter() }).subscribe('chat:1', world.handlers());
    await settle();
    for (let i = 1; i <= 3; i += 1) {
      assert.equal(tokenOf(world.node.socket), `t${i}`);
      await world.node.socket.greet();
      await world.node.socket.answer('subscribe');
      await world.clock.advance(20000);
      await world.node.socket.end(4401, 'expired');
      await world.clock.advance(0);
    }
    assert.deepEqual(world.take(), []);
  },

  async 'a server that greets and refuses does not make it spin'(world, make) {
    make({ token: counter() }).subscribe('chat:1', world.handlers());
    await settle();
    await world.node.socket.greet();
    await world.node.socket.end(4401, 'expired');
    await world.clock.advance(0);
    await world.node.socket.greet();
    await world.node.socket.end(4401, 'expired');
    assert.deepEqual(world.take(), ['end 4401 expired']);
  },

  async 'a channel that wants a better token'(world, make) {
    const client = make({ token: counter() });
    client.subscribe('chat:1', world.handlers());
    await settle();
    await world.node.socket.greet();
    await world.node.socket.refuse('subscribe', 'unauthorized', 'a token is needed');
    await world.clock.advance(0);
    assert.equal(tokenOf(world.node.socket), 't2');
    await world.node.socket.greet();
    await world.node.socket.refuse('subscribe', 'unauthorized', 'a token is needed');
    assert.deepEqual(world.take(), ['end 4401 a token is needed']);
    assert.equal(client.state.state, 'live', 'other channels go on');
  },

  async 'a token that is no callback cannot be better the next time'(world, make) {
    make({ token: 'fixed' }).subscribe('chat:1', world.handlers());
    await settle();
    assert.equal(tokenOf(world.node.socket), 'fixed');
    await world.node.socket.end(4401, 'bad');
    assert.deepEqual(world.take(), ['end 4401 bad']);
  },

  async 'a callback that fails is an outage'(world, make) {
    let broken = true;
    const token = async () => {
      if (broken) throw new Error('login is down');
      return 't1';
    };
    make({ token, feed: '/feed/{channel}' }).subscribe('chat:1', world.handlers());
    await settle();
    assert.equal(world.states.at(-1).reason, 'no token: login is down');
    await world.clock.advance(20000);
    assert.equal(world.node.sockets.length, 0);
    broken = false;
    await world.clock.advance(30000);
    assert.equal(tokenOf(world.node.sockets[0]), 't1');
    assert.equal(world.node.streams.length, 0, 'it says nothing of WebSocket');
  },

  async 'a token is renewed in band before it expires'(world, make) {
    make({ token: counter() }).subscribe('chat:1');
    await settle();
    const { socket } = world.node;
    await socket.greet({ ping_ms: 3600000, expires_ms: 600000 });
    await socket.answer('subscribe');
    await world.clock.advance(539999);
    assert.deepEqual(socket.names, ['subscribe']);
    await world.clock.advance(1);
    assert.deepEqual(socket.find('auth').auth, { token: 't2' });
    await socket.answer('auth', { expires_ms: 100000 });
    await world.clock.advance(80000);
    assert.deepEqual(socket.find('auth').auth, { token: 't3' });
    await socket.answer('auth');
    await world.clock.advance(80000);
    assert.deepEqual(socket.find('auth').auth, { token: 't4' }, 'as long as the one before');
    await socket.refuse('auth', 'unauthorized');
    await world.clock.advance(19000);
    assert.equal(socket.heard.length, 4, 'the server ends it when the old one expires');
    await socket.end(4401, 'expired');
    await world.clock.advance(0);
    assert.equal(tokenOf(world.node.socket), 't4');
    assert.equal(world.node.sockets.length, 2);
  },

  async 'a renewal that fails is tried again'(world, make) {
    let count = 0;
    const token = async () => {
      count += 1;
      if (count === 2) throw new Error('not now');
      return `t${count}`;
    };
    make({ token }).subscribe('chat:1');
    await settle();
    const { socket } = world.node;
    await socket.greet({ ping_ms: 3600000, expires_ms: 100000 });
    await socket.answer('subscribe');
    await world.clock.advance(80000);
    assert.deepEqual(socket.names, ['subscribe']);
    await world.clock.advance(5000);
    assert.deepEqual(socket.find('auth').auth, { token: 't3' });
  },

  async 'an anonymous session is kept and sent again, by each transport in its way'(world, make) {
    const client = make({ feed: 'https://edge.test/feed/{channel}' });
    client.subscribe('chat:1');
    await settle();
    const { socket } = world.node;
    assert.equal(sessionOf(socket), null);
    assert.equal(client.session, null);
    await socket.greet({ user: 'anon:1', session: 'anonymous', session_token: 'S1' });
    await socket.answer('subscribe');
    assert.equal(client.session, 'S1');
    await socket.end(1012, 'retry-after-ms=1');
    await world.clock.advance(1);
    assert.equal(sessionOf(world.node.socket), 'S1');
    // One that the server knows is not told again.
    await world.node.socket.greet({ user: 'anon:1', session: 'anonymous' });
    await world.node.socket.answer('subscribe');
    await world.node.socket.end(1012, 'retry-after-ms=1');
    await world.clock.advance(1);
    assert.equal(sessionOf(world.node.socket), 'S1');
    for (let tries = 0; world.node.streams.length === 0 && tries < 10; tries += 1) {
      if (world.node.socket.open) await world.node.socket.end();
      await world.clock.advance(30000);
    }
    assert.equal(world.node.stream.init.headers['x-fcedge-session'], 'S1');
    assert.equal(sessionOf(world.node.stream), null, 'it is in the field, not in the address');
  },

  async 'a session of before is sent from the first connection on, but not beside a token'(
    world, make) {
    make({ session: 'S0' }).subscribe('chat:1');
    await settle();
    assert.equal(sessionOf(world.node.socket), 'S0');
    make({ session: 'S0', token: 't1' }).subscribe('chat:1');
    await settle();
    assert.equal(tokenOf(world.node.socket), 't1');
    assert.equal(sessionOf(world.node.socket), null);
    const feed = 'https://edge.test/feed/{channel}';
    make({ url: null, feed, transport: 'sse' }).subscribe('chat:1');
    await settle();
    assert.deepEqual(world.node.stream.init.headers, { accept: 'text/event-stream' });
  },
};
