#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Compares what a shared library exports with the list in the repository.
#
# Usage: symbols.sh LIBRARY LIST [--update]
set -euo pipefail
export LC_ALL=C

exported() {
  nm -D --defined-only "$1" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort
}

if [[ ${3:-} == --update ]]; then
  exported "$1" >"$2"
  exit 0
fi
if ! diff -u "$2" <(exported "$1"); then
  echo "The library exports other symbols than the list says. If that is meant:"
  echo "tests/install/symbols.sh LIBRARY tests/install/symbols.txt --update"
  exit 1
fi
