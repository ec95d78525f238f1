#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# N subscribers that never read, with small receive buffers, beside some that do, while MSGS
# messages of SLOW_SIZE bytes pass. What the server's memory grows by for each, and what the kernel
# holds; the healthy ones must get all, without a gap. (At a higher SLOW_RATE a server may fall
# behind its own log while the slow ones still take what fits into their kernel buffers.)
# usage: slow.sh ours|nchan|ws|netty|url:PORT
#   N=10000  MSGS=1000  SLOW_SIZE=1024  SLOW_RATE=40 (messages/s)  SLOW_BATCH=20 (at once)
#   HEALTHY=20
#   FTLS=1: over TLS 1.3. The cases are slow-clear and slow-tls.
. "$(dirname "$0")/lib.sh"
. "$HERE/peers/fanout_peers.sh"
need "$BIN/fanout"
N=${N:-10000} MSGS=${MSGS:-1000} HEALTHY=${HEALTHY:-20}
NAME=slow-clear
[ "${FTLS:-0}" = 1 ] && NAME=slow-tls
export FJSON=1

slab_kb() { # what the kernel's caches hold in all, and nothing where only root may read it
  awk 'NR > 2 { t += $3 * $4 / 1024 } END { if (t) printf "%d", t }' /proc/slabinfo 2>/dev/null
}

pass() { # pass SLOW: lets the messages pass
  $GEN "$BIN/fanout" --sub "$SUB" --pub "$PUB" "${SUBARGS[@]}" --n $HEALTHY --slow $1 \
    --msgs $MSGS --size ${SLOW_SIZE:-1024} --rate ${SLOW_RATE:-40} --pubs 20 --warm 0 --drain 20 \
    --batch ${SLOW_BATCH:-20} --after $2 \
    --srv-pids "$(tree $SRV_PID | paste -sd,)" >"$TMP/slow.out" 2>"$TMP/slow.err" &
  H=$!
  PIDS+=($H)
}

until_says() { # until_says WORD: the generator has come so far, or is gone
  local i
  for i in $(seq 1 1800); do
    grep -q "$1" "$TMP/slow.out" && return
    kill -0 $H 2>/dev/null || return
    sleep 0.05
  done
}

each() { # each KB KB: bytes of the difference for each slow subscriber
  awk -v a="${1:-0}" -v b="${2:-0}" -v n=$N 'BEGIN { printf "%.0f", (a - b) * 1024 / n }'
}

for r in $(seq 1 $RUNS); do
  start_fanout "${1:?peer}"
  # The log fills, and the allocator warms up, with healthy ones only: that is not theirs.
  : >"$TMP/slow.out"
  pass 0 0
  wait $H
  sleep 1
  base=$(rss_kb) kernel0=$(kernel_tcp_kb) slab0=$(slab_kb)
  : >"$TMP/slow.out"
  pass $N 4
  until_says READY
  sleep 0.3
  idle=$(rss_kb) kernel1=$(kernel_tcp_kb)
  until_says PASSED
  sleep 2
  mem=$(mem_of $SRV_PID)
  after=$(value rss_kb "$mem") kernel2=$(kernel_tcp_kb) slab2=$(slab_kb)
  more=""
  if [ $PEER = ours ]; then
    more="gaps_told=$(ours_metric fcedge_pubsub_gaps_total)"
    more+=" write_time=$(ours_metric fcedge_limit_write_time_total)"
    more+=" queue_full=$(ours_metric fcedge_limit_websocket_queue_total)"
    more+=" dead=$(ours_metric fcedge_websocket_dead_total)"
  fi
  wait $H
  emit $NAME peer=$PEER n=$N run=$r base_rss_kb=$base idle_rss_kb=$idle $mem \
    idle_bytes_per_sub=$(each $idle $base) grow_bytes_per_sub=$(each $after $idle) \
    bytes_per_sub=$(each $after $base) kernel_idle_kb=$((kernel1 - kernel0)) \
    kernel_tcp_kb=$((kernel2 - kernel0)) kernel_bytes_per_sub=$(each $kernel2 $kernel0) \
    slab_bytes_per_sub=$(each "$slab2" "$slab0") $more $(tail -1 "$TMP/slow.out")
  show_err "$TMP/slow.err"
  stop_all
done
