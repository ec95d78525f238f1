#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# HTTP/1.1 keep-alive GET of 1 KiB and 100 KiB, in clear and over TLS 1.3.
# usage: http1.sh ours|nginx|h2o|url:PLAIN[,TLS]   (a port may be "-": skip it)
#   CASES="clear-1k tls-1k clear-100k tls-100k"  P1K=/1k.bin P100K=/100k.bin CONNS=64
#   TOOL=httpgen|wrk: httpgen is the cheaper generator, its cases are http1-*, wrk's http1wrk-*
. "$(dirname "$0")/lib.sh"
. "$HERE/peers/http.sh"
TOOL=${TOOL:-httpgen} CONNS=${CONNS:-64}
need "$BIN/httpgen"
[ $TOOL = httpgen ] || need wrk
start_http "${1:?peer}"

one_run() { # one_run clear|tls PORT PATH: sets OUT and NAME
  if [ $TOOL = wrk ]; then
    local scheme=http
    [ $1 = tls ] && scheme=https
    NAME=http1wrk
    meas_begin
    OUT=$($GEN wrk -t1 -c$CONNS -d${SECS}s --latency "$scheme://127.0.0.1:$2$3" 2>&1)
    meas_end
    OUT=$(awk -f "$HERE/gen/wrk.awk" <<<"$OUT")
  else
    local tls=0
    [ $1 = tls ] && tls=1
    NAME=http1
    meas_begin
    OUT=$($GEN "$BIN/httpgen" --port $2 --tls $tls --path $3 --conns $CONNS --secs $SECS \
      2>"$TMP/http1.err")
    meas_end
    show_err "$TMP/http1.err"
  fi
}

for c in ${CASES:-clear-1k tls-1k clear-100k tls-100k}; do
  mode=${c%-*} size=${c#*-}
  port=$PORT_H path=${P1K:-/1k.bin}
  [ $mode = tls ] && port=$PORT_S
  [ $size = 100k ] && path=${P100K:-/100k.bin}
  [ -n "$port" ] || continue
  r=0
  while [ $r -lt $RUNS ]; do
    r=$((r + 1))
    wait_quiet
    one_run $mode $port $path
    noisy && { r=$((r - 1)); continue; }
    emit $NAME-$c peer=$PEER run=$r $OUT $MEAS \
      cpu_us_per_req=$(per $SRV_CPU_S "$(value requests "$OUT")") $(mem_of $SRV_PID)
  done
done
