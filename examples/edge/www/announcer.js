// SPDX-License-Identifier: Apache-2.0
//
// Tells screen readers of new comments, in bursts, or a busy thread would talk without end.

const ANNOUNCE_MS = 1000;

export class Announcer {
  constructor() {
    this.node = document.getElementById('announcer');
    this.waiting = [];
    this.timer = null;
  }

  announce(comment) {
    this.waiting.push(comment);
    this.timer ??= setTimeout(() => this.#say(), ANNOUNCE_MS);
  }

  #say() {
    const last = this.waiting.at(-1);
    this.node.textContent = this.waiting.length === 1
      ? `${last.author}: ${last.text}`
      : `${this.waiting.length} new comments, the last by ${last.author}`;
    this.waiting = [];
    this.timer = null;
  }
}
