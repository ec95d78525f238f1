#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds and tests everything, from a bare Debian 12 on, and closes with "N passed, N failed".
#
# Usage: tests/run.sh [STAGE...]        without a name: all stages, in this order
#   unit      release build; unit, C and set-up tests
#   install   the installed headers, libraries and pkg-config file, and the exported symbols
#   tidy      the rules of the house, and the format
#   e2e       whole nodes and foreign clients: tests/e2e/*_test.*
#   asan      all of these but install and tidy, with AddressSanitizer and UBSan
#   tsan      the same with ThreadSanitizer
#   clang     compiles library and hosts with clang, warnings as errors, and with the installed
#             wolfSSL in place of ours; HTTP over it
#   fuzz      each fuzz target for FCEDGE_FUZZ_SECONDS (10) on its corpus
#
# A skip that tests/setup/skips.txt does not name counts as failed.
set -uo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top" || exit 2
# shellcheck source=setup/build.sh
. tests/setup/build.sh

all_stages=(unit install tidy e2e asan tsan clang fuzz)
stages=("$@")
((${#stages[@]})) || stages=("${all_stages[@]}")
for stage in "${stages[@]}"; do
  case " ${all_stages[*]} " in
    *" $stage "*) ;;
    *) sed -n '/^# Usage/,/^[^#]/s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
  esac
done

results=$(mktemp)
trap 'rm -f "$results"' EXIT

say() { printf '== %s (%d s)\n' "$*" "$SECONDS"; }
note() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$results"; }

# Configures and compiles; a build that fails is one failed test, and ends its stage.
build() { # STAGE DIR [meson arguments]; `targets` names what to build, else all
  local stage=$1 dir=$2
  shift 2
  if configure "$dir" "$@" && compile "$dir" "${targets[@]}"; then
    note pass "$stage" build
  else
    echo "$stage: the build failed, see $dir/ninja.log"
    note fail "$stage" build
    return 1
  fi
}

# Compiling is most of the time of the further builds: -O1 halves it, and so does telling debuggers
# of lines only, which is all that a sanitizer reports.
quick=(--buildtype=plain -Doptimization=1)
lines=(-Dc_args=-g1 -Dcpp_args=-g1)
targets=()

release() { build "$1" build --buildtype=release -Dtests=true; } # STAGE

meson_tests() { # STAGE DIR [arguments of meson test]
  local stage=$1 dir=$2
  shift 2
  rm -f "$dir/meson-logs/testlog.json"
  meson test -C "$dir" --no-rebuild --num-processes 2 --print-errorlogs "$@" \
    >"$dir/test.log" 2>&1
  sed -n '/^ *[0-9]*\/[0-9]* .*\(FAIL\|TIMEOUT\|SKIP\|ERR\)/,$p' "$dir/test.log"
  tests/setup/tally.py meson "$stage" "$dir/meson-logs/testlog.json" >>"$results"
}

e2e() { # STAGE DIR [sanitizer] [pattern]
  FCEDGE_SANITIZER=${3:-} tests/setup/e2e.py "$1" "$top/$2" "${4:-*}" >>"$results"
}

# gcc's sanitizers; a finding ends the process, so that no test can pass with one.
sanitized() { # STAGE DIR b_sanitize optimization
  build "$1" "$2" --buildtype=plain "-Doptimization=$4" "${lines[@]}" "-Db_sanitize=$3" \
    -Db_lundef=false || return 0
  meson_tests "$1" "$2" --no-suite install --no-suite tidy --timeout-multiplier 4
  e2e "$1" "$2" "$1"
}

stage_unit() {
  release unit || return 0
  meson_tests unit build --no-suite install --no-suite tidy
}

stage_install() {
  release install || return 0
  meson_tests install build --suite install
}

# The rules need no build, and are worth knowing when there is none.
stage_tidy() {
  configure build --buildtype=release -Dtests=true && meson_tests tidy build --suite tidy
}

stage_e2e() {
  release e2e || return 0
  e2e e2e build
  # As on a kernel without io_uring; what asks no kernel (browser, client) is not run again.
  FCEDGE_IO_URING=off e2e plain build '' '[!cd]*'
}

stage_asan() {
  # No detect_stack_use_after_return: gcc's frames for it keep no alignment of 64, which counters
  # have, and UBSan then complains of that.
  export ASAN_OPTIONS=strict_string_checks=1:check_initialization_order=1
  export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
  # What is sent alone goes through io_uring as well then.
  export FCEDGE_IO_URING=on
  # What these two add is much code, which is optimized for longer than it then runs.
  sanitized asan build-asan address,undefined 0
}

stage_tsan() {
  export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=$top/tests/setup/tsan.txt
  sanitized tsan build-tsan thread 1
}

# One build for both questions: there is little that only one of them would find.
stage_clang() {
  export CC="ccache clang-14" CXX="ccache clang++-14"
  build clang build-clang "${quick[@]}" -Dtests=false -Dwolfssl=system || return 0
  e2e clang build-clang '' 'http[12]'
}

stage_fuzz() {
  local targets=(fuzz-targets)
  export CC="ccache clang-14" CXX="ccache clang++-14"
  build fuzz build-fuzz "${quick[@]}" "${lines[@]}" -Dfuzz=true -Dexamples=false \
    -Db_sanitize=address,undefined -Db_lundef=false || return 0
  export -f fuzz_one note
  export results
  find build-fuzz/tests/fuzz -maxdepth 1 -type f -executable -name 'fuzz-*' -print0 | sort -z |
    xargs -0 -n 1 -P "$(nproc)" bash -c 'fuzz_one "$1"' fuzz
}

fuzz_one() { # TARGET
  local name=${1##*/fuzz-}
  local corpus=tests/fuzz/corpus/$name log=build-fuzz/fuzz-$name.log
  mkdir -p "build-fuzz/corpus/$name"
  # New inputs go to the build tree; the corpus in the repository is read only.
  if "$1" -max_total_time="${FCEDGE_FUZZ_SECONDS:-10}" -rss_limit_mb=2048 -timeout=10 \
    -artifact_prefix="build-fuzz/$name-" "build-fuzz/corpus/$name" \
    $([[ -d $corpus ]] && echo "$corpus") >"$log" 2>&1; then
    note pass fuzz "$name"
  else
    tail -n 40 "$log"
    note fail fuzz "$name"
  fi
}

say "packages and sources"
tests/setup/apt.sh build test || exit 2
tests/setup/sources.sh || exit 2
for stage in "${stages[@]}"; do
  say "$stage"
  # A subshell each, so that the environment of one stage does not reach the next.
  ("stage_$stage") || note fail "$stage" "stage ended with an error"
done
say "done"
tests/setup/tally.py sum "$results" tests/setup/skips.txt
