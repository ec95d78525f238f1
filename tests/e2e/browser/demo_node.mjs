// SPDX-License-Identifier: Apache-2.0
//
// The demo's node, started as examples/run.sh starts it, on ports that the system picks, and its
// comments as another program sees them, past any proxy.

import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const TOP = fileURLToPath(new URL('../../../', import.meta.url));

export class DemoNode {
  constructor(build = process.env.FCEDGE_BUILD ?? path.join(TOP, 'build')) {
    this.build = build;
    this.state = mkdtempSync(path.join(tmpdir(), 'fcedge-demo-'));
    this.log = [];
    this.agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: 2 });
    // A test that fails early must leave nothing behind either.
    process.on('exit', () => this.remove());
  }

  // Resolves when the node serves; `port` is that of HTTPS and `httpPort` that of plain HTTP.
  async start() {
    const script = '. "$1/examples/edge/demo.sh"; shift; start_demo "$@"';
    this.child = spawn('bash', ['-c', script, 'demo', TOP, this.build, '--state', this.state,
      '--port', '0', '--http-port', '0', '--dns-port', '0', '--geo', this.#places()],
    { stdio: ['ignore', 'ignore', 'pipe'] });
    this.exited = once(this.child, 'exit');
    const lines = createInterface({ input: this.child.stderr });
    const started = new Promise((done) => {
      lines.on('line', (line) => {
        this.log.push(line);
        const listening = / listening .* port=(\d+) tls=(true|false)/.exec(line);
        if (listening?.[2] === 'true') this.port = Number(listening[1]);
        if (listening?.[2] === 'false') this.httpPort = Number(listening[1]);
        if (line.includes(' node started ')) done();
      });
    });
    const ended = this.exited.then(([code]) => {
      throw new Error(`the node ended with ${code}:\n${this.log.join('\n')}`);
    });
    ended.catch(() => {});
    await Promise.race([started, ended]);
  }

  // A database of two cities, as the demo has one of the world.
  #places() {
    const directory = path.join(this.state, 'places');
    const script = 'import pathlib, sys, mmdb; mmdb.write(pathlib.Path(sys.argv[1]), {'
      + '"130.149.0.0/16": mmdb.city("DE", 52.5, 13.4), '
      + '"133.11.0.0/16": mmdb.city("JP", 35.7, 139.7)})';
    mkdirSync(directory, { recursive: true });
    execFileSync('python3', ['-c', script, path.join(directory, 'city.mmdb')],
      { cwd: path.join(TOP, 'tests/e2e') });
    return directory;
  }

  // SIGTERM is a drain, SIGKILL a crash; resolves to the exit code, null after a crash.
  async stop(signal = 'SIGTERM') {
    this.child.kill(signal);
    const [code] = await this.exited;
    this.agent.destroy();
    this.agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: 2 });
    return code;
  }

  remove() {
    this.child?.kill('SIGKILL');
    this.agent.destroy();
    rmSync(this.state, { recursive: true, force: true });
  }

  async list(thread) {
    const answer = await this.#request('GET', thread);
    return answer.body.comments;
  }

  async post(thread, author, text, clientId = randomBytes(16).toString('hex')) {
    const answer = await this.#request('POST', thread, { author, text, client_id: clientId });
    if (answer.status !== 201) throw new Error(`posting was answered ${answer.status}`);
    return answer.body;
  }

  #request(method, thread, body) {
    return new Promise((done, failed) => {
      const request = https.request({
        method,
        agent: this.agent,
        host: '127.0.0.1',
        port: this.port,
        path: `/api/threads/${encodeURIComponent(thread)}/comments`,
        headers: { 'content-type': 'application/json' },
      }, async (response) => {
        const chunks = [];
        for await (const chunk of response) chunks.push(chunk);
        const text = Buffer.concat(chunks).toString();
        try {
          done({ status: response.statusCode, body: JSON.parse(text) });
        } catch (error) {
          failed(new Error(`${response.statusCode} ${text}: ${error.message}`));
        }
      });
      request.on('error', failed);
      request.end(body ? JSON.stringify(body) : undefined);
    });
  }
}
