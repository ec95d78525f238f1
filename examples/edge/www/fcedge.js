// SPDX-License-Identifier: Apache-2.0
//
// A client of fcedge for browsers and Node, without dependencies; PROTOCOL.md is what it speaks,
// fcedge.d.ts tells its types.
//
//   const client = new FcedgeClient({ url: '/live', feed: '/feeds/{channel}' });
//   const sub = client.subscribe('chat:1', { onMessage: ({ data }) => show(JSON.parse(data)) });
//
// All channels share one WebSocket on the live route `url`. Where that does not get through, or
// where there is no `url`, each has a connection of its own on its `feed`: a WebSocket or, where
// that does not get through either, an event stream. Whatever breaks, each subscription goes on
// from its position, and no message comes twice; where the server cannot resume, onGap says so.

import { Ladder, Tokens, backoff } from './fcedge-link.js';
import { FcedgeError, FeedSession, LiveSession } from './fcedge-sessions.js';

export { FcedgeError, backoff };

const BACKOFF_MAX_MS = 30000;
const IDS_MAX = 1024; // remembered of each subscription, to know a message that comes again

const TRANSPORTS = ['websocket', 'sse'];
const NO_WEBSOCKET = 'there is no WebSocket here (Node has one from version 22 on): give one as '
  + 'env.WebSocket, or a feed for event streams';

// What is taken from the surroundings; tests and Node give their own.
function surroundings(given) {
  const { window = globalThis, document, navigator } = globalThis;
  return {
    WebSocket: globalThis.WebSocket,
    fetch: (...args) => globalThis.fetch(...args),
    setTimeout: (...args) => globalThis.setTimeout(...args),
    clearTimeout: (timer) => globalThis.clearTimeout(timer),
    now: () => Date.now(),
    random: () => Math.random(),
    window,
    document,
    navigator,
    ...given,
  };
}

// The application's mistakes are reported, and do not break what calls it.
function call(act, argument) {
  try {
    act?.(argument);
  } catch (error) {
    if (globalThis.reportError) globalThis.reportError(error);
    else console.error(error);
  }
}

// Made by FcedgeClient.subscribe(); begin(), open() and take() are for the sessions.
class Subscription {
  #client;
  #on;
  #fresh = true;
  #ids = new Set();

  constructor(client, channel, { after, presence = false, ...on }) {
    this.#client = client;
    this.#on = on;
    this.channel = channel;
    this.position = after ?? null;
    this.presence = presence;
    this.opened = false;
    this.attempt = 0;
    this.renewed = false;
  }

  unsubscribe() {
    this.#client.remove(this);
  }

  // It is asked for, but what comes next may still be for another one.
  begin() {
    this.opened = false;
    this.#fresh = this.position === null;
  }

  open() {
    this.opened = true;
  }

  take(object) {
    if (!this.opened) return;
    const { ready, gap, at, presence } = object;
    if (object.data !== undefined) {
      this.#message(object);
    } else if (ready) {
      this.attempt = 0;
      this.renewed = false;
      this.position = ready.id ?? this.position;
      call(this.#on.onReady, { id: this.position, fresh: this.#fresh });
    } else if (gap) {
      // The position that could not be resumed from is of no use any more.
      this.#fresh = false;
      this.position = gap.id ?? null;
      call(this.#on.onGap, { reason: gap.reason, id: this.position });
    } else if (at) {
      this.position = at.id;
    } else if (presence) {
      call(this.#on.onPresence, presence);
    }
  }

  #message({ id, data, key }) {
    if (id) {
      if (this.#ids.has(id)) return;
      this.position = id;
      this.#ids.add(id);
      if (this.#ids.size > IDS_MAX) this.#ids.delete(this.#ids.values().next().value);
    }
    call(this.#on.onMessage, { channel: this.channel, id: id ?? null, data, key });
  }

  ended(code, reason) {
    this.opened = false;
    call(this.#on.onEnd, { code, reason });
  }
}

export class FcedgeClient {
  #subs = new Map();
  #live = null;
  #feeds = new Map();
  #listeners = new AbortController();
  #closed = null;
  #said = '';

  constructor({
    url, feed, token, session, transport = 'auto', probe, onState,
    backoffMaxMs = BACKOFF_MAX_MS, credentials = 'same-origin', env,
  }) {
    if (!url && !feed) throw new TypeError('a client needs a url or a feed');
    this.env = { credentials, ...surroundings(env) };
    const { WebSocket } = this.env;
    if (!WebSocket && (!feed || transport === 'websocket')) throw new TypeError(NO_WEBSOCKET);
    Object.assign(this, { url, feed, probe, onState, backoffMaxMs });
    this.tokens = new Tokens(token);
    this.blocked = null;
    this.session = session ?? null;
    this.only = feed ? TRANSPORTS.find((name) => name === transport) : 'websocket';
    if (!WebSocket) this.only = 'sse';
    this.ladder = this.#newLadder();
    this.state = {
      state: 'connecting', transport: null, retryAt: null, reason: '', offline: false,
    };
    if (url && this.only !== 'sse') this.#live = new LiveSession(this);
    this.#listen();
  }

  get hello() {
    return this.#live?.hello ?? null;
  }

  subscribe(channel, options = {}) {
    if (this.#closed) throw new FcedgeError('closed');
    if (this.#subs.has(channel)) throw new FcedgeError('already', `${channel} is subscribed`);
    const sub = new Subscription(this, channel, options);
    this.#subs.set(channel, sub);
    if (this.#live) {
      this.#startLive();
      this.#live.subscribe(sub);
    } else {
      this.#startFeed(sub);
    }
    return sub;
  }

  // Resolves to the id of the message. A failure with code `disconnected` leaves open whether it
  // was published.
  async publish(channel, data, { key, groups, users, exclude } = {}) {
    const { id } = await this.#command('publish', { channel, data, key, groups, users, exclude });
    return id;
  }

  async presence(channel) {
    return this.#command('presence', { channel });
  }

  // Users whose messages this client does not want, in place of those named before.
  block(users) {
    this.blocked = [...users];
    const answer = this.#live ? this.#live.block() : Promise.reject(this.#noLive());
    // Whoever does not wait for the answer need not handle its failure either.
    answer.catch(() => {});
    return answer;
  }

  // Does not wait any longer for the next attempt.
  retryNow() {
    this.#links().forEach((link) => link.retryNow());
  }

  close() {
    this.#shut('closed', null, '');
  }

  async #command(name, body) {
    if (!this.#live) throw this.#noLive();
    this.#startLive();
    return this.#live.command(name, body);
  }

  #noLive() {
    return this.#closed ? new FcedgeError('closed')
      : new FcedgeError('unsupported', 'there is no connection to a live route');
  }

  #newLadder() {
    return new Ladder(this.env, this.only);
  }

  #startLive() {
    if (this.#live.started) return;
    this.#live.started = true;
    this.#live.start();
  }

  #startFeed(sub, everUp = false) {
    // Beside a live route all event streams share what is known of WebSocket.
    const session = new FeedSession(this, sub, this.url ? this.ladder : this.#newLadder());
    session.link.everUp = everUp;
    this.#feeds.set(sub, session);
    session.start();
  }

  #links() {
    if (this.#live) return [this.#live.link];
    return [...this.#feeds.values()].map((session) => session.link);
  }

  #listen() {
    const { window, document } = this.env;
    const { signal } = this.#listeners;
    const onNetwork = () => this.#links().forEach((link) => link.onNetwork());
    const onVisible = () => {
      if (!document.hidden) this.#links().forEach((link) => link.onVisible());
    };
    window?.addEventListener?.('online', onNetwork, { signal });
    window?.addEventListener?.('offline', onNetwork, { signal });
    document?.addEventListener('visibilitychange', onVisible, { signal });
  }

  #shut(why, code, reason) {
    if (this.#closed) return;
    this.#closed = why;
    this.#listeners.abort();
    this.#live?.stop('closed');
    this.#live = null;
    this.#feeds.forEach((session) => session.stop());
    this.#feeds.clear();
    this.#subs.clear();
    this.#say({ state: 'closed', transport: null, retryAt: null, code, reason, offline: false });
  }

  #say(state) {
    const said = JSON.stringify(state);
    if (said === this.#said) return;
    this.#said = said;
    this.state = state;
    call(this.onState, state);
  }

  // What follows is for subscriptions, sessions and links.

  get subscriptions() {
    return [...this.#subs.values()];
  }

  find(channel) {
    return this.#subs.get(channel);
  }

  has(sub) {
    return this.#subs.get(sub.channel) === sub;
  }

  remove(sub) {
    if (!this.has(sub)) return;
    this.#subs.delete(sub.channel);
    this.#live?.unsubscribe(sub);
    this.#feeds.get(sub)?.stop();
    this.#feeds.delete(sub);
    this.tell();
  }

  // The server has ended a subscription for good.
  endSubscription(sub, code, reason) {
    if (!this.has(sub)) return;
    this.#subs.delete(sub.channel);
    this.#feeds.get(sub)?.stop();
    this.#feeds.delete(sub);
    sub.ended(code, reason);
    this.tell();
  }

  // The server does not want this client.
  end(code, reason) {
    const subs = this.subscriptions;
    this.#shut('ended', code, reason);
    subs.forEach((sub) => sub.ended(code, reason));
  }

  resolve(url) {
    return new URL(url, globalThis.location?.href);
  }

  feedOf(channel) {
    return this.feed.replace('{channel}', () => encodeURIComponent(channel));
  }

  hasOtherUp(link) {
    return this.#links().some((other) => other !== link && other.up);
  }

  // The transport for a link's next attempt, or null if the other kind of session takes over.
  route(link) {
    const transport = link.ladder.pick();
    if (!this.url || (transport === 'websocket') === (this.#live !== null)) return transport;
    const everUp = this.#links().some((other) => other.everUp);
    if (this.#live) {
      this.#live.stop('unsupported');
      this.#live = null;
      this.subscriptions.forEach((sub) => this.#startFeed(sub, everUp));
    } else {
      this.#feeds.forEach((session) => session.stop());
      this.#feeds.clear();
      this.#live = new LiveSession(this);
      this.#live.link.everUp = everUp;
      this.#startLive();
    }
    return null;
  }

  tell() {
    if (this.#closed) return;
    const links = this.#links();
    const down = links.filter((link) => !link.up);
    const waits = down.map((link) => link.retryAt).filter((at) => at !== null);
    let state = down.some((link) => link.everUp) ? 'reconnecting' : 'connecting';
    if (links.length > 0 && down.length === 0) state = 'live';
    this.#say({
      state,
      transport: links[0]?.connection?.transport ?? null,
      retryAt: waits.length > 0 ? Math.min(...waits) : null,
      reason: down[0]?.reason ?? '',
      offline: this.env.navigator?.onLine === false,
    });
  }
}
