// SPDX-License-Identifier: Apache-2.0
//
// Says which node the geo index chooses for clients of some cities: what the node explains of
// subnets that are there (they are those of universities).

const CITIES = [
  ['Berlin', '130.149.0.0/16'],
  ['London', '155.198.0.0/16'],
  ['Nairobi', '41.89.0.0/22'],
  ['Cape Town', '137.158.0.0/16'],
  ['Mumbai', '103.21.124.0/22'],
  ['Singapore', '137.132.0.0/19'],
  ['Tokyo', '133.11.0.0/16'],
  ['Sydney', '129.78.0.0/16'],
  ['S\u00e3o Paulo', '143.107.0.0/22'],
  ['Mexico City', '132.248.0.0/20'],
  ['New York', '128.59.0.0/16'],
  ['Berkeley', '169.229.0.0/16'],
];
const SET = 'world';
const TRIES = 40; // a large database takes some seconds to be read after the start
const PAUSE_MS = 1500;

async function explain(subnet) {
  const answer = await fetch(`geo/${SET}/${subnet}`);
  return answer.ok ? answer.json() : null;
}

async function isKnown() {
  for (let tries = 0; tries < TRIES; tries += 1) {
    if ((await explain(CITIES[0][1]))?.place.known) return true;
    await new Promise((done) => { setTimeout(done, PAUSE_MS); });
  }
  return false;
}

function addRow(body, city, subnet, { answer, candidates }) {
  const first = candidates.find(({ node }) => node === answer[0]);
  const distance = first ? `${first.distance_km.toLocaleString('en')} km` : '';
  const row = body.insertRow();
  for (const text of [city, subnet, first?.node ?? 'none', distance]) {
    row.insertCell().textContent = text;
  }
  row.lastChild.className = 'number';
}

// Shown only where there is a database; without one there is nothing to tell.
export async function drawCities(section, body, map) {
  try {
    if (!await isKnown()) return;
    const told = await Promise.all(CITIES.map(([, subnet]) => explain(subnet)));
    told.forEach((explanation, i) => {
      if (explanation?.place.known) addRow(body, ...CITIES[i], explanation);
    });
    map.src = 'map/world.svg';
    section.hidden = false;
  } catch {
    // It is not worth an error: the page says itself when the server is away.
  }
}
