// SPDX-License-Identifier: Apache-2.0
//
// Times as people say them: "3 minutes ago" while it is fresh, the date later, the exact time on
// request.

const MINUTE_MS = 60000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

// A visitor's clock may be behind ours: the future is now.
function inWords(then) {
  const age = Math.max(0, Date.now() - then);
  if (age < MINUTE_MS) return relative.format(0, 'second');
  if (age < HOUR_MS) return relative.format(-Math.floor(age / MINUTE_MS), 'minute');
  if (age < DAY_MS) return relative.format(-Math.floor(age / HOUR_MS), 'hour');
  return absolute.format(then);
}

export function drawTime(then) {
  const time = document.createElement('time');
  time.dateTime = new Date(then).toISOString();
  time.title = exact.format(then);
  time.textContent = inWords(then);
  return time;
}

export function refreshTimes(list) {
  for (const time of list.querySelectorAll('time')) {
    const words = inWords(Date.parse(time.dateTime));
    if (time.textContent !== words) time.textContent = words;
  }
}
