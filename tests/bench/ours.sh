# SPDX-License-Identifier: Apache-2.0
# Starts our own release build as one more server of the kit; sourced by the peers' scripts.
OURS_BIN=${OURS_BIN:-$HERE/../../build/examples/edge/fcedge-edge}
OURS_SECRET=benchmark-secret-of-no-worth-0123456789

# ours_config FILE: everything that the cases need in one configuration, so that all of them
# measure the same process. The only place of the kit that knows our configuration's format.
# OURS_HISTORY is how many messages a channel remembers, OURS_HISTORY_MS how long. With
# OURS_CACHE_MIB there is a cache in front of PORT_O instead of files, with so much of a tier in
# memory.
ours_files() {
  if [ -z "${OURS_CACHE_MIB:-}" ]; then
    cat <<END
[[directory]]
path = "/{path...}"
root = "$WWW"
END
    return
  fi
  cat <<END
[cache]
directory = "$TMP/ours-cache"
disk_mib_max = 2048
memory_mib_max = $OURS_CACHE_MIB

[[origin]]
name = "origin"
type = "servers"
servers = ["http://127.0.0.1:$PORT_O"]

[[cached]]
path = "/{path...}"
tenant = "bench"
origin = "origin"
END
}

ours_config() {
  mkdir -p "$TMP/ours-state"
  printf '%s\n' "$OURS_SECRET" >"$TMP/ours-secret"
  chmod 600 "$TMP/ours-secret"
  cat >"$1" <<END
[node]
name = "bench"
shards = $NW
state_dir = "$TMP/ours-state"
log_level = "warn"

[limits]
connections_max = 16384
write_ms = 600000  # the case "slow" wants to see what slow ones cost while they are there

[pubsub]
history_messages = ${OURS_HISTORY:-256}
channels_max = 2000000

[[listen]]
address = "127.0.0.1:$PORT_H"

[[listen]]
address = "127.0.0.1:$PORT_P"

[[listen]]
address = "127.0.0.1:$PORT_S"
tls = true

[[certificate]]
chain = "$TLS/cert.pem"
key = "$TLS/key.pem"

$(ours_files)

[[feed]]
path = "/sub/{channel}"
tenant = "bench"
channel = "{channel}"

[[publish]]
path = "/pub/{channel}"
tenant = "bench"
channel = "{channel}"
secret_file = "$TMP/ours-secret"
rate_per_s = 1000000

[[metrics]]
path = "/metrics"
${OURS_HISTORY_MS:+
[[namespace]]
history_ms = $OURS_HISTORY_MS}
END
}

ours_metric() { # ours_metric NAME: a figure of our own counting, nothing when there is none
  local text line
  exec 3<>"/dev/tcp/127.0.0.1/$PORT_H" || return
  printf 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
  text=$(tr -d '\r' <&3)
  exec 3>&-
  line=$(grep "^$1[ {]" <<<"$text" | head -1)
  echo "${line##* }"
}

start_ours() { # listens on PORT_H and PORT_P in clear and on PORT_S with TLS
  need "$OURS_BIN"
  free_port $PORT_H $PORT_P $PORT_S
  ours_config "$TMP/ours.toml"
  start_srv ours "$OURS_BIN" --config "$TMP/ours.toml"
  wait_port $PORT_H
  wait_port $PORT_P
  wait_port $PORT_S
}

# ours_dns_config DIR: the zone of the kit, answered by the distance from a node in each continent.
ours_dns_config() {
  local i k=1 name latitude longitude
  {
    printf '$ORIGIN geo.test.\n$TTL 60\n'
    printf '@ SOA ns1 hostmaster 1 7200 1800 259200 900\n@ NS ns1\nns1 A 127.0.0.1\n'
    for i in $(seq 0 99); do echo "h$i GEO world"; done
  } >"$1/geo.test.zone"
  cat >"$1/edge.toml" <<END
[node]
name = "bench"
shards = $NW
state_dir = "$1"
log_level = "warn"

[[listen]]
address = "127.0.0.1:$PORT_H"

[dns]
rate_limit = false

[[dns_listen]]
address = "127.0.0.1:$PORT_D"

[[zone]]
name = "geo.test"
file = "$1/geo.test.zone"

[geo]
files = ["$WORK/geo.mmdb"]

[[geo_set]]
name = "world"
answers_max = 1
END
  while read -r name latitude longitude; do
    cat >>"$1/edge.toml" <<NODE

[[geo_node]]
name = "$name"
addresses = ["192.0.2.$k"]
latitude = $latitude
longitude = $longitude
NODE
    k=$((k + 1))
  done <<END
EU 50 9
AS 30 100
NA 40 -98
SA -15 -58
AF 5 20
OC -25 134
END
}
