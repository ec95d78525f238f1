#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Reconnect storm: N WebSocket subscribers over TLS 1.3 are dropped at once and come back as fast
# as the generator can connect them, each with its last id, while messages are published and other
# clients ask for a file every 10 ms.
# usage: storm.sh ours      N=10000  STORM_RATE=20 (messages/s)  STORM_CONC=256 (handshakes at once)
#   STORM_RESUME=1: with TLS session tickets   STORM_DROP=rst|fin   STORM_SOURCES=1 (127.0.0.2 ...)
# Only for ours: the resume is by our protocol.
. "$(dirname "$0")/lib.sh"
. "$HERE/peers/fanout_peers.sh"
need "$BIN/storm"
N=${N:-10000} FTLS=1
[[ ${1:?peer} == ours ]] || { echo "storm.sh: only ours resumes by our protocol" >&2; exit 2; }
# Both sides need one descriptor for each, and the server some for the file and for itself.
most=$(($(ulimit -n) - 200))
if [ $N -gt $most ]; then
  echo "# the open-file limit carries only $most subscribers" >&2
  N=$most
fi

for r in $(seq 1 $RUNS); do
  wait_quiet
  start_fanout ours
  $GEN "$BIN/storm" --sub "$SUB" --pub "http://127.0.0.1:$PORT_P/pub/ch" \
    --probe "https://127.0.0.1:$PORT_S/1k.bin" --pub-header "Authorization: Bearer $OURS_SECRET" \
    --n $N --rate ${STORM_RATE:-20} --conc ${STORM_CONC:-256} --resume ${STORM_RESUME:-0} \
    --drop ${STORM_DROP:-rst} --sources ${STORM_SOURCES:-1} \
    --srv-pids "$(tree $SRV_PID | paste -sd,)" >"$TMP/storm.out" 2>"$TMP/storm.err"
  emit storm peer=$PEER n=$N run=$r $(grep -o 'open=.*' "$TMP/storm.out" | head -1) \
    $(tail -1 "$TMP/storm.out") $(mem_of $SRV_PID)
  show_err "$TMP/storm.err"
  stop_all
done
