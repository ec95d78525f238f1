// SPDX-License-Identifier: Apache-2.0
//
// A thread of comments: what the server has, what the feed brings and what is still on its way out,
// merged by id. Knows nothing of the page; `onChange` functions tell what to draw.

import { backoff } from './fcedge.js';

const REQUEST_MS = 10000;
const BACKOFF_MAX_MS = 8000;

const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });

// Not crypto.randomUUID, which plain HTTP has on localhost only.
function newClientId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export class Thread {
  // `onComment(comment, fresh)` for each new one, `onForget(id)`, `onPending(entry)` whenever an
  // own comment that is not stored yet changes, `onSent(entry)` when it is no longer pending.
  constructor(name, { onComment, onForget, onPending, onSent }) {
    Object.assign(this, { name, onComment, onForget, onPending, onSent });
    const path = `/api/threads/${encodeURIComponent(name)}`;
    this.feedUrl = '/api/threads/{channel}/feed';
    this.listUrl = `${path}/comments`;
    this.comments = new Map();
    this.outbox = [];
    this.newest = 0;
    this.older = false;
    this.loads = 0;
    this.storageKey = `fcedge-outbox:${name}`;
  }

  async #get(query, signal = AbortSignal.timeout(REQUEST_MS)) {
    const response = await fetch(`${this.listUrl}${query}`, { cache: 'no-store', signal });
    if (!response.ok) throw new Error(`the list was answered ${response.status}`);
    return response.json();
  }

  // Reads the newest comments, again and again until it works, and resolves to the answer; to null
  // when a later call has taken over.
  async load() {
    this.loads += 1;
    const load = this.loads;
    const before = this.newest;
    for (let attempt = 0; load === this.loads; attempt += 1) {
      try {
        const list = await this.#get('');
        if (load !== this.loads) return null;
        this.#merge(list, before);
        return list;
      } catch {
        await sleep(backoff(attempt, BACKOFF_MAX_MS));
      }
    }
    return null;
  }

  #merge(list, before) {
    const first = list.comments[0]?.id ?? 0;
    // More came while we were away than one list holds: what we had is from before a hole, and is
    // read again by "earlier" when somebody wants it.
    if (list.older && before < first) {
      for (const id of [...this.comments.keys()].filter((old) => old < first)) {
        this.comments.delete(id);
        this.onForget(id);
      }
    }
    if (!this.comments.size || first <= Math.min(...this.comments.keys())) this.older = list.older;
    list.comments.forEach((comment) => this.add(comment, before > 0));
  }

  async loadOlder() {
    const first = Math.min(...this.comments.keys());
    const list = await this.#get(`?before=${first}`);
    this.older = list.older;
    list.comments.forEach((comment) => this.add(comment, false));
  }

  // True when the server has comments that the feed should have brought.
  async isBehind(signal) {
    const list = await this.#get(`?after=${this.newest}`, signal);
    // More than one answer holds would leave a hole between what was seen and what is given.
    if (list.older) this.load();
    else list.comments.forEach((comment) => this.add(comment, true));
    return list.comments.length > 0;
  }

  // Adds a stored comment from wherever it comes; the same one twice is one.
  add(comment, fresh) {
    const own = this.outbox.find((entry) => entry.client_id === comment.client_id);
    if (own) this.#forget(own);
    if (this.comments.has(comment.id)) return;
    this.comments.set(comment.id, comment);
    this.newest = Math.max(this.newest, comment.id);
    this.onComment(comment, fresh && !own);
  }

  // Shows a comment at once and sends it until the server has it. Its client_id stays the same, so
  // that a second try of a request whose answer was lost stores nothing twice.
  post(author, text) {
    this.#enqueue({ author, text, client_id: newClientId(), state: 'sending' });
  }

  // Takes up what a page that was closed or reloaded had not sent yet.
  restore() {
    let saved = [];
    try {
      saved = JSON.parse(sessionStorage.getItem(this.storageKey) ?? '[]');
    } catch {
      // Storage may be forbidden or hold something else; then there is nothing to take up.
    }
    saved.forEach((entry) => this.#enqueue({ ...entry, state: 'sending' }));
  }

  retry(entry) {
    entry.state = 'sending';
    this.onPending(entry);
    this.#send();
  }

  discard(entry) {
    this.#forget(entry);
  }

  // The network is back: what waits goes out now.
  wake() {
    this.wakeSender?.();
  }

  #enqueue(entry) {
    this.outbox.push(entry);
    this.#save();
    this.onPending(entry);
    this.#send();
  }

  #forget(entry) {
    this.outbox = this.outbox.filter((other) => other !== entry);
    this.#save();
    this.onSent(entry);
  }

  #save() {
    try {
      sessionStorage.setItem(this.storageKey, JSON.stringify(this.outbox));
    } catch {
      // Without storage a reload loses what is unsent; the page works all the same.
    }
  }

  // One at a time, so that comments keep the order in which they were written.
  async #send() {
    if (this.sending) return;
    this.sending = true;
    const next = () => this.outbox.find((entry) => entry.state !== 'refused');
    let attempt = 0;
    for (let entry = next(); entry; entry = next()) {
      if (await this.#try(entry)) {
        attempt = 0;
        continue;
      }
      entry.state = 'waiting';
      this.onPending(entry);
      await Promise.race([
        sleep(backoff(attempt, BACKOFF_MAX_MS)),
        new Promise((done) => { this.wakeSender = done; }),
      ]);
      attempt += 1;
    }
    this.sending = false;
  }

  // False when it is worth another try.
  async #try(entry) {
    let response;
    let body;
    try {
      response = await fetch(this.listUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          author: entry.author, text: entry.text, client_id: entry.client_id,
        }),
        signal: AbortSignal.timeout(REQUEST_MS),
      });
      body = await response.json().catch(() => ({}));
    } catch {
      return !this.outbox.includes(entry);
    }
    // Meanwhile it may have come back as a publication; then no answer makes it pending again.
    if (!this.outbox.includes(entry)) return true;
    if (response.ok && body.id) {
      this.add(body, false);
      return true;
    }
    const { status } = response;
    if (response.ok || status === 408 || status === 429 || status >= 500) return false;
    entry.state = 'refused';
    entry.reason = body.error ?? `the server answered ${status}`;
    this.onPending(entry);
    return true;
  }
}
