// SPDX-License-Identifier: Apache-2.0
// fanout: WebSocket / SSE fan-out load generator (one thread, epoll).
//
// Opens N subscribers on one channel, publishes timestamped messages over HTTP POST or over a
// WebSocket and measures every delivery (publish -> received) in this one process, so one clock.
//   closed loop (--window W): at most W messages that not all subscribers have yet; saturation
//   open loop   (--rate R)  : R messages/s, latency counted from the *intended* time
// Every payload starts with  #T<16 hex ns><8 hex seq>#  and is padded with 'x' to --size bytes; the
// marker is found anywhere in a frame/event, so servers that wrap the payload still work.
// Prints one line of key=value pairs. TLS by wss:// or https:// (no verification).
#include <fcntl.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "common.h"
#include "fanout_wire.h"
#include "hist.h"

static Url sub, pub;
static string sub_url, pub_url, sub_send, pub_pre, pub_suf, sub_hdr, pub_hdr;
static int N = 1000, size_ = 100, window_ = 0, pubs = 1, burst_conn = 200;
static double rate = 0, secs = 5, warm = 1, hold = 0;
static int ep;
static SSL_CTX* ctx;
static std::vector<Conn*> subs, pubc;
static int n_open = 0, n_pending = 0, n_failed = 0, n_closed = 0;
static uint64_t delivered = 0, deliv_total = 0, dup_ = 0, ooo = 0, bytes = 0, published = 0,
                pub_err = 0;
static uint64_t t_meas0 = 0, t_meas1 = 0;
static bool measuring = false;
static Hist lat, complete_lat;
static const uint32_t RING = 1 << 16;
static std::vector<uint32_t> cnt(RING);
static std::vector<uint64_t> sent_at(RING);
static uint32_t seq_next = 0, inflight = 0;
static int target = 0;
static char rbuf[1 << 18];

static void kill_conn(Conn* c) {
  if (c->st == DEAD) return;
  if (c->kind == SUB) {
    if (c->st == OPEN) {
      n_open--;
      n_closed++;
    } else {
      n_pending--;
      n_failed++;
    }
  }
  c->st = DEAD;
  epoll_ctl(ep, EPOLL_CTL_DEL, c->fd, nullptr);
  close(c->fd);
}
static Conn* open_conn(const Url& u, Kind k) {
  Conn* c = new Conn;
  c->kind = k;
  c->ws = u.ws;
  c->fd = connect_start(u.host, u.port);
  epoll_event e{};
  e.events = EPOLLIN | EPOLLOUT;
  e.data.ptr = c;
  epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
  if (k == SUB) n_pending++;
  return c;
}
static void only_in(Conn* c) {
  epoll_event e{};
  e.events = EPOLLIN;
  e.data.ptr = c;
  epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
}
static void send_upgrade(Conn* c) {
  const Url& u = c->kind == SUB ? sub : pub;
  string r = "GET " + u.path + " HTTP/1.1\r\nHost: " + u.host + ":" + std::to_string(u.port) +
             "\r\n" + (c->kind == SUB ? sub_hdr : "");
  if (u.ws)
    r += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
         "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  else
    r += "Accept: text/event-stream\r\nCache-Control: no-cache\r\n\r\n";
  c->st = UPGRADING;
  only_in(c);
  if (!wr(c, r.data(), r.size())) kill_conn(c);
}
static void on_open(Conn* c) {
  c->st = OPEN;
  if (c->kind == SUB) {
    n_pending--;
    n_open++;
    if (!sub_send.empty() && c->ws) ws_send(c, 1, sub_send);
  }
}
static void on_connected(Conn* c) {
  if (c->kind == PUBHTTP) {
    c->st = OPEN;
    only_in(c);
    return;
  }
  send_upgrade(c);
}
static inline int hexv(char ch) { return ch <= '9' ? ch - '0' : (ch | 32) - 'a' + 10; }
static void on_msg(Conn* c, const char* m, uint64_t now) {  // m points at #T, 27 bytes are there
  uint64_t ts = 0;
  uint32_t seq = 0;
  for (int i = 2; i < 18; i++) ts = ts << 4 | hexv(m[i]);
  for (int i = 18; i < 26; i++) seq = seq << 4 | hexv(m[i]);
  if (seq < c->next_seq) {
    ooo++;
  } else
    c->next_seq = seq + 1;
  deliv_total++;
  if (measuring) {
    delivered++;
    lat.add(now - ts);
  }
  uint32_t k = ++cnt[seq % RING];
  if (k == uint32_t(target)) {
    if (inflight) inflight--;
    if (measuring) complete_lat.add(now - ts);
  } else if (k > uint32_t(target))
    dup_++;
}
static size_t scan(Conn* c, const char* b, size_t n,
                   uint64_t now) {  // returns bytes consumed of a stream
  size_t i = 0;
  while (i < n) {
    const char* h = (const char*)memchr(b + i, '#', n - i);
    if (!h) return n;
    size_t at = h - b;
    if (n - at < 27) return at;
    if (h[1] == 'T' && h[26] == '#') {
      on_msg(c, h, now);
      i = at + 27;
    } else
      i = at + 1;
  }
  return n;
}
static void on_ws_bytes(Conn* c, const char* b, size_t n, uint64_t now) {
  string tmp;
  if (!c->pend.empty()) {
    tmp.swap(c->pend);
    tmp.append(b, n);
    b = tmp.data();
    n = tmp.size();
  }
  size_t i = 0;
  while (n - i >= 2) {
    unsigned op = (unsigned char)b[i] & 15;
    uint64_t len = (unsigned char)b[i + 1] & 127;
    size_t h = 2;
    if (len == 126) {
      if (n - i < 4) break;
      len = (unsigned char)b[i + 2] << 8 | (unsigned char)b[i + 3];
      h = 4;
    } else if (len == 127) {
      if (n - i < 10) break;
      len = 0;
      for (int k = 2; k < 10; k++) len = len << 8 | (unsigned char)b[i + k];
      h = 10;
    }
    if (n - i < h + len) break;
    const char* p = b + i + h;
    if (op <= 2) {
      if (c->kind == SUB) scan(c, p, len, now);
      // engine.io / socket.io in text frames: "2" = ping -> "3" pong; "0{" open -> "40" connect
      if (len == 1 && p[0] == '2') ws_send(c, 1, "3");
    } else if (op == 9)
      ws_send(c, 10, string(p, len));
    else if (op == 8) {
      kill_conn(c);
      return;
    }
    i += h + len;
  }
  if (i < n) c->pend.assign(b + i, n - i);
}
static void on_read(Conn* c) {
  for (;;) {
    ssize_t r = rd(c, rbuf, sizeof rbuf);
    if (r < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (r <= 0) {
      if (c->kind != SUB) {
        pub_err++;
        fprintf(stderr, "publisher connection closed\n");
      }
      kill_conn(c);
      return;
    }
    bytes += r;
    const char* b = rbuf;
    size_t n = r;
    uint64_t now = now_ns();
    if (c->st == UPGRADING) {
      c->pend.append(b, n);
      size_t e = c->pend.find("\r\n\r\n");
      if (e == string::npos) continue;
      if (c->pend.compare(9, 3, c->ws ? "101" : "200")) {
        static int shown = 0;
        if (shown++ < 2) fprintf(stderr, "upgrade refused: %s\n", c->pend.substr(0, 300).c_str());
        kill_conn(c);
        return;
      }
      string rest = c->pend.substr(e + 4);
      c->pend.clear();
      on_open(c);
      if (!rest.empty()) {
        if (c->ws)
          on_ws_bytes(c, rest.data(), rest.size(), now);
        else if (c->kind == SUB) {
          size_t u = scan(c, rest.data(), rest.size(), now);
          c->pend = rest.substr(u);
        }
      }
    } else if (c->kind == PUBHTTP) {
      c->pend.append(b, n);
      for (;;) {
        size_t e = c->pend.find("\r\n\r\n");
        if (e == string::npos) break;
        size_t cl = 0, q = string::npos;
        for (size_t i = 0; i < e; i++)
          if (c->pend[i] == '\n' &&
              strncasecmp(c->pend.data() + i + 1, "content-length:", 15) == 0) {
            q = i;
            cl = strtoul(c->pend.data() + i + 16, nullptr, 10);
          }
        if (q == string::npos && strcasestr(c->pend.c_str(), "transfer-encoding: chunked")) {
          size_t z = c->pend.find("0\r\n\r\n", e + 4);
          if (z == string::npos) break;
          cl = z + 5 - (e + 4);
        }
        if (c->pend.size() < e + 4 + cl) break;
        if (c->pend[9] != '2') {
          pub_err++;
          static int shown = 0;
          if (shown++ < 2) fprintf(stderr, "publish: %s\n", c->pend.substr(0, 200).c_str());
        }
        c->pend.erase(0, e + 4 + cl);
        c->busy = false;
      }
    } else if (c->ws) {
      on_ws_bytes(c, b, n, now);
      if (c->st == DEAD) return;
    } else if (c->kind == SUB) {
      if (!c->pend.empty()) {
        c->pend.append(b, n);
        size_t u = scan(c, c->pend.data(), c->pend.size(), now);
        c->pend.erase(0, u);
      } else {
        size_t u = scan(c, b, n, now);
        if (u < n) c->pend.assign(b + u, n - u);
      }
    }
    if (size_t(r) < sizeof rbuf && !c->ssl) return;
  }
}
static void on_event(Conn* c, uint32_t ev) {
  if (c->st == DEAD) return;
  if (c->st == CONNECTING) {
    int err = 0;
    socklen_t l = sizeof err;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &l);
    if (err) {
      static int shown = 0;
      if (shown++ < 2) fprintf(stderr, "connect: %s\n", strerror(err));
      kill_conn(c);
      return;
    }
    const Url& u = c->kind == SUB ? sub : pub;
    if (u.tls) {
      c->ssl = SSL_new(ctx);
      SSL_set_fd(c->ssl, c->fd);
      SSL_set_connect_state(c->ssl);
      c->st = TLSHS;
    } else {
      on_connected(c);
      return;
    }
  }
  if (c->st == TLSHS) {
    int r = SSL_do_handshake(c->ssl);
    if (r == 1)
      on_connected(c);
    else {
      int e = SSL_get_error(c->ssl, r);
      if (e == SSL_ERROR_WANT_READ)
        only_in(c);
      else if (e != SSL_ERROR_WANT_WRITE)
        kill_conn(c);
    }
    return;
  }
  if (ev & (EPOLLIN | EPOLLHUP | EPOLLERR)) on_read(c);
}
static bool publish(uint64_t ts) {  // false: no idle publisher
  Conn* c = nullptr;
  for (auto* p : pubc)
    if (p->st == OPEN && !p->busy) {
      c = p;
      break;
    }
  if (!c) return false;
  char m[64];
  snprintf(m, sizeof m, "#T%016llx%08x#", (unsigned long long)ts, seq_next);
  string body = m;
  if (body.size() < size_t(size_)) body.append(size_ - body.size(), 'x');
  body = pub_pre + body + pub_suf;
  cnt[seq_next % RING] = 0;
  sent_at[seq_next % RING] = ts;
  seq_next++;
  inflight++;
  published++;
  if (c->kind == PUBWS) {
    ws_send(c, 1, body);
    return true;
  }
  string r = "POST " + pub.path + " HTTP/1.1\r\nHost: " + pub.host + ":" +
             std::to_string(pub.port) + "\r\n" + pub_hdr +
             "Content-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) +
             "\r\n\r\n" + body;
  c->busy = true;
  if (!wr(c, r.data(), r.size())) {
    pub_err++;
    kill_conn(c);
  }
  return true;
}
static void poll_once(int ms) {
  epoll_event ev[256];
  int n = epoll_wait(ep, ev, 256, ms);
  for (int i = 0; i < n; i++) on_event((Conn*)ev[i].data.ptr, ev[i].events);
}
static std::vector<clockid_t> srv_clk;
static double
srv_cpu() {  // CPU seconds of the server processes named by --srv-pids, to the nanosecond
  double t = 0;
  for (auto c : srv_clk) {
    timespec ts;
    if (!clock_gettime(c, &ts)) t += ts.tv_sec + ts.tv_nsec / 1e9;
  }
  return t;
}
static string unesc(const char* s) {
  string o;
  for (; *s; s++)
    if (*s == '\\' && s[1] == 'n') {
      o += "\r\n";
      s++;
    } else
      o += *s;
  return o;
}
static void watch_cpu_of(const char* pids) {  // a comma-separated list
  for (const char* q = pids; *q;) {
    clockid_t c;
    if (!clock_getcpuclockid(atoi(q), &c)) srv_clk.push_back(c);
    q += strcspn(q, ",");
    if (*q) q++;
  }
}
static bool set_option(const string& name, const char* value) {
  static const std::pair<const char*, int*> ints[] = {
      {"--n", &N},
      {"--size", &size_},
      {"--window", &window_},
      {"--pubs", &pubs},          // publisher connections
      {"--burst", &burst_conn}};  // handshakes in progress at once
  static const std::pair<const char*, double*> doubles[] = {
      {"--rate", &rate},
      {"--secs", &secs},
      {"--warm", &warm},
      {"--hold", &hold}};  // after subscribing, only hold the connections
  static const std::pair<const char*, string*> strings[] = {
      {"--sub", &sub_url},
      {"--pub", &pub_url},
      {"--sub-send", &sub_send},  // text frame sent by each subscriber once open
      {"--pub-pre", &pub_pre},    // these two wrap each published payload
      {"--pub-suf", &pub_suf}};
  for (auto& [key, at] : ints)
    if (name == key) return *at = atoi(value), true;
  for (auto& [key, at] : doubles)
    if (name == key) return *at = atof(value), true;
  for (auto& [key, at] : strings)
    if (name == key) return *at = value, true;
  // Extra header lines of every subscriber's and every publish request; a \n in them separates.
  if (name == "--sub-header") return sub_hdr = unesc(value) + "\r\n", true;
  if (name == "--pub-header") return pub_hdr = unesc(value) + "\r\n", true;
  if (name == "--srv-pids") return watch_cpu_of(value), true;
  return false;
}
int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  for (int i = 1; i + 1 < argc; i += 2)
    if (!set_option(argv[i], argv[i + 1])) {
      fprintf(stderr, "unknown option %s\n", argv[i]);
      return 2;
    }
  sub = parse_url(sub_url);
  raise_file_limit();
  ctx = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ep = epoll_create1(0);
  uint64_t t0 = now_ns();
  while (n_open + n_failed + n_closed < N) {
    while (int(subs.size()) < N && n_pending < burst_conn) subs.push_back(open_conn(sub, SUB));
    poll_once(100);
    if (now_ns() - t0 > 60ull * 1000000000) break;
  }
  double tconn = (now_ns() - t0) / 1e9;
  uint64_t settle = now_ns() + 500000000ull;  // let subscriptions take effect
  while (now_ns() < settle) poll_once(20);
  target = n_open;
  printf("READY open=%d failed=%d connect_s=%.2f\n", n_open, n_failed, tconn);
  fflush(stdout);
  if (hold > 0) {
    uint64_t e = now_ns() + uint64_t(hold * 1e9);
    while (now_ns() < e) poll_once(100);
    printf("HELD open=%d closed=%d\n", n_open, n_closed);
    return 0;
  }
  pub = parse_url(pub_url);
  for (int i = 0; i < pubs; i++) pubc.push_back(open_conn(pub, pub.ws ? PUBWS : PUBHTTP));
  for (uint64_t e = now_ns() + 3000000000ull; now_ns() < e;) {
    poll_once(20);
    bool ok = true;
    for (auto* p : pubc) ok &= p->st == OPEN;
    if (ok) break;
  }
  uint64_t start = now_ns(), next = start, m0 = start + uint64_t(warm * 1e9),
           m1 = m0 + uint64_t(secs * 1e9);
  uint64_t pub_at_m0 = 0, lost = 0, last_progress = start, last_total = 0;
  double c0 = 0, c1 = 0, s0 = 0, s1 = 0;
  for (;;) {
    uint64_t t = now_ns();
    if (!measuring && t >= m0) {
      measuring = true;
      t_meas0 = t;
      c0 = own_cpu_s();
      s0 = srv_cpu();
      pub_at_m0 = published;
    }
    if (t >= m1) break;
    int to = 10;
    if (window_) {
      while (inflight < uint32_t(window_) && publish(now_ns())) {
      }
      if (deliv_total != last_total) {
        last_total = deliv_total;
        last_progress = t;
      } else if (t - last_progress > 1500000000ull && inflight) {
        lost += inflight;
        inflight = 0;
        last_progress = t;
      }
    } else {
      while (now_ns() >= next) {
        if (!publish(next)) break;
        next += uint64_t(1e9 / rate);
      }
      int64_t d = int64_t(next) - int64_t(now_ns());
      to = d <= 0 ? 1 : int(d / 1000000);
      if (to > 10) to = 10;
    }
    poll_once(to);
  }
  t_meas1 = now_ns();
  measuring = false;
  c1 = own_cpu_s();
  s1 = srv_cpu();
  uint64_t pub_meas = published - pub_at_m0;
  for (uint64_t e = now_ns() + 2000000000ull;
       now_ns() < e && deliv_total < published * uint64_t(target);)
    poll_once(20);  // drain
  double dt = (t_meas1 - t_meas0) / 1e9;
  printf(
      "subs=%d failed=%d closed=%d connect_s=%.2f msgs=%llu msg_s=%.1f deliv=%llu deliv_s=%.0f "
      "p50us=%.0f p99us=%.0f maxus=%.0f all_p50us=%.0f missing=%lld ooo=%llu dup=%llu pub_err=%llu "
      "stalled=%llu gen_cpu=%.2f srv_cpu=%.3f cpu_us_per_deliv=%.3f\n",
      target, n_failed, n_closed, tconn, (unsigned long long)pub_meas, pub_meas / dt,
      (unsigned long long)delivered, delivered / dt, lat.q(.5) / 1e3, lat.q(.99) / 1e3,
      lat.mx / 1e3, complete_lat.q(.5) / 1e3,
      (long long)(published * uint64_t(target) - deliv_total), (unsigned long long)ooo,
      (unsigned long long)dup_, (unsigned long long)pub_err, (unsigned long long)lost,
      (c1 - c0) / dt, (s1 - s0) / dt, delivered ? (s1 - s0) * 1e6 / delivered : 0);
  return 0;
}
