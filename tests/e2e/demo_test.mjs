#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// The demo as people meet it: two tabs of a real browser on a real node, with a proxy between them
// that behaves like a bad network. After each trouble both tabs must show the server's list.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { DemoNode } from './browser/demo_node.mjs';
import { openBrowser } from './browser/playwright.mjs';
import { Proxy } from './browser/proxy.mjs';
import { Tab } from './browser/tab.mjs';

const OUTAGE_MS = 10000;

const browser = await openBrowser();
const node = new DemoNode();
await node.start();
const proxy = await Proxy.start(node.port);
const pages = `https://localhost:${proxy.port}/`;
const tabs = [];

async function openTabs(thread, query = '') {
  for (const tab of tabs.splice(0)) await tab.page.close();
  for (const name of ['Ada', 'Grace']) {
    tabs.push(await Tab.open(browser.context, name, `${pages}?thread=${thread}${query}`));
  }
  return tabs;
}

async function expectAllSame(thread, count, what) {
  // The last of them may still be on its way from a tab to the server.
  for (const tab of tabs) await tab.waitForCount(count);
  const list = await node.list(thread);
  assert.equal(list.length, count, `${what}: the server has ${list.length} comments`);
  for (const tab of tabs) await tab.expectSame(list, what);
}

function expectQuiet(what, options) {
  for (const tab of tabs) {
    assert.deepEqual(tab.takeComplaints(options), [], `${what}: ${tab.name}'s console`);
  }
}

async function postMany(thread, count, everyMs) {
  const begun = performance.now();
  for (let i = 0; i < count; i += 1) {
    await node.post(thread, 'Somebody', `${thread} ${i}`);
    const ahead = begun + (i + 1) * everyMs - performance.now();
    // Spread over the outage: a part of its length, not a wait for something to happen.
    if (ahead > 0) await new Promise((done) => { setTimeout(done, ahead); });
  }
}

const tests = {
  async 'comments appear in both tabs, by WebSocket over TLS'() {
    const [ada, grace] = await openTabs('plain');
    assert.equal(await ada.transport(), 'websocket');
    await ada.post('Good morning.');
    await grace.waitForCount(1);
    await grace.post('<b>Good</b> & "fine" \u{1F44D}\nwith a second line');
    await node.post('plain', 'Somebody', 'from elsewhere');
    await expectAllSame('plain', 3, 'plain');
    assert.equal(await ada.page.textContent('#count'), '3');
    assert.equal(await ada.page.evaluate(() => document.querySelector('#comments b')), null);
    expectQuiet('plain', { network: false });
  },

  async 'pictures come from the cache, and the page says so'() {
    const [ada] = await openTabs('pictures');
    await node.post('pictures', 'Somebody', 'with a face');
    await expectAllSame('pictures', 1, 'pictures');
    await ada.page.waitForFunction(() => {
      const said = document.querySelector('#cache-status').textContent;
      return /^This picture, at the edge: fcedge; hit; ttl=3[56]\d\d$/.test(said);
    });
    await ada.page.waitForFunction(() => {
      const pictures = [...document.images].filter(({ id }) => id !== 'map');
      return pictures.length === 2 && pictures.every((each) => each.naturalWidth > 0);
    });
    expectQuiet('pictures', { network: false });
  },

  async 'the keyboard is enough'() {
    const [ada] = await openTabs('keyboard');
    const { keyboard } = ada.page;
    const focused = () => ada.page.evaluate(() => document.activeElement.id
      || document.activeElement.className || document.activeElement.type);
    await keyboard.press('Tab');
    assert.equal(await focused(), 'skip');
    await keyboard.press('Tab');
    assert.equal(await focused(), 'author');
    await ada.page.fill('#author', '');
    await keyboard.press('Enter');
    assert.equal(await ada.page.getAttribute('#author', 'aria-invalid'), 'true');
    assert.equal(await focused(), 'author');
    await keyboard.type('Ada');
    await keyboard.press('Tab');
    await keyboard.type('By keys alone');
    await keyboard.press('Control+Enter');
    await expectAllSame('keyboard', 1, 'keyboard');
    assert.equal(await focused(), 'text');
    await keyboard.type('and by the button');
    await keyboard.press('Tab');
    assert.equal(await focused(), 'submit');
    await keyboard.press('Enter');
    await expectAllSame('keyboard', 2, 'keyboard');
    expectQuiet('keyboard', { network: false });
  },

  async 'who reads further down is told of what is new above'() {
    const [ada] = await openTabs('unseen');
    await postMany('unseen', 30, 0);
    await ada.waitForCount(30);
    const scrolled = await ada.page.evaluate(() => {
      scrollTo(0, document.body.scrollHeight);
      return scrollY;
    });
    assert.ok(scrolled > 0, 'the page is long enough');
    // What is seen is noticed with the next frame.
    await ada.page.evaluate(() => new Promise((done) => {
      requestAnimationFrame(() => requestAnimationFrame(done));
    }));
    await node.post('unseen', 'Somebody', 'new above');
    await ada.waitForCount(31);
    assert.equal(await ada.page.textContent('#unseen:visible'), '1 new comment');
    await ada.page.click('#unseen');
    await ada.page.waitForSelector('#unseen', { state: 'hidden' });
    assert.equal(await ada.page.evaluate(() => document.activeElement.id), 'comments-title');
    expectQuiet('unseen', { network: false });
  },

  async 'cities and their nodes, with a picture of the world'() {
    const [ada] = await openTabs('cities');
    await ada.page.waitForSelector('#geo:not([hidden])');
    const rows = await ada.page.$$eval('#cities tr', (found) => (
      found.map((row) => [...row.cells].map((cell) => cell.textContent))));
    // Those that the small database knows.
    assert.deepEqual(rows.map(([city, subnet, node]) => [city, subnet, node]), [
      ['Berlin', '130.149.0.0/16', 'frankfurt'], ['Tokyo', '133.11.0.0/16', 'singapore']]);
    assert.match(rows[1][3], /^5,[23]\d\d km$/);
    await ada.page.$eval('#map', (map) => map.scrollIntoView());
    await ada.page.waitForFunction(() => document.querySelector('#map').naturalWidth === 1440);
    assert.equal(await ada.page.getAttribute('#geo figcaption a', 'href'), 'https://db-ip.com');
    expectQuiet('cities', { network: false });
  },

  async 'an answer that is lost stores nothing twice'() {
    const [ada] = await openTabs('retry');
    const before = proxy.accepted;
    proxy.set('mute');
    await ada.post('Once only.');
    while ((await node.list('retry')).length === 0);
    assert.equal((await ada.read()).pending, 1);
    proxy.cut();
    proxy.set('pass');
    await expectAllSame('retry', 1, 'retry');
    assert.ok(proxy.accepted > before, 'the tabs came back by new connections');
    expectQuiet('retry', { network: true });
  },

  async 'a bad answer to what has arrived meanwhile makes nothing pending'() {
    const [ada] = await openTabs('late');
    const list = (url) => url.pathname.endsWith('/comments');
    await ada.page.route(list, async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      const { author, text, client_id: id } = route.request().postDataJSON();
      await node.post('late', author, text, id);
      await ada.waitForCount(1);
      return route.fulfill({ status: 503, body: '{"error": "late"}' });
    });
    const bad = ada.page.waitForResponse((response) => response.status() === 503);
    await ada.post('Once.');
    await (await bad).finished();
    await ada.page.unroute(list);
    // A second comment goes through the same sender, so the first one's answer was looked at.
    await ada.post('Twice.');
    await expectAllSame('late', 2, 'late');
    for (const tab of tabs) tab.takeComplaints({ network: true });
  },

  async 'a frozen network'() {
    const [ada, grace] = await openTabs('frozen');
    await ada.post('before');
    await expectAllSame('frozen', 1, 'frozen');
    await proxy.outage('freeze', OUTAGE_MS, async () => {
      await grace.post('written while frozen');
      await postMany('frozen', 10, OUTAGE_MS / 20);
    });
    await expectAllSame('frozen', 12, 'frozen');
    for (const tab of tabs) assert.equal(await tab.gaps(), 0, 'nothing was missed, so no gap');
    expectQuiet('frozen', { network: true });
  },

  async 'connections reset while 50 comments arrive'() {
    const [ada, grace] = await openTabs('reset');
    await ada.post('before');
    await expectAllSame('reset', 1, 'reset');
    await proxy.outage('reset', OUTAGE_MS, async () => {
      for (const tab of tabs) await tab.waitFor('waiting');
      await ada.post('written while away');
      await grace.post('and so is this');
      await postMany('reset', 50, OUTAGE_MS / 60);
      assert.equal((await ada.read()).pending, 1);
    });
    await expectAllSame('reset', 53, 'reset');
    for (const tab of tabs) {
      // By which transport depends on how often they have tried meanwhile.
      await tab.waitFor('live');
      assert.equal(await tab.gaps(), 0, 'the log held all of it, so no gap');
    }
    expectQuiet('reset', { network: true });
  },

  async 'the node restarts: a visible gap, and the list is read anew'() {
    for (const signal of ['SIGTERM', 'SIGKILL']) {
      const thread = `restart-${signal.toLowerCase()}`;
      const [ada] = await openTabs(thread);
      await ada.post('before');
      await expectAllSame(thread, 1, thread);
      const code = await node.stop(signal);
      assert.equal(code, signal === 'SIGTERM' ? 0 : null);
      proxy.set('reset');
      await node.start();
      proxy.target = node.port;
      await postMany(thread, 5, 0);
      proxy.set('pass');
      await node.post(thread, 'Somebody', 'after');
      await expectAllSame(thread, 7, thread);
      for (const tab of tabs) {
        await tab.waitFor('live');
        assert.equal(await tab.gaps(), 1, `${thread}: ${tab.name} has seen the gap`);
        assert.ok(await tab.page.isVisible('#gap'), `${thread}: ${tab.name} is told of the gap`);
      }
      expectQuiet(thread, { network: true });
    }
  },

  async 'event streams, asked for'() {
    const [ada] = await openTabs('stream', '&transport=sse');
    assert.equal(await ada.transport(), 'sse');
    await ada.post('by event stream');
    await expectAllSame('stream', 1, 'stream');
    expectQuiet('stream', { network: false });
    await proxy.outage('reset', 0, () => postMany('stream', 5, 0));
    await expectAllSame('stream', 6, 'stream');
    for (const tab of tabs) assert.equal(await tab.gaps(), 0);
    expectQuiet('stream', { network: true });
  },

  async 'event streams where WebSocket does not get through'() {
    const clear = await Proxy.start(node.httpPort);
    clear.refuses = (chunk) => /^upgrade: *websocket/im.test(chunk.toString('latin1'));
    const tab = await Tab.open(browser.context, 'Linus',
      `http://localhost:${clear.port}/?thread=blocked`);
    assert.equal(await tab.transport(), 'sse');
    assert.equal(await tab.page.textContent('#state-detail'), 'by event stream');
    assert.ok(clear.refused >= 1, 'WebSocket was tried first');
    await node.post('blocked', 'Somebody', 'gets there all the same');
    await tab.expectSame(await node.list('blocked'), 'blocked');
    await tab.page.close();
    await clear.close();
  },
};

async function picture(name) {
  const folder = path.join(node.build, 'e2e');
  mkdirSync(folder, { recursive: true });
  for (const tab of tabs) {
    const file = path.join(folder, `demo-${name.replace(/\W+/g, '-')}-${tab.name}.png`);
    await tab.page.screenshot({ path: file }).catch(() => {});
  }
}

let failed = 0;
const only = process.argv[2];
for (const [name, test] of Object.entries(tests)) {
  if (only && !name.includes(only)) continue;
  const begun = performance.now();
  try {
    await test();
    console.log(`ok    ${name} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed += 1;
    proxy.set('pass');
    console.log(`FAIL  ${name}\n${error.stack}`);
    await picture(name);
  }
}
if (failed > 0) console.log('the node said:', node.log.slice(-20).join('\n'));
await browser.close();
await proxy.close();
const code = await node.stop();
assert.equal(code, 0, 'the node ends well');
process.exit(failed > 0 ? 1 : 0);
