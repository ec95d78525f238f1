// SPDX-License-Identifier: Apache-2.0
//
// The types of fcedge.js. Ids and positions are opaque strings.

export type Transport = 'websocket' | 'sse';

export interface Message {
  channel: string;
  /** Null only on a stream that gives no ids. */
  id: string | null;
  data: string;
  key?: string;
}

export interface Ready {
  /** The position that is reached. */
  id: string | null;
  /** Began without a position, so what was before is to be had elsewhere. */
  fresh: boolean;
}

export interface Gap {
  reason: 'expired' | 'epoch' | 'invalid' | 'overflow' | (string & {});
  /** Messages follow from here; what was before is to be fetched from where it is kept. */
  id: string | null;
}

export interface End {
  /** 4401 unauthorized, 4403 forbidden or revoked, 4404 unknown namespace, 4400 other refusals. */
  code: number;
  reason: string;
}

/** A tick of presence; join and leave only where the namespace tells members. */
export interface PresenceTick {
  count: number;
  join?: string[];
  leave?: string[];
}

export interface Presence {
  count: number;
  members?: string[];
}

export interface SubscribeOptions {
  /** A position to go on from; '0' is the whole log; left out: only what is new. */
  after?: string | null;
  /** Tell of presence, too. */
  presence?: boolean;
  /** Each message once, in order. */
  onMessage?: (message: Message) => void;
  /** Something was missed: fetch the state anew. */
  onGap?: (gap: Gap) => void;
  /** After each connection, when all that could be resumed has come. */
  onReady?: (ready: Ready) => void;
  /** The server has ended the subscription for good; not called for unsubscribe() and close(). */
  onEnd?: (end: End) => void;
  onPresence?: (presence: PresenceTick) => void;
}

export interface Subscription {
  readonly channel: string;
  /** Where it would go on; may be set as long as it is null. */
  position: string | null;
  readonly presence: boolean;
  unsubscribe(): void;
}

export interface PublishOptions {
  /** Where the namespace conflates, a later message with the same key replaces this one. */
  key?: string;
  groups?: string[];
  users?: string[];
  exclude?: string[];
}

export interface State {
  /** `connecting` is before the first success only. */
  state: 'connecting' | 'live' | 'reconnecting' | 'closed';
  transport: Transport | null;
  /** When the next attempt is, in milliseconds since 1970; null while one is under way. */
  retryAt: number | null;
  /** Why the last connection ended. */
  reason: string;
  /** The browser says that there is no network. */
  offline: boolean;
  /** Of `closed`: the server's code, null after close(). */
  code?: number | null;
}

export interface Hello {
  user?: string;
  session?: 'anonymous' | 'token' | 'none';
  ping_ms?: number;
  expires_ms?: number;
  /** Of a new anonymous session; the client keeps it and sends it with its next connections. */
  session_token?: string;
}

/** What a client takes from its surroundings; give your own in Node and in tests. */
export interface Environment {
  /** Node has none before version 22: give that of the package `ws`, for example. */
  WebSocket: (new (url: string, protocols: string[]) => any) | undefined;
  fetch: (url: string, init?: any) => Promise<any>;
  setTimeout: (act: () => void, ms: number) => any;
  clearTimeout: (timer: any) => void;
  /** Milliseconds since 1970. */
  now: () => number;
  /** From 0 to 1. */
  random: () => number;
  /** For the events `online` and `offline`. */
  window: any;
  document: any;
  navigator: any;
}

interface CommonOptions {
  /** A token, or what gets one; it is asked again before a token expires or when it is refused. */
  token?: string | (() => string | null | undefined | Promise<string | null | undefined>);
  /** An anonymous session of before (FcedgeClient.session), for where its cookie is blocked. */
  session?: string | null;
  /** `auto`: WebSocket, and event streams on `feed` where that does not get through. */
  transport?: 'auto' | Transport;
  /**
   * Feeds only: resolves to true if the server has what should have come on this channel. Asked
   * after a time of silence, since a feed by WebSocket that died looks like a quiet one.
   */
  probe?: (channel: string, signal: AbortSignal) => Promise<boolean>;
  onState?: (state: State) => void;
  /** The longest wait between two attempts, unless the server asks for more [30000]. */
  backoffMaxMs?: number;
  /** Of event streams; `include` sends cookies to other origins [same-origin]. */
  credentials?: 'omit' | 'same-origin' | 'include';
  env?: Partial<Environment>;
}

/** `url` is the live route, `feed` a route of one channel with {channel} in it; one is enough. */
export type FcedgeOptions = CommonOptions
  & ({ url: string; feed?: string } | { url?: undefined; feed: string });

export class FcedgeClient {
  /** Throws a TypeError where there is neither a WebSocket nor a feed to take in its place. */
  constructor(options: FcedgeOptions);

  readonly state: State;
  /** What the server said when the live connection opened; null while there is none. */
  readonly hello: Hello | null;
  /** The anonymous session that the server has given, null without one. */
  readonly session: string | null;

  /** Connects when it is called first. A channel can be subscribed once at a time. */
  subscribe(channel: string, options?: SubscribeOptions): Subscription;

  /**
   * Resolves to the message's id. Commands need a live route, wait for its connection and fail
   * with an FcedgeError.
   */
  publish(channel: string, data: string, options?: PublishOptions): Promise<string>;
  presence(channel: string): Promise<Presence>;
  /** Users whose messages are not wanted, in place of those named before; kept over reconnects. */
  block(users: Iterable<string>): Promise<void>;

  /** Does not wait any longer for the next attempt. */
  retryNow(): void;
  /** For good; commands that wait fail, subscriptions end without a call. */
  close(): void;
}

export class FcedgeError extends Error {
  /**
   * A code of PROTOCOL.md, or `disconnected` (whether the command was carried out is unknown),
   * `timeout`, `closed`, or `unsupported` where there is no live route.
   */
  readonly code: string;
  constructor(code: string, message?: string);
}

/** A random wait in milliseconds before the given attempt, the first one being 0. */
export function backoff(attempt: number, max?: number, random?: () => number): number;
