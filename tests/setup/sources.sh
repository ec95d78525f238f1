#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Brings the C sources that our subprojects compile: wolfSSL from Debian's source package, with its
# security patches applied, and llhttp from Debian's node-llhttp package. Nothing of theirs is kept
# in the repository: each tree lies in a cache outside the checkout, by version, and a git-ignored
# link (subprojects/NAME/src) points there.
#
# Usage: tests/setup/sources.sh [--refresh]
#   --refresh   look for newer versions (security updates) even if the links are already in place
#
# FCEDGE_CACHE names the cache; by default it is ~/.cache/fcedge.
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cache=${FCEDGE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/fcedge}
refresh=no
[ "${1:-}" = --refresh ] && refresh=yes

say() { printf 'sources: %s\n' "$*"; }
die() { printf 'sources: %s\n' "$*" >&2; exit 2; }

work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# The scratch directory lies inside the cache, so that the final rename stays on one file system.
scratch() {
  [ -z "$work" ] || return 0
  mkdir -p "$cache" || die "cannot create the cache directory $cache"
  work=$(mktemp -d "$cache/.work.XXXXXX")
}

# A finished tree is known by the file that a compile would miss first.
linked() { [ "$refresh" = no ] && [ -e "$top/subprojects/$1/src/$2" ]; }

# Links subprojects/$1/src to the cache entry $2; the switch is one rename.
link_to() {
  ln -sfn "$cache/$2" "$top/subprojects/$1/src.new.$$"
  mv -T "$top/subprojects/$1/src.new.$$" "$top/subprojects/$1/src"
  say "$1: using $cache/$2"
}

# Publishes the finished tree $1 as cache entry $2. Somebody else may have been quicker: then his
# tree is as good as ours.
publish() {
  mv -T "$1" "$cache/$2" 2>/dev/null || [ -d "$cache/$2" ] || die "cannot write $cache/$2"
}

# Writes the entries of one deb822 file as deb-src, Debian's own only: a third party's entry is
# none of our business and often has no sources.
deb822_as_source() {
  awk -v codename="$codename" -v RS='' '
    {
      types = suites = signed = enabled = ""; body = ""; n = split($0, line, "\n")
      for (i = 1; i <= n; i++) {
        if (line[i] ~ /^#/) continue
        low = tolower(line[i])
        if (low ~ /^types:/) { types = line[i]; continue }
        if (low ~ /^suites:/) suites = line[i]
        if (low ~ /^signed-by:/) signed = line[i]
        if (low ~ /^enabled:/) enabled = low
        body = body line[i] "\n"
      }
      if (types !~ /deb/ || enabled ~ /no|false/) next
      if (suites !~ ("[ \t]" codename "(-updates|-security)?([ \t]|$)")) next
      if (signed ~ /\// && signed !~ /debian-archive/) next
      printf "Types: deb-src\n%s\n", body
    }' "$1"
}

# The same for the one-line format.
oneline_as_source() {
  awk -v codename="$codename" '
    /^[ \t]*deb[ \t]/ {
      if ($0 ~ /signed-by=/ && $0 !~ /debian-archive/) next
      if ($0 !~ ("[ \t]" codename "(-updates|-security)?[ \t]")) next
      if ($0 !~ /[ \t]main([ \t]|$)/) next
      sub(/deb/, "deb-src"); print
    }' "$1"
}

# Makes a private apt configuration in $work, from the system's own entries: the system's files, its
# package lists and its cache stay as they are, and no privileges are needed. Hooks of the system's
# configuration are cleared, since they would act on the system.
private_apt() {
  [ -z "${APT_CONFIG_READY:-}" ] || return 0
  scratch
  codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  [ -n "$codename" ] || die "cannot tell the Debian release from /etc/os-release"
  mkdir -p "$work/parts" "$work/conf.d" "$work/lists/partial" "$work/apt/archives/partial"
  for f in /etc/apt/sources.list.d/*.sources; do
    [ -r "$f" ] && deb822_as_source "$f"
  done >"$work/parts/debian.sources"
  for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -r "$f" ] && oneline_as_source "$f"
  done >"$work/parts/debian.list"
  [ -s "$work/parts/debian.sources" ] || rm "$work/parts/debian.sources"
  [ -s "$work/parts/debian.list" ] || rm "$work/parts/debian.list"
  [ -n "$(ls "$work/parts")" ] || die "apt has no Debian entry for $codename to take sources from"
  for f in /etc/apt/apt.conf.d/*; do
    [ -r "$f" ] && cp "$f" "$work/conf.d/"
  done
  cat >"$work/conf.d/zz-fcedge" <<CONF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
CONF
  cat >"$work/apt.conf" <<CONF
Dir::Etc::Parts "$work/conf.d";
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$work/parts";
Dir::State::Lists "$work/lists";
Dir::Cache "$work/apt";
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
  export APT_CONFIG="$work/apt.conf"
  say "reading Debian's index of source packages"
  apt-get -q update >"$work/update.log" 2>&1 || {
    tail -n 5 "$work/update.log" >&2
    say "some index could not be read; going on with the rest"
  }
  APT_CONFIG_READY=yes
}

fetch_wolfssl() {
  if linked wolfssl wolfssl/wolfcrypt/settings.h; then return 0; fi
  private_apt
  version=$(apt-get -q source --print-uris wolfssl 2>/dev/null |
    sed -n "s/^'.* wolfssl_\([^ ]*\)\.dsc .*/\1/p" | head -n 1)
  [ -n "$version" ] || die "apt knows no source package wolfssl; is the network up?"
  if [ ! -d "$cache/wolfssl-$version" ]; then
    say "fetching Debian's source of wolfssl $version"
    mkdir "$work/wolfssl"
    (cd "$work/wolfssl" && apt-get -q source --download-only wolfssl >fetch.log 2>&1 &&
      dpkg-source --no-check -x ./*.dsc tree >unpack.log 2>&1) || {
      cat "$work"/wolfssl/*.log >&2
      die "wolfssl could not be fetched or unpacked"
    }
    publish "$work/wolfssl/tree" "wolfssl-$version"
  fi
  link_to wolfssl "wolfssl-$version"
}

# The installed package is the usual case; where it is missing, the package is only unpacked.
fetch_llhttp() {
  if linked llhttp llhttp.h; then return 0; fi
  scratch
  version=$(dpkg-query -W -f '${Version}' node-llhttp 2>/dev/null || true)
  if [ -n "$version" ] && dpkg -L node-llhttp | grep -q '/llhttp\.c$'; then
    dpkg -L node-llhttp >"$work/llhttp.files"
  else
    say "fetching Debian's node-llhttp, which is not installed"
    mkdir "$work/deb"
    (cd "$work/deb" && unset APT_CONFIG && apt-get -q download node-llhttp >fetch.log 2>&1 &&
      dpkg-deb -x ./*.deb root) ||
      die "node-llhttp could not be fetched: install it, or run apt-get update first"
    version=$(dpkg-deb -f "$work"/deb/*.deb Version)
    find "$work/deb/root" -type f >"$work/llhttp.files"
  fi
  if [ ! -d "$cache/llhttp-$version" ]; then
    mkdir "$work/llhttp"
    for f in llhttp.h llhttp.c api.c http.c; do
      found=$(grep "/$f\$" "$work/llhttp.files" | head -n 1)
      [ -n "$found" ] || die "node-llhttp $version has no $f"
      cp "$found" "$work/llhttp/"
    done
    publish "$work/llhttp" "llhttp-$version"
  fi
  link_to llhttp "llhttp-$version"
}

fetch_wolfssl
fetch_llhttp
