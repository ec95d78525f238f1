// SPDX-License-Identifier: Apache-2.0
//
// The demo page in one tab: what a person does there and what they see.

import assert from 'node:assert/strict';

const WAIT_MS = 60000;

export class Tab {
  static async open(context, name, url) {
    const tab = new Tab(name, await context.newPage());
    await tab.page.goto(url);
    await tab.waitFor('live');
    return tab;
  }

  constructor(name, page) {
    this.name = name;
    this.page = page;
    this.complaints = [];
    page.setDefaultTimeout(WAIT_MS);
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(`uncaught: ${error.message}`));
  }

  // Waits for a state of the connection: connecting, live, waiting or offline.
  async waitFor(state) {
    await this.page.waitForSelector(`html[data-state="${state}"]`);
  }

  async post(text) {
    await this.page.fill('#author', this.name);
    await this.page.fill('#text', text);
    await this.page.click('form button[type=submit]');
  }

  async transport() {
    return this.page.evaluate(() => document.documentElement.dataset.transport);
  }

  async gaps() {
    return this.page.evaluate(() => Number(document.documentElement.dataset.gaps ?? 0));
  }

  // What is on the page, oldest first; `pending` are those that the server does not have yet.
  async read() {
    return this.page.evaluate(() => {
      const text = (item, part) => item.querySelector(part).textContent;
      const take = (item) => ({
        id: Number(item.dataset.id), author: text(item, '.author'), text: text(item, '.text'),
      });
      return {
        comments: [...document.querySelectorAll('#comments > li[data-id]')].map(take).reverse(),
        pending: document.querySelectorAll('#comments > li.pending').length,
      };
    });
  }

  // Waits until `count` comments are shown and none is on its way.
  async waitForCount(count) {
    const enough = (wanted) => {
      const shown = document.querySelectorAll('#comments > li[data-id]').length;
      return shown >= wanted && !document.querySelector('#comments > li.pending');
    };
    await this.page.waitForFunction(enough, count).catch(async (error) => {
      const { comments, pending } = await this.read();
      throw new Error(`${this.name}: ${comments.length} of ${count} comments are shown and `
        + `${pending} are pending: ${error.message}`);
    });
  }

  // What the browser complained of since the last look. A broken network is no fault of the page.
  takeComplaints({ network }) {
    const isNetwork = (text) => /net::ERR_|WebSocket connection to/.test(text);
    const found = this.complaints.filter((text) => !(network && isNetwork(text)));
    this.complaints = [];
    return found;
  }

  // Nothing lost, nothing doubled, in the server's order.
  async expectSame(list, what) {
    const wanted = list.map(({ id, author, text }) => ({ id, author, text }));
    await this.waitForCount(wanted.length);
    const { comments } = await this.read();
    assert.deepEqual(comments, wanted, `${what}: ${this.name}'s list is not the server's`);
  }
}
