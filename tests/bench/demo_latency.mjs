#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// From tab to tab: how long after a click on "Post" in one tab of a browser a comment stands in the
// page of another. Everything is in between: the page's own work, TLS, HTTP/2, the database's
// commit, the fan-out and the WebSocket.
//
// Usage: tests/bench/demo_latency.mjs [COUNT]     the build is $FCEDGE_BUILD or build/

import { DemoNode } from '../e2e/browser/demo_node.mjs';
import { openBrowser } from '../e2e/browser/playwright.mjs';
import { Tab } from '../e2e/browser/tab.mjs';

const WARM_UP = 5; // compiled scripts and open connections are what a reader has

const count = Number(process.argv[2] ?? 50);
const browser = await openBrowser();
const node = new DemoNode();

// Tells when each comment stands in the page. Both tabs read the same clock of the machine.
function watch() {
  window.seenAt = new Map();
  const observer = new MutationObserver((records) => {
    const now = performance.timeOrigin + performance.now();
    for (const { addedNodes } of records) {
      for (const item of addedNodes) {
        if (item.dataset.id) window.seenAt.set(item.querySelector('.text').textContent, now);
      }
    }
  });
  observer.observe(document.getElementById('comments'), { childList: true });
}

function click(text) {
  document.getElementById('text').value = text;
  const now = performance.timeOrigin + performance.now();
  document.querySelector('form button[type=submit]').click();
  return now;
}

async function measure(from, to, text) {
  const posted = await from.page.evaluate(click, text);
  await to.page.waitForFunction((wanted) => window.seenAt.has(wanted), text);
  return await to.page.evaluate((wanted) => window.seenAt.get(wanted), text) - posted;
}

function percentile(sorted, share) {
  return sorted[Math.min(sorted.length, Math.ceil(sorted.length * share)) - 1].toFixed(1);
}

try {
  await node.start();
  const url = `https://localhost:${node.port}/?thread=latency`;
  const from = await Tab.open(browser.context, 'Ada', url);
  const to = await Tab.open(browser.context, 'Grace', url);
  await from.page.fill('#author', from.name);
  await to.page.evaluate(watch);
  for (let i = 0; i < WARM_UP; i += 1) await measure(from, to, `warm-up ${i}`);
  const times = [];
  for (let i = 0; i < count; i += 1) times.push(await measure(from, to, `comment ${i}`));
  times.sort((a, b) => a - b);
  const max = times[times.length - 1].toFixed(1);
  console.log(`DEMO p50_ms=${percentile(times, 0.5)} p95_ms=${percentile(times, 0.95)}`
    + ` max_ms=${max} posts=${count} transport=${await to.transport()}`);
} finally {
  await browser.close();
  await node.stop();
}
