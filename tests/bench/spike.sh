#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Memory and GC through a traffic spike: N idle subscribers, then SECS of saturation (16 messages
# in flight).
# usage: spike.sh ours|netty|netty-lean|nchan|ws|url:PORT      N=10000
. "$(dirname "$0")/lib.sh"
. "$HERE/peers/fanout_peers.sh"
need "$BIN/fanout"
N=${N:-10000}
SHOW='deliv_s|msg_s|p50us|p99us|maxus|srv_cpu|cpu_us_per_deliv|missing|lost|dup|gaps|closed'

gc_pauses() {
  awk '/Pause/ { v = $NF; sub("ms", "", v); n++; t += v; if (v > m) m = v }
    END { printf "gc_pauses=%d gc_total_ms=%.1f gc_max_ms=%.1f", n, t, m }' "$TMP/netty-gc.log"
}

for r in $(seq 1 $RUNS); do
  : >"$TMP/spike.out"
  wait_quiet
  start_fanout "${1:?peer}"
  base=$(rss_kb)
  $GEN "$BIN/fanout" --sub "$SUB" --pub "$PUB" "${SUBARGS[@]}" --n $N --window 16 --pubs 16 \
    --secs $SECS --warm 1 --srv-pids "$(tree $SRV_PID | paste -sd,)" \
    >"$TMP/spike.out" 2>"$TMP/spike.err" &
  H=$!
  PIDS+=($H)
  for i in $(seq 1 1200); do
    grep -q READY "$TMP/spike.out" && break
    kill -0 $H 2>/dev/null || break
    sleep 0.05
  done
  idle=$(rss_kb)
  peak=$idle
  while kill -0 $H 2>/dev/null; do
    x=$(rss_kb)
    [ "${x:-0}" -gt "$peak" ] && peak=$x
    sleep 0.2
  done
  sleep 1
  gc=""
  [ "$SRV_LOG" = "$TMP/netty.log" ] && gc=$(gc_pauses)
  emit spike peer=$PEER n=$N run=$r start_rss_kb=$base idle_rss_kb=$idle peak_rss_kb=$peak \
    after_rss_kb=$(rss_kb) $gc $(grep -oE "\b($SHOW)=[^ ]*" "$TMP/spike.out" | paste -sd' ')
  stop_all
done
