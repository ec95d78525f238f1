// SPDX-License-Identifier: Apache-2.0
// storm: drops N WebSocket subscribers at once and lets them come back, each with its last id.
//   storm --sub wss://127.0.0.1:21443/sub/ch --pub http://127.0.0.1:21090/pub/ch
//         --probe https://127.0.0.1:21443/1k.bin --n 10000 --rate 20 [--conc 256] [--resume 1]
// All speak fcedge.v1.json. Messages are published all the time; in the end every subscriber must
// have had each of them once, and no gap. A client that is told to come back later does so. Beside
// it threads (see probe.h) ask for the --probe URL, once every 10 ms.
// Prints "READY ..." and then one line of key=value pairs.
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "common.h"
#include "fanout_wire.h"
#include "hist.h"
#include "probe.h"
#include "tls_cheap.h"

struct Client {
  Conn* conn = nullptr;
  Track track;
  string position;  // the last id, told when it comes back
  SSL_SESSION* session = nullptr;
  bool ready = false;
};

static Url sub, pub;
static string pub_header, drop = "rst", probe_url;
static int n_clients = 10000, conc = 256, sources = 1, resume_ = 0;
static double rate = 20, limit = 60;
static ServerClock server;
static int ep, n_ready = 0, n_pending = 0;
static SSL_CTX* ctx;
static std::vector<Client> clients;
static std::deque<int> waiting;              // clients that may connect
static std::multimap<uint64_t, int> paused;  // and those that were told to come later
static Check check;
static uint64_t refused = 0, broken = 0, replayed = 0, resumed = 0, handshakes = 0;
static uint64_t published = 0, pub_err = 0, last_id = 0, next_publish = 0;
static Conn* publisher;
static char rbuf[1 << 16];

static void complain(const char* what, const string& detail) {
  static int shown = 0;
  if (shown++ < 3) fprintf(stderr, "storm: %s: %s\n", what, detail.substr(0, 200).c_str());
}

static void watch(Conn* c, uint32_t events, int how) {
  epoll_event e{};
  e.events = events;
  e.data.ptr = c;
  epoll_ctl(ep, how, c->fd, &e);
}

static std::vector<Conn*> gone;  // freed after the events at hand
static void close_conn(Conn* c) {
  if (c->st == DEAD) return;
  c->st = DEAD;
  close(c->fd);
  gone.push_back(c);
}

// The connection of a client is over; it tries again after `delay_ms`.
static void lose(Conn* c, uint64_t delay_ms) {
  if (c->st == DEAD) return;
  Client& client = clients[size_t(c->number)];
  if (client.ready)
    n_ready--;
  else
    n_pending--;
  client.ready = false;
  client.conn = nullptr;
  paused.emplace(now_ns() + delay_ms * 1000000, c->number);
  close_conn(c);
}

static void connect_client(int number) {
  Client& client = clients[size_t(number)];
  Conn* c = client.conn = new Conn;
  c->number = number;
  c->ws = true;
  c->fd = connect_start(sub.host, sub.port, sources > 1 ? 2 + number % sources : 0);
  if (sub.tls) {
    c->ssl = SSL_new(ctx);
    SSL_set_fd(c->ssl, c->fd);
    SSL_set_app_data(c->ssl, c);
    SSL_set_connect_state(c->ssl);
    if (resume_ && client.session) SSL_set_session(c->ssl, client.session);
  }
  n_pending++;
  watch(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_ADD);
}

static int on_session(SSL* ssl, SSL_SESSION* session) {
  auto* c = static_cast<Conn*>(SSL_get_app_data(ssl));
  if (!resume_ || c->number < 0) return 0;
  SSL_SESSION*& kept = clients[size_t(c->number)].session;
  if (kept) SSL_SESSION_free(kept);
  kept = session;
  return 1;
}

static void on_object(Client& client, std::string_view text) {
  const Note note = read_object(text);
  const uint64_t n = number_of(note.id);
  switch (note.said) {
    case Said::kMessage:
      if (!client.ready) replayed++;
      check.on_id(client.track, n);
      break;
    case Said::kGap: check.on_gap(client.track, n); break;
    case Said::kReady:
    case Said::kAt:
      // All that the position passes must have come before.
      if (client.track.next_id != 0 && n + 1 > client.track.next_id)
        check.id_lost += n + 1 - client.track.next_id;
      check.on_position(client.track, n);
      if (note.said == Said::kReady && !client.ready) {
        client.ready = true;
        n_ready++;
        n_pending--;
      }
      break;
    case Said::kOther: return;
  }
  client.position = note.id;
}

static uint64_t delay_of(std::string_view text, std::string_view name, uint64_t unit_ms) {
  const size_t at = text.find(name);
  if (at == std::string_view::npos) return 200;
  return strtoull(text.data() + at + name.size(), nullptr, 10) * unit_ms;
}

static void on_frames(Conn* c, const char* b, size_t n) {
  ws_frames(c, b, n, [c](int op, std::string_view p) {
    if (op == 1) on_object(clients[size_t(c->number)], p);
    if (op == 9) ws_send(c, 10, string(p));
    if (op != 8) return true;
    refused++;
    complain("closed by the server", p.size() > 2 ? string(p.substr(2)) : "");
    lose(c, delay_of(string(p), "retry-after-ms=", 1));
    return false;
  });
}

static void on_upgrade(Conn* c, const char* b, size_t n) {
  c->pend.append(b, n);
  const size_t e = c->pend.find("\r\n\r\n");
  if (e == string::npos) return;
  if (c->pend.compare(9, 3, "101")) {
    refused++;
    complain("refused", c->pend);
    for (char& ch : c->pend) ch = char(tolower(ch));
    return lose(c, delay_of(c->pend, "retry-after: ", 1000));
  }
  const string rest = c->pend.substr(e + 4);
  c->pend.clear();
  c->st = OPEN;
  if (!rest.empty()) on_frames(c, rest.data(), rest.size());
}

static void on_published(Conn* c, const char* b, size_t n) {
  c->pend.append(b, n);
  string body;
  while (int status = take_answer(c->pend, &body)) {
    c->busy = false;
    const Note note = read_object(body);
    if (status != 200 || note.said != Said::kMessage) {
      pub_err++;
      complain("publish", std::to_string(status) + " " + body);
    } else {
      last_id = number_of(note.id);
    }
  }
}

static void on_read(Conn* c) {
  while (c->st != DEAD) {
    const ssize_t r = rd(c, rbuf, sizeof rbuf);
    if (r < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (c->kind == PUBHTTP) {
      if (r > 0) return on_published(c, rbuf, size_t(r));
      complain("publisher", "connection closed");
      pub_err++;
      return close_conn(c);
    }
    if (r <= 0) {
      broken++;
      return lose(c, 200);
    }
    if (c->st == UPGRADING)
      on_upgrade(c, rbuf, size_t(r));
    else
      on_frames(c, rbuf, size_t(r));
  }
}

static void on_connected(Conn* c) {
  c->st = UPGRADING;
  watch(c, EPOLLIN, EPOLL_CTL_MOD);
  const Client& client = clients[size_t(c->number)];
  string path = sub.path;
  if (!client.position.empty()) path += "?after=" + client.position;
  if (!wr(c, ws_upgrade(sub, path, "Sec-WebSocket-Protocol: fcedge.v1.json\r\n"))) {
    broken++;
    lose(c, 200);
  }
}

static void on_event(Conn* c) {
  if (c->st == DEAD) return;
  if (c->kind == PUBHTTP) return on_read(c);
  if (c->st == CONNECTING) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
      complain("connect", strerror(error));
      broken++;
      return lose(c, 200);
    }
    if (!sub.tls) return on_connected(c);
    c->st = TLSHS;
  }
  if (c->st != TLSHS) return on_read(c);
  const int r = SSL_do_handshake(c->ssl);
  if (r == 1) {
    handshakes++;
    resumed += uint64_t(SSL_session_reused(c->ssl));
    return on_connected(c);
  }
  const int e = SSL_get_error(c->ssl, r);
  if (e == SSL_ERROR_WANT_READ) return watch(c, EPOLLIN, EPOLL_CTL_MOD);
  if (e == SSL_ERROR_WANT_WRITE) return;
  broken++;
  lose(c, 200);
}

static void publish_due() {
  if (rate <= 0 || !publisher || publisher->st == DEAD || publisher->busy) return;
  if (now_ns() < next_publish) return;
  next_publish += uint64_t(1e9 / rate);
  publisher->busy = true;
  published++;
  wr(publisher, post(pub, pub_header, string(100, 'x')));
}

static void turn(int ms) {
  const uint64_t now = now_ns();
  while (!paused.empty() && paused.begin()->first <= now) {
    waiting.push_back(paused.begin()->second);
    paused.erase(paused.begin());
  }
  while (!waiting.empty() && n_pending < conc) {
    connect_client(waiting.front());
    waiting.pop_front();
  }
  publish_due();
  epoll_event ev[64];
  const int n = epoll_wait(ep, ev, 64, ms);
  for (int i = 0; i < n; i++) on_event(static_cast<Conn*>(ev[i].data.ptr));
  for (Conn* c : gone) {
    if (c->ssl) {
      SSL_set_quiet_shutdown(c->ssl, 1);
      SSL_shutdown(c->ssl);  // keeps the session resumable
      SSL_free(c->ssl);
    }
    delete c;
  }
  gone.clear();
}

static bool all_ready() { return n_ready == n_clients; }
static bool all_have_all() {
  for (const Client& client : clients)
    if (client.track.next_id != last_id + 1) return false;
  return true;
}

template <class F>
static bool run_until(double seconds, F done) {
  for (const uint64_t end = now_ns() + uint64_t(seconds * 1e9); !done();) {
    if (now_ns() >= end) return false;
    turn(5);
  }
  return true;
}
static bool never() { return false; }

// All at once: nothing is read or sent between the first and the last.
static void drop_all() {
  const linger reset{1, 0};
  for (int i = 0; i < n_clients; i++) {
    Client& client = clients[size_t(i)];
    if (!client.conn) continue;
    if (drop == "rst") setsockopt(client.conn->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close_conn(client.conn);
    client.conn = nullptr;
    client.ready = false;
    waiting.push_back(i);
  }
  n_ready = n_pending = 0;
}

static bool set_option(const string& name, const char* value) {
  const std::pair<const char*, int*> ints[] = {
      {"--n", &n_clients}, {"--conc", &conc}, {"--sources", &sources}, {"--resume", &resume_}};
  for (auto& [key, at] : ints)
    if (name == key) return *at = atoi(value), true;
  if (name == "--sub") return sub = parse_url(value), true;
  if (name == "--pub") return pub = parse_url(value), true;
  if (name == "--probe") return probe_url = value, true;
  if (name == "--rate") return rate = atof(value), true;
  if (name == "--limit") return limit = atof(value), true;  // seconds for all to come back
  if (name == "--drop") return drop = value, true;          // rst or fin
  if (name == "--pub-header") return pub_header = string(value) + "\r\n", true;
  if (name == "--srv-pids") return server.watch(value), true;
  return false;
}

static void start() {
  signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  ctx = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, on_session);
  ep = epoll_create1(0);
  clients.resize(size_t(n_clients));
  for (int i = 0; i < n_clients; i++) waiting.push_back(i);
}

static void start_publishing() {
  publisher = new Conn;
  publisher->kind = PUBHTTP;
  publisher->fd = connect_start(pub.host, pub.port);
  publisher->st = OPEN;
  watch(publisher, EPOLLIN, EPOLL_CTL_ADD);
  next_publish = now_ns() + 100000000;  // it is connected by then
}

static void report(double back_s, double cpu_s, uint64_t during, bool complete, double have_s) {
  uint64_t behind = 0;
  for (const Client& client : clients)
    if (client.track.next_id <= last_id) behind += last_id + 1 - client.track.next_id;
  printf("back=%d back_s=%.2f all_have_s=%.2f srv_cpu_s=%.2f srv_cpu=%.2f published=%llu ", n_ready,
         back_s, have_s, cpu_s, cpu_s / back_s, (unsigned long long)published);
  printf("meanwhile=%llu replayed=%llu missing=%llu lost=%llu dup=%llu gaps=%llu complete=%d ",
         (unsigned long long)during, (unsigned long long)replayed, (unsigned long long)behind,
         (unsigned long long)check.id_lost, (unsigned long long)check.dup(),
         (unsigned long long)check.gaps, complete);
  printf("refused=%llu broken=%llu resumed=%llu pub_err=%llu ", (unsigned long long)refused,
         (unsigned long long)broken, (unsigned long long)resumed, (unsigned long long)pub_err);
}

int main(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; i += 2)
    if (!set_option(argv[i], argv[i + 1])) {
      fprintf(stderr, "unknown option %s\n", argv[i]);
      return 2;
    }
  start();
  const uint64_t t0 = now_ns();
  if (!run_until(60, all_ready)) {
    printf("TIMEOUT ready=%d refused=%llu\n", n_ready, (unsigned long long)refused);
    return 1;
  }
  printf("READY open=%d connect_s=%.2f\n", n_ready, double(now_ns() - t0) / 1e9);
  fflush(stdout);
  start_publishing();
  static Probe probe(probe_url);  // of some hundred KB
  run_until(2, never);
  refused = broken = replayed = resumed = 0;
  const uint64_t published_before = published;
  const double cpu = server.seconds();
  probe.next_phase();
  const uint64_t t1 = now_ns();
  drop_all();
  run_until(limit, all_ready);
  const double back_s = double(now_ns() - t1) / 1e9, cpu_s = server.seconds() - cpu;
  const uint64_t during = published - published_before;
  probe.next_phase();
  run_until(1, never);
  rate = 0;
  const uint64_t t2 = now_ns();
  const bool complete = run_until(10, [] { return !publisher->busy && all_have_all(); });
  report(back_s, cpu_s, during, complete && all_ready(), double(now_ns() - t2) / 1e9);
  probe.stop();
  probe.print();
  return 0;
}
