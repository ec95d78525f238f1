#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# How the demo starts and refuses to start, and whether the commented examples/edge/edge.toml, with
# every comment taken away, is a configuration that the host accepts.
set -uo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${FCEDGE_BUILD:-$top/build}
edge=$build/examples/edge/fcedge-edge
scratch=$(mktemp -d)
nodes=()
failures=0

clean() {
  ((${#nodes[@]} == 0)) || kill -KILL "${nodes[@]}" 2>/dev/null
  rm -rf "$scratch"
}
trap clean EXIT

check() { # WHAT COMMAND...
  local what=$1
  shift
  "$@" || { echo "FAIL  $what" && failures=$((failures + 1)); }
}

demo=(bash -c '. "$1/examples/edge/demo.sh" && shift && start_demo "$@"' demo "$top" "$build")

# Runs the demo's start; what it says goes to $scratch/NAME.
start() { "${demo[@]}" "${@:2}" >"$scratch/$1" 2>&1; } # NAME [options]

# Starts it in the background and waits until it serves.
serve() { # NAME [options]
  : >"$scratch/$1"
  # Not by way of start, or the job would be a shell around the node.
  "${demo[@]}" "${@:2}" >"$scratch/$1" 2>&1 &
  nodes+=($!)
  until grep -q ' node started ' "$scratch/$1"; do
    kill -0 $! 2>/dev/null || { cat "$scratch/$1" && return 1; }
  done
}

says() { grep -qF -- "$2" "$scratch/$1"; }
silent() { ! says "$@"; }
code_is() { [[ $1 == "$2" ]]; }

dns_port_of() { sed -n 's/.* answering DNS .* port=\([0-9]*\) tls=.*/\1/p' "$scratch/$1"; }
port_of() { sed -n "s/.* listening .* port=\([0-9]*\) tls=$2.*/\1/p" "$scratch/$1"; }

# A database in which there is Tokyo and nothing else.
mkdir "$scratch/geo"
PYTHONPATH=$top/tests/e2e python3 -B - "$scratch/geo/city.mmdb" <<'END' || exit 1
import pathlib, sys
import mmdb
mmdb.write(pathlib.Path(sys.argv[1]), {"133.11.0.0/16": mmdb.city("JP", 35.7, 139.7)})
END

serve first --state "$scratch/one" --port 0 --http-port 0 --dns-port 0 --geo "$scratch/geo" ||
  exit 1
https=$(port_of first true)
http=$(port_of first false)
curl -sk "https://localhost:$https/" | grep '<title>Live comments</title>' >/dev/null
check "the page by HTTPS" code_is $? 0
curl -s "http://localhost:$http/" | grep '<title>Live comments</title>' >/dev/null
check "the page by HTTP" code_is $? 0
check "the key is private" code_is "$(stat -c %a "$scratch/one/demo-key.pem")" 600
check "the publish secret is private" code_is "$(stat -c %a "$scratch/one/publish.secret")" 600
check "the state is private" code_is "$(stat -c %a "$scratch/one")" 700

# The database is read off to the side, within a moment.
ask=(dig +short +subnet=133.11.0.0/16 @127.0.0.1 -p "$(dns_port_of first)")
for ((tries = 0; tries < 1000; ++tries)); do
  [[ $("${ask[@]}" www.demo.test) != 192.0.2.5* ]] || break
done
check "DNS: who is near" code_is "$("${ask[@]}" www.demo.test | head -n 1)" 192.0.2.5
check "DNS: the fence" code_is "$("${ask[@]}" eu.demo.test)" 192.0.2.1
check "DNS: what to try" says first "www.demo.test +subnet=133.11.0.0/16"
check "the picture" grep -q singapore "$scratch/one/map/world.svg"
start dns --state "$scratch/two" --port 0 --http-port 0 --dns-port "$(dns_port_of first)"
check "a taken DNS port: exit code" code_is $? 2
check "a taken DNS port: a sentence" says dns "choose another one by --dns-port"

start taken --state "$scratch/two" --port "$https" --http-port 0 --dns-port 0
check "a taken port: exit code" code_is $? 2
check "a taken port: a sentence" says taken "port $https is in use; choose another one by --port"
check "a taken port: no address" silent taken "https://"

start locked --state "$scratch/one" --port 0 --http-port 0 --dns-port 0
check "a state in use: exit code" code_is $? 2
check "a state in use: a sentence" says locked "in use by another process"

start wrong --nonsense
check "an unknown option: exit code" code_is $? 2
check "an unknown option: help" says wrong "--http-port N"

before=$(sha256sum "$scratch/one/demo-cert.pem")
secret=$(cat "$scratch/one/publish.secret")
kill "${nodes[0]}" && wait "${nodes[0]}"
check "SIGTERM: exit code" code_is $? 0
serve second --state "$scratch/one" --port 0 --http-port 0 --dns-port 0 || exit 1
check "the certificate is kept" code_is "$(sha256sum "$scratch/one/demo-cert.pem")" "$before"
check "no database: no picture" code_is "$(ls "$scratch/one/map")" ""
check "no database: DNS says so" says second "it does not know where"
check "no database: DNS answers" test -n \
  "$(dig +short @127.0.0.1 -p "$(dns_port_of second)" www.demo.test)"
check "the publish secret is kept" code_is "$(cat "$scratch/one/publish.secret")" "$secret"
serve other --state "$scratch/three" --address '[::1]' --port 0 --http-port 0 --dns-port 0 || exit 1
curl -skg "https://[::1]:$(port_of other true)/" | grep '<title>Live comments</title>' >/dev/null
check "the page by IPv6" code_is $? 0

# --- The commented configuration
mkdir -p "$scratch/conf/tls" "$scratch/conf/www" "$scratch/conf/images"
cp "$scratch/one/demo-cert.pem" "$scratch/conf/tls/chain.pem"
cp "$scratch/one/demo-cert.pem" "$scratch/conf/tls/ca.pem"
cp "$scratch/one/demo-key.pem" "$scratch/conf/tls/key.pem"
for name in publish purge s3; do
  (umask 077 && echo "a-secret-of-some-length" >"$scratch/conf/$name.secret")
done
(umask 077 && printf '%032d' 1 >"$scratch/conf/cache.key" && : >"$scratch/conf/credentials")
(umask 077 && printf '%064d\n' 1 >"$scratch/conf/session.secret")
(umask 077 && printf '%032d\n' 1 >"$scratch/conf/dns.cookie")
for name in G.private H.next.private; do # any number will do
  (umask 077 && printf '%s\n' 'Private-key-format: v1.2' 'Algorithm: 13 (ECDSAP256SHA256)' \
    "PrivateKey: ${name:0:1}U6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=" \
    >"$scratch/conf/Kexample.com.${name:2}")
done
printf '%s\n' '@ 60 IN SOA ns1 admin 1 7200 900 1209600 60' '@ 60 IN NS ns1' \
  'ns1 60 IN A 192.0.2.53' 'www 30 IN GEO "eu"' >"$scratch/conf/example.com.zone"
cp "$scratch/geo/city.mmdb" "$scratch/conf/dbip-city-ipv4.mmdb"
cp "$scratch/geo/city.mmdb" "$scratch/conf/dbip-city-ipv6.mmdb"
echo '{"keys":[{"kty":"oct","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}]}' \
  >"$scratch/conf/keys.json"
all=$scratch/conf/edge.toml
# Open-file limits differ between machines, and the state directory of a service is not ours.
sed -E 's/^# (\[\[?[a-z_.]+\]?\])$/\1/; s/^# ([a-z_0-9]+ = )/\1/
        s/^(connections_max = )[0-9]+/\1100/; s|/var/lib/fcedge-edge|state|' \
  "$top/examples/edge/edge.toml" >"$all"
check "comments were taken away" code_is "$(grep -cE '^# ?[a-z_0-9]+ = ' "$all")" 0
for node in "" fra1; do
  "$edge" --config "$all" ${node:+--node "$node"} --check >"$scratch/check" 2>&1
  check "edge.toml ${node:-common}: exit code" code_is $? 0
  check "edge.toml ${node:-common}: DS" says check "example.com. IN DS "
  check "edge.toml ${node:-common}: the answer" says check "edge.toml: ok: node ${node:-node},"
done

for address in 127.0.0.1 127.0.0.1:abc 127.0.0.1:65536 :-1 host.example:80 ::1:80 '[::1:80' \
  unix:; do
  printf '[[listen]]\naddress = "%s"\n' "$address" >"$scratch/conf/bad.toml"
  "$edge" --config "$scratch/conf/bad.toml" --check >"$scratch/check" 2>&1
  check "address $address: exit code" code_is $? 2
  check "address $address: the place" says check "bad.toml:2: listen[0].address: expected "
done
for address in :0 127.0.0.1:80 localhost:80 '[::]:443' unix:edge.sock; do
  printf '[[listen]]\naddress = "%s"\n' "$address" >"$scratch/conf/good.toml"
  "$edge" --config "$scratch/conf/good.toml" --check >"$scratch/check" 2>&1
  check "address $address" code_is $? 0
done

((failures == 0)) && echo "ok"
exit $((failures > 0))
