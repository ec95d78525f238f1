# SPDX-License-Identifier: Apache-2.0
# start_fanout ours|nchan|nchan-sse|ws|netty|netty-lean|url:PORT: sets PEER, SUB and PUB (URLs) and
# SUBARGS (extra generator options). FTLS=1: the same over TLS 1.3. FSSE=1: event streams of ours,
# over HTTP/2 where there is TLS; FJSON=1: our WebSockets speak fcedge.v1.json, so ids are checked.
. "$HERE/ours.sh"

netty_classpath() { # Debian's Netty 4.1, without the versioned doubles
  echo "$WORK/java:$(ls /usr/share/java/netty-*.jar | grep -v -- '-4.1' | tr '\n' :)"
}

start_nchan() { # start_nchan PORT [extra listen words]
  local ssl=""
  [ "${FTLS:-0}" = 1 ] && ssl="ssl_certificate $TLS/cert.pem; ssl_certificate_key $TLS/key.pem;
    ssl_protocols TLSv1.3; ssl_buffer_size 4k;"
  cat >"$TMP/nchan.conf" <<END
load_module $(ls /usr/lib/nginx/modules/ngx_nchan_module.so);
daemon off; worker_processes $NW; worker_rlimit_nofile $(ulimit -n); user root;
pid $TMP/nchan.pid; error_log $TMP/nchan.err crit;
events { worker_connections 19000; multi_accept on; use epoll; }
http {
  access_log off; tcp_nodelay on; keepalive_timeout 600s; keepalive_requests 1000000000;
  nchan_shared_memory_size 256M; http2_idle_timeout 600s;
$(nginx_temp nch)
  server {
    listen 127.0.0.1:$1 ${2:-} backlog=4096 reuseport;
    $ssl
    location = /sub/ch {
      nchan_subscriber websocket eventsource; nchan_channel_id ch;
      nchan_subscriber_first_message newest; nchan_websocket_ping_interval 0;
    }
    location = /pub/ch {
      nchan_publisher http; nchan_channel_id ch;
      nchan_message_buffer_length 128; nchan_message_timeout 60s;
    }
  }
}
END
  start_srv nchan nginx -c "$TMP/nchan.conf" -p "$TMP/"
}

start_netty() { # start_netty PORT JAVA_OPTION... -- [CERT KEY]
  local port=$1 options=()
  shift
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  shift
  need java
  start_srv netty java ${JAVA_OPTS:-"${options[@]}"} -XX:+AlwaysActAsServerClassMachine \
    "-Xlog:gc,safepoint:file=$TMP/netty-gc.log:uptime:filecount=0" \
    -Dio.netty.leakDetection.level=disabled -cp "$(netty_classpath)" NettyFanout $port $NW "$@"
}

start_fanout() {
  local p=$PORT_P s="" cert=() listen=""
  PEER=${PEER_NAME:-$1} SUBARGS=()
  if [ "${FTLS:-0}" = 1 ]; then
    s=s listen=ssl cert=("$TLS/cert.pem" "$TLS/key.pem")
    [ $1 = ours ] && p=$PORT_S
  fi
  [[ $1 == url:* || $1 == ours ]] || free_port $p
  SUB=ws$s://127.0.0.1:$p/sub/ch PUB=http$s://127.0.0.1:$p/pub/ch
  case $1 in
  ours)
    start_ours
    SUBARGS+=(--pub-header "Authorization: Bearer $OURS_SECRET")
    if [ "${FSSE:-0}" = 1 ]; then
      SUB=http${SUB#ws}
      SUBARGS+=(--ids 1 --h2 ${FTLS:-0})
    elif [ "${FJSON:-0}" = 1 ]; then
      SUBARGS+=(--ids 1 --sub-header "Sec-WebSocket-Protocol: fcedge.v1.json")
    fi
    ;;
  nchan) start_nchan $p $listen ;;
  nchan-sse)
    SUB=http${SUB#ws}
    SUBARGS+=(--h2 ${FTLS:-0})
    start_nchan $p "${listen:+ssl http2}"
    ;;
  ws)
    need node
    start_srv ws node "$HERE/peers/ws.js" $p "$WORK/node/node_modules" "${cert[@]}"
    ;;
  # netty has G1 and a usual service's heap; netty-lean SerialGC and a tight heap.
  netty) start_netty $p -XX:+UseG1GC -Xms256m -Xmx1g -- "${cert[@]}" ;;
  netty-lean) start_netty $p -XX:+UseSerialGC -Xms32m -Xmx192m -- "${cert[@]}" ;;
  url:*)
    p=${1#url:}
    external "$p"
    PEER=${PEER_NAME:-ours}
    SUB=${SUB_URL:-ws$s://127.0.0.1:$p/sub/ch} PUB=${PUB_URL:-http$s://127.0.0.1:$p/pub/ch}
    ;;
  *)
    echo "unknown peer $1" >&2
    exit 2
    ;;
  esac
  [ -n "${SUB_SEND:-}" ] && SUBARGS+=(--sub-send "$SUB_SEND")
  [ -n "${SUB_HEADER:-}" ] && SUBARGS+=(--sub-header "$SUB_HEADER")
  [ -n "${PUB_HEADER:-}" ] && SUBARGS+=(--pub-header "$PUB_HEADER")
  [ -n "${PUB_PRE:-}" ] && SUBARGS+=(--pub-pre "$PUB_PRE")
  [ -n "${PUB_SUF:-}" ] && SUBARGS+=(--pub-suf "$PUB_SUF")
  wait_port $p
  sleep 0.5
}
