// SPDX-License-Identifier: Apache-2.0
//
// Draws the comments of a thread, newest first, and those on their way out above them. All text of
// users goes in by textContent.

import { Announcer } from './announcer.js';
import { drawTime, refreshTimes } from './times.js';

const TIMES_EVERY_MS = 20000;
const AVATARS = 12;

const element = (id) => document.getElementById(id);

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

// A picture that belongs to the name: an aid for the eye only. Under it is a colour, should it not
// come.
function makeAvatar(author) {
  const avatar = make('img', 'avatar');
  let hash = 0;
  for (const letter of author) hash = (hash * 31 + letter.codePointAt(0)) % 3600;
  avatar.style.setProperty('--hue', hash % 360);
  avatar.alt = '';
  avatar.src = `images/avatars/${String(hash % AVATARS).padStart(2, '0')}.svg`;
  return avatar;
}

function makeItem(author, text) {
  const item = make('li');
  const who = make('p', 'who');
  const body = make('div', 'body');
  who.append(make('strong', 'author', author));
  body.append(who, make('p', 'text', text));
  item.append(makeAvatar(author), body);
  return { item, who, body };
}

function makeButton(text, act) {
  const button = make('button', '', text);
  button.type = 'button';
  button.onclick = () => {
    // The button goes away with its click, and the keyboard's place must not go with it.
    element('comments-title').focus({ preventScroll: true });
    act();
  };
  return button;
}

export class CommentList {
  constructor(thread) {
    this.thread = thread;
    this.node = element('comments');
    this.items = new Map();
    this.pendingItems = new Map();
    this.announcer = new Announcer();
    element('older').onclick = () => this.#loadOlder();
    setInterval(() => refreshTimes(this.node), TIMES_EVERY_MS);
    this.#watchTop();
  }

  add(comment, fresh) {
    const { item, who } = makeItem(comment.author, comment.text);
    item.dataset.id = comment.id;
    who.append(drawTime(comment.created_ms));
    if (fresh) {
      item.classList.add('new');
      this.announcer.announce(comment);
      if (!this.atTop) this.#drawUnseen(this.unseen + 1);
    }
    this.items.set(comment.id, item);
    // Nearly always the new one is the newest.
    let next = this.node.querySelector('li[data-id]');
    while (next && Number(next.dataset.id) > comment.id) next = next.nextElementSibling;
    this.node.insertBefore(item, next);
    this.#drawCount();
  }

  remove(id) {
    this.items.get(id)?.remove();
    this.items.delete(id);
    this.#drawCount();
  }

  // The server's list has come, so an empty list is really empty.
  loaded() {
    this.node.setAttribute('aria-busy', 'false');
    this.#drawCount();
  }

  drawPending(entry) {
    this.pendingItems.get(entry)?.remove();
    const { item, who, body } = makeItem(entry.author, entry.text);
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
      body.append(
        makeButton('Try again', () => this.thread.retry(entry)),
        makeButton('Discard', () => this.thread.discard(entry)),
      );
    }
    this.pendingItems.set(entry, item);
    // Above all stored ones, the last written on top.
    const { outbox } = this.thread;
    const before = outbox.slice(0, outbox.indexOf(entry)).reverse();
    const below = this.pendingItems.get(before.find((other) => this.pendingItems.has(other)));
    this.node.insertBefore(item, below ?? this.node.querySelector('li[data-id]'));
    this.#drawCount();
  }

  removePending(entry) {
    this.pendingItems.get(entry)?.remove();
    this.pendingItems.delete(entry);
    this.#drawCount();
  }

  #drawCount() {
    const { items, pendingItems, thread } = this;
    element('count').textContent = items.size ? `${items.size}${thread.older ? '+' : ''}` : '';
    const loaded = this.node.getAttribute('aria-busy') === 'false';
    element('loading').hidden = loaded;
    element('empty').hidden = !loaded || items.size + pendingItems.size > 0;
    element('older').hidden = !thread.older;
  }

  async #loadOlder() {
    const button = element('older');
    button.disabled = true;
    try {
      await this.thread.loadOlder();
    } catch {
      // The button stays, so it can be tried again.
    }
    button.disabled = false;
    this.#drawCount();
    // Being disabled or hidden took the focus from it.
    const next = this.thread.older ? button : element('comments-title');
    next.focus({ preventScroll: true });
  }

  // Who reads further down is told of what came above, and not moved.
  #watchTop() {
    this.atTop = true;
    const button = element('unseen');
    button.onclick = () => {
      const title = element('comments-title');
      title.focus({ preventScroll: true });
      title.scrollIntoView({ block: 'start' });
    };
    this.#drawUnseen(0);
    // A title below the window's lower edge is no reason: what is above it is then in sight.
    new IntersectionObserver(([entry]) => {
      this.atTop = entry.isIntersecting || entry.boundingClientRect.top > 0;
      if (this.atTop) this.#drawUnseen(0);
    }).observe(element('comments-title'));
  }

  #drawUnseen(unseen) {
    this.unseen = unseen;
    const button = element('unseen');
    button.hidden = unseen === 0;
    button.textContent = unseen === 1 ? '1 new comment' : `${unseen} new comments`;
  }
}
