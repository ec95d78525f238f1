// SPDX-License-Identifier: Apache-2.0
//
// A headless Chromium of the system, driven by playwright-core.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { findProgram, loadPackage, skip } from './npm.mjs';

const CHROMIUM_FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

// What is to be cleaned up when the process ends is cleaned up when somebody ends it, too.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

// A browser with an empty profile of its own, which is removed when the process ends.
export async function openBrowser() {
  const executablePath = findProgram('chromium', 'chromium-browser');
  if (!executablePath) skip('chromium is not installed');
  const { chromium } = loadPackage('playwright-core');
  const profile = mkdtempSync(path.join(tmpdir(), 'fcedge-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath, headless: true, ignoreHTTPSErrors: true, args: CHROMIUM_FLAGS, locale: 'en-GB',
  });
  process.on('exit', () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
  return { context, close: () => context.close() };
}
