#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// fcedge.d.ts: a program against it compiles, and it names what fcedge.js has.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import * as fcedge from '../../examples/edge/www/fcedge.js';
import { loadPackage } from './browser/npm.mjs';

const ts = loadPackage('typescript');
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

const program = ts.createProgram([here('client/sample.ts')], {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ES2022,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
  types: [],
});
const found = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
  const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
  return `${file?.fileName}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
});
assert.deepEqual(found, []);
console.log('ok    the sample compiles');

const types = readFileSync(here('../../examples/edge/www/fcedge.d.ts'), 'utf8');
const declared = [...types.matchAll(/^export (?:class|function) (\w+)/gm)].map(([, name]) => name);
assert.deepEqual(declared.sort(), Object.keys(fcedge).sort());
const body = /^export class FcedgeClient \{$(.*?)^\}/ms.exec(types)[1];
const client = new fcedge.FcedgeClient({ feed: 'https://edge.test/{channel}' });
for (const [, name] of body.matchAll(/^ {2}(?:readonly )?(\w+)[(:]/gm)) {
  assert.ok(name in client, `FcedgeClient has ${name}`);
}
console.log('ok    the names are those of the module');
client.close();
