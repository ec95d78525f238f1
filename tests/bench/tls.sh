#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# TLS 1.3 connections per second (ECDSA P-256, X25519, AES-128-GCM): full and resumed handshakes,
# one small GET each.
# usage: tls.sh ours|nginx|h2o|url:TLSPORT    CASES="full resumed" CONNS=32 P1K=/1k.bin
. "$(dirname "$0")/lib.sh"
. "$HERE/peers/http.sh"
need "$BIN/tlsgen"
start_http "${1:?peer}"

for c in ${CASES:-full resumed}; do
  resume=0
  [ $c = resumed ] && resume=1
  r=0
  while [ $r -lt $RUNS ]; do
    r=$((r + 1))
    wait_quiet
    meas_begin
    o=$($GEN "$BIN/tlsgen" --port $PORT_S --conc ${CONNS:-32} --secs $SECS --resume $resume \
      --path ${P1K:-/1k.bin} 2>"$TMP/tls.err")
    meas_end
    noisy && { r=$((r - 1)); continue; }
    emit tls-$c peer=$PEER run=$r $o $MEAS \
      cpu_us_per_conn=$(per $SRV_CPU_S "$(value done "$o")" 1) $(mem_of $SRV_PID)
    show_err "$TMP/tls.err"
  done
done
