// SPDX-License-Identifier: Apache-2.0
//
// A program against fcedge.d.ts, which is compiled and never run. Where an error is expected, its
// absence is one.

import {
  FcedgeClient, FcedgeError, backoff, type Gap, type Message, type State, type Subscription,
} from '../../../examples/edge/www/fcedge.js';

function show(text: string): void {
  console.log(text);
}

const client = new FcedgeClient({
  url: '/live',
  feed: '/api/threads/{channel}/feed',
  token: async () => 'token',
  transport: 'auto',
  session: null,
  onState: ({ state, retryAt }: State) => show(`${state} ${retryAt === null ? '' : retryAt + 1}`),
});

const sub: Subscription = client.subscribe('chat:1', {
  after: '0',
  presence: true,
  onMessage: ({ id, data, key }: Message) => show((id ?? '') + data.length + (key ?? '')),
  onGap: ({ reason }: Gap) => show(reason),
  onReady: ({ fresh }) => show(fresh ? 'anew' : 'resumed'),
  onEnd: ({ code, reason }) => show(`${code + 1} ${reason}`),
  onPresence: ({ count, join }) => show(`${count + 1} ${join?.length ?? 0}`),
});
show(client.session ?? client.hello?.session_token ?? '');
sub.position ??= '5ca1ab1e.7-42';
sub.unsubscribe();

async function talk(): Promise<number> {
  const id: string = await client.publish('chat:1', 'text', { key: 'k', exclude: ['u9'] });
  const { count, members } = await client.presence('chat:1');
  await client.block(new Set(['u9']));
  try {
    await client.publish('chat:1', id);
  } catch (error) {
    if (error instanceof FcedgeError) show(error.code);
  }
  return count + (members?.length ?? 0) + backoff(1);
}

new FcedgeClient({ feed: '/feed/{channel}', probe: async (channel, signal) => !signal.aborted });
void talk().finally(() => client.close());

// @ts-expect-error neither a live route nor a feed
new FcedgeClient({});
// @ts-expect-error no such transport
new FcedgeClient({ url: '/live', transport: 'pigeon' });
// @ts-expect-error data is text
void client.publish('chat:1', { some: 'object' });
// @ts-expect-error the state is told, not set
client.state = client.state;
