# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The demo: a node with a certificate of its own making and a comment page. Sourced by
# examples/run.sh; everything it writes is in a state directory outside the checkout.

DEMO_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=demo_geo.sh
. "$DEMO_SOURCE/demo_geo.sh"

demo_usage() {
  cat <<END
Options of the demo:
  --port N        HTTPS port [8443 or \$FCEDGE_DEMO_PORT]
  --http-port N   HTTP port, without TLS [8080 or \$FCEDGE_DEMO_HTTP_PORT]
  --dns-port N    DNS port, UDP and TCP [8053 or \$FCEDGE_DEMO_DNS_PORT]
  --geo DIR       where databases of places lie, *.mmdb [\$FCEDGE_DEMO_GEO; examples/run.sh fetches
                  that of DB-IP]
  --address A     address to serve on [127.0.0.1]
  --state DIR     state directory [\$XDG_STATE_HOME/fcedge-demo]
END
}

# A self-signed certificate for the demo and nothing else, made anew when it has a day left.
demo_certificate() { # DIR ADDRESS
  local chain=$1/demo-cert.pem key=$1/demo-key.pem names="DNS:localhost,IP:127.0.0.1,IP:::1"
  [[ $2 == 127.0.0.1 || $2 == *:* || $2 == 0.0.0.0 || -z $2 ]] || names+=",IP:$2"
  if [[ -s $chain && -s $key ]] && openssl x509 -in "$chain" -noout -checkend 86400 >/dev/null &&
    [[ $(cat "$1/demo-names" 2>/dev/null) == "$names" ]]; then
    return 0
  fi
  (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj "/CN=fcedge demo" -addext "subjectAltName=$names" \
    -addext "extendedKeyUsage=serverAuth" -keyout "$key" -out "$chain") 2>"$1/openssl.log" || {
    cat "$1/openssl.log" >&2
    return 1
  }
  printf '%s\n' "$names" >"$1/demo-names"
}

# What servers publish with, made once; only this user can read it.
demo_secret() { # DIR
  local file=$1/publish.secret
  [[ -s $file ]] || (umask 077 && openssl rand -hex 24 >"$file")
}

demo_config() { # DIR ADDRESS PORT HTTP_PORT
  cat >"$1/edge.toml" <<END
[node]
name = "demo"
state_dir = "node"
drain_spread_ms = 500
drain_limit_ms = 3000

[[listen]]
address = "$2:$3"
tls = true

[[listen]]
address = "$2:$4"

[[certificate]]
chain = "demo-cert.pem"
key = "demo-key.pem"

[[directory]]
path = "/{path...}"
root = "$DEMO_SOURCE/www"
cache_control = "no-cache"

# The pictures come through the node's own cache, and say so in Cache-Status. That browsers ask anew
# is nothing that the directory has to know.
[cache]
directory = "cache"
disk_mib_max = 64

[[origin]]
name = "images"
type = "directory"
root = "$DEMO_SOURCE/www"
cache_control = "public, max-age=3600"

[[cached]]
path = "/images/{path...}"
tenant = "demo"
origin = "images"
ignore_client_cache_control = true

[[purge]]
path = "/purge"
tenant = "demo"
secret_file = "publish.secret"

[[feed]]
path = "/api/threads/{thread}/feed"
tenant = "demo"
channel = "{thread}"

# What README.md and PROTOCOL.md show by example: many channels on one connection, publishing by
# HTTP, and a namespace in which whoever reads may write, too.
[[live]]
path = "/live"
tenant = "demo"

[[publish]]
path = "/api/channels/{channel}"
tenant = "demo"
channel = "{channel}"
secret_file = "publish.secret"

[[namespace]]
name = "chat"
publish = "any"
publish_per_s = 10

[[comments]]
tenant = "demo"
database = "node/comments.db"

[[metrics]]
path = "/metrics"
END
}

# The node would say it too, but only after the addresses below, which somebody else answers then.
demo_expect_free() { # ADDRESS PORT OPTION
  local host=${1:-127.0.0.1}
  host=${host//[\[\]]/}
  [[ $2 != 0 ]] && (exec 3<>"/dev/tcp/$host/$2") 2>/dev/null || return 0
  echo "port $2 is in use; choose another one by $3" >&2
  return 2
}

demo_geo_said() { # ADDRESS DNS_PORT GEO_DIR
  local host=${1:-127.0.0.1}
  host=${host//[\[\]]/}
  [[ $host != 0.0.0.0 ]] || host=127.0.0.1
  local ask="dig @$host -p $2 www.demo.test"
  if compgen -G "$3/*.mmdb" >/dev/null; then
    echo "  DNS sends each client to the nearest of six nodes that are made up. A client in Tokyo:"
    echo "    $ask +subnet=133.11.0.0/16"
  else
    echo "  DNS answers with nodes that are made up, but without a database it does not know where"
    echo "  clients are:"
    echo "    $ask"
  fi
}

# Runs the node in the foreground; does not return unless it cannot start.
start_demo() { # BUILD_DIR [options]
  local build=$1
  shift
  local port=${FCEDGE_DEMO_PORT:-8443} http_port=${FCEDGE_DEMO_HTTP_PORT:-8080}
  local dns_port=${FCEDGE_DEMO_DNS_PORT:-8053} geo=${FCEDGE_DEMO_GEO:-}
  local address=127.0.0.1 state=${XDG_STATE_HOME:-$HOME/.local/state}/fcedge-demo
  while (($#)); do
    case $1 in
      --port) port=${2:?--port needs a number} && shift 2 ;;
      --http-port) http_port=${2:?--http-port needs a number} && shift 2 ;;
      --dns-port) dns_port=${2:?--dns-port needs a number} && shift 2 ;;
      --geo) geo=${2:?--geo needs a directory} && shift 2 ;;
      --address) address=${2:?--address needs an address} && shift 2 ;;
      --state) state=${2:?--state needs a directory} && shift 2 ;;
      *) demo_usage >&2 && return 2 ;;
    esac
  done
  local node=$build/examples/edge/fcedge-edge
  [[ -x $node ]] || { echo "$node is missing; build first" >&2 && return 2; }

  mkdir -p "$state" && chmod 700 "$state" || return 2
  demo_certificate "$state" "$address" && demo_secret "$state" || return 2
  geo=${geo:+$(realpath -m "$geo")}
  demo_config "$state" "$address" "$port" "$http_port"
  {
    echo
    demo_geo_server "$address" "$dns_port" "$state"
    demo_geo_map "$geo"
  } >>"$state/edge.toml"
  demo_geo_picture "$build" "$state" "$geo" || return 2
  # The node warns again when it starts, so only a failure is shown here.
  local said
  said=$("$node" --config "$state/edge.toml" --check 2>&1) || {
    printf '%s\n' "$said" >&2
    return 2
  }

  demo_expect_free "$address" "$port" --port || return 2
  demo_expect_free "$address" "$http_port" --http-port || return 2
  demo_expect_free "$address" "$dns_port" --dns-port || return 2

  local shown=$address
  [[ $address == 127.0.0.1 || -z $address || $address == 0.0.0.0 ]] && shown=localhost
  cat <<END

  The demo is at
    https://$shown:$port/                      live comments; open it in several tabs
    https://$shown:$port/?thread=garden        another thread
    https://$shown:$port/metrics               what the node counts
    https://$shown:$port/images/morning.png    a picture from the node's cache: see Cache-Status
    http://$shown:$http_port/                       the same without TLS

$(demo_geo_said "$address" "$dns_port" "$geo")

  The certificate is self-signed, so the browser asks once whether to go on.
  The examples of README.md and examples/edge/PROTOCOL.md run on this node, too; servers publish
  with the secret in $state/publish.secret.

  State is in $state. Ctrl-C stops.

END
  exec "$node" --config "$state/edge.toml"
}
