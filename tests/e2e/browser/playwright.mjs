// SPDX-License-Identifier: Apache-2.0
//
// A headless Chromium of the system, driven by playwright-core. That package is installed once per
// version into a cache outside the checkout, with whatever registry npm is configured for.

import { execFileSync } from 'node:child_process';
import {
  accessSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';

const CHROMIUM_FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

// What is to be cleaned up when the process ends is cleaned up when somebody ends it, too.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

// Ends the process as a skipped test, with the reason as its last line.
export function skip(reason) {
  console.log(reason);
  process.exit(77);
}

function findProgram(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(':')) {
      const file = path.join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not here.
      }
    }
  }
  return null;
}

function wantedVersion() {
  const manifest = new URL('../package.json', import.meta.url);
  return JSON.parse(readFileSync(manifest, 'utf8')).devDependencies['playwright-core'];
}

function install(folder, version) {
  const npm = findProgram('npm');
  if (!npm) skip('npm is not installed, so playwright-core cannot be had');
  const cache = path.dirname(folder);
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(path.join(cache, '.work.'));
  const manifest = { private: true, dependencies: { 'playwright-core': version } };
  writeFileSync(path.join(work, 'package.json'), JSON.stringify(manifest));
  try {
    execFileSync(npm, ['install', '--ignore-scripts', '--no-audit', '--no-fund',
      '--no-package-lock', '--loglevel=error'], { cwd: work, stdio: 'inherit' });
    renameSync(work, folder);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    // Another test may have been quicker.
    if (!existsSync(folder)) skip(`npm cannot install playwright-core: ${error.message}`);
  }
}

function loadPlaywright() {
  const { FCEDGE_CACHE, XDG_CACHE_HOME } = process.env;
  const cacheHome = XDG_CACHE_HOME || path.join(homedir(), '.cache');
  const cache = FCEDGE_CACHE || path.join(cacheHome, 'fcedge');
  const version = wantedVersion();
  const folder = path.join(cache, `playwright-core-${version}`);
  if (!existsSync(folder)) install(folder, version);
  return createRequire(path.join(folder, 'package.json'))('playwright-core');
}

// A browser with an empty profile of its own, which is removed when the process ends.
export async function openBrowser() {
  const executablePath = findProgram('chromium', 'chromium-browser');
  if (!executablePath) skip('chromium is not installed');
  const { chromium } = loadPlaywright();
  const profile = mkdtempSync(path.join(tmpdir(), 'fcedge-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath, headless: true, ignoreHTTPSErrors: true, args: CHROMIUM_FLAGS, locale: 'en-GB',
  });
  process.on('exit', () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
  return { context, close: () => context.close() };
}
