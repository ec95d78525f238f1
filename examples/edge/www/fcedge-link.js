// SPDX-License-Identifier: Apache-2.0
//
// A connection that comes back by itself: when the server says when, else after a growing and
// random wait. It knows of tokens, close codes and silence, but nothing of channels; what it
// carries is the business of its session (fcedge-sessions.js).

import { openEventStream, openWebSocket } from './fcedge-transport.js';

const CONNECT_MS = 8000; // until the server says something
const CHECK_MS = 5000; // to show that it lives when asked
const WATCH_MS = 30000; // how often silence is looked at, at least
const STABLE_MS = 10000; // a connection that held so long was a good one
const ATTEMPT_FLAKY = 3; // the wait after one that was good, but not for long
const PACE_MAX_MS = 600000; // no server is waited for longer
const BACKOFF_MIN_MS = 500;
const WEBSOCKET_TRIES = 2; // before the event stream gets its turn
const WEBSOCKET_TRIES_PROVEN = 6; // the same where WebSocket has worked: it is rather an outage
const WEBSOCKET_AGAIN_MS = 300000; // until a client on the event stream tries WebSocket again

export const UNAUTHORIZED = 4401;
export const FINAL = new Set([4403, 4404]); // forbidden or revoked, unknown namespace

// Waits grow with each attempt and are spread over their whole length, or all come back at once.
export function backoff(attempt, max = 30000, random = Math.random) {
  return random() * Math.min(max, BACKOFF_MIN_MS * 2 ** attempt);
}

// The delay in a close reason such as `retry-after-ms=1500`.
export function pacedBy(code, reason) {
  if (code !== 1012 && code !== 1013) return undefined;
  const said = /\bretry-after-ms=(\d+)/.exec(reason ?? '');
  return said ? Math.min(Number(said[1]), PACE_MAX_MS) : undefined;
}

// The application's tokens: asked for once, then kept until somebody refuses or renews them.
export class Tokens {
  constructor(source) {
    this.source = source;
    this.renewable = typeof source === 'function';
    this.value = this.renewable ? undefined : source;
    this.pending = null;
  }

  async get() {
    if (this.value === undefined && this.renewable) await this.renew();
    return this.value;
  }

  renew() {
    this.pending ??= Promise.resolve()
      .then(() => this.source())
      .then((token) => { this.value = token ?? ''; return this.value; })
      .finally(() => { this.pending = null; });
    return this.pending;
  }

  forget(token) {
    if (this.renewable && this.value === token) this.value = undefined;
  }
}

// Which transport is next: WebSocket first, event stream where WebSocket does not get through.
export class Ladder {
  constructor(env, only) {
    Object.assign(this, { env, only, failures: 0, worked: false, againAt: 0 });
  }

  pick() {
    if (this.only) return this.only;
    const failing = this.failures >= this.#tries() || this.env.now() < this.againAt;
    return failing ? 'sse' : 'websocket';
  }

  succeeded(transport) {
    this.failures = 0;
    if (transport === 'websocket') this.worked = true;
    // Where WebSocket has worked before, its failures were an outage and not the network's rule.
    else this.againAt = this.worked ? 0 : this.env.now() + WEBSOCKET_AGAIN_MS;
  }

  failed(transport) {
    if (transport === 'websocket') {
      this.failures += 1;
    } else {
      // Nothing gets through, so next time it is WebSocket's turn again.
      this.failures = this.#tries() - 1;
      this.againAt = 0;
    }
  }

  #tries() {
    return this.worked ? WEBSOCKET_TRIES_PROVEN : WEBSOCKET_TRIES;
  }
}

export class Link {
  // `session` has: pick() for the next transport, null when the link is not to go on;
  // address(transport); take(object, connection), which calls up() when the server has accepted
  // this client; canAsk() and ask(signal), true when the server lives; silenceMs(transport);
  // down(); failed(transport); ended(code, reason), after which it does not come back; changed().
  constructor(client, ladder, session) {
    const { env, tokens, backoffMaxMs } = client;
    Object.assign(this, { client, env, tokens, backoffMaxMs, ladder, session });
    this.connection = null;
    this.everUp = false;
    this.attempt = 0;
    this.retryAt = null;
    this.reason = '';
    this.renewed = false;
  }

  get up() {
    return this.connection?.up ?? false;
  }

  async connect() {
    const { env } = this;
    env.clearTimeout(this.timer);
    this.retryAt = null;
    const transport = this.session.pick();
    if (!transport) return;
    const connection = { transport, up: false, opened: false, heard: 0, heardAt: env.now() };
    this.connection = connection;
    this.timer = env.setTimeout(() => this.lost(connection, { reason: 'no answer' }), CONNECT_MS);
    this.session.changed();
    try {
      connection.token = await this.tokens.get();
    } catch (error) {
      this.lost(connection, { reason: `no token: ${error.message}` });
      return;
    }
    if (this.connection === connection) this.#open(connection);
  }

  #open(connection) {
    const open = connection.transport === 'websocket' ? openWebSocket : openEventStream;
    const url = this.session.address(connection.transport);
    // Who has a token needs no anonymous session; cookies, where they get through, go before it.
    const anonymous = connection.token ? null : this.client.session;
    if (connection.token) url.searchParams.set('token', connection.token);
    // What an abandoned connection still has to say is nobody's business any more.
    const guard = (act) => (value) => {
      if (this.connection !== connection) return;
      connection.heard += 1;
      connection.heardAt = this.env.now();
      act(value);
    };
    connection.opened = true;
    try {
      connection.handle = open(this.env, url, anonymous, {
        heard: guard(() => {}),
        retry: guard((ms) => { connection.retryMs = Math.min(ms, PACE_MAX_MS); }),
        object: guard((object) => this.session.take(object, connection)),
        closed: guard((end) => this.lost(connection, end)),
      });
    } catch (error) {
      // A page by HTTPS may not open a WebSocket in clear, for example.
      this.lost(connection, { reason: error.message });
    }
  }

  send(object) {
    this.connection.handle.send(object);
  }

  // The server has accepted this client.
  accepted(connection) {
    if (connection.up) return;
    connection.up = true;
    connection.upAt = this.env.now();
    this.everUp = true;
    this.env.clearTimeout(this.timer);
    this.ladder.succeeded(connection.transport);
    this.#watch(connection);
    this.session.changed();
  }

  lost(connection, { code, reason = '' }) {
    if (this.connection !== connection) return;
    this.#drop();
    this.reason = reason;
    this.session.down();
    if (connection.up) {
      const stable = this.env.now() - connection.upAt >= STABLE_MS;
      this.attempt = stable ? 0 : Math.min(this.attempt, ATTEMPT_FLAKY);
      if (stable) this.renewed = false;
    }
    if (FINAL.has(code) || (code === UNAUTHORIZED && !this.#renew(connection.token))) {
      this.session.ended(code, reason);
      return;
    }
    const exact = pacedBy(code, reason);
    // Neither a server that asks for patience nor a missing network tells anything of WebSocket.
    const telling = connection.opened && !connection.up && exact === undefined
      && code !== UNAUTHORIZED && this.env.navigator?.onLine !== false;
    if (telling) this.session.failed(connection.transport);
    const { retryMs = 0 } = connection;
    let delay = exact ?? retryMs + backoff(this.attempt, this.backoffMaxMs, this.env.random);
    if (code === UNAUTHORIZED && this.attempt === 0) delay = 0;
    this.attempt += 1;
    this.retryAt = this.env.now() + delay;
    this.timer = this.env.setTimeout(() => this.connect(), delay);
    this.session.changed();
  }

  // A refused token is worth one more try with a new one.
  #renew(token) {
    if (this.renewed || !this.tokens.renewable) return false;
    this.renewed = true;
    this.tokens.forget(token);
    return true;
  }

  stop() {
    this.retryAt = null;
    this.#drop();
  }

  #drop() {
    const { connection } = this;
    this.connection = null;
    this.env.clearTimeout(this.timer);
    this.env.clearTimeout(this.watcher);
    connection?.handle?.close();
  }

  // Does not wait any longer for the next attempt.
  retryNow() {
    if (!this.connection && this.retryAt !== null) this.connect();
  }

  #watch(connection) {
    this.env.clearTimeout(this.watcher);
    const quiet = this.env.now() - connection.heardAt;
    const left = this.session.silenceMs(connection.transport) - quiet;
    if (left <= 0) {
      this.check();
      return;
    }
    this.watcher = this.env.setTimeout(() => this.#watch(connection), Math.min(left, WATCH_MS));
  }

  // A connection that died without a word looks like a quiet one, so the server is asked.
  async check() {
    const { connection, env } = this;
    if (!connection?.up || connection.checking) return;
    connection.checking = true;
    const { heard } = connection;
    const abort = new AbortController();
    const timer = env.setTimeout(() => abort.abort(), CHECK_MS);
    const late = new Promise((done) => {
      abort.signal.addEventListener('abort', () => done(false), { once: true });
    });
    const alive = await Promise.race([this.session.ask(abort.signal), late]).catch(() => false);
    env.clearTimeout(timer);
    connection.checking = false;
    if (this.connection !== connection) return;
    // Whatever it said meanwhile, it said on its own: it lives.
    if (alive || connection.heard > heard) {
      connection.heardAt = env.now();
      this.#watch(connection);
    } else {
      this.lost(connection, { reason: 'silent' });
    }
  }

  // The network came, went or changed.
  onNetwork() {
    const online = this.env.navigator?.onLine !== false;
    if (!this.connection) {
      if (online) this.retryNow();
    } else if (this.connection.up) {
      if (this.session.canAsk()) this.check();
      else if (online) this.lost(this.connection, { reason: 'the network changed' });
    }
  }

  // A computer that slept wakes with connections that look alive.
  onVisible() {
    if (!this.connection) this.retryNow();
    else if (this.connection.up && this.session.canAsk()) {
      if (this.env.now() - this.connection.heardAt > CHECK_MS) this.check();
    }
  }
}
