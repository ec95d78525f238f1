# SPDX-License-Identifier: Apache-2.0
# Shared functions of the benchmark kit; sourced by every case script.
# Knobs (environment): SRV_CPUS=0 GEN_CPUS=1 (taskset lists), RUNS=3, SECS=5, BENCH_NICE=0,
# SRV_PID (a server started elsewhere), RESULTS (where RESULT lines are appended).
set -u
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
WORK=${BENCH_WORK:-$HERE/.work}
BIN=$WORK/bin WWW=$WORK/www TLS=$WORK/tls TMP=$WORK/tmp
RESULTS=${RESULTS:-$WORK/results.txt}
SRV_CPUS=${SRV_CPUS:-0} GEN_CPUS=${GEN_CPUS:-1} RUNS=${RUNS:-3} SECS=${SECS:-5}
# Workers of a server = cores it is pinned to ("0,2-3" is three).
NW=$(awk -F, '{
  n = 0; for (i = 1; i <= NF; i++) { split($i, r, "-"); n += (r[2] == "" ? 1 : r[2]-r[1]+1) }
  print n }' <<<"$SRV_CPUS")
if [ "${BENCH_NICE:-0}" != 0 ]; then
  # Where autogroups are on, nice only works inside a session, so the session is raised as well.
  echo "$BENCH_NICE" >/proc/$$/autogroup 2>/dev/null
  renice -n "$BENCH_NICE" -p $$ >/dev/null
fi
GEN="taskset -c $GEN_CPUS" SRV="taskset -c $SRV_CPUS"
PORT_H=${PORT_H:-21080} PORT_S=${PORT_S:-21443} PORT_P=${PORT_P:-21090} PORT_D=${PORT_D:-21053}
mkdir -p "$TMP"
# TLS 1.3 + AES-128-GCM for servers and generators alike.
export OPENSSL_CONF=$HERE/peers/openssl-tls13.cnf
ulimit -n "$(ulimit -Hn)"

PIDS=()
stop_all() { # only what this script started, by recorded pid
  local p i
  for p in "${PIDS[@]:-}"; do [ -n "$p" ] && kill "$p" 2>/dev/null; done
  for p in "${PIDS[@]:-}"; do
    [ -n "$p" ] || continue
    for i in $(seq 1 50); do
      kill -0 "$p" 2>/dev/null || break
      sleep 0.1
    done
    kill -0 "$p" 2>/dev/null && kill -9 "$p" 2>/dev/null
  done
  wait 2>/dev/null
  PIDS=()
  [ "${EXTERNAL:-0}" = 1 ] || SRV_PID=""
}
trap stop_all EXIT
trap 'exit 130' INT TERM

free_port() { # a port in use stops the script instead of measuring a stranger
  local p
  for p in "$@"; do
    [ -z "$(ss -Hltn "sport = :$p")" ] && continue
    echo "port $p is in use: set PORT_H, PORT_S, PORT_P" >&2
    exit 1
  done
}

start_srv() { # start_srv LOGNAME CMD...   pinned to SRV_CPUS; pid in SRV_PID
  SRV_LOG=$TMP/$1.log
  shift
  $SRV "$@" >"$SRV_LOG" 2>&1 &
  SRV_PID=$!
  PIDS+=("$SRV_PID")
  EXTERNAL=0
}

wait_port() { # wait_port PORT [tries of 0.1 s]
  local i
  for i in $(seq 1 "${2:-100}"); do
    kill -0 "${SRV_PID:-0}" 2>/dev/null || break
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
    sleep 0.1
  done
  echo "port $1 did not open; log: ${SRV_LOG:-}" >&2
  [ -f "${SRV_LOG:-}" ] && tail -5 "$SRV_LOG" >&2
  exit 1
}

port_pid() { # who listens on a TCP port
  ss -Hltnp "sport = :$1" 2>/dev/null | grep -o 'pid=[0-9]*' | cut -d= -f2 | sort -un | head -1
}

external() { # external PORT: the server under test was started elsewhere
  EXTERNAL=1
  SRV_PID=${SRV_PID:-$(port_pid "$1")}
  [ -n "$SRV_PID" ] && return
  echo "cannot find the pid listening on $1; set SRV_PID" >&2
  exit 1
}

emit() { # emit CASE key=value...
  local l="RESULT $*"
  echo "$l"
  echo "$l" >>"$RESULTS"
}

need() {
  local t
  for t in "$@"; do
    command -v "$t" >/dev/null || [ -x "$t" ] || { echo "missing: $t (setup.sh)" >&2; exit 1; }
  done
}

show_err() { # the first lines of a generator's complaints, if any
  [ -s "$1" ] && head -2 "$1" >&2
  return 0
}

value() { # value KEY LINE: the value of KEY=... in a line of such pairs
  local w
  for w in $2; do [ "${w%%=*}" = "$1" ] && { echo "${w#*=}"; return; }; done
}

per() { # per SECONDS COUNT [digits]: microseconds per unit
  awk -v c="$1" -v n="${2:-0}" -v d="${3:-2}" 'BEGIN { printf "%.*f", d, c * 1e6 / (n + 1e-9) }'
}

minus() { awk -v a="$1" -v b="$2" 'BEGIN { print a - b }'; }

nginx_temp() { # nginx_temp PREFIX: spool directories, so that nginx needs none of the system's
  local d
  for d in client_body proxy fastcgi uwsgi scgi; do echo "  ${d}_temp_path $TMP/$1_$d;"; done
}

. "$HERE/measure.sh"
