#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Our release build against the peers, interleaved; ends with one RATIO line per comparison.
# usage: run.sh CASE...     a group (http1 http2 tls fanout mem) or a case in full (README.md)
#   ROUNDS=3 SECS=5 NS=1000 FTLS=0 N=10000   PEERS="nginx h2o" (only these)
#   OURS=ours|PEER|url:...: what stands for ours (a peer's name checks the kit itself)
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
HERE=$PWD
WORK=${BENCH_WORK:-$HERE/.work}
OURS=${OURS:-ours} ROUNDS=${ROUNDS:-3} NS=${NS:-1000} FTLS=${FTLS:-0}
OURS_BIN=${OURS_BIN:-$HERE/../../build/examples/edge/fcedge-edge}
export BENCH_WORK=$WORK OURS_BIN SECS=${SECS:-5} N=${N:-10000} RUNS=1 LAT=0
unset MODES CASES PEER_NAME
mkdir -p "$WORK/tmp"
export RESULTS=$WORK/run-$(date +%Y%m%d-%H%M%S)-$$.txt

usage() {
  sed -n '3,7s/^# \?//p' "$HERE/run.sh" >&2
  exit 2
}

expand() { # the cases of a group, or the case itself
  local n t=""
  [ "$FTLS" = 1 ] && t=tls-
  case $1 in
  http1) echo http1-clear-1k http1-tls-1k http1-clear-100k http1-tls-100k ;;
  http2) echo http2-tls-1k http2-tls-100k ;;
  tls) echo tls-full tls-resumed ;;
  fanout) for n in $NS; do echo fanout-${t}sat1-$n fanout-${t}sat16-$n; done ;;
  mem) echo mem-ws mem-ws-tls mem-sse-h2-tls ;;
  http1-clear-1k | http1-tls-1k | http1-clear-100k | http1-tls-100k) echo $1 ;;
  http2-tls-1k | http2-tls-100k | tls-full | tls-resumed) echo $1 ;;
  mem-tls | mem-ws | mem-ws-tls | mem-sse-h2-tls) echo $1 ;;
  *)
    [[ $1 =~ ^fanout-(tls-)?(sat1|sat16|rate)-[1-9][0-9]*$ ]] || return 1
    echo $1
    ;;
  esac
}

peers_of() {
  case $1 in
  http1-* | http2-* | tls-* | mem-tls) echo nginx h2o ;;
  mem-sse-h2-tls) echo nchan-sse ;;
  *) echo nchan ws netty ;;
  esac
}

lacking() { # what a peer needs and this machine has not; nothing when it can run
  case $1 in
  nginx | h2o) command -v $1 >/dev/null || echo "no $1 (setup.sh)" ;;
  nchan*) [ -f /usr/lib/nginx/modules/ngx_nchan_module.so ] || echo "no nchan (setup.sh)" ;;
  ws) [ -d "$WORK/node/node_modules/ws" ] || echo "no node or npm ws (setup.sh)" ;;
  netty*) [ -f "$WORK/java/NettyFanout.class" ] || echo "no Java or Netty (setup.sh netty)" ;;
  esac
}

one() { # one CASE PEER ours|peer: one run
  local c=$1 p=$2 n t=0
  # Only our own side is renamed, so that OURS=h2o can be compared with h2o.
  [ $3 = ours ] && export PEER_NAME=ours || unset PEER_NAME
  case $c in
  http1-*) CASES=${c#http1-} ./http1.sh $p ;;
  http2-*) CASES=${c#http2-} ./http2.sh $p ;;
  tls-*) CASES=${c#tls-} ./tls.sh $p ;;
  fanout-*)
    [[ $c == fanout-tls-* ]] && t=1 c=${c/tls-/}
    n=${c##*-} c=${c#fanout-}
    FTLS=$t NS=$n MODES=${c%-*} ./fanout.sh $p
    ;;
  mem-tls) ./mem.sh tls $p ;;
  mem-ws) FTLS=0 ./mem.sh ws $p ;;
  mem-ws-tls) FTLS=1 ./mem.sh ws $p ;;
  mem-sse-h2-tls) ./mem.sh sse-h2 $p ;;
  esac || echo "# FAILED: $1 $2" >&2
}

[ $# -gt 0 ] || usage
cases=()
for w in "$@"; do
  list=$(expand "$w") || { echo "unknown case: $w" >&2; usage; }
  cases+=($list)
done
if [ $OURS = ours ] && [ ! -x "$OURS_BIN" ]; then
  echo "no release build: run examples/run.sh --build-only (or set OURS_BIN)" >&2
  exit 2
fi
./setup.sh || exit 1

for c in "${cases[@]}"; do
  ours=$OURS
  [[ $c == mem-sse* && $OURS == nchan ]] && ours=nchan-sse
  use=()
  for p in $(peers_of $c); do
    [[ " ${PEERS:-$p} " == *" $p "* ]] || continue
    why=$(lacking $p)
    if [ -n "$why" ]; then
      echo "# SKIPPED PEER $p: $why" >&2
      echo "SKIP $c peer=$p $why" >>"$RESULTS"
    else
      use+=($p)
    fi
  done
  for ((k = 1; k <= ROUNDS; k++)); do
    echo "# $c round $k of $ROUNDS"
    one $c $ours ours
    for p in "${use[@]}"; do one $c $p peer; done
  done
done
python3 ratio.py "$RESULTS" "${cases[@]}"
