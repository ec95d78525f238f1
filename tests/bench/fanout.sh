#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fan-out: N WebSocket (or SSE) subscribers on one channel, 100-byte messages.
# usage: fanout.sh ours|nchan|nchan-sse|ws|netty|netty-lean|url:PORT
#   NS="1000 10000"  MODES="idle sat1 sat16 rate flood"  DRATE=50000 (deliveries/s of the rate mode)
#   FTLS=1: over TLS 1.3, the cases are then named fanout-tls-*
#   FSSE=1: event streams (of ours; nchan-sse has no other): fanout-sse-*, with FTLS=1 over HTTP/2
#   and TLS: fanout-h2-*.  FNAME: another name of the case
#   FJSON=1: our WebSockets speak fcedge.v1.json (always so in the flood mode)
#   FSPIN=0: the generator sleeps between messages, which its server has to wake it for
#   url: SUB_URL PUB_URL (ws/wss/http/https), SUB_SEND, SUB_HEADER, PUB_HEADER, PUB_PRE, PUB_SUF
#   adapt the protocol.
# sat1/sat16: closed loop, 1 or 16 messages in flight; rate: open loop, latency counted from the
# intended time; flood: published faster than can be delivered. lost and dup count what no gap
# excuses.
. "$(dirname "$0")/lib.sh"
. "$HERE/peers/fanout_peers.sh"
need "$BIN/fanout"
G="$GEN $BIN/fanout --spin ${FSPIN:-1}" T=${1:?peer}
NAME=fanout
[ "${FTLS:-0}" = 1 ] && NAME=fanout-tls
if [[ "${FSSE:-0}" = 1 || $T == *-sse ]]; then
  NAME=fanout-sse
  [ "${FTLS:-0}" = 1 ] && NAME=fanout-h2
fi
NAME=${FNAME:-$NAME}

wait_ready() { # until the generator has subscribed, or is gone
  local i
  for i in $(seq 1 1200); do
    grep -q READY "$1" && return
    kill -0 $H 2>/dev/null || return
    sleep 0.05
  done
}

idle() { # idle N RUN
  local base rss mem
  base=$(rss_kb)
  : >"$TMP/hold.out"
  $G --sub "$SUB" "${SUBARGS[@]}" --n $1 --hold 4 >"$TMP/hold.out" 2>"$TMP/fan.err" &
  H=$!
  PIDS+=($H)
  wait_ready "$TMP/hold.out"
  sleep 1.5
  mem=$(mem_of $SRV_PID)
  rss=$(value rss_kb "$mem")
  wait $H
  emit $NAME-idle peer=$PEER n=$1 run=$2 $(grep -o 'open=.*' "$TMP/hold.out" | head -1) \
    base_rss_kb=$base $mem \
    rss_bytes_per_conn=$(awk -v a=$rss -v b=$base -v n=$1 'BEGIN { printf "%.0f", (a-b)*1024/n }')
}

load() { # load N MODE: sets OUT and MEAS
  local how c0 c1
  case $2 in
  sat*) how="--window ${2#sat} --pubs ${2#sat}" ;;
  rate) how="--pubs 2 --rate $(awk -v d=${DRATE:-50000} -v n=$1 'BEGIN { print d / n }')" ;;
  esac
  # Two seconds of flood leave a long queue behind; who has one may deliver it.
  [ $2 = flood ] && how="--flood 1 --pubs 64 --drain 30"
  : >"$TMP/fan.out"
  c0=$(cpu_of $SRV_PID)
  $G --sub "$SUB" --pub "$PUB" "${SUBARGS[@]}" --n $1 $how --size 100 --secs $SECS --warm 1 \
    --srv-pids "$(tree $SRV_PID | paste -sd,)" >"$TMP/fan.out" 2>"$TMP/fan.err" &
  H=$! GEN_PID=$H
  PIDS+=($H)
  wait_ready "$TMP/fan.out"
  c1=$(cpu_of $SRV_PID)
  # The cores are watched in the middle of the generator's own window, which begins 1 s later.
  sleep 1.2
  meas_begin
  sleep $(awk -v s=$SECS 'BEGIN { print (s > 1 ? s - 0.8 : s * 0.5) }')
  meas_end
  wait $H
  GEN_PID=
  OUT="$(tail -1 "$TMP/fan.out") connect_cpu_us=$(per $(minus $c1 $c0) $1 0)"
}

for N in ${NS:-1000 10000}; do
  for m in ${MODES:-idle sat1 sat16 rate}; do
    r=0
    while [ $r -lt $RUNS ]; do
      r=$((r + 1))
      [ $m = idle ] && [ $r -gt 1 ] && continue
      [ $m = idle ] || wait_quiet
      [ $m = flood ] && export FJSON=1
      start_fanout "$T"
      if [ $m = idle ]; then
        idle $N $r
      else
        load $N $m
        noisy && { stop_all; r=$((r - 1)); continue; }
        emit $NAME-$m peer=$PEER n=$N run=$r $OUT other_cpu=$OTHER \
          srv_core_busy=$(value srv_core_busy "$MEAS") \
          gen_core_busy=$(value gen_core_busy "$MEAS") steal=$(value steal "$MEAS") \
          $(mem_of $SRV_PID)
      fi
      show_err "$TMP/fan.err"
      stop_all
    done
  done
done
