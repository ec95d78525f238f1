#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Memory: RSS and PSS of a server idle and with N idle connections.
# usage: mem.sh tls    ours|nginx|h2o|url:TLSPORT          keep-alive HTTPS, one GET each
#        mem.sh ws     ours|nchan|ws|netty|netty-lean|url:PORT   subscribers
#        mem.sh sse-h2 ours|nchan-sse|url:PORT            SSE, each on an own HTTP/2+TLS one
#   N=10000; FTLS=1: ws over TLS 1.3. Cases: mem-tls mem-ws mem-ws-tls mem-sse-h2-tls
. "$(dirname "$0")/lib.sh"
. "$HERE/peers/http.sh"
. "$HERE/peers/fanout_peers.sh"
N=${N:-10000} K=${1:?tls, ws or sse-h2} T=${2:?peer}
[ $K = sse-h2 ] && FTLS=1

hold() { # hold CASE CMD...: starts the generator, waits for READY, reports, ends it
  local name=$1 base sock mem rss i
  shift
  : >"$TMP/hold.out"
  base=$(rss_kb) sock=$(kernel_tcp_kb)
  "$@" >"$TMP/hold.out" 2>"$TMP/hold.err" &
  H=$!
  PIDS+=($H)
  for i in $(seq 1 700); do
    grep -qE 'READY|TIMEOUT' "$TMP/hold.out" && break
    kill -0 $H 2>/dev/null || break
    sleep 0.1
  done
  sleep 1.5
  mem=$(mem_of $SRV_PID)
  rss=$(value rss_kb "$mem")
  show_err "$TMP/hold.err"
  emit $name peer=$PEER n=$N $(grep -oE 'open=.*' "$TMP/hold.out" | head -1) idle_rss_kb=$base \
    $mem kernel_tcp_kb=$(($(kernel_tcp_kb) - sock)) \
    bytes_per_conn=$(awk -v a=$rss -v b=$base -v n=$N 'BEGIN { printf "%.0f", (a-b)*1024/n }')
  kill $H 2>/dev/null
  wait $H 2>/dev/null
  return 0 # the generator was ended on purpose
}

case $K in
tls)
  need "$BIN/tlsgen"
  [[ $T == url:* ]] && T="url:-,${T#url:}"
  start_http "$T"
  sleep 0.5
  hold mem-tls $GEN "$BIN/tlsgen" --port $PORT_S --hold $N --secs 8 --path ${P1K:-/1k.bin}
  ;;
ws)
  need "$BIN/fanout"
  start_fanout "$T"
  name=mem-ws
  [ "${FTLS:-0}" = 1 ] && name=mem-ws-tls
  hold $name $GEN "$BIN/fanout" --sub "$SUB" "${SUBARGS[@]}" --n $N --hold 8
  ;;
sse-h2)
  need "$BIN/ssegen"
  start_fanout "$T"
  hold mem-sse-h2-tls $GEN "$BIN/ssegen" --url "https://${SUB#*://}" --n $N --hold 8
  ;;
*)
  echo "unknown kind $K" >&2
  exit 2
  ;;
esac
