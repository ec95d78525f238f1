// SPDX-License-Identifier: Apache-2.0
// npm "ws" fan-out peer, the usual broadcast loop: node ws.js PORT NODE_MODULES [CERT KEY]
const { WebSocketServer } = require(process.argv[3] + '/ws');
const fs = require('fs');
const subs = new Set();
function answer(q, r) {
  const parts = [];
  q.on('data', (d) => parts.push(d));
  q.on('end', () => {
    const m = Buffer.concat(parts);
    for (const c of subs) c.send(m, { binary: false });
    r.end('ok');
  });
}
const [cert, key] = process.argv.slice(4).map((f) => fs.readFileSync(f));
const srv = cert
  ? require('https').createServer({ cert, key, minVersion: 'TLSv1.3' }, answer)
  : require('http').createServer(answer);
srv.keepAliveTimeout = 600000;
const wss = new WebSocketServer({ server: srv, perMessageDeflate: false });
wss.on('connection', (c) => {
  subs.add(c);
  c.on('close', () => subs.delete(c));
  c.on('error', () => {});
});
srv.listen(+process.argv[2], '127.0.0.1', 4096);
