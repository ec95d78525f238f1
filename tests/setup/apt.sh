#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing of the sections of packages.txt that are named. Quick when nothing is.
#
# Usage: tests/setup/apt.sh SECTION...
#
# Without root and without sudo it prints the command that somebody with root has to run, and stops
# with exit code 2.
set -euo pipefail

list=$(dirname -- "${BASH_SOURCE[0]}")/packages.txt

# The packages of one section that are not installed.
missing_of() {
  local in_section=no package unless command
  while read -r package unless command; do
    case $package in
      '' | '#'*) continue ;;
      '['*) [[ $package == "[$1]" ]] && in_section=yes || in_section=no ;;
      *)
        [[ $in_section == yes ]] || continue
        [[ $unless == unless ]] && command -v "$command" >/dev/null && continue
        [[ " $installed " == *" $package "* ]] || echo "$package"
        ;;
    esac
  done <"$list"
}

# One question to dpkg for all packages costs a few milliseconds.
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' |
  awk '$2 == "installed" { printf "%s ", $1 }')
missing=()
for section in "$@"; do
  grep -q "^\[$section\]" "$list" || { echo "apt: there is no section $section" >&2 && exit 2; }
  mapfile -t -O "${#missing[@]}" missing < <(missing_of "$section")
done
((${#missing[@]})) || exit 0
mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)

as_root=()
if (($(id -u) != 0)); then
  if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; then
    as_root=(sudo)
  else
    echo "apt: packages are missing, and this is neither root nor is there sudo. Run as root:" >&2
    echo "apt-get update && apt-get install --no-install-recommends -y ${missing[*]}" >&2
    exit 2
  fi
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Runs apt-get without questions; its words are shown only when it fails.
apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1
}

# A container often comes without package lists, or with lists that name versions long replaced.
update() {
  echo "apt: reading the package lists"
  apt_get update || { tail -n 5 "$log" >&2 && echo "apt: going on with the lists there are" >&2; }
}

install() { apt_get install --no-install-recommends "${missing[@]}"; }

updated=no
if [[ -z $(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -mtime -7 2>/dev/null) ]]; then
  update
  updated=yes
fi
echo "apt: installing ${#missing[@]} packages: ${missing[*]}"
if ! install; then
  [[ $updated == no ]] && update && install && exit 0
  tail -n 20 "$log" >&2
  echo "apt: the packages could not be installed" >&2
  exit 2
fi
