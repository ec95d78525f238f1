// SPDX-License-Identifier: Apache-2.0
//
// A subscription that comes back by itself: WebSocket first, event stream where WebSocket does not
// get through. It keeps the position of the last message, so that a new connection resumes there;
// where the server cannot resume it says so by a gap, and the page reads the list anew.
//
// A script cannot see the server's WebSocket pings, so a connection that died without a word looks
// like a quiet one. After a time of silence this asks by `probe` over another request: if that
// fails, or if the server has something that this connection should have brought, it is dead.

import { openEventStream, openWebSocket } from './transports.js';

const CONNECT_MS = 8000; // until the server says that it is ready
const SILENCE_MS = 20000; // plus up to half of it, so that viewers do not probe in step
const SILENCE_HIDDEN_MS = 120000;
const PROBE_MS = 5000;
const GRACE_MS = 1500; // for a message that was under way while the probe was answered
const BACKOFF_MIN_MS = 500;
const BACKOFF_MAX_MS = 8000;
const WEBSOCKET_TRIES = 2; // before the event stream gets its turn
const WEBSOCKET_TRIES_PROVEN = 6; // the same where WebSocket has worked: it is rather an outage
const WEBSOCKET_AGAIN_MS = 300000; // until a page on the event stream tries WebSocket again

// Waits grow with each attempt and differ between clients, or all come back at the same moment.
export function backoff(attempt, min = 0) {
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** attempt);
  return Math.max(min, ceiling / 3) + Math.random() * (ceiling * 2) / 3;
}

export class LiveFeed {
  // `onMessage(data)`, `onGap(reason)`, `onReady(fresh)` with fresh when nothing was resumed,
  // `onState({kind, transport, until})` with kind connecting, live, waiting or offline.
  // `probe(signal)` resolves to true when the server has what this page lacks. `only` is
  // 'websocket' or 'sse' to use nothing else.
  constructor({ url, only, probe, onMessage, onGap, onReady, onState }) {
    Object.assign(this, { url, only, probe, onMessage, onGap, onReady, onState });
    this.position = null;
    this.connection = null;
    this.attempt = 0;
    this.webSocketFailures = 0;
    this.webSocketWorked = false;
    this.webSocketAgainAt = 0;
    this.retryMin = 0;
    this.running = false;
  }

  start() {
    if (this.running) return;
    this.running = true;
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    addEventListener('online', () => this.#onNetwork(), { signal });
    addEventListener('offline', () => this.#onNetwork(), { signal });
    document.addEventListener('visibilitychange', () => this.#onVisible(), { signal });
    this.ticker = setInterval(() => this.#tick(), 1000);
    this.#connect();
  }

  stop() {
    this.running = false;
    this.listeners?.abort();
    clearInterval(this.ticker);
    clearTimeout(this.timer);
    this.#close();
  }

  // Does not wait any longer for the next attempt.
  retryNow() {
    if (!this.running || this.connection) return;
    clearTimeout(this.timer);
    this.#connect();
  }

  #pickTransport() {
    if (this.only) return this.only;
    const again = Date.now() >= this.webSocketAgainAt;
    const failing = this.webSocketFailures >= this.#webSocketTries();
    return failing || !again ? 'sse' : 'websocket';
  }

  #webSocketTries() {
    return this.webSocketWorked ? WEBSOCKET_TRIES_PROVEN : WEBSOCKET_TRIES;
  }

  #connect() {
    const transport = this.#pickTransport();
    const open = transport === 'websocket' ? openWebSocket : openEventStream;
    const url = new URL(this.url, location.href);
    if (this.position !== null) url.searchParams.set('after', this.position);
    const connection = { transport, fresh: this.position === null, ready: false, handle: null };
    this.connection = connection;
    this.heardAt = Date.now();
    this.retryMin = 0;
    this.onState({ kind: 'connecting', transport });
    this.timer = setTimeout(() => this.#lost(connection), CONNECT_MS);
    // What an abandoned connection still has to say is nobody's business any more.
    const guard = (act) => (...args) => {
      if (this.connection !== connection) return;
      this.heardAt = Date.now();
      act(...args);
    };
    connection.handle = open(url, {
      heard: guard(() => {}),
      retry: guard((ms) => { this.retryMin = Math.min(ms, BACKOFF_MAX_MS); }),
      ready: guard((id) => this.#ready(connection, id)),
      message: guard((id, data) => {
        this.#ready(connection, null);
        if (id) this.position = id;
        this.onMessage(data);
      }),
      gap: guard((reason, id) => {
        // The position that could not be resumed from is of no use; the list brings what it held.
        connection.fresh = false;
        this.position = id || null;
        this.#ready(connection, id);
        this.onGap(reason);
      }),
      lost: guard(() => this.#lost(connection)),
    });
  }

  #ready(connection, id) {
    if (id) this.position = id;
    if (connection.ready) return;
    connection.ready = true;
    clearTimeout(this.timer);
    this.attempt = 0;
    this.silence = SILENCE_MS * (1 + Math.random() / 2);
    if (connection.transport === 'websocket') {
      this.webSocketFailures = 0;
      this.webSocketWorked = true;
    } else {
      // Where WebSocket has worked before, its failures were an outage and not the network's rule.
      this.webSocketAgainAt = this.webSocketWorked ? 0 : Date.now() + WEBSOCKET_AGAIN_MS;
      this.webSocketFailures = 0;
    }
    this.onState({ kind: 'live', transport: connection.transport });
    this.onReady(connection.fresh);
  }

  #lost(connection) {
    if (this.connection !== connection) return;
    if (!connection.ready) {
      if (connection.transport === 'websocket') {
        this.webSocketFailures += 1;
      } else {
        // Nothing gets through, so next time it is WebSocket's turn again.
        this.webSocketFailures = this.#webSocketTries() - 1;
        this.webSocketAgainAt = 0;
      }
    }
    this.#close();
    const delay = backoff(this.attempt, this.retryMin);
    this.attempt += 1;
    this.timer = setTimeout(() => this.#connect(), delay);
    const kind = navigator.onLine === false ? 'offline' : 'waiting';
    this.onState({ kind, until: Date.now() + delay });
  }

  #close() {
    const connection = this.connection;
    this.connection = null;
    clearTimeout(this.timer);
    connection?.handle?.close();
  }

  #tick() {
    if (!this.connection?.ready) return;
    const limit = document.hidden ? SILENCE_HIDDEN_MS : this.silence;
    if (Date.now() - this.heardAt >= limit) this.#check();
  }

  async #check() {
    const connection = this.connection;
    if (!connection || connection.checking) return;
    connection.checking = true;
    const askedAt = Date.now();
    try {
      const behind = await this.probe(AbortSignal.timeout(PROBE_MS));
      if (behind) await new Promise((done) => { setTimeout(done, GRACE_MS); });
      // Whatever it said meanwhile, it said on its own: it lives.
      if (behind && this.heardAt < askedAt) this.#lost(connection);
      else this.heardAt = Math.max(this.heardAt, askedAt);
    } catch {
      if (this.heardAt < askedAt) this.#lost(connection);
    } finally {
      connection.checking = false;
    }
  }

  #onNetwork() {
    if (this.connection?.ready) this.#check();
    else if (navigator.onLine) this.retryNow();
  }

  // A computer that slept wakes with connections that look alive.
  #onVisible() {
    if (document.hidden) return;
    if (!this.connection) this.retryNow();
    else if (this.connection.ready && Date.now() - this.heardAt > PROBE_MS) this.#check();
  }
}
