#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs the build into a scratch directory, then compiles and runs a C program against it with
# nothing but what pkg-config says: once against the shared library, once against the archive. A C++
# program, in C++17 and in C++20, against the shared library.
#
# Usage: installed.sh BUILD_DIR PROGRAM.c PROGRAM.cc
set -euo pipefail

build=$1 program=$2 wrapped=$3
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

DESTDIR=$root meson install -C "$build" --no-rebuild >"$root/install.log" || {
  cat "$root/install.log"
  exit 1
}
pc=$(find "$root" -name fcedge.pc)
lib=$(dirname "$(dirname "$pc")")
prefix=$(sed -n 's/^prefix=//p' "$pc")
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$pc")

# Tells pkg-config that the prefix lies in the scratch directory.
config() { pkg-config --define-variable=prefix="$root$prefix" "$@" fcedge; }

for header in "$root$prefix"/include/fcedge/*.h; do
  [[ -f $header ]] || { echo "no header is installed" && exit 1; }
done
[[ -L $lib/libfcedge.so && -f $lib/libfcedge.a ]] || { echo "a library is missing" && exit 1; }

flags=(-std=c99 -Wall -Wextra -Wpedantic -Werror)
# shellcheck disable=SC2046
cc "${flags[@]}" $(config --cflags) -o "$root/shared" "$program" $(config --libs)
LD_LIBRARY_PATH=$lib "$root/shared"
[[ $(ldd "$root/shared") =~ libfcedge\.so\.[0-9] ]] || { echo "not linked by soname" && exit 1; }

for standard in c++17 c++20; do
  # shellcheck disable=SC2046
  c++ -std="$standard" "${flags[@]:1}" -Wshadow -Wconversion $(config --cflags) \
    -o "$root/wrapped" "$wrapped" $(config --libs)
  LD_LIBRARY_PATH=$lib "$root/wrapped"
done

# It is one file that needs no library of ours; built only with the examples.
tool=$root$prefix/bin/fcedge-geo
[[ ! -e $tool ]] || "$tool" --version

# The archive alone: no shared library of ours may be found.
rm "$lib"/libfcedge.so*
# shellcheck disable=SC2046
cc "${flags[@]}" $(config --cflags) -o "$root/static" "$program" $(config --static --libs)
"$root/static"
! ldd "$root/static" | grep -q libfcedge
