#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# HTTP/2 over TLS 1.3, 1 KiB and 100 KiB objects (h2load -c 32 -m 32). Latency percentiles come
# from a second, logged run (LAT=0 leaves it out), since logging costs the generator CPU.
# usage: http2.sh ours|nginx|h2o|url:TLSPORT    CASES="tls-1k tls-100k" C=32 M=32 P1K= P100K=
. "$(dirname "$0")/lib.sh"
. "$HERE/peers/http.sh"
need h2load
start_http "${1:?peer}"
C=${C:-32} M=${M:-32}

latency() { # latency URL
  rm -f "$TMP/h2.log"
  $GEN h2load -t1 -c$C -m$M -D 2 --log-file="$TMP/h2.log" "$1" >/dev/null 2>&1
  awk '$2 == 200 { print $3 }' "$TMP/h2.log" | sort -n | awk '
    { a[NR] = $1 }
    END { printf "p50us=%d p99us=%d", a[int(NR * .5) + 1], a[int(NR * .99) + 1] }'
}

for c in ${CASES:-tls-1k tls-100k}; do
  path=${P1K:-/1k.bin}
  [ $c = tls-100k ] && path=${P100K:-/100k.bin}
  url=https://127.0.0.1:$PORT_S$path
  r=0
  while [ $r -lt $RUNS ]; do
    r=$((r + 1))
    wait_quiet
    meas_begin
    o=$($GEN h2load -t1 -c$C -m$M -D $SECS --warm-up-time=1 "$url" 2>&1)
    meas_end
    noisy && { r=$((r - 1)); continue; }
    rps=$(awk '/^finished in/ { print $4 }' <<<"$o")
    bad=$(awk '/^requests:/ { print $10 + $12 }' <<<"$o")
    proto=$(awk '/^Application protocol/ { print $3 }' <<<"$o")
    lat=
    [ "${LAT:-1}" = 1 ] && lat=$(latency "$url")
    # The server's CPU clock ran through the warm-up second too.
    n=$(awk -v s=$SECS -v q="${rps:-0}" 'BEGIN { print q * (s + 1) }')
    emit http2-$c peer=$PEER run=$r rps=$rps $lat failed=$bad proto=$proto $MEAS \
      cpu_us_per_req=$(per $SRV_CPU_S $n) $(mem_of $SRV_PID)
  done
done
