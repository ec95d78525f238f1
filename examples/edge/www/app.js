// SPDX-License-Identifier: Apache-2.0
//
// The page: draws a thread and the state of its connection. All text of users goes in by
// textContent. Opening order: the feed first, then the list, merged by id, so that nothing falls
// between the two.

import { LiveFeed } from './live.js';
import { Thread } from './thread.js';
import { connectForm } from './form.js';

const FEED_HEADSTART_MS = 1500; // then the list is shown even though the feed is not open yet
const GAP_JITTER_MS = 500; // all viewers of a thread may learn of a gap at the same moment
const GAP_SHOWN_MS = 30000;
const ANNOUNCE_MS = 1000;

const query = new URLSearchParams(location.search);
const threadName = query.get('thread') || 'lobby';
const page = document.documentElement;
const element = (id) => document.getElementById(id);
const list = element('comments');
const items = new Map();
const pendingItems = new Map();

element('thread-name').textContent = threadName;
document.title = `${threadName} - Live comments`;

// --- Comments ---------------------------------------------------------------------------------

const timeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function makeItem(author, text) {
  const item = make('li');
  const who = make('p', 'who');
  who.append(make('strong', 'author', author));
  item.append(who, make('p', 'text', text));
  return { item, who };
}

function drawComment(comment, fresh) {
  const { item, who } = makeItem(comment.author, comment.text);
  item.dataset.id = comment.id;
  const time = make('time', '', timeFormat.format(comment.created_ms));
  time.dateTime = new Date(comment.created_ms).toISOString();
  who.append(time);
  if (fresh) {
    item.classList.add('new');
    announce(comment);
  }
  items.set(comment.id, item);
  // Newest first; nearly always the new one is the newest.
  let next = list.querySelector('li[data-id]');
  while (next && Number(next.dataset.id) > comment.id) next = next.nextElementSibling;
  list.insertBefore(item, next);
  drawCount();
}

function drawPending(entry) {
  pendingItems.get(entry)?.remove();
  const { item, who } = makeItem(entry.author, entry.text);
  item.classList.add('pending');
  item.classList.toggle('refused', entry.state === 'refused');
  const words = {
    sending: 'Sending',
    waiting: 'Not sent yet, trying again',
    refused: `Not taken: ${entry.reason}`,
  };
  const state = make('span', 'sending', words[entry.state]);
  who.append(state);
  if (entry.state === 'refused') {
    state.setAttribute('role', 'alert');
    const retry = make('button', '', 'Try again');
    const discard = make('button', '', 'Discard');
    retry.type = 'button';
    discard.type = 'button';
    // The buttons go away with their click, and the keyboard's place must not go with them.
    const leave = () => element('comments-title').focus();
    retry.onclick = () => { leave(); thread.retry(entry); };
    discard.onclick = () => { leave(); thread.discard(entry); };
    item.append(retry, discard);
  }
  pendingItems.set(entry, item);
  // Above all stored ones, the last written on top.
  const index = thread.outbox.indexOf(entry);
  const below = thread.outbox.slice(0, index).reverse().find((other) => pendingItems.has(other));
  list.insertBefore(item, below ? pendingItems.get(below) : list.querySelector('li[data-id]'));
  drawCount();
}

function drawCount() {
  element('count').textContent = items.size ? `(${items.size}${thread.older ? '+' : ''})` : '';
  const loaded = list.getAttribute('aria-busy') === 'false';
  element('empty').hidden = !loaded || items.size + pendingItems.size > 0;
  element('older').hidden = !thread.older;
}

// Read aloud in bursts, or a busy thread would talk without end.
let unannounced = [];
let announceTimer = null;

function announce(comment) {
  unannounced.push(comment);
  announceTimer ??= setTimeout(() => {
    const [last] = unannounced.slice(-1);
    element('announcer').textContent = unannounced.length === 1
      ? `${last.author}: ${last.text}`
      : `${unannounced.length} new comments, the last by ${last.author}`;
    unannounced = [];
    announceTimer = null;
  }, ANNOUNCE_MS);
}

// --- Connection ---------------------------------------------------------------------------------

const transportNames = { websocket: 'WebSocket', sse: 'event stream' };
let state = { kind: 'connecting' };
let gapTimer = null;

function drawState() {
  const words = {
    connecting: 'Connecting', live: 'Live', waiting: 'Reconnecting', offline: 'Offline',
  };
  page.dataset.state = state.kind;
  page.dataset.transport = state.transport ?? '';
  // The text is read aloud when it changes, the countdown beside it is not.
  const text = element('state-text');
  if (text.textContent !== words[state.kind]) text.textContent = words[state.kind];
  let detail = '';
  if (state.kind === 'live') detail = `by ${transportNames[state.transport]}`;
  if (state.until) {
    const seconds = Math.max(0, Math.ceil((state.until - Date.now()) / 1000));
    detail = state.kind === 'offline' ? `next try in ${seconds} s` : `in ${seconds} s`;
  }
  element('state-detail').textContent = detail;
  element('retry-now').hidden = !state.until;
}

function drawGap(reason) {
  page.dataset.gaps = Number(page.dataset.gaps ?? 0) + 1;
  page.dataset.gap = reason;
  const gap = element('gap');
  gap.hidden = false;
  gap.textContent = 'The connection could not be resumed where it broke off, '
    + 'so the comments have been loaded anew.';
  clearTimeout(gapTimer);
  gapTimer = setTimeout(() => { gap.hidden = true; }, GAP_SHOWN_MS);
}

async function load() {
  const answer = await thread.load();
  if (!answer) return;
  list.setAttribute('aria-busy', 'false');
  drawCount();
  // The list holds all up to its position, so a feed that is not open yet may begin there.
  feed.position ??= answer.position;
}

const thread = new Thread(threadName, {
  onComment: drawComment,
  onForget: (id) => {
    items.get(id)?.remove();
    items.delete(id);
  },
  onPending: drawPending,
  onSent: (entry) => {
    pendingItems.get(entry)?.remove();
    pendingItems.delete(entry);
    drawCount();
  },
});

const feed = new LiveFeed({
  url: thread.feedUrl,
  only: ['websocket', 'sse'].find((name) => name === query.get('transport')),
  probe: (signal) => thread.isBehind(signal),
  onMessage: (data) => {
    try {
      thread.add(JSON.parse(data), true);
    } catch {
      // Somebody else may publish on this channel; what is no comment is not shown.
    }
  },
  onGap: (reason) => {
    drawGap(reason);
    setTimeout(load, Math.random() * GAP_JITTER_MS);
  },
  onReady: (fresh) => {
    thread.wake();
    clearTimeout(headstart);
    if (fresh) load();
  },
  onState: (next) => {
    state = next;
    drawState();
  },
});

const headstart = setTimeout(load, FEED_HEADSTART_MS);
setInterval(drawState, 1000);
element('retry-now').onclick = () => feed.retryNow();
element('older').onclick = () => thread.loadOlder().then(drawCount, drawCount);
connectForm(element('form'), (author, text) => thread.post(author, text));

// A page in the back-forward cache must hold no connection, and opens one when it is shown again.
addEventListener('pagehide', () => feed.stop());
addEventListener('pageshow', (event) => { if (event.persisted) feed.start(); });

feed.start();
thread.restore();
