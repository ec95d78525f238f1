// SPDX-License-Identifier: Apache-2.0
// ssegen: holds N idle server-sent-event subscribers, each on an HTTP/2 + TLS connection of its
// own.
//   ssegen --url https://127.0.0.1:21443/sub/ch --n 10000 --hold 8 [--burst 100] [--header 'a: b']
// A connection counts as open once its stream answered 200 with text/event-stream. At most --burst
// connections are being set up at once, so that the server's accept queue is not what is measured.
// Prints "READY open=N failed=F connect_s=S" and, after the hold, "HELD open=N closed=C".
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "common.h"
#include "hist.h"

enum class State { kHandshake, kWaiting, kOpen, kDead };

struct Conn {
  int fd = -1;
  State state = State::kHandshake;
  SSL* ssl = nullptr;
  nghttp2_session* h2 = nullptr;
  bool ok_status = false, ok_type = false;
};

static Url url;
static std::string authority, extra_name, extra_value;
static SSL_CTX* ctx;
static nghttp2_session_callbacks* callbacks;
static int ep, n_pending = 0, n_open = 0, n_failed = 0, n_closed = 0;
static char buffer[1 << 16];

// Says why a connection was lost; a few lines are enough when all fail alike.
static void lose(Conn* c, const char* why) {
  static int shown = 0;
  if (c->state == State::kDead) return;
  if (shown++ < 3) fprintf(stderr, "ssegen: %s\n", why);
  if (c->state == State::kOpen) {
    n_open--;
    n_closed++;
  } else {
    n_pending--;
    n_failed++;
  }
  c->state = State::kDead;
}

// Runs outside of the callbacks only: nghttp2 must not lose its session while it is being fed.
static void release(Conn* c) {
  if (c->fd < 0) return;
  if (c->h2) nghttp2_session_del(c->h2);
  SSL_free(c->ssl);
  close(c->fd);
  c->h2 = nullptr;
  c->ssl = nullptr;
  c->fd = -1;
}

static int on_header(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_size,
                     const uint8_t* value, size_t value_size, uint8_t, void* user) {
  auto* c = static_cast<Conn*>(user);
  std::string n(reinterpret_cast<const char*>(name), name_size);
  std::string v(reinterpret_cast<const char*>(value), value_size);
  if (n == ":status") c->ok_status = v == "200";
  if (n == "content-type") c->ok_type = v.rfind("text/event-stream", 0) == 0;
  return 0;
}

static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  auto* c = static_cast<Conn*>(user);
  if (frame->hd.type == NGHTTP2_GOAWAY) lose(c, "the server sent GOAWAY");
  if (frame->hd.type != NGHTTP2_HEADERS || c->state != State::kWaiting) return 0;
  if (!c->ok_status || !c->ok_type) {
    lose(c, c->ok_status ? "not text/event-stream" : "the status is not 200");
    return 0;
  }
  c->state = State::kOpen;
  n_pending--;
  n_open++;
  return 0;
}

static int on_stream_close(nghttp2_session*, int32_t, uint32_t, void* user) {
  lose(static_cast<Conn*>(user), "the server closed the stream");
  return 0;
}

// Writes what nghttp2 has to say. It is a few hundred bytes, so a full socket buffer is a failure.
static bool flush(Conn* c) {
  for (;;) {
    const uint8_t* data;
    ssize_t n = nghttp2_session_mem_send(c->h2, &data);
    if (n < 0) return false;
    if (n == 0) return true;
    if (SSL_write(c->ssl, data, int(n)) != n) return false;
  }
}

static nghttp2_nv field(const std::string& name, const std::string& value) {
  nghttp2_nv nv{};
  nv.name = reinterpret_cast<uint8_t*>(const_cast<char*>(name.data()));
  nv.value = reinterpret_cast<uint8_t*>(const_cast<char*>(value.data()));
  nv.namelen = name.size();
  nv.valuelen = value.size();
  return nv;
}

static bool subscribe(Conn* c) {
  static const std::string kNames[] = {":method", ":scheme", ":authority", ":path", "accept"};
  static const std::string kGet = "GET", kHttps = "https", kSse = "text/event-stream";
  const unsigned char* alpn = nullptr;
  unsigned alpn_size = 0;
  SSL_get0_alpn_selected(c->ssl, &alpn, &alpn_size);
  if (alpn_size != 2 || memcmp(alpn, "h2", 2) != 0) return false;
  nghttp2_session_client_new(&c->h2, callbacks, c);
  nghttp2_submit_settings(c->h2, NGHTTP2_FLAG_NONE, nullptr, 0);
  std::vector<nghttp2_nv> fields = {field(kNames[0], kGet), field(kNames[1], kHttps),
                                    field(kNames[2], authority), field(kNames[3], url.path),
                                    field(kNames[4], kSse)};
  if (!extra_name.empty()) fields.push_back(field(extra_name, extra_value));
  nghttp2_submit_request(c->h2, nullptr, fields.data(), fields.size(), nullptr, nullptr);
  c->state = State::kWaiting;
  return flush(c);
}

static Conn* start() {
  auto* c = new Conn;
  c->fd = connect_start(url.host, url.port);
  c->ssl = SSL_new(ctx);
  SSL_set_fd(c->ssl, c->fd);
  SSL_set_connect_state(c->ssl);
  epoll_event e{};
  e.events = EPOLLIN | EPOLLOUT | EPOLLET;
  e.data.ptr = c;
  epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
  n_pending++;
  return c;
}

static bool again(Conn* c, int result) {
  int e = SSL_get_error(c->ssl, result);
  return e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE;
}

static void drive(Conn* c) {
  if (c->state == State::kHandshake) {
    int r = SSL_do_handshake(c->ssl);
    if (r != 1) {
      if (!again(c, r)) lose(c, "the TLS handshake failed");
      return;
    }
    if (!subscribe(c)) {
      lose(c, "no HTTP/2 by ALPN");
      return;
    }
  }
  while (c->state != State::kDead) {
    int r = SSL_read(c->ssl, buffer, sizeof buffer);
    if (r <= 0) {
      if (!again(c, r)) lose(c, "the server closed the connection");
      return;
    }
    auto* bytes = reinterpret_cast<const uint8_t*>(buffer);
    if (nghttp2_session_mem_recv(c->h2, bytes, size_t(r)) < 0) lose(c, "broken HTTP/2");
    if (c->state != State::kDead && !flush(c)) lose(c, "write failed");
  }
}

static void poll_once(int ms) {
  epoll_event ev[256];
  int n = epoll_wait(ep, ev, 256, ms);
  for (int i = 0; i < n; i++) {
    auto* c = static_cast<Conn*>(ev[i].data.ptr);
    if (c->state != State::kDead) drive(c);
    if (c->state == State::kDead) release(c);
  }
}

static void prepare() {
  static const unsigned char kAlpn[] = {2, 'h', '2'};
  raise_file_limit();
  ctx = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_protos(ctx, kAlpn, sizeof kAlpn);
  ep = epoll_create1(0);
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
}

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  int count = 1000, burst = 100;
  double hold = 8;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string a = argv[i], v = argv[i + 1];
    if (a == "--url") {
      url = parse_url(v);
    } else if (a == "--n") {
      count = atoi(v.c_str());
    } else if (a == "--hold") {
      hold = atof(v.c_str());
    } else if (a == "--burst") {
      burst = atoi(v.c_str());
    } else if (a == "--header") {
      size_t colon = v.find(": ");
      extra_name = v.substr(0, colon);
      extra_value = colon == std::string::npos ? "" : v.substr(colon + 2);
    } else {
      fprintf(stderr, "unknown option %s\n", argv[i]);
      return 2;
    }
  }
  if (!url.tls) {
    fprintf(stderr, "ssegen: --url https://HOST:PORT/PATH is needed\n");
    return 2;
  }
  authority = url.host + ":" + std::to_string(url.port);
  prepare();
  uint64_t t0 = now_ns();
  for (int started = 0; n_open + n_failed + n_closed < count;) {
    for (; started < count && n_pending < burst; started++) start();
    poll_once(50);
    if (now_ns() - t0 > 60ull * 1000000000) {
      printf("TIMEOUT open=%d failed=%d\n", n_open, n_failed);
      return 1;
    }
  }
  printf("READY open=%d failed=%d connect_s=%.2f\n", n_open, n_failed + n_closed,
         double(now_ns() - t0) / 1e9);
  fflush(stdout);
  for (uint64_t end = now_ns() + uint64_t(hold * 1e9); now_ns() < end;) poll_once(100);
  printf("HELD open=%d closed=%d\n", n_open, n_closed);
  return 0;
}
