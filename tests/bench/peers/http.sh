# SPDX-License-Identifier: Apache-2.0
# start_http ours|nginx|h2o|url:PLAIN[,TLS]: static files of $WWW on $PORT_H (clear) and $PORT_S
# (TLS, h2 and h1). Sets PEER, or takes it from PEER_NAME.
. "$HERE/ours.sh"

start_http() {
  local p
  PEER=${PEER_NAME:-$1}
  case $1 in
  ours) start_ours ;;
  nginx) free_port $PORT_H $PORT_S && start_nginx ;;
  h2o) free_port $PORT_H $PORT_S && start_h2o ;;
  url:*)
    p=${1#url:}
    PORT_H=${p%%,*} PORT_S=${p##*,}
    [ "$PORT_H" = - ] && PORT_H=""
    [ "$PORT_S" = - ] && PORT_S=""
    external "${PORT_H:-$PORT_S}"
    PEER=${PEER_NAME:-ours}
    return
    ;;
  *)
    echo "unknown peer $1" >&2
    exit 2
    ;;
  esac
  wait_port $PORT_H
  wait_port $PORT_S
}

start_nginx() {
  cat >"$TMP/nginx.conf" <<END
daemon off; worker_processes $NW; worker_rlimit_nofile $(ulimit -n); user root;
pid $TMP/nginx.pid; error_log $TMP/nginx.err crit;
events { worker_connections 16384; multi_accept on; use epoll; }
http {
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; server_tokens off; etag on;
  keepalive_timeout 600s; keepalive_requests 1000000000;
  open_file_cache max=20000 inactive=600s; open_file_cache_valid 600s; open_file_cache_min_uses 1;
$(nginx_temp ngx)
  http2_max_concurrent_streams 256; http2_idle_timeout 600s; http2_max_requests 1000000000;
  ssl_certificate $TLS/cert.pem; ssl_certificate_key $TLS/key.pem; ssl_protocols TLSv1.3;
  ssl_session_cache shared:s:16m; ssl_session_tickets on; ssl_session_timeout 1h;
  ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256; ssl_buffer_size 16k;
  server {
    listen 127.0.0.1:$PORT_H backlog=4096 reuseport;
    listen 127.0.0.1:$PORT_S ssl http2 backlog=4096 reuseport;
    root $WWW; location / { }
  }
}
END
  start_srv nginx nginx -c "$TMP/nginx.conf" -p "$TMP/"
}

start_h2o() {
  local tls="certificate-file: $TLS/cert.pem, key-file: $TLS/key.pem, minimum-version: TLSv1.2"
  cat >"$TMP/h2o.conf" <<END
user: root
num-threads: $NW
max-connections: 16384
pid-file: $TMP/h2o.pid
error-log: $TMP/h2o.err
tcp-fastopen: 0
http1-request-timeout: 600
http2-idle-timeout: 600
http2-max-concurrent-requests-per-connection: 256
ssl-session-resumption: { mode: all }
hosts:
  default:
    listen: { host: 127.0.0.1, port: $PORT_H }
    listen: { host: 127.0.0.1, port: $PORT_S, ssl: { $tls } }
    paths:
      /: { file.dir: $WWW, file.send-compressed: OFF }
END
  start_srv h2o h2o -m worker -c "$TMP/h2o.conf"
}
