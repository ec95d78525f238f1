# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Sourced by examples/run.sh and tests/run.sh: the one way in which a build directory comes to be.

# Configures build directory $1 with the remaining arguments for meson. One that was made by the
# same arguments is kept, so that a second run compiles only what has changed; one that somebody
# made by hand gets our options; anything else starts afresh.
configure() {
  local dir=$1 wanted how=()
  shift
  wanted="$* CC=${CC:-} CXX=${CXX:-} $(readlink -f "$top/subprojects/wolfssl/src")"
  if [[ -f $dir/build.ninja ]]; then
    [[ $(cat "$dir/.configured" 2>/dev/null) != "$wanted" ]] || return 0
    [[ -f $dir/.configured ]] && rm -rf "$dir" || how=(--reconfigure)
  fi
  mkdir -p "$dir"
  if ! meson setup "${how[@]}" "$dir" "$top" "$@" >"$dir/setup.log" 2>&1; then
    tail -n 20 "$dir/setup.log" >&2
    return 1
  fi
  printf '%s\n' "$wanted" >"$dir/.configured"
}

# Compiles build directory $1 (and there only the targets that follow); says much only on failure.
compile() {
  local dir=$1
  shift
  if ! ninja -C "$dir" -j "${FCEDGE_JOBS:-$(nproc)}" "$@" >"$dir/ninja.log" 2>&1; then
    grep -v '^\[[0-9]*/[0-9]*\]' "$dir/ninja.log" | head -n 200 >&2
    return 1
  fi
}
