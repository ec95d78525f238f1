// SPDX-License-Identifier: Apache-2.0
//
// The two ways to a feed. Each takes a URL and handlers: heard() for any sign of life, retry(ms),
// ready(id), message(id, data), gap(reason, id) and, last and once, lost(). Each returns an object
// with close(), after which handlers may still be called; the caller ignores that.

const SUBPROTOCOL = 'fcedge.v1.json';

export function openWebSocket(url, handlers) {
  const address = new URL(url);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(address, [SUBPROTOCOL]);
  socket.onopen = () => handlers.heard();
  socket.onclose = () => handlers.lost();
  socket.onmessage = (event) => {
    let envelope;
    try {
      envelope = JSON.parse(event.data);
    } catch {
      socket.close();
      return;
    }
    if (envelope.ready) handlers.ready(envelope.ready.id);
    else if (envelope.gap) handlers.gap(envelope.gap.reason, envelope.gap.id);
    else if (envelope.data !== undefined) handlers.message(envelope.id, envelope.data);
    else handlers.heard();
  };
  return { close: () => socket.close(1000) };
}

// Read with fetch and not with EventSource, which hides keep-alives, hides why it failed and paces
// its reconnections by itself.
export function openEventStream(url, handlers) {
  const abort = new AbortController();
  readEventStream(url, handlers, abort.signal)
    .catch(() => {})
    .then(() => handlers.lost());
  return { close: () => abort.abort() };
}

async function readEventStream(url, handlers, signal) {
  const response = await fetch(url, {
    headers: { accept: 'text/event-stream' },
    cache: 'no-store',
    signal,
  });
  const wait = Number(response.headers.get('retry-after'));
  if (wait > 0) handlers.retry(wait * 1000);
  const type = response.headers.get('content-type') ?? '';
  if (!response.ok || !type.startsWith('text/event-stream')) {
    await response.body?.cancel();
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const parse = eventParser(handlers);
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    handlers.heard();
    parse(value);
  }
}

// The event stream format of the HTML standard (9.2.6): takes text in pieces, calls the handlers.
export function eventParser(handlers) {
  let rest = '';
  let event = { type: '', data: [], id: null };

  const dispatch = () => {
    const { type, data, id } = event;
    event = { type: '', data: [], id: null };
    if (type === '' || type === 'message') {
      if (data.length > 0) handlers.message(id, data.join('\n'));
      return;
    }
    let details = {};
    try {
      details = JSON.parse(data.join('\n') || '{}');
    } catch {
      // The type alone says enough.
    }
    if (type === 'ready') handlers.ready(details?.id ?? id);
    if (type === 'gap') handlers.gap(details?.reason ?? String(details), details?.id ?? id);
  };

  const take = (line) => {
    if (line === '') {
      dispatch();
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') event.data.push(value);
    else if (field === 'event') event.type = value;
    else if (field === 'id') event.id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) handlers.retry(Number(value));
  };

  return (text) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?=.)/s);
    rest = lines.pop();
    lines.forEach(take);
  };
}
