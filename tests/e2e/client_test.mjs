#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// fcedge.js against a node that is played by the test, on a clock that is moved by the test: what
// it sends, when it comes back, where it goes on, and what it tells the application.

import assert from 'node:assert/strict';

import { FcedgeClient } from '../../examples/edge/www/fcedge.js';
import { World, settle } from './client/fakes.mjs';
import { commands } from './client/commands.mjs';
import { feeds } from './client/feeds.mjs';
import { herds } from './client/herds.mjs';
import { reconnects } from './client/reconnects.mjs';
import { tokens } from './client/tokens.mjs';

let failed = 0;
const only = process.argv[2];
const tests = Object.entries({ ...commands, ...reconnects, ...tokens, ...feeds, ...herds });
for (const [name, test] of tests) {
  if (only && !name.includes(only)) continue;
  const clients = [];
  const world = new World();
  // A client of this world; `url` is left out by null.
  const make = (options = {}) => {
    const { env, onState } = world;
    const all = { url: 'https://edge.test/live', env, onState, ...options };
    clients.push(new FcedgeClient(all));
    return clients.at(-1);
  };
  try {
    await test(world, make);
    clients.forEach((client) => client.close());
    await settle();
    assert.equal(world.clock.timers.size, 0, 'a closed client has no timers');
    assert.ok(world.node.sockets.every((socket) => !socket.open), 'nor sockets');
    assert.ok(world.node.streams.every((stream) => !stream.open), 'nor streams');
    console.log(`ok    ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n${error.stack}`);
  }
}
process.exit(failed > 0 ? 1 : 0);
