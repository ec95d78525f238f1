// SPDX-License-Identifier: Apache-2.0
//
// The page: wires a thread and its feed to what is shown. Opening order: the feed first, then the
// list, merged by id, so that nothing falls between the two.

import { drawCities } from './cities.js';
import { CommentList } from './list.js';
import { ConnectionView } from './connection.js';
import { FcedgeClient } from './fcedge.js';
import { connectForm } from './form.js';
import { drawCacheStatus } from './picture.js';
import { Thread } from './thread.js';

const FEED_HEADSTART_MS = 1500; // then the list is shown even though the feed is not open yet
const GAP_JITTER_MS = 500; // all viewers of a thread may learn of a gap at the same moment
const BACKOFF_MAX_MS = 8000; // somebody looks at the page and waits

const query = new URLSearchParams(location.search);
const threadName = query.get('thread') || 'lobby';
const element = (id) => document.getElementById(id);

element('thread-name').textContent = threadName;
document.title = `${threadName} - Live comments`;

async function load() {
  const answer = await thread.load();
  if (!answer) return;
  list.loaded();
  // The list holds all up to its position, so a feed that is not open yet may begin there.
  feed.position ??= answer.position;
}

const thread = new Thread(threadName, {
  onComment: (comment, fresh) => list.add(comment, fresh),
  onForget: (id) => list.remove(id),
  onPending: (entry) => list.drawPending(entry),
  onSent: (entry) => list.removePending(entry),
});

const list = new CommentList(thread);

const connection = new ConnectionView(() => client.retryNow());
const headstart = setTimeout(load, FEED_HEADSTART_MS);
let client = null;
let feed = null;

function connect(after) {
  client = new FcedgeClient({
    feed: thread.feedUrl,
    transport: query.get('transport') ?? 'auto',
    backoffMaxMs: BACKOFF_MAX_MS,
    probe: (channel, signal) => thread.isBehind(signal),
    onState: (state) => connection.show(state),
  });
  feed = client.subscribe(threadName, {
    after,
    onMessage: ({ data }) => {
      try {
        thread.add(JSON.parse(data), true);
      } catch {
        // Somebody else may publish on this channel; what is no comment is not shown.
      }
    },
    onGap: ({ reason }) => {
      connection.gap(reason);
      setTimeout(load, Math.random() * GAP_JITTER_MS);
    },
    onReady: ({ fresh }) => {
      thread.wake();
      clearTimeout(headstart);
      if (fresh) load();
    },
    onEnd: ({ reason }) => {
      clearTimeout(headstart);
      connection.end(reason);
      load();
    },
  });
}

connectForm(element('form'), (author, text) => thread.post(author, text));

// A page in the back-forward cache must hold no connection, and opens one when it is shown again.
addEventListener('pagehide', () => client.close());
addEventListener('pageshow', (event) => { if (event.persisted) connect(feed.position); });

connect();
thread.restore();
drawCacheStatus(element('picture'), element('cache-status'));
drawCities(element('geo'), element('cities'), element('map'));
