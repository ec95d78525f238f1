// SPDX-License-Identifier: Apache-2.0
// httpgen: lean HTTP/1.1 keep-alive generator (one thread, epoll, closed loop), cheaper than wrk so
// that the server is the limit.
//   httpgen --port P [--tls 1] --path /1k.bin --conns 64 --secs 5
// The first response of every connection is read and checked in full (status 200, Content-Length);
// after that responses are only counted by size: cleartext bodies are discarded in the kernel
// (MSG_TRUNC), TLS records are counted from their headers and not decrypted (AES-GCM, TLS 1.3:
// plaintext = record length - 17). A size mismatch counts as an error.
//   httpgen ... --path /o/%d.bin --objects 10000 --order zipf|seq|once [--zipf_s 0.9]
// Answers of any length, each head is read (over TLS all is decrypted): by a Zipf distribution, or
// one object after the other, or that once only, which ends the run.
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "common.h"
#include "hist.h"
using std::string;
struct C {
  int fd = -1;
  SSL* s = nullptr;
  int st = 0;
  uint64_t t0 = 0;
  size_t total = 0, got = 0;
  string hd;
  unsigned char rh[5];
  int rhn = 0;
  size_t rleft = 0;
};
static SSL_CTX* ctx;
static int ep, port, tls = 0;
static string rq;
static std::vector<string> many;
static size_t next_of_many = 0, answered = 0;
static bool once = false;
static uint64_t done = 0, errs = 0, bytes = 0;
static bool meas = false;
static Hist h;
static char buf[1 << 18];
static void send_rq(C* c) {
  const string* what = &rq;
  if (!many.empty()) {
    if (next_of_many == many.size()) {
      if (once) return;
      next_of_many = 0;
    }
    what = &many[next_of_many++];
    c->total = 0;
    c->hd.clear();
  }
  c->got = 0;
  c->t0 = now_ns();
  if (c->s)
    SSL_write(c->s, what->data(), int(what->size()));
  else if (send(c->fd, what->data(), what->size(), MSG_NOSIGNAL) < 0)
    errs++;
}
// Requests for /o/0.bin, /o/1.bin...: as gen/zipf.lua makes them.
static void make_many(const string& path, const string& order, size_t objects, double s) {
  const size_t at = path.find("%d");
  auto request = [&](size_t k) {
    string p = path;
    if (at != string::npos) p.replace(at, 2, std::to_string(k));
    many.push_back("GET " + p + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  };
  once = order == "once";
  if (order != "zipf") {
    for (size_t k = 0; k < objects; k++) request(k);
    return;
  }
  std::vector<double> cum;
  double sum = 0;
  for (size_t k = 1; k <= objects; k++) cum.push_back(sum += 1 / pow(double(k), s));
  std::mt19937_64 random(12345);
  std::uniform_real_distribution<double> uniform(0, sum);
  for (int i = 0; i < 100000; i++) {
    const size_t rank = std::lower_bound(cum.begin(), cum.end(), uniform(random)) - cum.begin();
    request(rank * 7919 % objects);
  }
}
static void complete(C* c) {
  done++;
  if (meas) h.add(now_ns() - c->t0);
  send_rq(c);
}
static void fail(C* c, const char* why);
// One answer of many, whose head says how long it is.
static void drive_many(C* c) {
  for (;;) {
    // The head, and a little of the body; then the rest of it.
    size_t want = c->total ? c->total - c->got : (c->s ? sizeof buf : 1024);
    if (want > sizeof buf) want = sizeof buf;
    ssize_t r =
        c->s ? SSL_read(c->s, buf, int(want)) : recv(c->fd, buf, want, c->total ? MSG_TRUNC : 0);
    if (r <= 0) {
      if (c->s ? SSL_get_error(c->s, int(r)) == SSL_ERROR_WANT_READ : (r < 0 && errno == EAGAIN))
        return;
      return fail(c, "closed");
    }
    bytes += r;
    c->got += r;
    if (!c->total) {
      c->hd.append(buf, r);
      size_t e = c->hd.find("\r\n\r\n");
      if (e == string::npos) continue;
      const char* p = strcasestr(c->hd.c_str(), "content-length:");
      if (c->hd.compare(9, 3, "200") || !p) return fail(c, c->hd.substr(0, 60).c_str());
      c->total = e + 4 + strtoul(p + 15, nullptr, 10);
    }
    if (c->got > c->total) return fail(c, "too long");
    if (c->got < c->total) continue;
    done++;
    answered++;
    if (meas) h.add(now_ns() - c->t0);
    return send_rq(c);
  }
}
static void fail(C* c, const char* why) {
  static int n = 0;
  errs++;
  if (n++ < 3) fprintf(stderr, "connection failed: %s\n", why);
  close(c->fd);
  c->st = 9;
}
static void drive(C* c) {
  if (c->st == 9) return;
  if (c->st == 0) {  // connected
    if (tls) {
      c->s = SSL_new(ctx);
      SSL_set_fd(c->s, c->fd);
      SSL_set_connect_state(c->s);
      c->st = 1;
    } else {
      c->st = 2;
      send_rq(c);
      epoll_event e{};
      e.events = EPOLLIN;
      e.data.ptr = c;
      epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
      return;
    }
  }
  if (c->st == 1) {
    int r = SSL_do_handshake(c->s);
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.ptr = c;
    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
    if (r == 1) {
      c->st = 2;
      send_rq(c);
    } else {
      int x = SSL_get_error(c->s, r);
      if (x != SSL_ERROR_WANT_READ && x != SSL_ERROR_WANT_WRITE) fail(c, "handshake");
      return;
    }
  }
  if (!many.empty()) return drive_many(c);
  if (c->st == 2) {  // first response, in full
    for (;;) {
      ssize_t r = c->s ? SSL_read(c->s, buf, sizeof buf) : recv(c->fd, buf, sizeof buf, 0);
      if (r <= 0) {
        if (c->s ? SSL_get_error(c->s, int(r)) == SSL_ERROR_WANT_READ : (r < 0 && errno == EAGAIN))
          return;
        fail(c, "closed during the first response");
        return;
      }
      c->got += r;
      if (!c->total) {
        c->hd.append(buf, r);
        size_t e = c->hd.find("\r\n\r\n");
        if (e == string::npos) continue;
        const char* p = strcasestr(c->hd.c_str(), "content-length:");
        if (c->hd.compare(9, 3, "200") || !p) {
          fail(c, c->hd.substr(0, 60).c_str());
          return;
        }
        c->total = e + 4 + strtoul(p + 15, nullptr, 10);
      }
      if (c->got == c->total) {
        c->st = 3;
        complete(c);
        return;
      }
      if (c->got > c->total) {
        fail(c, "too long");
        return;
      }
    }
  }
  if (!c->s) {
    size_t left = c->total - c->got;
    ssize_t r = recv(c->fd, buf, left < sizeof buf ? left : sizeof buf,
                     c->got ? MSG_TRUNC : (left > 4096 ? MSG_TRUNC : 0));
    if (r <= 0) {
      if (r < 0 && errno == EAGAIN) return;
      fail(c, "closed");
      return;
    }
    bytes += r;
    c->got += r;
    if (c->got == c->total) complete(c);
    return;
  }
  ssize_t r = recv(c->fd, buf, sizeof buf, 0);
  if (r <= 0) {
    if (r < 0 && errno == EAGAIN) return;
    fail(c, "closed");
    return;
  }
  bytes += r;
  size_t i = 0, n = r;
  while (i < n) {
    if (c->rleft) {
      size_t k = n - i < c->rleft ? n - i : c->rleft;
      i += k;
      c->rleft -= k;
      if (c->rleft) break;
    } else {
      while (c->rhn < 5 && i < n) c->rh[c->rhn++] = buf[i++];
      if (c->rhn < 5) break;
      c->rhn = 0;
      size_t len = c->rh[3] << 8 | c->rh[4];
      if (c->rh[0] != 23 || len < 17) {
        fail(c, "unexpected TLS record");
        return;
      }
      c->rleft = len;
      c->got += len - 17;
      if (c->got > c->total) {
        fail(c, "response size changed");
        return;
      }
      continue;
    }
    if (c->got == c->total) complete(c);
  }
}
int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  int conns = 64;
  double secs = 5;
  string path = "/", host = "127.0.0.1", order = "zipf";
  size_t objects = 0;
  double zipf_s = 0.9;
  for (int i = 1; i + 1 < argc; i += 2) {
    string a = argv[i];
    const char* v = argv[i + 1];
    if (a == "--port")
      port = atoi(v);
    else if (a == "--host")
      host = v;
    else if (a == "--tls")
      tls = atoi(v);
    else if (a == "--path")
      path = v;
    else if (a == "--objects")
      objects = strtoul(v, nullptr, 10);
    else if (a == "--order")
      order = v;
    else if (a == "--zipf_s")
      zipf_s = atof(v);
    else if (a == "--conns")
      conns = atoi(v);
    else if (a == "--secs")
      secs = atof(v);
    else {
      fprintf(stderr, "unknown %s\n", argv[i]);
      return 2;
    }
  }
  rq = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  if (objects) make_many(path, order, objects, zipf_s);
  ctx = SSL_CTX_new(TLS_client_method());
  ep = epoll_create1(0);
  std::vector<C> cs(conns);
  for (auto& c : cs) {
    c.fd = connect_start(host, port);
    epoll_event e{};
    e.events = EPOLLIN | EPOLLOUT;
    e.data.ptr = &c;
    epoll_ctl(ep, EPOLL_CTL_ADD, c.fd, &e);
  }
  epoll_event ev[256];
  // What is asked for once is measured from its beginning.
  uint64_t t0 = now_ns(), warm = t0 + (once ? 0 : 700000000ull), end = warm + uint64_t(secs * 1e9),
           d0 = 0, b0 = 0;
  double c0 = 0;
  for (;;) {
    uint64_t t = now_ns();
    if (!meas && t > warm) {
      meas = true;
      warm = t;
      d0 = done;
      b0 = bytes;
      c0 = own_cpu_s();
    }
    if (t > end || (once && answered == many.size())) {
      end = t;
      break;
    }
    int n = epoll_wait(ep, ev, 256, 10);
    for (int i = 0; i < n; i++) drive((C*)ev[i].data.ptr);
  }
  double dt = (end - warm) / 1e9, cpu = own_cpu_s() - c0;
  printf("rps=%.0f p50us=%.0f p99us=%.0f errors=%llu mb_s=%.1f requests=%llu gen_cpu=%.2f\n",
         (done - d0) / dt, h.q(.5) / 1e3, h.q(.99) / 1e3, (unsigned long long)errs,
         (bytes - b0) / dt / 1e6, (unsigned long long)done, cpu / dt);
}
