// SPDX-License-Identifier: Apache-2.0
// fanout: fan-out load generator for WebSockets and event streams (one thread, epoll).
//
// Opens N subscribers on one channel, publishes timestamped messages over HTTP POST or over a
// WebSocket and measures every delivery (publish -> received) in this one process, so one clock.
//   closed loop (--window W): at most W messages that not all subscribers have yet; saturation
//   open loop   (--rate R)  : R messages/s, latency counted from the *intended* time
//   flood       (--flood 1) : as fast as the publishers are answered, whatever is delivered
// Every payload starts with  #T<16 hex ns><8 hex seq>#  and is padded with 'x' to --size bytes; the
// marker is found anywhere in a frame/event, so servers that wrap the payload still work. Every
// subscriber's numbers are checked: what is missing, and what came twice. With --ids 1 the ids of
// the subprotocol fcedge.v1.json or of the event stream are checked too, and a gap excuses what it
// skips. --slow K adds K subscribers with a small receive buffer that never read.
// Prints one line of key=value pairs. TLS by wss:// or https:// (no verification); --h2 1 takes
// HTTP/2, each stream on a connection of its own. {i} in the path is the subscriber's number.
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
#include "fanout_h2.h"
#include "fanout_options.h"
#include "fanout_wire.h"
#include "hist.h"
#include "tls_cheap.h"

static Options opt;
static Url sub, pub;
static int ep;
static SSL_CTX* ctx;
static std::vector<Conn*> subs, pubc;
static int n_open = 0, n_pending = 0, n_failed = 0, n_closed = 0, n_slow = 0;
static uint64_t delivered = 0, deliv_total = 0, published = 0, pub_err = 0;
static uint64_t t_meas0 = 0, t_meas1 = 0;
static bool measuring = false;
static Hist lat, complete_lat;
static Check check;
static std::vector<uint32_t> refused;  // numbers of messages that were not taken
static const uint32_t RING = 1 << 16;
static std::vector<uint32_t> cnt(RING);
static uint32_t seq_next = 0, inflight = 0;
static int target = 0;
static char rbuf[1 << 18];

static void complain(const char* what, const string& detail) {  // the first few times
  static int shown = 0;
  if (shown++ < 3) fprintf(stderr, "%s: %s\n", what, detail.substr(0, 300).c_str());
}
static void kill_conn(Conn* c) {
  if (c->st == DEAD) return;
  if (c->kind == SUB || c->kind == SLOW) {
    if (c->st == OPEN) {
      n_open -= c->kind == SUB;
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
  c->fd = connect_start(u.host, u.port, 0, k == SLOW ? 4096 : 0);
  epoll_event e{};
  e.events = EPOLLIN | EPOLLOUT;
  e.data.ptr = c;
  epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
  if (k == SUB || k == SLOW) n_pending++;
  return c;
}
static void only_in(Conn* c) {
  epoll_event e{};
  e.events = EPOLLIN;
  e.data.ptr = c;
  epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
}
static void on_body(Conn* c, const char* b, size_t n);
static string path_of(const string& path) {
  static int number = 0;
  const size_t at = path.find("{i}");
  return at == string::npos ? path
                            : path.substr(0, at) + std::to_string(number++) + path.substr(at + 3);
}
static void on_connected(Conn* c) {
  only_in(c);
  if (c->kind == PUBHTTP) {
    c->st = OPEN;
    return;
  }
  c->st = UPGRADING;
  const bool feed = c->kind != PUBWS;
  Url u = feed ? sub : pub;
  u.path = path_of(u.path);
  if (feed && opt.h2) {
    c->h2 = new H2Stream(c, on_body);
    if (!c->h2->request(u, {})) kill_conn(c);
    return;
  }
  const string fields = feed ? opt.sub_header : "";
  const string event_stream = "GET " + u.path + " HTTP/1.1\r\nHost: " + u.host + "\r\n" + fields +
                              "Accept: text/event-stream\r\nCache-Control: no-cache\r\n\r\n";
  if (!wr(c, u.ws ? ws_upgrade(u, u.path, fields) : event_stream)) kill_conn(c);
}
static void on_open(Conn* c) {
  c->st = OPEN;
  if (c->kind == PUBWS) return;
  n_pending--;
  if (c->kind == SLOW) {
    n_slow++;
    epoll_ctl(ep, EPOLL_CTL_DEL, c->fd, nullptr);  // it is never looked at again
    return;
  }
  n_open++;
  if (!opt.sub_send.empty() && c->ws) ws_send(c, 1, opt.sub_send);
}
static inline int hexv(char ch) { return ch <= '9' ? ch - '0' : (ch | 32) - 'a' + 10; }
static void on_msg(Conn* c, const char* m, uint64_t now) {  // m points at #T, 27 bytes are there
  uint64_t ts = 0;
  uint32_t seq = 0;
  for (int i = 2; i < 18; i++) ts = ts << 4 | uint64_t(hexv(m[i]));
  for (int i = 18; i < 26; i++) seq = seq << 4 | uint32_t(hexv(m[i]));
  check.on_seq(c->track, seq);
  deliv_total++;
  if (measuring) {
    delivered++;
    lat.add(now - ts);
  }
  if (++cnt[seq % RING] == uint32_t(target)) {
    if (inflight) inflight--;
    if (measuring) complete_lat.add(now - ts);
  }
}
static uint64_t now_;  // when the bytes at hand were read
static void scan(Conn* c, std::string_view s) {
  for (size_t i = 0; i + 27 <= s.size();) {
    const auto* h = static_cast<const char*>(memchr(s.data() + i, '#', s.size() - i));
    if (!h) return;
    i = size_t(h - s.data());
    if (s.size() - i < 27) return;
    const bool marker = h[1] == 'T' && h[26] == '#';
    if (marker) on_msg(c, h, now_);
    i += marker ? 27 : 1;
  }
}
static void on_note(Conn* c, const Note& note) {
  if (!opt.ids) return;
  const uint64_t n = number_of(note.id);
  switch (note.said) {
    case Said::kMessage: return check.on_id(c->track, n);
    case Said::kGap: return check.on_gap(c->track, n);
    case Said::kReady:
    case Said::kAt: return check.on_position(c->track, n);
    case Said::kOther: return;
  }
}
static void on_ws_bytes(Conn* c, const char* b, size_t n) {
  ws_frames(c, b, n, [c](int op, std::string_view p) {
    if (op <= 2) {
      if (c->kind == SUB) {
        if (opt.ids) on_note(c, read_object(p));
        scan(c, p);
      }
      // engine.io / socket.io in text frames: "2" = ping -> "3" pong; "0{" open -> "40" connect
      if (p == "2") ws_send(c, 1, "3");
    } else if (op == 9) {
      ws_send(c, 10, string(p));
    } else if (op == 8) {
      // 4410 is what a feed without subprotocol has for a gap.
      if (p.size() >= 2 && uint8_t(p[0]) << 8 == 0x1100 && uint8_t(p[1]) == 0x3a) check.gaps++;
      kill_conn(c);
      return false;
    }
    return true;
  });
}
static void on_events(Conn* c, const char* b, size_t n) {
  c->events.feed(
      b, n, [c](std::string_view line) { scan(c, line); },
      [c](const Note& note) { on_note(c, note); });
}
static void on_body(Conn* c, const char* b, size_t n) {
  if (c->ws)
    on_ws_bytes(c, b, n);
  else if (c->chunked)
    c->chunks.feed(b, n, [c](const char* part, size_t size) { on_events(c, part, size); });
  else
    on_events(c, b, n);
}
static void on_answer(Conn* c, const char* b, size_t n) {  // to the request of a subscriber
  c->pend.append(b, n);
  const size_t e = c->pend.find("\r\n\r\n");
  if (e == string::npos) return;
  if (c->pend.compare(9, 3, c->ws ? "101" : "200")) {
    complain("refused", c->pend);
    return kill_conn(c);
  }
  const string head = c->pend.substr(0, e), rest = c->pend.substr(e + 4);
  c->chunked = strcasestr(head.c_str(), "transfer-encoding: chunked") != nullptr;
  c->pend.clear();
  on_open(c);
  if (!rest.empty() && c->kind != SLOW) on_body(c, rest.data(), rest.size());
}
static void on_bytes(Conn* c, const char* b, size_t n) {
  if (c->kind == PUBHTTP) {
    c->pend.append(b, n);
    while (int status = take_answer(c->pend, nullptr)) {
      if (status == 429 || status == 503) {
        refused.push_back(c->seq);  // the server says so: nothing is lost
      } else if (status / 100 != 2) {
        pub_err++;
        complain("publish", std::to_string(status));
      }
      c->busy = false;
    }
  } else if (c->h2) {
    if (!c->h2->feed(b, n)) {
      complain("the event stream ended", sub.path);
      return kill_conn(c);
    }
    if (c->st == UPGRADING && c->h2->open()) on_open(c);
  } else if (c->st == UPGRADING) {
    on_answer(c, b, n);
  } else {
    on_body(c, b, n);
  }
}
// A server may close a connection that was idle for long.
static void replace_publisher(Conn* c) {
  kill_conn(c);
  for (auto*& p : pubc)
    if (p == c) p = open_conn(pub, PUBHTTP);
}
static void on_read(Conn* c) {
  for (;;) {
    const ssize_t r = rd(c, rbuf, sizeof rbuf);
    if (r < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (r <= 0) {
      if (c->kind == PUBHTTP && !c->busy) return replace_publisher(c);
      if (c->kind == PUBWS || c->kind == PUBHTTP) {
        pub_err++;
        complain("publisher", "connection closed");
      }
      return kill_conn(c);
    }
    now_ = now_ns();
    on_bytes(c, rbuf, size_t(r));
    if (c->st == DEAD || (c->kind == SLOW && c->st == OPEN)) return;
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
      complain("connect", strerror(err));
      return kill_conn(c);
    }
    const Url& u = c->kind == SUB || c->kind == SLOW ? sub : pub;
    if (!u.tls) return on_connected(c);
    c->ssl = SSL_new(ctx);
    SSL_set_fd(c->ssl, c->fd);
    SSL_set_connect_state(c->ssl);
    static const unsigned char kAlpn[] = {2, 'h', '2'};
    if (opt.h2 && c->kind == SUB) SSL_set_alpn_protos(c->ssl, kAlpn, sizeof kAlpn);
    c->st = TLSHS;
  }
  if (c->st == TLSHS) {
    const int r = SSL_do_handshake(c->ssl);
    if (r == 1) return on_connected(c);
    const int e = SSL_get_error(c->ssl, r);
    if (e == SSL_ERROR_WANT_READ) return only_in(c);
    if (e != SSL_ERROR_WANT_WRITE) kill_conn(c);
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
  if (body.size() < size_t(opt.size)) body.append(size_t(opt.size) - body.size(), 'x');
  body = opt.pub_pre + body + opt.pub_suf;
  cnt[seq_next % RING] = 0;
  c->seq = seq_next++;
  inflight++;
  published++;
  if (c->kind == PUBWS) {
    ws_send(c, 1, body);
    return true;
  }
  c->busy = true;
  if (!wr(c, post(pub, opt.pub_header, body))) {
    pub_err++;
    kill_conn(c);
  }
  return true;
}
static void poll_once(int ms) {
  epoll_event ev[256];
  const int n = epoll_wait(ep, ev, 256, opt.spin ? 0 : ms);
  for (int i = 0; i < n; i++) on_event((Conn*)ev[i].data.ptr, ev[i].events);
}
static void poll_for(double seconds) {
  for (uint64_t e = now_ns() + uint64_t(seconds * 1e9); now_ns() < e;) poll_once(20);
}
static double subscribe() {  // seconds that it took
  const uint64_t t0 = now_ns();
  const int all = opt.n + opt.slow;
  while (n_open + n_slow + n_failed + n_closed < all) {
    while (int(subs.size()) < all && n_pending < opt.burst)
      subs.push_back(open_conn(sub, int(subs.size()) < opt.slow ? SLOW : SUB));
    poll_once(100);
    if (now_ns() - t0 > 60ull * 1000000000) break;
  }
  return double(now_ns() - t0) / 1e9;
}
static void connect_publishers() {
  for (int i = 0; i < opt.pubs; i++) pubc.push_back(open_conn(pub, pub.ws ? PUBWS : PUBHTTP));
  for (uint64_t e = now_ns() + 3000000000ull; now_ns() < e;) {
    poll_once(20);
    bool ok = true;
    for (auto* p : pubc) ok &= p->st == OPEN;
    if (ok) break;
  }
}
static bool enough() { return opt.msgs > 0 && published >= uint64_t(opt.msgs); }
static int publish_due(uint64_t* next) {  // milliseconds to wait for the next one
  if (opt.flood) {
    while (!enough() && publish(now_ns())) {
    }
    return 10;
  }
  while (now_ns() >= *next && !enough()) {
    if (!publish(*next)) break;
    if (published % uint64_t(opt.batch) == 0) *next += uint64_t(opt.batch * 1e9 / opt.rate);
  }
  const int64_t d = int64_t(*next) - int64_t(now_ns());
  return d <= 0 ? 1 : int(std::min<int64_t>(d / 1000000, 10));
}
static uint64_t missing_now() {
  uint64_t n = 0;
  for (auto* c : subs)
    if (c->kind == SUB && c->st == OPEN) n += Check::missing(c->track, seq_next);
  return n;
}
static void drain() {  // until all have all, or nothing came for two seconds
  uint64_t last = deliv_total, at = now_ns();
  const uint64_t end = at + uint64_t(opt.drain * 1e9);
  while (now_ns() < end && now_ns() - at < 2000000000ull) {
    poll_once(20);
    if (deliv_total != last) {
      last = deliv_total;
      at = now_ns();
    } else if (missing_now() == 0) {
      return;
    }
  }
}
static void report_holes() {
  const uint64_t dup = check.dup(), late = check.late;
  for (auto* c : subs)
    for (uint32_t seq : refused) check.excuse(c->track, seq);
  uint64_t lost = check.id_lost, skipped = 0;
  int slow_open = 0;
  for (auto* c : subs) {
    if (c->kind == SUB && c->st != DEAD) lost += Check::lost(c->track);
    skipped += c->track.skipped;
    tcp_info info{};
    socklen_t size = sizeof info;
    if (c->kind == SLOW && c->st == OPEN && !getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &size))
      slow_open += info.tcpi_state == TCP_ESTABLISHED;
  }
  printf("missing=%llu lost=%llu dup=%llu gaps=%llu skipped=%llu late=%llu ",
         (unsigned long long)missing_now(), (unsigned long long)lost, (unsigned long long)dup,
         (unsigned long long)check.gaps, (unsigned long long)skipped, (unsigned long long)late);
  printf("refused=%zu pub_err=%llu ", refused.size(), (unsigned long long)pub_err);
  if (opt.slow) printf("slow=%d slow_open=%d ", n_slow, slow_open);
}
int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  if (!opt.parse(argc, argv)) return 2;
  sub = parse_url(opt.sub_url);
  raise_file_limit();
  ctx = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ep = epoll_create1(0);
  const double tconn = subscribe();
  poll_for(0.5);  // let subscriptions take effect
  target = n_open;
  printf("READY open=%d slow=%d failed=%d connect_s=%.2f\n", n_open, n_slow, n_failed, tconn);
  fflush(stdout);
  if (opt.hold > 0) {
    poll_for(opt.hold);
    printf("HELD open=%d closed=%d\n", n_open, n_closed);
    return 0;
  }
  pub = parse_url(opt.pub_url);
  connect_publishers();
  uint64_t start = now_ns(), next = start, m0 = start + uint64_t(opt.warm * 1e9),
           m1 = m0 + uint64_t(opt.secs * 1e9);
  uint64_t pub_at_m0 = 0, stalled = 0, last_progress = start, last_total = 0;
  double c0 = 0, s0 = 0;
  for (;;) {
    const uint64_t t = now_ns();
    if (!measuring && t >= m0) {
      measuring = true;
      t_meas0 = t;
      c0 = own_cpu_s();
      s0 = opt.server.seconds();
      pub_at_m0 = published;
    }
    if (opt.msgs ? enough() : t >= m1) break;
    if (!opt.window) {
      poll_once(publish_due(&next));
      continue;
    }
    while (inflight < uint32_t(opt.window) && publish(now_ns())) {
    }
    if (deliv_total != last_total) {
      last_total = deliv_total;
      last_progress = t;
    } else if (t - last_progress > 1500000000ull && inflight) {
      stalled += inflight;
      inflight = 0;
      last_progress = t;
    }
    poll_once(10);
  }
  t_meas1 = now_ns();
  const uint64_t pub_meas = published - pub_at_m0;
  if (opt.msgs) drain();  // all of so many messages are measured
  measuring = false;
  const double c1 = own_cpu_s(), s1 = opt.server.seconds();
  if (!opt.msgs) drain();
  if (opt.after > 0) {
    printf("PASSED open=%d\n", n_open);
    fflush(stdout);
    poll_for(opt.after);
  }
  const double dt = double(t_meas1 - t_meas0) / 1e9;
  printf("subs=%d failed=%d closed=%d connect_s=%.2f msgs=%llu msg_s=%.1f deliv=%llu deliv_s=%.0f ",
         target, n_failed, n_closed, tconn, (unsigned long long)pub_meas, double(pub_meas) / dt,
         (unsigned long long)delivered, double(delivered) / dt);
  printf("p50us=%.0f p99us=%.0f maxus=%.0f all_p50us=%.0f ", lat.q(.5) / 1e3, lat.q(.99) / 1e3,
         lat.mx / 1e3, complete_lat.q(.5) / 1e3);
  report_holes();
  printf("stalled=%llu gen_cpu=%.2f srv_cpu=%.3f cpu_us_per_deliv=%.3f\n",
         (unsigned long long)stalled, (c1 - c0) / dt, (s1 - s0) / dt,
         delivered ? (s1 - s0) * 1e6 / double(delivered) : 0);
  return 0;
}
