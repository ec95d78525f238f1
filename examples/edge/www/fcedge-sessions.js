// SPDX-License-Identifier: Apache-2.0
//
// What a link carries: LiveSession all channels of a client and its commands, on the live route;
// FeedSession one channel, on a feed route, by WebSocket or event stream.

import { Link, FINAL, UNAUTHORIZED, backoff, pacedBy } from './fcedge-link.js';

const COMMAND_MS = 10000;
const QUEUE_MAX = 256; // commands that wait for a connection
const COMMANDS_PER_S = 40; // and at once; a node takes 50 unless it is told otherwise
const PING_MS = 25000; // where the server does not tell its own
const TIMER_MAX_MS = 0x7fffffff;
const REFRESH_AHEAD_MS = 60000; // before a token expires, or a fifth of its life if that is less
const REFRESH_AGAIN_MS = 5000;
const PROBE_QUIET_MS = 20000; // plus up to half of it, so that viewers do not probe in step
const PROBE_QUIET_HIDDEN_MS = 120000;
const PROBE_GRACE_MS = 1500; // for a message that was under way while the probe was answered
const STREAM_QUIET_MS = 75000; // three keep-alives of an event stream

// Refused subscriptions, as the close codes that say the same. Other errors pass.
const CODE_OF_ERROR = {
  unauthorized: UNAUTHORIZED, forbidden: 4403, unknown_namespace: 4404,
  invalid: 4400, unsupported: 4400, limit: 4400, already: 4400, too_big: 4400,
};

// What a session asks for by itself, and asks again after a reconnection.
const OWN_COMMANDS = new Set(['subscribe', 'unsubscribe', 'auth', 'block', 'ping']);

// Why a command failed: `code` is one of PROTOCOL.md, or `disconnected` (whether it was carried
// out is unknown), `timeout`, `closed`, or `unsupported` where there is no live route.
export class FcedgeError extends Error {
  constructor(code, message = code) {
    super(message);
    this.name = 'FcedgeError';
    this.code = code;
  }
}

export class LiveSession {
  constructor(client) {
    this.client = client;
    this.env = client.env;
    this.link = new Link(client, client.ladder, this);
    this.hello = null;
    this.refs = 0;
    this.sent = new Map();
    this.queue = [];
    this.allowance = COMMANDS_PER_S;
    this.allowedAt = this.env.now();
    this.retries = new Map();
  }

  start() {
    this.link.connect();
  }

  stop(code) {
    this.link.stop();
    this.down();
    this.queue.splice(0).forEach((command) => this.#settle(command, new FcedgeError(code)));
  }

  // Sends a command as soon as there is a connection; resolves to the server's answer. `sub` is
  // the subscription that it opens.
  command(name, body, sub) {
    return new Promise((done, failed) => {
      this.refs += 1;
      const command = { ref: this.refs, name, body, sub, done, failed };
      if (!this.hello && !sub && this.queue.length >= QUEUE_MAX) {
        failed(new FcedgeError('limit', 'too many commands wait for a connection'));
        return;
      }
      if (!OWN_COMMANDS.has(name)) this.#limit(command);
      this.queue.push(command);
      if (this.hello) this.#flush();
    });
  }

  #limit(command) {
    command.timer ??= this.env.setTimeout(() => {
      this.queue = this.queue.filter((other) => other !== command);
      this.#settle(command, new FcedgeError('timeout'));
    }, COMMAND_MS);
  }

  // Sends what waits, not faster than a node takes it.
  #flush() {
    const now = this.env.now();
    const earned = ((now - this.allowedAt) * COMMANDS_PER_S) / 1000;
    this.allowance = Math.min(COMMANDS_PER_S, this.allowance + earned);
    this.allowedAt = now;
    while (this.queue.length > 0 && this.allowance >= 1) {
      const command = this.queue.shift();
      this.allowance -= 1;
      this.sent.set(command.ref, command);
      this.#limit(command);
      this.link.send({ ref: command.ref, [command.name]: command.body });
    }
    this.env.clearTimeout(this.flusher);
    if (this.queue.length > 0) {
      this.flusher = this.env.setTimeout(() => this.#flush(), 1000 / COMMANDS_PER_S);
    }
  }

  #settle(command, error, value) {
    this.sent.delete(command.ref);
    this.env.clearTimeout(command.timer);
    if (error) command.failed(error);
    else command.done(value);
  }

  subscribe(sub) {
    if (this.hello) this.#subscribe(sub);
  }

  async #subscribe(sub) {
    const { connection } = this.link;
    const body = { channel: sub.channel };
    if (sub.position !== null) body.after = sub.position;
    if (sub.presence) body.presence = true;
    sub.begin();
    try {
      await this.command('subscribe', body, sub);
    } catch (error) {
      if (this.link.connection === connection) this.#refused(sub, connection, error);
    }
  }

  #refused(sub, connection, { code, message }) {
    if (!this.client.has(sub)) return;
    if (code === 'timeout') this.link.lost(connection, { reason: 'no answer' });
    else if (code in CODE_OF_ERROR) this.#end(sub, connection, CODE_OF_ERROR[code], message);
    else this.#again(sub, undefined);
  }

  #end(sub, connection, code, reason) {
    if (code === UNAUTHORIZED && this.client.tokens.renewable && !sub.renewed) {
      sub.renewed = true;
      this.link.lost(connection, { code, reason });
      return;
    }
    const final = FINAL.has(code) || code === UNAUTHORIZED || code === 4400;
    if (final) this.client.endSubscription(sub, code, reason);
    else this.#again(sub, pacedBy(code, reason));
  }

  // The server is busy, or has let this one go for something that passes.
  #again(sub, paced) {
    const delay = paced ?? backoff(sub.attempt, this.client.backoffMaxMs, this.env.random);
    sub.attempt += 1;
    this.env.clearTimeout(this.retries.get(sub));
    this.retries.set(sub, this.env.setTimeout(() => {
      this.retries.delete(sub);
      this.subscribe(sub);
    }, delay));
  }

  unsubscribe(sub) {
    const waiting = this.retries.get(sub);
    this.env.clearTimeout(waiting);
    this.retries.delete(sub);
    if (!this.hello || waiting !== undefined) return;
    this.command('unsubscribe', { channel: sub.channel }).catch(() => {});
  }

  // A list is sent with each connection, before the subscriptions that it is to filter.
  async block() {
    if (this.hello) await this.command('block', { users: this.client.blocked });
  }

  // What a Link asks of its session, from here on.

  pick() { return this.client.route(this.link); }

  address() { return this.client.resolve(this.client.url); }

  canAsk() { return true; }

  async ask() {
    await this.command('ping', {});
    return true;
  }

  // The server's own pings are not shown to scripts, so a quiet connection is asked.
  silenceMs() { return 2 * (this.hello?.ping_ms || PING_MS); }

  failed(transport) { this.link.ladder.failed(transport); }

  ended(code, reason) { this.client.end(code, reason); }

  changed() { this.client.tell(); }

  down() {
    this.hello = null;
    this.env.clearTimeout(this.refresher);
    this.env.clearTimeout(this.flusher);
    // The next connection begins with subscriptions of its own.
    const own = this.queue.filter(({ name }) => OWN_COMMANDS.has(name));
    this.queue = this.queue.filter(({ name }) => !OWN_COMMANDS.has(name));
    for (const timer of this.retries.values()) this.env.clearTimeout(timer);
    this.retries.clear();
    for (const command of [...own, ...this.sent.values()]) {
      this.#settle(command, new FcedgeError('disconnected'));
    }
  }

  take(object, connection) {
    if (object.hello) this.#greet(object.hello, connection);
    else if (object.ref !== undefined) this.#answer(object);
    else if (object.end) this.#ended(object, connection);
    else this.client.find(object.channel)?.take(object);
  }

  #greet(hello, connection) {
    this.hello = hello;
    // A new anonymous session: kept for the next connections, since its cookie may be blocked.
    this.client.session = hello.session_token ?? this.client.session;
    this.link.accepted(connection);
    this.#refreshBefore(hello.expires_ms);
    if (this.client.blocked) this.block().catch(() => {});
    const waiting = this.queue.splice(0);
    this.client.subscriptions.forEach((sub) => this.#subscribe(sub));
    this.queue.push(...waiting);
    this.#flush();
  }

  #answer({ ref, ok, error }) {
    const command = this.sent.get(ref);
    if (!command) return;
    // What comes before this answer is still of an earlier subscription to the same channel.
    if (ok && command.sub) command.sub.open();
    this.#settle(command, error && new FcedgeError(error.code, error.message), ok ?? {});
  }

  #ended({ channel, end }, connection) {
    const sub = this.client.find(channel);
    if (sub?.opened) this.#end(sub, connection, end.code, end.reason ?? '');
  }

  #refreshBefore(expiresMs) {
    this.env.clearTimeout(this.refresher);
    if (!(expiresMs >= 0) || !this.client.tokens.renewable) return;
    const ahead = Math.min(REFRESH_AHEAD_MS, expiresMs / 5);
    const delay = Math.min(expiresMs - ahead, TIMER_MAX_MS);
    this.refresher = this.env.setTimeout(() => this.#refresh(expiresMs), delay);
  }

  async #refresh(lifetimeMs) {
    const { connection } = this.link;
    let again = REFRESH_AGAIN_MS;
    try {
      const token = await this.client.tokens.renew();
      if (this.link.connection !== connection) return;
      const { expires_ms: expiresMs } = await this.command('auth', { token });
      connection.token = token;
      this.#refreshBefore(expiresMs ?? lifetimeMs);
      return;
    } catch (error) {
      // A server that refuses the new token ends the connection when the old one expires.
      if (error instanceof FcedgeError && error.code !== 'timeout') again = 0;
    }
    if (this.link.connection !== connection || !again) return;
    this.refresher = this.env.setTimeout(() => this.#refresh(lifetimeMs), again);
  }
}

export class FeedSession {
  constructor(client, sub, ladder) {
    this.client = client;
    this.env = client.env;
    this.sub = sub;
    this.spread = 1 + client.env.random() / 2;
    this.link = new Link(client, ladder, this);
  }

  start() {
    this.link.connect();
  }

  stop() {
    this.link.stop();
  }

  // What a Link asks of its session, from here on.

  pick() { return this.client.route(this.link); }

  address() {
    const { sub } = this;
    const url = this.client.resolve(this.client.feedOf(sub.channel));
    if (sub.position !== null) url.searchParams.set('after', sub.position);
    if (sub.presence) url.searchParams.set('presence', 'true');
    sub.begin();
    sub.open();
    return url;
  }

  canAsk() { return Boolean(this.client.probe); }

  async ask(signal) {
    if (!this.client.probe) return false;
    if (!await this.client.probe(this.sub.channel, signal)) return true;
    // The server has what this connection should have brought; perhaps it is just coming.
    await new Promise((done) => { this.env.setTimeout(done, PROBE_GRACE_MS); });
    return false;
  }

  silenceMs(transport) {
    if (this.client.probe) {
      return this.env.document?.hidden ? PROBE_QUIET_HIDDEN_MS : PROBE_QUIET_MS * this.spread;
    }
    // Keep-alives of an event stream are seen, those of a WebSocket are not.
    return transport === 'sse' ? STREAM_QUIET_MS : Infinity;
  }

  down() {}

  // One stream that fails beside others that work says nothing of its transport.
  failed(transport) {
    if (!this.client.hasOtherUp(this.link)) this.link.ladder.failed(transport);
  }

  // A token is the client's, the rest concerns this channel only.
  ended(code, reason) {
    if (code === UNAUTHORIZED) this.client.end(code, reason);
    else this.client.endSubscription(this.sub, code, reason);
  }

  changed() { this.client.tell(); }

  take(object, connection) {
    if (object.end) {
      this.link.lost(connection, object.end);
      return;
    }
    this.link.accepted(connection);
    this.sub.take(object);
  }
}
