# SPDX-License-Identifier: Apache-2.0
# The clocks of the kit: CPU, run-queue wait and memory of a server, and whether the machine was
# quiet meanwhile. Sourced by lib.sh.

tree() { # the pids of process trees
  local p
  for p in "$@"; do
    echo "$p"
    tree $(cat /proc/"$p"/task/*/children 2>/dev/null)
  done
}

cpu_of() { # CPU seconds of process trees
  local t=0 p s
  for p in $(tree "$@"); do
    s=$(sed 's/.*) //' "/proc/$p/stat" 2>/dev/null | awk '{ print $12 + $13 }')
    t=$((t + ${s:-0}))
  done
  awk -v t=$t 'BEGIN { printf "%.2f", t / 100 }'
}

mem_of() { # prints "rss_kb=.. pss_kb=.." of process trees (PSS counts shared pages once)
  local p
  for p in $(tree "$@"); do cat "/proc/$p/smaps_rollup" 2>/dev/null; done | awk '
    /^Rss:/ { r += $2 } /^Pss:/ { s += $2 } END { printf "rss_kb=%d pss_kb=%d", r, s }'
}

rss_kb() { value rss_kb "$(mem_of "$SRV_PID")"; }

kernel_tcp_kb() { # what the kernel itself holds for sockets: not part of any RSS
  awk '/^TCP:/ { for (i = 1; i < NF; i++) if ($i == "mem") print $(i + 1) * 4 }' /proc/net/sockstat
}

cpu_idle() { # idle, total and stolen ticks of the cores in a list
  awk -v l="$1" '
    BEGIN { n = split(l, a, ","); for (i = 1; i <= n; i++) w["cpu" a[i]] = 1 }
    $1 in w { i += $5 + $6; t += $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9; s += $9 }
    END { print i, t, s }' /proc/stat
}

wait_of() { # seconds that threads were runnable but did not run: somebody else had the core
  local p
  for p in $(tree "$@"); do cat /proc/"$p"/task/*/schedstat 2>/dev/null; done |
    awk '{ t += $2 } END { printf "%.4f", t / 1e9 }'
}

kids_cpu() { # CPU of this script's finished children and of the generator that still runs
  sed 's/.*) //' /proc/$$/stat |
    awk -v g="$([ -n "${GEN_PID:-}" ] && cpu_of "$GEN_PID")" '{ print ($14 + $15) / 100 + g }'
}

wait_quiet() { # up to QUIET=20 s for the rest of the machine to be idle; nothing of ours may run
  local i a b
  for i in $(seq 1 $((2 * ${QUIET:-20}))); do
    a=$(cpu_idle "$SRV_CPUS,$GEN_CPUS")
    sleep 0.5
    b=$(cpu_idle "$SRV_CPUS,$GEN_CPUS")
    awk -v a="$a" -v b="$b" 'BEGIN {
      split(a, x, " "); split(b, y, " ")
      exit !(1 - (y[1] - x[1]) / (y[2] - x[2] + 1e-9) < 0.08) }' && return
  done
  echo "# not quiet" >&2
}

meas_begin() {
  M_W0=$(wait_of $SRV_PID ${GEN_PID:-})
  M_C0=$(cpu_of $SRV_PID)
  M_S0=$(cpu_idle "$SRV_CPUS")
  M_G0=$(cpu_idle "$GEN_CPUS")
  M_K0=$(kids_cpu)
  M_T0=$EPOCHREALTIME
}

meas_end() { # sets MEAS (key=value pairs), SRV_CPU_S (server CPU seconds) and OTHER
  local t1=$EPOCHREALTIME w1 c1 k1 s1 g1
  w1=$(wait_of $SRV_PID ${GEN_PID:-})
  c1=$(cpu_of $SRV_PID)
  k1=$(kids_cpu)
  s1=$(cpu_idle "$SRV_CPUS")
  g1=$(cpu_idle "$GEN_CPUS")
  MEAS=$(awk -v a="$M_T0" -v b="$t1" -v k0="$M_K0" -v k1="$k1" -v c0="$M_C0" -v c1="$c1" \
    -v s0="$M_S0" -v s1="$s1" -v g0="$M_G0" -v g1="$g1" -v w0="$M_W0" -v w1="$w1" 'BEGIN {
      split(s0, x, " "); split(s1, y, " "); split(g0, u, " "); split(g1, v, " ")
      d = b - a; c = c1 - c0; k = k1 - k0
      st = y[2] - x[2]; si = y[1] - x[1]; gt = v[2] - u[2]; gi = v[1] - u[1]
      printf "srv_cpu_s=%.2f srv_cpu=%.2f ", c, c / d
      printf "srv_core_busy=%.2f gen_core_busy=%.2f ", 1 - si / (st + 1e-9), 1 - gi / (gt + 1e-9)
      printf "gen_cpu_s=%.2f other_cpu=%.2f ", k, ((st - si + gt - gi) / 100 - c - k) / d
      printf "steal=%.3f ", (y[3] - x[3] + v[3] - u[3]) / (st + gt + 1e-9)
      printf "runq_wait=%.3f", (w1 - w0) / d }')
  OTHER=$(value other_cpu "$MEAS")
  SRV_CPU_S=$(awk -v a="$M_C0" -v b="$c1" 'BEGIN { print b - a }')
}

# True (and says so) when other processes disturbed: the server waited for its core more than 5 %
# of the time, or the generator's full core was not all the generator's. Then the run is repeated,
# at most RETRY=1 times. wait_quiet before each run plus this after it keep short disturbances out
# of the medians.
noisy() {
  TRIES=$((${TRIES:-0} + 1))
  if [ $TRIES -le "${RETRY:-1}" ] && awk -v w="$(value runq_wait "$MEAS")" -v o="$OTHER" \
    -v g="$(value gen_core_busy "$MEAS")" -v s="$(value srv_cpu "$MEAS")" \
    'BEGIN { exit !(w > 0.05 || (o > 0.15 && g > 0.97 && s < 0.9)) }'; then
    echo "# noisy run (other_cpu=$OTHER runq_wait=$(value runq_wait "$MEAS")), repeating" >&2
    return 0
  fi
  TRIES=0
  return 1
}
