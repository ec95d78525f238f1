# SPDX-License-Identifier: Apache-2.0
# start_dns ours|gdnsd|knot-geo|knot|nsd|url:PORT: zone geo.test with h0..h99; the geo
# peers answer by continent from $WORK/geo.mmdb.
. "$HERE/ours.sh"
CONTINENTS="EU AS NA SA AF OC"

plain_zone() { # a zone file with fixed answers
  local i
  printf '$ORIGIN geo.test.\n$TTL 60\n'
  printf '@ SOA ns1 hostmaster 1 7200 1800 259200 900\n@ NS ns1\nns1 A 127.0.0.1\n'
  for i in $(seq 0 99); do echo "h$i A 192.0.2.9"; done
}

start_gdnsd() {
  local d=$1 i c k=1 centers="" addresses=""
  mkdir -p "$d/zones" "$d/run" "$d/state" "$d/geoip"
  for c in $CONTINENTS; do
    centers+="$c => $c, "
    addresses+="$c => 192.0.2.$k, "
    k=$((k + 1))
  done
  cat >"$d/config" <<END
options => {
  listen => { 127.0.0.1:$PORT_D => { udp_threads => $NW, tcp_threads => 1 } },
  run_dir => $d/run, state_dir => $d/state
}
plugins => { geoip => {
  maps => { m => {
    geoip2_db => $WORK/geo.mmdb, datacenters => [$(tr ' ' , <<<"$CONTINENTS")],
    map => { default => [NA, EU], $centers }
  } },
  resources => { www => { map => m, service_types => up, dcmap => { $addresses } } }
} }
END
  {
    echo '@ 86400 SOA ns1 hostmaster ( 1 7200 1800 259200 900 )'
    echo '@ 86400 NS ns1'
    echo 'ns1 86400 A 127.0.0.1'
    for i in $(seq 0 99); do echo "h$i 60 DYNA geoip!www"; done
  } >"$d/zones/geo.test"
  start_srv gdnsd gdnsd -c "$d" start
}

start_knot() { # start_knot DIR [geo]
  local d=$1 i c k mod="" use=""
  plain_zone >"$d/geo.test.zone"
  if [ "${2:-}" = geo ]; then
    mod="mod-geoip:
  - id: g
    config-file: $d/geo.conf
    ttl: 60
    mode: geodb
    geodb-file: $WORK/geo.mmdb
    geodb-key: [ continent/code, country/iso_code ]"
    use="    module: mod-geoip/g"
  fi
  cat >"$d/knot.conf" <<END
server:
  rundir: $d
  user: root
  listen: 127.0.0.1@$PORT_D
  udp-workers: $NW
  tcp-workers: 1
  background-workers: 1
  edns-client-subnet: on
log:
  - target: stderr
    any: error
database:
  storage: $d
$mod
zone:
  - domain: geo.test
    file: $d/geo.test.zone
$use
END
  for i in $(seq 0 99); do
    echo "h$i.geo.test:"
    k=1
    for c in $CONTINENTS; do
      printf '  - geo: "%s;*"\n    A: 192.0.2.%d\n' $c $k
      k=$((k + 1))
    done
  done >"$d/geo.conf"
  start_srv knot knotd -c "$d/knot.conf"
}

start_nsd() {
  plain_zone >"$1/geo.test.zone"
  cat >"$1/nsd.conf" <<END
server:
  server-count: $NW
  ip-address: 127.0.0.1@$PORT_D
  username: ""
  zonesdir: "$1"
  pidfile: "$1/nsd.pid"
  zonelistfile: "$1/zone.list"
  xfrdfile: "$1/xfrd.state"
  xfrdir: "$1"
  database: ""
  reuseport: yes
  rrl-ratelimit: 0
  minimal-responses: yes
remote-control:
  control-enable: no
zone:
  name: geo.test
  zonefile: geo.test.zone
END
  start_srv nsd nsd -d -c "$1/nsd.conf"
}

start_ours_dns() {
  local i
  need "$OURS_BIN"
  ours_dns_config "$1"
  start_srv ours-dns "$OURS_BIN" --config "$1/edge.toml"
  # Where clients are is known once the database has been read.
  for i in $(seq 1 100); do
    "$BIN/dnsgen" --port $PORT_D --window 64 --secs 0.1 --ecs 1 | grep -q 'rdata=[2-9]' && return
    kill -0 $SRV_PID 2>/dev/null || break
    sleep 0.3
  done
  echo "ours does not tell clients apart; log: $SRV_LOG" >&2
  exit 1
}

udp_pid() {
  ss -Hlunp "sport = :$1" | grep -o 'pid=[0-9]*' | cut -d= -f2 | head -1
}

start_dns() {
  local d=$TMP/dns i
  PEER=${PEER_NAME:-$1}
  rm -rf "$d"
  mkdir -p "$d"
  if [[ $1 != url:* && -n "$(ss -Hluan "sport = :$PORT_D")" ]]; then
    echo "port $PORT_D is in use: set PORT_D" >&2
    exit 1
  fi
  case $1 in
  ours) start_ours_dns "$d" ;;
  gdnsd) start_gdnsd "$d" ;;
  knot) start_knot "$d" ;;
  knot-geo) start_knot "$d" geo ;;
  nsd) start_nsd "$d" ;;
  url:*)
    PORT_D=${1#url:} EXTERNAL=1 PEER=${PEER_NAME:-ours}
    SRV_PID=${SRV_PID:-$(udp_pid $PORT_D)}
    return
    ;;
  *)
    echo "unknown peer $1" >&2
    exit 2
    ;;
  esac
  for i in $(seq 1 100); do
    "$BIN/dnsgen" --port $PORT_D --window 1 --socks 1 --secs 0.1 2>/dev/null |
      grep -qE 'answers=[1-9]' && return
    kill -0 $SRV_PID 2>/dev/null || break
    sleep 0.2
  done
  echo "no answer on udp port $PORT_D; log: $SRV_LOG" >&2
  tail -5 "$SRV_LOG" >&2
  exit 1
}
