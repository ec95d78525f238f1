// SPDX-License-Identifier: Apache-2.0
//
// page.mjs PORT: one page of a browser, behind a proxy to the node that serves HTTPS on PORT, which
// does what the lines of its input say, each a JSON object:
//   {"run": JS}      the body of an async function in the page; answered by what it returns
//   {"proxy": MODE}  a mode of proxy.mjs, or "cut"; answered by null
// An error in the page is answered by {"error": TEXT}. It says "ready" first.

import { createInterface } from 'node:readline';

import { openBrowser } from './playwright.mjs';
import { Proxy } from './proxy.mjs';

const proxy = await Proxy.start(Number(process.argv[2]));
const browser = await openBrowser();
const page = await browser.context.newPage();
await page.goto(`https://localhost:${proxy.port}/`);
console.log('"ready"');

async function act({ run, proxy: mode }) {
  if (run !== undefined) return page.evaluate(`(async () => { ${run} })()`);
  if (mode === 'cut') proxy.cut();
  else proxy.set(mode);
  return null;
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = await act(JSON.parse(line));
  } catch (error) {
    answer = { error: String(error) };
  }
  console.log(JSON.stringify(answer ?? null));
}
await browser.close();
await proxy.close();
process.exit(0);
