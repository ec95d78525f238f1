// SPDX-License-Identifier: Apache-2.0
//
// Shows the state of the connection, and what a gap was about.

const GAP_SHOWN_MS = 30000;

const TRANSPORTS = { websocket: 'WebSocket', sse: 'event stream' };
const WORDS = {
  connecting: 'Connecting', live: 'Live', waiting: 'Reconnecting', offline: 'Offline',
  ended: 'Not live',
};

const element = (id) => document.getElementById(id);

export class ConnectionView {
  // `onRetry` when somebody does not want to wait for the next attempt.
  constructor(onRetry) {
    this.page = document.documentElement;
    this.state = { kind: 'connecting' };
    this.gaps = 0;
    element('retry-now').onclick = () => {
      // The button goes away with its click, and the keyboard's place must not go with it.
      element('comments-title').focus({ preventScroll: true });
      onRetry();
    };
    setInterval(() => this.#draw(), 1000);
  }

  // `state` as FcedgeClient tells it.
  show({ state, transport, retryAt, offline }) {
    if (this.state.kind === 'ended') return;
    let kind = state === 'live' ? 'live' : 'connecting';
    if (retryAt !== null) kind = offline ? 'offline' : 'waiting';
    this.state = { kind, transport, until: retryAt };
    this.#draw();
  }

  // The server has ended the subscription, so there is nothing more to be told.
  end(reason) {
    this.state = { kind: 'ended', reason };
    this.#draw();
  }

  gap(reason) {
    this.gaps += 1;
    this.page.dataset.gaps = this.gaps;
    this.page.dataset.gap = reason;
    const gap = element('gap');
    gap.hidden = false;
    gap.textContent = 'The connection could not be resumed where it broke off, '
      + 'so the comments have been loaded anew.';
    clearTimeout(this.gapTimer);
    this.gapTimer = setTimeout(() => { gap.hidden = true; }, GAP_SHOWN_MS);
  }

  #draw() {
    const { kind, transport, until, reason } = this.state;
    this.page.dataset.state = kind;
    this.page.dataset.transport = transport ?? '';
    // The text is read aloud when it changes, the countdown beside it is not.
    const text = element('state-text');
    if (text.textContent !== WORDS[kind]) text.textContent = WORDS[kind];
    let detail = '';
    if (kind === 'live') detail = `by ${TRANSPORTS[transport]}`;
    if (kind === 'ended') detail = reason;
    if (until) {
      const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      detail = kind === 'offline' ? `next try in ${seconds} s` : `in ${seconds} s`;
    }
    element('state-detail').textContent = detail;
    element('retry-now').hidden = !until;
  }
}
