// SPDX-License-Identifier: Apache-2.0
//
// A TCP proxy in front of a node that behaves like a bad network. Bytes in clear or of TLS are all
// the same to it.

import net from 'node:net';

export class Proxy {
  // Modes: `pass`; `freeze`, where nothing moves and nobody is told; `reset`, where connections are
  // cut and new ones refused; `mute`, where requests arrive and answers do not.
  static async start(port) {
    const proxy = new Proxy(port);
    await new Promise((done, failed) => {
      proxy.server.once('error', failed);
      proxy.server.listen(0, '127.0.0.1', done);
    });
    proxy.port = proxy.server.address().port;
    return proxy;
  }

  constructor(target) {
    this.target = target;
    this.mode = 'pass';
    this.pairs = new Set();
    this.accepted = 0;
    this.refused = 0;
    // True for a first chunk of a client that is cut off for it.
    this.refuses = () => false;
    this.server = net.createServer((client) => this.#accept(client));
  }

  // Behaves like `mode` for `ms` while `meanwhile` runs, then passes again.
  async outage(mode, ms, meanwhile = async () => {}) {
    this.set(mode);
    await Promise.all([
      new Promise((done) => { setTimeout(done, ms); }),
      meanwhile(),
    ]);
    this.set('pass');
  }

  set(mode) {
    this.mode = mode;
    for (const pair of [...this.pairs]) this.#apply(pair);
  }

  cut() {
    for (const pair of [...this.pairs]) this.#cut(pair);
  }

  async close() {
    this.cut();
    await new Promise((done) => { this.server.close(done); });
  }

  #accept(client) {
    this.accepted += 1;
    const pair = { client, upstream: net.connect(this.target, '127.0.0.1'), first: true };
    this.pairs.add(pair);
    const { upstream } = pair;
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      // What an error was is of no interest: either side's end is the pair's end.
      socket.on('error', () => {});
      socket.on('close', () => this.#cut(pair));
    }
    client.on('data', (chunk) => this.#fromClient(pair, chunk));
    client.on('end', () => upstream.end());
    upstream.on('data', (chunk) => client.write(chunk));
    upstream.on('end', () => client.end());
    this.#apply(pair);
  }

  #fromClient(pair, chunk) {
    if (pair.first && this.refuses(chunk)) {
      this.refused += 1;
      this.#cut(pair);
      return;
    }
    pair.first = false;
    pair.upstream.write(chunk);
  }

  #apply(pair) {
    if (this.mode === 'reset') {
      this.#cut(pair);
      return;
    }
    if (this.mode === 'freeze') pair.client.pause();
    else pair.client.resume();
    if (this.mode === 'pass') pair.upstream.resume();
    else pair.upstream.pause();
  }

  #cut(pair) {
    if (!this.pairs.delete(pair)) return;
    pair.client.resetAndDestroy();
    pair.upstream.resetAndDestroy();
  }
}
