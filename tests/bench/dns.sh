#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# DNS answers per second over UDP on loopback: zone geo.test, 100 names, A; geo peers choose by
# continent out of a 3.7 M node mmdb.
# usage: dns.sh ours|gdnsd|knot-geo|knot|nsd|url:PORT
#   MODES="plain ecs dnsperf dnsperf-ecs" WINDOW=256
#   plain: no EDNS; ecs: a random IPv4 /24 client subnet per query (gen/dnsgen.cpp);
#   half: ecs, at HALF_RATE queries a second and no faster, for the latency
#   dnsperf*: the stock tool for comparison
. "$(dirname "$0")/lib.sh"
. "$HERE/peers/dns.sh"
need "$BIN/dnsgen"
WINDOW=${WINDOW:-256}
HALF_RATE=${HALF_RATE:-75000}
start_dns "${1:?peer}"
for i in $(seq 0 99); do echo "h$i.geo.test A"; done >"$TMP/names.txt"

dnsperf_run() { # dnsperf_run [option...]
  $GEN dnsperf -s 127.0.0.1 -p $PORT_D -d "$TMP/names.txt" -l $SECS -c 4 -T 1 -q 256 "$@" 2>&1 |
    awk '/Queries per second/ { q = $4 } /Average Latency/ { l = $4 } /Queries lost/ { x = $3 }
      /Queries completed/ { n = $3 }
      END { printf "qps=%.0f meanus=%.0f lost=%d answers=%d", q, l * 1e6, x, n }'
}

for m in ${MODES:-plain ecs dnsperf dnsperf-ecs}; do
  r=0
  while [ $r -lt $RUNS ]; do
    r=$((r + 1))
    case $m in dnsperf*) [ $r -gt 1 ] && continue ;; esac
    wait_quiet
    meas_begin
    case $m in
    plain) o=$($GEN "$BIN/dnsgen" --port $PORT_D --secs $SECS --window $WINDOW) ;;
    ecs) o=$($GEN "$BIN/dnsgen" --port $PORT_D --secs $SECS --window $WINDOW --ecs 1) ;;
    half)
      o=$($GEN "$BIN/dnsgen" --port $PORT_D --secs $SECS --window $WINDOW --ecs 1 \
        --rate $HALF_RATE)
      ;;
    dnsperf) o=$(dnsperf_run) ;;
    dnsperf-ecs) o=$(dnsperf_run -E 8:00011800510245) ;;
    esac
    meas_end
    noisy && { r=$((r - 1)); continue; }
    emit dns-$m peer=$PEER run=$r $o $MEAS \
      cpu_us_per_query=$(per $SRV_CPU_S "$(value answers "$o")" 3) $(mem_of $SRV_PID)
  done
done
