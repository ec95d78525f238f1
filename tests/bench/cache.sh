#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A cache in front of an origin, on disk (its files are in the page cache).
#   hit-clear hit-tls  every request a hit: 10,000 objects of 10 KiB, Zipf-distributed
#   1m-clear           the same of one object of 1 MiB
#   cold               every request a miss: COLD objects of 10 KiB, each asked for once
# usage: cache.sh ours|ours-memory|nginx|varnish-file|varnish-malloc|url:PLAIN[,TLS]
#   CASES="hit-clear hit-tls 1m-clear cold"  CONNS=64 ZIPF_S=0.9 COLD=30000
#   TOOL=httpgen|wrk: httpgen is the cheaper generator; wrk's cases are cachewrk-*, hits only
# ours has no tier in memory, ours-memory has one that holds all of the small objects.
# The origin runs on PORT_O (21070) while the script runs: a server started elsewhere must proxy to
# it and cache.
. "$(dirname "$0")/lib.sh"
. "$HERE/peers/http.sh"
TOOL=${TOOL:-httpgen} PORT_O=${PORT_O:-21070} CONNS=${CONNS:-64} COLD=${COLD:-30000}
CASES=${CASES:-hit-clear hit-tls 1m-clear cold} T=${1:?peer}
need "$BIN/httpgen" nginx
[ $TOOL = httpgen ] || need wrk

make_objects() {
  [ -f "$WWW/1m.bin" ] || head -c 1048576 /dev/urandom >"$WWW/1m.bin"
  [ -f "$WWW/o/9999.bin" ] && return
  mkdir -p "$WWW/o"
  python3 - "$WWW" <<'END'
import sys
with open(sys.argv[1] + "/100k.bin", "rb") as source:
    body = source.read(10240)
for i in range(10000):
    with open("%s/o/%d.bin" % (sys.argv[1], i), "wb") as to:
        to.write(body)
END
}

start_origin() {
  make_objects
  free_port $PORT_O
  cat >"$TMP/origin.conf" <<END
daemon off; worker_processes 1; user root; pid $TMP/origin.pid; error_log $TMP/origin.err crit;
events { worker_connections 4096; }
http {
  access_log $TMP/origin.log; sendfile on; keepalive_requests 1000000000;
$(nginx_temp o)
  server {
    listen 127.0.0.1:$PORT_O backlog=4096; root $WWW;
    add_header Cache-Control "max-age=3600";
    location / { }
    location /cold/ { try_files /o/0.bin =404; }
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

start_cache() {
  [[ $T == url:* ]] || rm -rf "$TMP/ngxcache" "$TMP/varnish" "$TMP/ours-cache"
  [[ $T == url:* || $T == ours* ]] || free_port $PORT_H $PORT_S
  case $T in
  ours) OURS_CACHE_MIB=0 start_ours ;;
  ours-memory) OURS_CACHE_MIB=256 start_ours ;;
  nginx) start_nginx_cache ;;
  varnish-file) start_varnish "file,$TMP/varnish.store,1G" ;;
  varnish-malloc) start_varnish malloc,1G ;;
  url:*) start_http "$T" ;;
  *)
    echo "unknown peer $T" >&2
    exit 2
    ;;
  esac
  [[ $T == varnish-* ]] && PORT_S=""
  [ -n "$PORT_H" ] && wait_port $PORT_H
}

fetches() { wc -l <"$TMP/origin.log"; }

get() { # get TLS PATH OBJECTS ORDER [CONNS]: a run of httpgen
  local port=$PORT_H
  [ $1 = 1 ] && port=$PORT_S
  $GEN "$BIN/httpgen" --port $port --tls $1 --path "$2" --objects $3 --order $4 \
    --conns ${5:-$CONNS} --secs $SECS --zipf_s ${ZIPF_S:-0.9} 2>"$TMP/cache.err"
  show_err "$TMP/cache.err"
}

one_run() { # one_run CASE: sets OUT and NAME
  local tls=0 m0 scheme=http port=$PORT_H
  NAME=cache
  [ $1 = hit-tls ] && tls=1 scheme=https port=$PORT_S
  m0=$(fetches)
  meas_begin
  case $1 in
  1m-clear) OUT=$(get 0 /1m.bin 1 seq 16) ;;
  cold) OUT=$(SECS=60 get 0 "/cold/$((RUN_N++))-%d.bin" $COLD once) ;;
  hit-*)
    if [ $TOOL = wrk ]; then
      NAME=cachewrk
      OUT=$($GEN wrk -t1 -c$CONNS -d${SECS}s --latency -s "$HERE/gen/zipf.lua" \
        $scheme://127.0.0.1:$port/ 2>&1)
      OUT=$(awk -f "$HERE/gen/wrk.awk" <<<"$OUT")
    else
      OUT=$(get $tls /o/%d.bin 10000 zipf)
    fi
    ;;
  esac
  meas_end
  OUT+=" origin_fetches=$(($(fetches) - m0))"
}

warm() { # warm CASE: each object once, and once more, since a cache may want to be asked twice
  local tls=0 i
  [ $1 = hit-tls ] && tls=1
  for i in 1 2; do
    case $1 in
    1m-clear) SECS=5 get 0 /1m.bin 1 once 1 ;;
    hit-*) SECS=60 get $tls /o/%d.bin 10000 once 16 ;;
    esac >/dev/null
  done
}

PEER=${PEER_NAME:-$T} RUN_N=0
start_origin
start_cache
for c in $CASES; do
  [ $c = hit-tls ] && [ -z "$PORT_S" ] && continue
  [ $c != hit-tls ] && [ -z "$PORT_H" ] && continue
  warm $c
  r=0
  while [ $r -lt $RUNS ]; do
    r=$((r + 1))
    wait_quiet
    one_run $c
    # In "cold" it is the origin that has the other core.
    [ $c != cold ] && noisy && { r=$((r - 1)); continue; }
    emit $NAME-$c peer=$PEER run=$r $OUT $MEAS \
      cpu_us_per_req=$(per $SRV_CPU_S "$(value requests "$OUT")") $(mem_of $SRV_PID)
  done
done
rm -rf "$TMP/varnish.store" "$TMP/ngxcache" "$TMP/ours-cache"
