#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Our release build against the peers, interleaved; ends with one RATIO line per comparison.
# usage: run.sh CASE...     a group or a case in full (README.md). Groups: http1 http2 tls mem
#     cache cache-tls cache-cold dns fanout rate flood fanout-tls fanout-sse storm slow spike
#     curve-subs curve-channels geo-index
#     herd: all of fan-out but the curves
#   ROUNDS=3 SECS=5 NS="1000 10000" N=10000   PEERS="nginx h2o" (only these)
#   OURS=ours|PEER|url:...: what stands for ours (a peer's name checks the kit itself)
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
HERE=$PWD
WORK=${BENCH_WORK:-$HERE/.work}
OURS=${OURS:-ours} ROUNDS=${ROUNDS:-3} NS=${NS:-1000 10000}
OURS_BIN=${OURS_BIN:-$HERE/../../build/examples/edge/fcedge-edge}
export BENCH_WORK=$WORK OURS_BIN SECS=${SECS:-5} N=${N:-10000} RUNS=1 LAT=0
unset MODES CASES PEER_NAME FTLS FSSE FJSON FNAME
mkdir -p "$WORK/tmp"
export RESULTS=$WORK/run-$(date +%Y%m%d-%H%M%S)-$$.txt

usage() {
  sed -n '3,9s/^# \?//p' "$HERE/run.sh" >&2
  exit 2
}

herd="fanout rate flood fanout-tls fanout-sse storm slow spike"

expand() { # the cases of a group, or the case itself
  local n g
  case $1 in
  http1) echo http1-clear-1k http1-tls-1k http1-clear-100k http1-tls-100k ;;
  http2) echo http2-tls-1k http2-tls-100k ;;
  tls) echo tls-full tls-resumed ;;
  cache) echo cache-hit-clear cache-1m-clear ;;
  cache-tls) echo cache-hit-tls ;;
  dns) echo dns-plain dns-ecs dns-half ;;
  geo-index | geo-lookup) echo geo-lookup ;;
  herd) for g in $herd; do expand $g; done ;;
  fanout | fanout-tls) for n in $NS; do echo $1-sat1-$n $1-sat16-$n; done ;;
  rate | flood) for n in $NS; do echo fanout-$1-$n; done ;;
  fanout-sse)
    for n in $NS; do
      echo fanout-sse-sat1-$n fanout-sse-sat16-$n fanout-h2-sat1-$n fanout-h2-sat16-$n
    done
    ;;
  slow) echo slow-clear slow-tls ;;
  mem) echo mem-ws mem-ws-tls mem-sse-h2-tls ;;
  http1-clear-1k | http1-tls-1k | http1-clear-100k | http1-tls-100k) echo $1 ;;
  http2-tls-1k | http2-tls-100k | tls-full | tls-resumed) echo $1 ;;
  cache-hit-clear | cache-hit-tls | cache-1m-clear | cache-cold) echo $1 ;;
  dns-plain | dns-ecs | dns-half | dns-dnsperf | dns-dnsperf-ecs) echo $1 ;;
  mem-tls | mem-ws | mem-ws-tls | mem-sse-h2-tls) echo $1 ;;
  storm | slow-clear | slow-tls | spike | curve-subs | curve-channels) echo $1 ;;
  *)
    [[ $1 =~ ^fanout-(tls-|sse-|h2-)?(sat1|sat16|rate|flood)-[1-9][0-9]*$ ]] || return 1
    echo $1
    ;;
  esac
}

peers_of() {
  case $1 in
  http1-* | http2-* | tls-* | mem-tls) echo nginx h2o ;;
  # ours-memory is our own cache with its tier in memory, in the same sitting.
  cache-hit-tls) echo ours-memory nginx ;;
  cache-1m-clear) echo nginx varnish-file varnish-malloc ;;
  cache-*) echo ours-memory nginx varnish-file varnish-malloc ;;
  dns-*) echo gdnsd knot-geo knot ;;
  mem-sse-h2-tls) echo nchan-sse ;;
  # ours-ws is our own WebSocket, in the same sitting.
  fanout-sse-* | fanout-h2-*) echo ours-ws nchan-sse ;;
  # Nobody else bounds what a flood or a slow reader makes it keep.
  fanout-flood-* | fanout-*-flood-* | slow-*) echo nchan ;;
  spike) echo netty ;;
  # libmaxminddb is asked in the same process.
  storm | curve-* | geo-lookup) ;;
  *) echo nchan ws netty ;;
  esac
}

lacking() { # what a peer needs and this machine has not; nothing when it can run
  case $1 in
  nginx | h2o) command -v $1 >/dev/null || echo "no $1 (setup.sh)" ;;
  varnish-*) command -v varnishd >/dev/null || echo "no varnishd (setup.sh cache)" ;;
  gdnsd) command -v gdnsd >/dev/null || echo "no gdnsd (setup.sh dns)" ;;
  knot*) command -v knotd >/dev/null || echo "no knotd (setup.sh dns)" ;;
  nchan*) [ -f /usr/lib/nginx/modules/ngx_nchan_module.so ] || echo "no nchan (setup.sh)" ;;
  ws) [ -d "$WORK/node/node_modules/ws" ] || echo "no node or npm ws (setup.sh)" ;;
  netty*) [ -f "$WORK/java/NettyFanout.class" ] || echo "no Java or Netty (setup.sh netty)" ;;
  esac
}

fan() { # fan CASE PEER
  local c=${1#fanout-} p=$2 t=0 sse=0 name=fanout
  case $c in
  tls-*) t=1 name=fanout-tls c=${c#tls-} ;;
  sse-*) sse=1 name=fanout-sse c=${c#sse-} ;;
  h2-*) sse=1 t=1 name=fanout-h2 c=${c#h2-} ;;
  esac
  if [ $p = ours-ws ]; then
    export PEER_NAME=ours-ws
    p=ours sse=0
  fi
  FNAME=$name FSSE=$sse FTLS=$t NS=${c##*-} MODES=${c%-*} ./fanout.sh $p
}

one() { # one CASE PEER ours|peer: one run
  local c=$1 p=$2
  # Only our own side is renamed, so that OURS=h2o can be compared with h2o.
  [ $3 = ours ] && export PEER_NAME=ours || unset PEER_NAME
  case $c in
  http1-*) CASES=${c#http1-} ./http1.sh $p ;;
  http2-*) CASES=${c#http2-} ./http2.sh $p ;;
  tls-*) CASES=${c#tls-} ./tls.sh $p ;;
  cache-*) CASES=${c#cache-} ./cache.sh $p ;;
  dns-*) MODES=${c#dns-} ./dns.sh $p ;;
  geo-lookup) ./geo_index.sh $p ;;
  fanout-*) fan $c $p ;;
  storm) ./storm.sh $p ;;
  slow-clear) FTLS=0 ./slow.sh $p ;;
  slow-tls) FTLS=1 ./slow.sh $p ;;
  spike) FTLS=1 ./spike.sh $p ;;
  curve-subs) ./curve.sh subs $p ;;
  curve-channels) ./curve.sh channels $p ;;
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
if [[ " ${cases[*]} " == *" geo-lookup "* ]]; then
  ninja -C "$HERE/../../build" tests/bench/bench-geo-index >/dev/null ||
    { echo "bench-geo-index cannot be built: libmaxminddb-dev may be missing" >&2 && exit 2; }
fi
others=$(printf '%s\n' "${cases[@]}" | grep -v '^geo-lookup$')
if [[ $OURS = ours && -n "$others" && ! -x "$OURS_BIN" ]]; then
  echo "no release build: run examples/run.sh --build-only (or set OURS_BIN)" >&2
  exit 2
fi
words=""
[[ " ${cases[*]}" == *" cache-"* ]] && words=cache
[[ " ${cases[*]}" == *" dns-"* ]] && words+=" dns"
# Look-ups need none of it.
[ "${cases[*]}" = geo-lookup ] || ./setup.sh $words || exit 1

for c in "${cases[@]}"; do
  ours=$OURS
  [[ $c == mem-sse* || $c == fanout-sse-* || $c == fanout-h2-* ]] && [ $OURS = nchan ] &&
    ours=nchan-sse
  rounds=$ROUNDS
  [[ $c == curve-* ]] && rounds=1
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
  for ((k = 1; k <= rounds; k++)); do
    echo "# $c round $k of $rounds"
    one $c $ours ours
    for p in "${use[@]}"; do one $c $p peer; done
  done
done
python3 ratio.py "$RESULTS" "${cases[@]}"
