// SPDX-License-Identifier: Apache-2.0
//
// A connection for each channel: by WebSocket, by event stream, and the way from one to the other.

import assert from 'node:assert/strict';

import { later, settle } from './fakes.mjs';

const feed = 'https://edge.test/api/{channel}/feed';
const sse = { url: undefined, feed, transport: 'sse' };

const event = (lines) => `${lines.join('\n')}\n\n`;

export const feeds = {
  async 'a WebSocket for each channel'(world, make) {
    const client = make({ url: undefined, feed });
    const one = client.subscribe('a/b $&', world.handlers('one'));
    client.subscribe('chat:2', { after: '0', ...world.handlers('two') });
    await settle();
    const [first, second] = world.node.sockets;
    assert.equal(first.url.href, 'wss://edge.test/api/a%2Fb%20%24%26/feed');
    assert.equal(second.url.href, 'wss://edge.test/api/chat%3A2/feed?after=0');
    first.onopen();
    await first.say({ ready: { id: '7-1' } }, { id: '7-2', data: 'a' });
    assert.equal(client.state.state, 'connecting', 'not all are live');
    await second.say({ channel: 'chat:2', id: '5ca1ab1e.7-1', data: 'b' },
      { channel: 'chat:2', ready: { id: '5ca1ab1e.7-1' } });
    assert.equal(client.state.state, 'live');
    assert.deepEqual(world.take(), ['one ready 7-1 fresh', 'one message 7-2 a',
      'two message 5ca1ab1e.7-1 b', 'two ready 5ca1ab1e.7-1']);
    await first.end(1012, 'retry-after-ms=3000');
    assert.equal(client.state.state, 'reconnecting');
    await world.clock.advance(3000);
    assert.equal(world.node.socket.url.searchParams.get('after'), '7-2');
    one.unsubscribe();
    assert.ok(!world.node.socket.open);
    assert.equal(client.state.state, 'live');
    assert.ok(second.open);
    await assert.rejects(client.publish('chat:2', 'x'), { code: 'unsupported' });
    await assert.rejects(client.block(['u9']), { code: 'unsupported' });
  },

  async 'an end concerns one feed, a refused token all'(world, make) {
    const client = make({ url: undefined, feed });
    for (const n of [1, 2, 3]) client.subscribe(`chat:${n}`, world.handlers(`${n}`));
    await settle();
    const [first, second, third] = world.node.sockets;
    await first.say({ channel: 'chat:1', end: { code: 4403, reason: 'locked' } });
    assert.ok(!first.open);
    await second.end(4404, 'unknown namespace');
    assert.deepEqual(world.take(), ['1 end 4403 locked', '2 end 4404 unknown namespace']);
    await third.end(4401, 'no token');
    assert.deepEqual(world.take(), ['3 end 4401 no token']);
    assert.equal(client.state.state, 'closed');
  },

  async 'a probe finds out a WebSocket that died'(world, make) {
    let behind = false;
    const asked = [];
    const probe = async (channel) => { asked.push(channel); return behind; };
    make({ url: undefined, feed, probe }).subscribe('chat:1');
    await settle();
    await world.node.socket.say({ ready: { id: '7-1' } });
    await world.clock.advance(24999);
    assert.deepEqual(asked, []);
    await world.clock.advance(1);
    assert.deepEqual(asked, ['chat:1']);
    behind = true;
    await world.clock.advance(25000);
    await world.node.socket.say({ id: '7-2', data: 'was just coming' });
    await world.clock.advance(1500);
    assert.equal(world.states.at(-1).state, 'live');
    await world.clock.advance(25000);
    assert.equal(asked.length, 3);
    await world.clock.advance(1500);
    assert.equal(world.states.at(-1).state, 'reconnecting');
  },

  async 'without a probe a change of the network is reason enough'(world, make) {
    make({ url: undefined, feed }).subscribe('chat:1');
    await settle();
    await world.node.socket.say({ ready: { id: '7-1' } });
    await world.clock.advance(3600000);
    assert.equal(world.node.sockets.length, 1, 'silence alone is none');
    world.window.dispatchEvent(new Event('online'));
    await world.clock.advance(250);
    assert.equal(world.node.sockets.length, 2);
  },

  async 'an event stream, in pieces'(world, make) {
    make(sse).subscribe('chat:1', { presence: true, ...world.handlers() });
    await settle();
    const { stream } = world.node;
    assert.equal(stream.url.href, 'https://edge.test/api/chat%3A1/feed?presence=true');
    assert.equal(stream.init.headers.accept, 'text/event-stream');
    await stream.accept();
    assert.equal(world.states.at(-1).state, 'connecting');
    await stream.say('retry: 2000\n\n: comment\n', 'event: ready\nid: 7-1\nda',
      'ta: {"id":"7-1"}\n',
      '\nid:7-2\r', '\ndata: one\r\ndata:  two\r\n\r\n', 'id: 7-2\ndata: again\n\n',
      event(['event: presence', 'data: {"count":3}']), event(['event: novelty', 'data: {}']),
      'id: 7-8\n\n');
    assert.deepEqual(world.take(), ['ready 7-1 fresh', 'message 7-2 one\n two',
      'presence {"count":3}']);
    await stream.end();
    assert.equal(world.states.at(-1).retryAt - world.clock.time, 2250, 'retry, and a chance');
    await world.clock.advance(2250);
    assert.equal(world.node.stream.url.searchParams.get('after'), '7-8');
    await world.node.stream.accept();
    await world.node.stream.say(event(['event: gap', 'id: 8-1', 'data: {"reason":"epoch"}']),
      event(['event: end', 'data: {"code":4403,"reason":"revoked"}']));
    assert.deepEqual(world.take(), ['gap epoch 8-1', 'end 4403 revoked']);
    assert.ok(!world.node.stream.open);
  },

  async 'answers by HTTP'(world, make) {
    const client = make({ ...sse, token: async () => 'secret' });
    client.subscribe('chat:1', world.handlers());
    await settle();
    assert.equal(world.node.stream.url.searchParams.get('token'), 'secret');
    await world.node.stream.refuse(503, { 'retry-after': '7' });
    await world.clock.advance(7249);
    assert.equal(world.node.streams.length, 1);
    await world.clock.advance(1);
    assert.equal(world.node.streams.length, 2);
    await world.node.stream.refuse(401);
    await world.clock.advance(1000);
    assert.equal(world.node.streams.length, 3, 'one more try with a new token');
    await world.node.stream.refuse(404);
    assert.deepEqual(world.take(), ['end 4404 HTTP 404']);
    assert.equal(world.clock.timers.size, 0);
    world.node.streams.forEach((stream) => { stream.open = false; });
  },

  async 'an event stream without keep-alives is dead'(world, make) {
    make(sse).subscribe('chat:1');
    await settle();
    await world.node.stream.accept();
    await world.node.stream.say(event(['event: ready', 'data: {"id":"7-1"}']));
    await world.clock.advance(70000);
    await world.node.stream.say(':\n\n');
    await world.clock.advance(74999);
    assert.equal(world.states.at(-1).state, 'live');
    await world.clock.advance(1);
    assert.equal(world.states.at(-1).state, 'reconnecting');
  },

  async 'where WebSocket does not get through, event streams do'(world, make) {
    const client = make({ feed });
    client.subscribe('chat:1', world.handlers('one'));
    client.subscribe('chat:2', { after: '7-5', ...world.handlers('two') });
    const published = later(client.publish('chat:1', 'x'));
    await settle();
    await world.node.socket.end();
    await world.clock.advance(250);
    await world.node.socket.end();
    await world.clock.advance(500);
    assert.equal(world.node.sockets.length, 2);
    await assert.rejects(published, { code: 'unsupported' });
    const [first, second] = world.node.streams;
    assert.equal(second.url.searchParams.get('after'), '7-5');
    for (const stream of [first, second]) {
      await stream.accept();
      await stream.say(event(['event: ready', 'data: {"id":"7-6"}']));
    }
    assert.equal(client.state.state, 'live');
    assert.equal(client.state.transport, 'sse');
    client.subscribe('chat:3', world.handlers('three'));
    await settle();
    await world.node.stream.fail();
    await world.clock.advance(250);
    assert.equal(world.node.sockets.length, 2, 'one that fails beside others changes nothing');
    const third = world.node.stream;
    await third.accept();
    await third.say(event(['event: ready', 'data: {"id":"7-6"}']));
    for (let i = 0; i < 5; i += 1) {
      for (const stream of [first, second, third]) await stream.say(':\n\n');
      await world.clock.advance(60000);
    }
    await first.end();
    await world.clock.advance(500);
    assert.equal(world.node.sockets.length, 3, 'now and then WebSocket is tried again');
    assert.ok(!second.open && !third.open);
    await world.node.socket.greet();
    assert.deepEqual(world.node.socket.heard.map(({ subscribe }) => subscribe), [
      { channel: 'chat:1', after: '7-6' }, { channel: 'chat:2', after: '7-6' },
      { channel: 'chat:3', after: '7-6' },
    ]);
    assert.equal(client.state.transport, 'websocket');
    first.open = false;
  },

  async 'an outage is not taken for a network without WebSocket'(world, make) {
    const client = make({ feed });
    client.subscribe('chat:1');
    await settle();
    await world.node.socket.greet();
    await world.node.socket.end();
    for (let i = 0; i < 6; i += 1) {
      client.retryNow();
      await settle();
      assert.equal(world.node.streams.length, 0);
      await world.node.socket.end();
    }
    client.retryNow();
    await settle();
    assert.equal(world.node.streams.length, 1);
    await world.node.stream.fail();
    client.retryNow();
    await settle();
    assert.equal(world.node.sockets.length, 8, 'nothing gets through, so it is its turn again');
    world.node.stream.open = false;
  },

  async 'without a WebSocket a feed does, and a live route alone fails at once'(world, make) {
    world.env.WebSocket = undefined;
    const said = { name: 'TypeError', message: /no WebSocket here .* env\.WebSocket, or a feed/ };
    assert.throws(() => make(), said);
    assert.throws(() => make({ feed, transport: 'websocket' }), said);
    make({ feed }).subscribe('chat:1', world.handlers());
    await settle();
    assert.equal(world.node.sockets.length, 0);
    await world.node.stream.accept();
    await world.node.stream.say('event: ready\nid: 7-1\ndata: {}\n\n');
    assert.deepEqual(world.take(), ['ready 7-1 fresh']);
  },
};
