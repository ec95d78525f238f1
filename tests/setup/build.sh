# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Sourced by examples/run.sh and tests/run.sh: the one way in which a build directory comes to be.

# What was compiled in one checkout serves all others: names of files are relative to it.
export CCACHE_BASEDIR=$top CCACHE_NOHASHDIR=1

# Configures build directory $1 with the remaining arguments for meson. One that was made by the
# same arguments is kept, so that a second run compiles only what has changed. Other arguments are
# set anew; another compiler or another version of the sources means to start afresh.
configure() {
  local dir=$1 with how=() stamp
  shift
  with="CC=${CC:-} CXX=${CXX:-} $(readlink -f "$top/subprojects/wolfssl/src")"
  stamp=$dir/.configured
  if [[ -f $dir/build.ninja ]]; then
    [[ $(cat "$stamp" 2>/dev/null) != "$with"$'\n'"$*" ]] || return 0
    if [[ ! -f $stamp || $(head -n 1 "$stamp") == "$with" ]]; then
      how=(--reconfigure)
    else
      rm -rf "$dir"
    fi
  fi
  mkdir -p "$dir"
  if ! meson setup "${how[@]}" "$dir" "$top" "$@" >"$dir/setup.log" 2>&1; then
    tail -n 20 "$dir/setup.log" >&2
    return 1
  fi
  printf '%s\n%s\n' "$with" "$*" >"$stamp"
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
