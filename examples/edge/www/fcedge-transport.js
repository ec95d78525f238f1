// SPDX-License-Identifier: Apache-2.0
//
// The two ways to a node, as one: both give the objects of `fcedge.v1.json` (PROTOCOL.md). Each
// takes a URL, an anonymous session if there is one, and handlers: heard() for any sign of life,
// object(object), retry(ms) and, last and once, closed({ code, reason }). Each returns an object
// with close(), after which handlers may still be called; the caller ignores that.

const SUBPROTOCOL = 'fcedge.v1.json';

// Events of other types are of a later protocol.
const EVENTS = new Set(['ready', 'gap', 'end', 'presence']);

// Refusals by HTTP, as the close codes that say the same.
const CODE_OF_STATUS = { 401: 4401, 403: 4403, 404: 4404 };

export function openWebSocket(env, url, session, handlers) {
  const address = new URL(url);
  // A WebSocket has no fields of ours.
  if (session) address.searchParams.set('session', session);
  address.protocol = address.protocol.replace('http', 'ws');
  const socket = new env.WebSocket(address.href, [SUBPROTOCOL]);
  socket.onopen = () => handlers.heard();
  socket.onclose = ({ code, reason }) => handlers.closed({ code, reason });
  socket.onmessage = (event) => {
    const object = parse(event.data);
    if (object) handlers.object(object);
    else socket.close();
  };
  return {
    send: (object) => socket.send(JSON.stringify(object)),
    close: () => socket.close(1000),
  };
}

// Read with fetch and not with EventSource, which hides keep-alives, positions and the reason why
// it failed, paces its reconnections by itself, and is not there in Node.
export function openEventStream(env, url, session, handlers) {
  const abort = new AbortController();
  readEventStream(env, url, session, handlers, abort.signal)
    .catch((error) => ({ reason: error.message }))
    .then((end) => handlers.closed(end ?? {}));
  return { close: () => abort.abort() };
}

async function readEventStream(env, url, session, handlers, signal) {
  const headers = { accept: 'text/event-stream' };
  if (session) headers['x-fcedge-session'] = session;
  const response = await env.fetch(url.href, {
    headers,
    cache: 'no-store',
    credentials: env.credentials,
    signal,
  });
  const seconds = Number(response.headers.get('retry-after'));
  if (seconds > 0) handlers.retry(seconds * 1000);
  const type = response.headers.get('content-type') ?? '';
  if (!response.ok || !type.startsWith('text/event-stream')) {
    await response.body?.cancel();
    return { code: CODE_OF_STATUS[response.status], reason: `HTTP ${response.status}` };
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const take = eventParser(handlers);
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return {};
    handlers.heard();
    take(value);
  }
}

function parse(text) {
  try {
    const object = JSON.parse(text);
    return typeof object === 'object' ? object : null;
  } catch {
    return null;
  }
}

// The event stream format of the HTML standard (9.2.6): takes text in pieces, calls the handlers.
export function eventParser(handlers) {
  let rest = '';
  let event = { type: '', data: [], id: null };

  const dispatch = () => {
    const { type, data, id } = event;
    event = { type: '', data: [], id: null };
    const text = data.join('\n');
    if (type === '' || type === 'message') {
      if (data.length > 0) handlers.object({ id, data: text });
      else if (id !== null) handlers.object({ at: { id } });
      return;
    }
    if (!EVENTS.has(type)) return;
    const details = parse(text) ?? {};
    if (id !== null) details.id ??= id;
    handlers.object({ [type]: details });
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
