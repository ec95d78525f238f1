#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Reverse proxy, every request a cache hit: 10k distinct 10 KiB objects, Zipf-ish; the cache is on
# disk (its files are in the page cache).
# usage: cache.sh nginx|varnish-file|varnish-malloc|url:PLAIN[,TLS]    CONNS=64 ZIPF_S=0.9
# The origin runs on PORT_O (21070) while the script runs: a server started elsewhere must proxy to
# it and cache.
. "$(dirname "$0")/lib.sh"
. "$HERE/peers/http.sh"
need wrk nginx
PORT_O=${PORT_O:-21070} CONNS=${CONNS:-64} T=${1:?peer}

start_origin() {
  local i
  mkdir -p "$WWW/o"
  if [ ! -f "$WWW/o/9999.bin" ]; then
    for i in $(seq 0 9999); do head -c 10240 "$WWW/100k.bin" >"$WWW/o/$i.bin"; done
  fi
  free_port $PORT_O
  cat >"$TMP/origin.conf" <<END
daemon off; worker_processes 1; user root; pid $TMP/origin.pid; error_log $TMP/origin.err crit;
events { worker_connections 4096; }
http {
  access_log $TMP/origin.log; sendfile on; keepalive_requests 1000000000;
$(nginx_temp o)
  server {
    listen 127.0.0.1:$PORT_O backlog=4096; root $WWW;
    location / { add_header Cache-Control "max-age=3600"; }
  }
}
END
  rm -f "$TMP/origin.log"
  $GEN nginx -c "$TMP/origin.conf" -p "$TMP/" >"$TMP/origin.out" 2>&1 &
  SRV_PID=$!
  PIDS+=($!)
  wait_port $PORT_O
}

start_nginx_cache() {
  cat >"$TMP/cache.conf" <<END
daemon off; worker_processes $NW; worker_rlimit_nofile $(ulimit -n); user root;
pid $TMP/cache.pid; error_log $TMP/cache.err crit;
events { worker_connections 16384; multi_accept on; }
http {
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on;
  keepalive_requests 1000000000; keepalive_timeout 600s;
  open_file_cache max=20000 inactive=600s; open_file_cache_valid 600s; open_file_cache_min_uses 1;
$(nginx_temp c)
  proxy_cache_path $TMP/ngxcache levels=1:2 keys_zone=c:32m max_size=2g inactive=1h
    use_temp_path=off;
  upstream o { server 127.0.0.1:$PORT_O; keepalive 32; }
  server {
    listen 127.0.0.1:$PORT_H backlog=4096 reuseport;
    listen 127.0.0.1:$PORT_S ssl http2 backlog=4096 reuseport;
    ssl_certificate $TLS/cert.pem; ssl_certificate_key $TLS/key.pem; ssl_protocols TLSv1.3;
    location / {
      proxy_pass http://o; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_cache c; proxy_cache_lock on; add_header X-Cache \$upstream_cache_status;
    }
  }
}
END
  start_srv cache nginx -c "$TMP/cache.conf" -p "$TMP/"
}

start_varnish() { # start_varnish STORAGE
  start_srv varnish varnishd -F -j none -n "$TMP/varnish" -a 127.0.0.1:$PORT_H \
    -b 127.0.0.1:$PORT_O -s $1 -T none -p thread_pools=1 -p thread_pool_min=100 \
    -p thread_pool_max=1000 -p vsl_mask=-Hit -p listen_depth=4096
}

start_origin
PEER=${PEER_NAME:-$T} HAVE_TLS=0
rm -rf "$TMP/ngxcache" "$TMP/varnish"
[[ $T == url:* ]] || free_port $PORT_H $PORT_S
case $T in
nginx) HAVE_TLS=1 && start_nginx_cache ;;
varnish-file) start_varnish "file,$TMP/varnish.store,1G" ;;
varnish-malloc) start_varnish malloc,1G ;;
url:*)
  start_http "$T"
  [ -n "$PORT_S" ] && HAVE_TLS=1
  ;;
*)
  echo "unknown peer $T" >&2
  exit 2
  ;;
esac
[ -n "$PORT_H" ] && wait_port $PORT_H

for m in clear tls; do
  if [ $m = clear ]; then
    [ -n "$PORT_H" ] || continue
    u=http://127.0.0.1:$PORT_H
  else
    [ $HAVE_TLS = 1 ] || continue
    u=https://127.0.0.1:$PORT_S
  fi
  MODE=seq $GEN wrk -t1 -c16 -d4s -s "$HERE/gen/zipf.lua" $u/ >/dev/null 2>&1
  sleep 1
  r=0
  while [ $r -lt $RUNS ]; do
    r=$((r + 1))
    m0=$(wc -l <"$TMP/origin.log")
    wait_quiet
    meas_begin
    o=$($GEN wrk -t1 -c$CONNS -d${SECS}s --latency -s "$HERE/gen/zipf.lua" $u/ 2>&1)
    meas_end
    noisy && { r=$((r - 1)); continue; }
    o=$(awk -f "$HERE/gen/wrk.awk" <<<"$o")
    emit cache-hit-$m peer=$PEER run=$r $o origin_fetches=$(($(wc -l <"$TMP/origin.log") - m0)) \
      $MEAS cpu_us_per_req=$(per $SRV_CPU_S "$(value requests "$o")") $(mem_of $SRV_PID)
  done
done
rm -f "$TMP/varnish.store"
