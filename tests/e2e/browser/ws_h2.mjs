// SPDX-License-Identifier: Apache-2.0
//
// ws_h2.mjs ORIGIN: opens two WebSockets on /feed/b from a page of that origin. Says "open", then
// what three messages said on each as JSON, then, once its input has ended, their close codes.

import { once } from 'node:events';

import { openBrowser } from './playwright.mjs';

const [origin] = process.argv.slice(2);
const browser = await openBrowser();
const page = await browser.context.newPage();
await page.goto(`${origin}/`);
await page.evaluate(async () => {
  const open = () => {
    const socket = new WebSocket(`wss://${location.host}/feed/b`);
    const it = { socket, got: [] };
    it.opened = new Promise((done, fail) => { socket.onopen = done; socket.onerror = fail; });
    it.closed = new Promise((done) => { socket.onclose = (event) => done(event.code); });
    it.full = new Promise((done) => {
      socket.onmessage = (event) => { if (it.got.push(event.data) === 3) done(it.got); };
    });
    return it;
  };
  window.both = [open(), open()];
  await Promise.all(window.both.map((it) => it.opened));
});
console.log('open');
const got = await page.evaluate(() => Promise.all(window.both.map((it) => it.full)));
console.log(JSON.stringify(got));
process.stdin.resume();
await once(process.stdin, 'end');
console.log(JSON.stringify(await page.evaluate(() => {
  for (const { socket } of window.both) socket.close(1000, 'done');
  return Promise.all(window.both.map((it) => it.closed));
})));
await browser.close();
