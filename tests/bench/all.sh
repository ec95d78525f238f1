#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The peers' baselines: every case and peer, interleaved, ROUNDS=3 times (one run of each peer per
# round), so that a disturbance on the machine hits all peers alike and medians stay fair.
# CASES="fanout dns tls http1 http2 cache mem". To compare ours with them, use run.sh.
cd "$(dirname "$0")" || exit 1
export RUNS=1 SECS=${SECS:-3}
wanted=${CASES:-fanout dns tls http1 http2 cache mem}
unset CASES PEER_NAME
each() { # each SCRIPT PEER...
  local c=$1 t
  shift
  for t in "$@"; do "./$c.sh" "$t"; done
}
for c in $wanted; do
  for ((k = 1; k <= ${ROUNDS:-3}; k++)); do
    case $c in
    fanout) MODES=${FANOUT_MODES:-sat1 sat16 rate} each fanout nchan netty ws ;;
    dns) each dns gdnsd knot-geo knot nsd ;;
    tls | http1 | http2) each $c nginx h2o ;;
    cache) each cache nginx varnish-file varnish-malloc ;;
    mem)
      [ $k = 1 ] || continue
      for t in nginx h2o; do ./mem.sh tls $t; done
      for t in nchan ws netty netty-lean; do ./mem.sh ws $t; done
      ;;
    esac
  done
done
