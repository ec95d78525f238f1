#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# From a bare Debian 12 to a running edge node: packages, sources, build, demo. Run it again at any
# time; it does only what is left to do.
#
# Usage: examples/run.sh [--build-only | --refresh] [options of the demo]
#   --build-only  stop after the build; the host is then build/examples/edge/fcedge-edge
#   --refresh     first look for newer (security) versions of the sources that we compile
#   --help        this text and the options of the demo
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$top/build
# shellcheck source=../tests/setup/build.sh
. "$top/tests/setup/build.sh"

say() { echo "run: $*"; }

usage() {
  sed -n '/^# Usage/,/^[^#]/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  # shellcheck source=edge/demo.sh
  [[ ! -f $top/examples/edge/demo.sh ]] || { . "$top/examples/edge/demo.sh" && demo_usage; }
}

build_only=no
refresh=()
while (($#)); do
  case $1 in
    --build-only) build_only=yes ;;
    --refresh) refresh=(--refresh) ;;
    --help | -h) usage && exit 0 ;;
    *) break ;;
  esac
  shift
done

say "checking Debian's packages"
"$top/tests/setup/apt.sh" build || exit 2
say "checking the sources of wolfSSL and llhttp"
"$top/tests/setup/sources.sh" "${refresh[@]}" || exit 2
say "building into $build (the first time takes some minutes)"
# A build that tests/run.sh has made is kept as it is; otherwise the tests are left out, since they
# would need more packages and time.
tests=false
! grep -q -- -Dtests=true "$build/.configured" 2>/dev/null || tests=true
configure "$build" --buildtype=release -Dtests=$tests || exit 1
compile "$build" || exit 1
say "the host is $build/examples/edge/fcedge-edge"
[[ $build_only == no ]] || exit 0

say "checking the free database of places (the first time it is fetched, some 100 MB)"
geo=$("$top/tests/setup/geo_data.sh" | tail -n 1) || { say "going on without it: $geo" && geo=; }

# shellcheck source=edge/demo.sh
. "$top/examples/edge/demo.sh"
FCEDGE_DEMO_GEO=${FCEDGE_DEMO_GEO:-$geo}
start_demo "$build" "$@"
