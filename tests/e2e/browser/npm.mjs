// SPDX-License-Identifier: Apache-2.0
//
// The packages of package.json. Each is installed once per version into a cache outside the
// checkout, with whatever registry npm is configured for.

import { execFileSync } from 'node:child_process';
import {
  accessSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';

// Ends the process as a skipped test, with the reason as its last line.
export function skip(reason) {
  console.log(reason);
  process.exit(77);
}

export function findProgram(...names) {
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

function wantedVersion(name) {
  const manifest = new URL('../package.json', import.meta.url);
  return JSON.parse(readFileSync(manifest, 'utf8')).devDependencies[name];
}

function install(folder, name, version) {
  const npm = findProgram('npm');
  if (!npm) skip(`npm is not installed, so ${name} cannot be had`);
  const cache = path.dirname(folder);
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(path.join(cache, '.work.'));
  const manifest = { private: true, dependencies: { [name]: version } };
  writeFileSync(path.join(work, 'package.json'), JSON.stringify(manifest));
  try {
    execFileSync(npm, ['install', '--ignore-scripts', '--no-audit', '--no-fund',
      '--no-package-lock', '--loglevel=error'], { cwd: work, stdio: 'inherit' });
    renameSync(work, folder);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    // Another test may have been quicker.
    if (!existsSync(folder)) skip(`npm cannot install ${name}: ${error.message}`);
  }
}

export function loadPackage(name) {
  const { FCEDGE_CACHE, XDG_CACHE_HOME } = process.env;
  const cacheHome = XDG_CACHE_HOME || path.join(homedir(), '.cache');
  const cache = FCEDGE_CACHE || path.join(cacheHome, 'fcedge');
  const version = wantedVersion(name);
  const folder = path.join(cache, `${name}-${version}`);
  if (!existsSync(folder)) install(folder, name, version);
  return createRequire(path.join(folder, 'package.json'))(name);
}
