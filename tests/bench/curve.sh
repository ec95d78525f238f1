#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Cost curves.
# usage: curve.sh subs ours|nchan|ws|netty|url:PORT
#          subscribers x deliveries a second -> server CPU per delivery
#          NS="100 1000 10000"  RATES="10000 50000 200000"
#        curve.sh channels ours
#          idle channels -> RSS of each, after one publication each, with a history of 1 message;
#          CHANNELS="1 1000 100000 1000000"; the most of them once their messages have expired; and
#          channels with a subscriber each: SUBSCRIBED=5000
. "$(dirname "$0")/lib.sh"
. "$HERE/peers/fanout_peers.sh"
need "$BIN/fanout"

subs() { # subs PEER
  local n d
  for n in ${NS:-100 1000 10000}; do
    for d in ${RATES:-10000 50000 200000}; do
      wait_quiet
      start_fanout "$1"
      $GEN "$BIN/fanout" --sub "$SUB" --pub "$PUB" "${SUBARGS[@]}" --n $n --pubs 4 \
        --rate $(awk -v d=$d -v n=$n 'BEGIN { print d / n }') --secs $SECS --warm 1 \
        --srv-pids "$(tree $SRV_PID | paste -sd,)" >"$TMP/fan.out" 2>"$TMP/fan.err"
      emit curve-subs peer=$PEER n=$n drate=$d $(tail -1 "$TMP/fan.out")
      show_err "$TMP/fan.err"
      stop_all
    done
  done
}

# Channels with a subscriber each cost more than as many subscribers of one channel: by that much.
subscribed() { # subscribed COUNT
  local i kind base url grow=()
  for kind in one each; do
    start_fanout ours
    url=${SUB/%\/ch/\/one}
    [ $kind = each ] && url=${SUB/%\/ch/\/c{i\}}
    base=$(rss_kb)
    : >"$TMP/hold.out"
    $GEN "$BIN/fanout" --sub "$url" --n $1 --hold 3 >"$TMP/hold.out" 2>"$TMP/fan.err" &
    H=$!
    PIDS+=($H)
    for i in $(seq 1 600); do
      grep -q READY "$TMP/hold.out" && break
      kill -0 $H 2>/dev/null || break
      sleep 0.1
    done
    sleep 1.5
    grow+=($(($(rss_kb) - base)))
    wait $H
    stop_all
  done
  emit curve-channels peer=ours n=$1 kind=subscribed grow_kb=$((grow[1] - grow[0])) \
    bytes_per_channel=$(((grow[1] - grow[0]) * 1024 / $1))
}

# What is left of channels that nobody reads and whose messages have expired.
expired() { # expired COUNT
  local base now told i
  export OURS_HISTORY_MS=1000
  start_fanout ours
  python3 "$HERE/gen/channels.py" $PORT_P 0 1 "Authorization: Bearer $OURS_SECRET" >/dev/null
  base=$(rss_kb)
  told=$($GEN python3 "$HERE/gen/channels.py" $PORT_P 0 $1 "Authorization: Bearer $OURS_SECRET")
  for i in $(seq 1 100); do
    [ "$(ours_metric fcedge_pubsub_channels)" = 0 ] && break
    sleep 0.2
  done
  sleep 12  # the allocator gives pages back with time
  now=$(rss_kb)
  emit curve-channels peer=ours n=$1 kind=expired $told left=$(ours_metric fcedge_pubsub_channels) \
    grow_kb=$((now - base)) bytes_per_channel=$(((now - base) * 1024 / $1))
  stop_all
  unset OURS_HISTORY_MS
}

channels() {
  local n done=0 base now told t0
  export OURS_HISTORY=${OURS_HISTORY:-1}
  start_fanout ours
  # The first requests warm up what is not the channels'.
  python3 "$HERE/gen/channels.py" $PORT_P 0 1 "Authorization: Bearer $OURS_SECRET" >/dev/null
  base=$(rss_kb)
  done=1
  for n in ${CHANNELS:-1 1000 100000 1000000}; do
    t0=$EPOCHREALTIME
    told="taken=0 refused=0"
    [ $n -gt $done ] && told=$($GEN python3 "$HERE/gen/channels.py" $PORT_P $done $n \
      "Authorization: Bearer $OURS_SECRET")
    [ $n -gt $done ] && done=$n
    sleep 2
    now=$(rss_kb)
    emit curve-channels peer=ours n=$n kind=idle history=$OURS_HISTORY $told \
      seconds=$(minus $EPOCHREALTIME $t0) rss_kb=$now grow_kb=$((now - base)) \
      bytes_per_channel=$(((now - base) * 1024 / n))
  done
  stop_all
  expired $n
  subscribed ${SUBSCRIBED:-5000}
}

case ${1:?subs or channels} in
subs) subs "${2:?peer}" ;;
channels) channels ;;
*) echo "unknown curve $1" >&2; exit 2 ;;
esac
