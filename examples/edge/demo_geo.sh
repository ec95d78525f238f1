# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The DNS of the demo: a zone, and a map of six nodes that are made up. Sourced by demo.sh.

# Where clients are sent; with a directory of databases also where they are.
demo_geo_map() { # GEO_DIR
  local files=() file
  for file in "$1"/*.mmdb; do
    [[ ! -f $file ]] || files+=("\"$file\"")
  done
  ((${#files[@]} == 0)) || printf '[geo]\nfiles = [%s]\n' "$(IFS=, && echo "${files[*]}")"
  local name region latitude longitude number=0
  while read -r name region latitude longitude; do
    number=$((number + 1))
    cat <<END

[[geo_node]]
name = "$name"
region = "$region"
latitude = $latitude
longitude = $longitude
addresses = ["192.0.2.$number", "2001:db8::$number"]
END
  done <<END
frankfurt eu 50.1 8.7
virginia na 39.0 -77.5
oregon na 45.6 -121.2
sao-paulo sa -23.5 -46.6
singapore ap 1.35 103.8
sydney ap -33.9 151.2
END
  cat <<END

[[geo_set]]
name = "world"

# Whoever asks for a name of this set gets a node in Europe, or none.
[[geo_set]]
name = "eu"
regions = ["eu"]
END
}

demo_geo_server() { # ADDRESS PORT STATE
  cat <<END
[[dns_listen]]
address = "$1:$2"

[[zone]]
name = "demo.test"
record = [
  { name = "@", type = "SOA", data = "ns1 admin 1 7200 900 1209600 60" },
  { name = "@", type = "NS", data = "ns1" },
  { name = "ns1", type = "A", data = "192.0.2.53" },
  { name = "www", type = "GEO", ttl = 30, data = "world" },
  { name = "eu", type = "GEO", ttl = 30, data = "eu" },
]

# What the page asks: which node a client of some city gets.
[[geo_explain]]

[[directory]]
path = "/map/{path...}"
root = "$3/map"
cache_control = "no-cache"

END
}

# A picture of the map for the page, made anew when the map or the databases have changed.
demo_geo_picture() { # BUILD STATE GEO_DIR
  local by=$2/map/drawn.toml picture=$2/map/world.svg map
  mkdir -p "$2/map" || return
  map=$(demo_geo_map "$3")
  [[ $map == "[geo]"* ]] || { rm -f "$picture" "$by" && return; }
  # When they were put there; the time that a package gives its files says nothing.
  map+=$'\n'$(stat -c '# %n %s %z' "$3"/*.mmdb)
  [[ ! -s $picture || $(cat "$by" 2>/dev/null) != "$map" ]] || return 0
  printf '%s\n' "$map" >"$by"
  "$1/examples/geo/fcedge-geo" --config "$by" map --set world --out "$picture"
}
